"""Draws what apps show of a person without a picture: a sleepy cat, and hills behind it.

Run with ``python -m tools.blanks``; apps want an address of a picture for everybody.
"""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).parent.parent / "src" / "catflap" / "web" / "static"
PAPER, FUR, INK, NOSE = "#e9dfd3", "#c9b59c", "#4a3f35", "#8a6a58"
HILLS = ("#e2d5c5", "#d9c8b4", "#cfbaa3")


def avatar() -> Image.Image:
    """A cat's face, 256 pixels square."""
    made = Image.new("RGB", (512, 512), PAPER)
    pen = ImageDraw.Draw(made)
    pen.polygon([(120, 250), (140, 110), (240, 190)], fill=FUR)
    pen.polygon([(392, 250), (372, 110), (272, 190)], fill=FUR)
    pen.ellipse([106, 160, 406, 420], fill=FUR)
    for x in (196, 316):
        pen.arc([x - 20, 268, x + 20, 308], 10, 170, fill=INK, width=7)
    pen.polygon([(242, 322), (270, 322), (256, 340)], fill=NOSE)
    pen.arc([226, 326, 256, 360], 20, 160, fill=INK, width=5)
    pen.arc([256, 326, 286, 360], 20, 160, fill=INK, width=5)
    return made.resize((256, 256), Image.Resampling.LANCZOS)


def header() -> Image.Image:
    """Hills, 1200 by 400 pixels."""
    wide, high = 2400, 800
    made = Image.new("RGB", (wide, high), PAPER)
    pen = ImageDraw.Draw(made)
    for n, colour in enumerate(HILLS):
        ridge = [
            (x, 400 + n * 112 + (64 - 13 * n) * math.sin(x / 290 + n * 1.7))
            for x in range(0, wide + 20, 20)
        ]
        pen.polygon([(0, high), *ridge, (wide, high)], fill=colour)
    return made.resize((1200, 400), Image.Resampling.LANCZOS)


def main() -> None:
    """Draw both."""
    avatar().save(STATIC / "avatar-missing.png", optimize=True)
    header().save(STATIC / "header-missing.png", optimize=True)


if __name__ == "__main__":
    main()
