"""The picture of a keepsake that other sites show beside its link, drawn by code.

1200 by 630 pixels, what previews are cut to. Letters come from whatever font with Chinese the
machine has; without one, the name is left to the page and the seals stand alone.
"""

from __future__ import annotations

import io
import math
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from catflap.arrivals import lettering
from catflap.arrivals.model import Design

WIDTH_PX, HEIGHT_PX = 1200, 630
PAPER, SHEET, INK, SOFT, RED = "#faf6ef", "#fffdf9", "#2b2521", "#655a50", "#b03a1e"
NAME_SHOWN_CHARS = 24
PICTURES_KEPT = 32

Pen = ImageDraw.ImageDraw


def _write(pen: Pen, at: tuple[float, float], text: str, *, size_px: int, fill: str) -> None:
    path = lettering.font_path()
    if path is None and not text.isascii():
        return  # boxes in the place of letters are worse than nothing
    font = ImageFont.truetype(path, size_px) if path else ImageFont.load_default(size_px)
    pen.text(at, text, font=font, fill=fill)


def _ring(pen: Pen, x: float, y: float, radius: float) -> None:
    box = (x - radius, y - radius, x + radius, y + radius)
    pen.ellipse(box, outline=RED, width=7)
    inner = radius - 13
    pen.ellipse((x - inner, y - inner, x + inner, y + inner), outline=RED, width=2)


def _paw(pen: Pen, x: float, y: float, r: float) -> None:
    pen.ellipse((x - .36 * r, y - .02 * r, x + .36 * r, y + .52 * r), fill=RED)
    for angle, far in ((205, .47), (248, .52), (292, .52), (335, .47)):
        toe_x = x + far * r * math.cos(math.radians(angle))
        toe_y = y + .16 * r + far * r * math.sin(math.radians(angle))
        pen.ellipse((toe_x - .12 * r, toe_y - .16 * r, toe_x + .12 * r, toe_y + .16 * r), fill=RED)


def _cat(pen: Pen, x: float, y: float, r: float) -> None:
    pen.polygon(
        [(x - .45 * r, y - .55 * r), (x - .1 * r, y - .3 * r), (x + .1 * r, y - .3 * r),
         (x + .45 * r, y - .55 * r), (x + .45 * r, y + .1 * r), (x - .45 * r, y + .1 * r)],
        fill=RED,
    )
    pen.ellipse((x - .48 * r, y - .35 * r, x + .48 * r, y + .48 * r), fill=RED)
    for side in (-1, 1):
        eye = x + side * .18 * r
        pen.ellipse((eye - .06 * r, y - .04 * r, eye + .06 * r, y + .1 * r), fill=SHEET)


def _fish(pen: Pen, x: float, y: float, r: float) -> None:
    pen.ellipse((x - .55 * r, y - .27 * r, x + .3 * r, y + .27 * r), fill=RED)
    pen.polygon([(x + .18 * r, y), (x + .58 * r, y - .3 * r), (x + .58 * r, y + .3 * r)], fill=RED)
    pen.ellipse((x - .4 * r, y - .1 * r, x - .3 * r, y), fill=SHEET)


def _leaf(pen: Pen, x: float, y: float, r: float) -> None:
    pen.chord((x - .7 * r, y - .5 * r, x + .5 * r, y + .7 * r), 270, 360, fill=RED)
    pen.chord((x - .5 * r, y - .7 * r, x + .7 * r, y + .5 * r), 90, 180, fill=RED)
    pen.line((x - .45 * r, y + .45 * r, x + .3 * r, y - .3 * r), fill=SHEET, width=5)


def _bowl(pen: Pen, x: float, y: float, r: float) -> None:
    pen.pieslice((x - .52 * r, y - .5 * r, x + .52 * r, y + .5 * r), 0, 180, fill=RED)
    for side in (-.22, 0, .22):
        steam = x + side * r
        pen.line(
            (steam, y - .14 * r, steam + .06 * r, y - .3 * r, steam - .03 * r, y - .5 * r),
            fill=RED, width=7, joint="curve",
        )


def _door(pen: Pen, x: float, y: float, r: float) -> None:
    pen.rounded_rectangle(
        (x - .36 * r, y - .55 * r, x + .36 * r, y + .5 * r), radius=.3 * r, outline=RED, width=9
    )
    pen.pieslice((x - .2 * r, y + .1 * r, x + .2 * r, y + .9 * r), 180, 360, fill=RED)


_DRAWN = {
    Design.PAW: _paw, Design.CAT: _cat, Design.FISH: _fish, Design.LEAF: _leaf,
    Design.BOWL: _bowl, Design.DOOR: _door,
}


@lru_cache(maxsize=PICTURES_KEPT)
def picture(
    *, name: str, handle: str, place: str, day: str, designs: tuple[Design, ...]
) -> bytes:
    """The preview as PNG: who arrived where and when, and up to six of the seals."""
    made = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), PAPER)
    pen = ImageDraw.Draw(made)
    pen.rounded_rectangle((40, 40, WIDTH_PX - 40, HEIGHT_PX - 40), radius=36, fill=SHEET)
    pen.rounded_rectangle(
        (58, 58, WIDTH_PX - 58, HEIGHT_PX - 58), radius=26, outline=RED, width=3
    )
    _write(pen, (104, 92), place[:40], size_px=36, fill=SOFT)
    _write(pen, (104, 152), name[:NAME_SHOWN_CHARS], size_px=76, fill=INK)
    _write(pen, (104, 256), f"@{handle}", size_px=36, fill=SOFT)
    _write(pen, (900, 96), day, size_px=32, fill=SOFT)
    _write(pen, (104, 318), "cat tax paid", size_px=44, fill=RED)
    _write(pen, (400, 318), "猫税已交", size_px=44, fill=RED)
    radius = 78
    for turn, design in enumerate(designs):
        x, y = 104 + radius + turn * (2 * radius + 6), 472 - (turn % 2) * 8
        _ring(pen, x, y, radius)
        _DRAWN[design](pen, x, y, radius * .86)
    held = io.BytesIO()
    made.save(held, "PNG", optimize=True)
    return held.getvalue()
