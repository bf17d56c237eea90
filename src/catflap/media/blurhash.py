"""BlurHash, the placeholder that fediverse apps know.

Source: the published algorithm description of BlurHash (version 1): a few cosine components of
the linear image, quantised and written in base 83.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

ALPHABET = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
)
EDGE_PX = 24

_Colour = tuple[float, float, float]


def _base83(value: int, digits: int) -> str:
    return "".join(ALPHABET[value // 83 ** (digits - 1 - i) % 83] for i in range(digits))


def _linear(value: int) -> float:
    v = value / 255
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def _srgb(value: float) -> int:
    v = max(0.0, min(1.0, value))
    return round((v * 12.92 if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055) * 255)


def _component(
    pixels: Sequence[_Colour], width: int, height: int, i: int, j: int
) -> _Colour:
    scale = (1 if i == j == 0 else 2) / (width * height)
    across = [math.cos(math.pi * i * x / width) for x in range(width)]
    total = [0.0, 0.0, 0.0]
    for y in range(height):
        down = math.cos(math.pi * j * y / height)
        for x in range(width):
            basis = across[x] * down
            for channel, value in enumerate(pixels[y * width + x]):
                total[channel] += basis * value
    return (total[0] * scale, total[1] * scale, total[2] * scale)


def _signed_root(value: float, maximum: float) -> int:
    root = math.copysign(math.sqrt(abs(value / maximum)), value)
    return max(0, min(18, math.floor(root * 9 + 9.5)))


def encoded(image: Image.Image, *, across: int = 4, down: int = 3) -> str:
    """The BlurHash of an RGB image with so many components each way (1 to 9)."""
    small = image.convert("RGB")
    small.thumbnail((EDGE_PX, EDGE_PX))
    raw = small.tobytes()
    pixels = [
        (_linear(raw[at]), _linear(raw[at + 1]), _linear(raw[at + 2]))
        for at in range(0, len(raw), 3)
    ]
    factors = [
        _component(pixels, small.width, small.height, i, j)
        for j in range(down)
        for i in range(across)
    ]
    mean, rest = factors[0], factors[1:]
    peak = max((abs(value) for factor in rest for value in factor), default=0.0)
    step = max(0, min(82, math.floor(peak * 166 - 0.5))) if rest else 0
    maximum = (step + 1) / 166
    dc = (_srgb(mean[0]) << 16) + (_srgb(mean[1]) << 8) + _srgb(mean[2])
    ac = [
        (_signed_root(r, maximum) * 19 + _signed_root(g, maximum)) * 19 + _signed_root(b, maximum)
        for r, g, b in rest
    ]
    head = _base83(across - 1 + (down - 1) * 9, 1) + _base83(step, 1) + _base83(dc, 4)
    return head + "".join(_base83(value, 2) for value in ac)
