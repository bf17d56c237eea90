"""How a picture looks, in a few bytes: whether it is another one made smaller, lighter or cut.

64 bits say where the picture gets brighter from left to right (a difference hash), by a margin, so
that flat parts say nothing instead of noise; sixteen colours say the rest. A picture with too few
bits, such as a wall, a sky or one colour, has no looks and is like no other. Whoever asks finds
those within `BITS_APART` by an index: seven differing bits leave one of four parts with one at
most, so every part is asked for as it is and with each of its bits turned.

Source: the difference hash is N. Krawetz's (Kind of Like That, 2013); asking by parts follows
Norouzi, Punjani, Fleet, Fast Exact Search in Hamming Space (2014).
"""

from __future__ import annotations

import base64

EDGE = 8
COLOURS_EDGE = 4
MARGIN_LEVELS = 3
"""Of 256. Of drawn pictures made a third in size, no more than 3 bits of 64 turned."""
BITS_LEAST = 6
"""Set bits, and unset ones: fewer tell nothing."""
BITS_APART = 7
COLOUR_APART = 5.0
"""Mean difference of the colours, of 256."""
PARTS, PART_BITS = 4, 16
_COLOUR_BYTES = 3 * COLOURS_EDGE**2


def said(grey: bytes, colours: bytes) -> str:
    """The looks of a picture, "" for one with too little to go by.

    Args:
        grey: brightness of `EDGE` rows of `EDGE` + 1.
        colours: `COLOURS_EDGE` rows of as many, red, green and blue.
    """
    bits = 0
    for row in range(EDGE):
        for column in range(EDGE):
            at = row * (EDGE + 1) + column
            bits = bits << 1 | (grey[at + 1] - grey[at] > MARGIN_LEVELS)
    if not BITS_LEAST <= bits.bit_count() <= EDGE**2 - BITS_LEAST:
        return ""
    return base64.b64encode(bits.to_bytes(8) + colours).decode()


def _read(looks: str) -> tuple[int, bytes]:
    raw = base64.b64decode(looks)
    return int.from_bytes(raw[:8]), raw[8:]


def parts(looks: str) -> list[int]:
    """The numbers by which a picture is found: its parts, each with its place; [] for no looks."""
    if not looks:
        return []
    bits, _ = _read(looks)
    mask = (1 << PART_BITS) - 1
    return [at << PART_BITS | bits >> at * PART_BITS & mask for at in range(PARTS)]


def near(looks: str) -> list[int]:
    """The parts of everything within `BITS_APART`: its own, and each with one bit turned."""
    return [part ^ turned for part in parts(looks) for turned in (0, *_TURNED)]


_TURNED = tuple(1 << bit for bit in range(PART_BITS))


def are_alike(one: str, other: str) -> bool:
    """Whether two pictures are the same one, saved or cut another way."""
    if not one or not other:
        return False
    (bits, colours), (others, other_colours) = _read(one), _read(other)
    if (bits ^ others).bit_count() > BITS_APART:
        return False
    apart = sum(abs(a - b) for a, b in zip(colours, other_colours, strict=True))
    return apart <= COLOUR_APART * _COLOUR_BYTES
