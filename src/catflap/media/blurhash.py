"""BlurHash, the placeholder that fediverse apps know: our own encoder and decoder.

Source: the published description of the algorithm (github.com/woltapp/blurhash, ``Algorithm.md``,
version 1): a few cosine components of the linear image, quantised and written in base 83. Works
on bytes of red, green, blue, so that a decoder of pictures is not needed to use it.
"""

from __future__ import annotations

import math

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_DIGITS = {letter: value for value, letter in enumerate(ALPHABET)}

_Colour = tuple[float, float, float]


def encoded(pixels: bytes, width: int, height: int, *, across: int = 4, down: int = 3) -> str:
    """The BlurHash of an image with so many components each way (1 to 9).

    ``pixels`` are rows of red, green, blue; 4 + 2 · ``across`` · ``down`` characters come out.
    The cost grows with pixels times components in plain Python: 0.3 ms for 16 × 16 by 4 × 3.

    Raises:
        ValueError: components outside 1 to 9, or not ``width`` × ``height`` pixels.
    """
    if not (1 <= across <= 9 and 1 <= down <= 9):
        raise ValueError((across, down))
    if width < 1 or height < 1 or len(pixels) != 3 * width * height:
        raise ValueError((width, height, len(pixels)))
    linear = [_LINEAR[value] for value in pixels]
    columns = [_cosines(i, width) for i in range(across)]
    rows = [_cosines(j, height) for j in range(down)]
    mean, *rest = [_component(linear, column, row) for row in rows for column in columns]
    rest = [(2 * red, 2 * green, 2 * blue) for red, green, blue in rest]
    peak = max((abs(value) for colour in rest for value in colour), default=0.0)
    step = max(0, min(82, math.floor(peak * 166 - 0.5)))
    scale = (step + 1) / 166
    red, green, blue = (_srgb(value) for value in mean)
    head = _base83(across - 1 + (down - 1) * 9, 1) + _base83(step, 1)
    return head + _base83((red << 16) + (green << 8) + blue, 4) + "".join(
        _base83(_packed(colour, scale), 2) for colour in rest
    )


def decoded(text: str, width: int, height: int, *, punch_ratio: float = 1.0) -> bytes:
    """The blurred image that a BlurHash stands for, as rows of red, green, blue.

    ``punch_ratio`` scales the contrast.

    Raises:
        ValueError: ``text`` is no BlurHash.
    """
    if len(text) < 6 or not set(text) <= _DIGITS.keys():
        raise ValueError(text)
    down, across = (edge + 1 for edge in divmod(_value(text[0]), 9))
    if down > 9 or len(text) != 4 + 2 * across * down:
        raise ValueError(text)
    scale = (_value(text[1]) + 1) / 166 * punch_ratio
    mean = _value(text[2:6])
    if mean > 0xFFFFFF:
        raise ValueError(text)
    colours = [tuple(_LINEAR[mean >> shift & 255] for shift in (16, 8, 0))]
    for at in range(6, len(text), 2):
        packed = _value(text[at : at + 2])
        quantised = (packed // 361, packed // 19 % 19, packed % 19)
        colours.append(tuple(_unrooted(value, scale) for value in quantised))
    columns = [_cosines(i, width) for i in range(across)]
    rows = [_cosines(j, height) for j in range(down)]
    return bytes(
        _srgb(sum(
            colours[j * across + i][channel] * columns[i][x] * rows[j][y]
            for j in range(down) for i in range(across)
        ))
        for y in range(height) for x in range(width) for channel in range(3)
    )


def _cosines(component: int, length: int) -> list[float]:
    return [math.cos(math.pi * component * at / length) for at in range(length)]


def _component(linear: list[float], column: list[float], row: list[float]) -> _Colour:
    """The mean of an image under one pair of cosines."""
    red = green = blue = 0.0
    at = 0
    for vertical in row:
        for horizontal in column:
            basis = horizontal * vertical
            red += basis * linear[at]
            green += basis * linear[at + 1]
            blue += basis * linear[at + 2]
            at += 3
    count = len(column) * len(row)
    return (red / count, green / count, blue / count)


def _packed(colour: _Colour, scale: float) -> int:
    red, green, blue = (_rooted(value, scale) for value in colour)
    return (red * 19 + green) * 19 + blue


def _rooted(value: float, scale: float) -> int:
    root = math.copysign(math.sqrt(abs(value / scale)), value)
    return max(0, min(18, math.floor(root * 9 + 9.5)))


def _unrooted(quantised: int, scale: float) -> float:
    root = (min(quantised, 18) - 9) / 9
    return math.copysign(root * root, root) * scale


def _base83(value: int, digits: int) -> str:
    return "".join(ALPHABET[value // 83 ** (digits - 1 - at) % 83] for at in range(digits))


def _value(text: str) -> int:
    found = 0
    for letter in text:
        found = found * 83 + _DIGITS[letter]
    return found


def _srgb(value: float) -> int:
    light = max(0.0, min(1.0, value))
    curved = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return int(curved * 255 + 0.5)


# IEC 61966-2-1; a table, because every channel of every pixel asks for one of 256 values.
_LINEAR = [
    level / 255 / 12.92 if level <= 10 else ((level / 255 + 0.055) / 1.055) ** 2.4
    for level in range(256)
]
