"""Draws the installed icons: the door, and the cat that looks out of it.

Run with ``.venv/bin/python client/icons.py`` after changing a shape; the files are committed, so
that building needs no Pillow. The shapes are those of the mark in ``templates/macros.html``.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).parent.parent / "src" / "catflap" / "web" / "static"
PAPER, ACT, LIGHT, CAT = "#f6f0e4", "#b03d1c", "#fdebd2", "#33231a"
FINE = 4
"""Drawn this many times larger, then made small: Pillow's shapes have hard edges."""

UNIT = 32
SAFE_RATIO = 0.69
"""Of a maskable icon's edge; platforms may cut everything outside a circle of 0.8."""


def drawn(edge_px: int, *, ratio: float, ground: str | None) -> Image.Image:
    """The door in the middle of a square, ``ratio`` of its edge wide."""
    full = edge_px * FINE
    image = Image.new("RGBA", (full, full), ground or (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    scale = full * ratio / UNIT
    shift = (full - UNIT * scale) / 2

    def at(*points: float) -> list[float]:
        return [shift + value * scale for value in points]

    def arch(left: float, top: float, right: float, bottom: float, fill: str) -> None:
        radius = (right - left) / 2
        pen.ellipse(at(left, top, right, top + 2 * radius), fill=fill)
        pen.rectangle(at(left, top + radius, right, bottom), fill=fill)

    def shape(points: list[tuple[float, float]], fill: str) -> None:
        pen.polygon([(shift + x * scale, shift + y * scale) for x, y in points], fill=fill)

    arch(4, 2, 28, 30, ACT)
    arch(8, 10, 24, 30, LIGHT)
    head = [(10.2, 31), (10.1, 26), (10.4, 19.5), (11, 16.6), (14.6, 19.9), (16, 19.7), (17.4, 19.9), (21, 16.6), (21.6, 19.5), (21.9, 26), (21.8, 31)]
    shape(head, CAT)
    edge = [(shift + x * scale, shift + y * scale) for x, y in [*head, head[0], head[1]]]
    pen.line(edge, fill=CAT, width=round(1.3 * scale), joint="curve")
    pen.rectangle(at(4, 30, 28, 33), fill=ground or (0, 0, 0, 0))
    for x in (13.4, 18.6):
        pen.ellipse(at(x - 1, 22.3, x + 1, 24.9), fill=LIGHT)
    return image.resize((edge_px, edge_px), Image.Resampling.LANCZOS)


def main() -> None:
    """Write every icon."""
    for name, edge_px, ratio, ground in (
        ("icon-192.png", 192, 0.8, PAPER),
        ("icon-512.png", 512, SAFE_RATIO, PAPER),
        ("icon-maskable-512.png", 512, SAFE_RATIO, PAPER),
    ):
        drawn(edge_px, ratio=ratio, ground=ground).save(STATIC / name, optimize=True)
        print(name, (STATIC / name).stat().st_size)


if __name__ == "__main__":
    main()
