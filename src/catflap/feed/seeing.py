"""What somebody has seen, in a few hundred bytes: a filter that forgets in two halves.

A Bloom filter for each reader: it never says "new" of what was seen, and says "seen" of something
new now and then, the more often the smaller it is and the more they saw. Two generations alternate:
`turned` empties the older, so what is longer ago than two turns may come again.

Source: B. H. Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors" (1970).
"""

from __future__ import annotations

import msgspec
import numpy as np

from catflap.feed.arrays import NONE, Bools, Ints

BYTES = 512
"""Of a generation, for 200 notes: beyond 400 it calls every thirtieth new one seen."""
_ODD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Two generations of bits: (2, readers, bytes). Changed in place by `saw` and `turned`."""

    bits: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
    young: list[int]
    """One number: which generation is written to."""


def blank(readers: int, *, size_bytes: int = BYTES) -> Seen:
    """Nothing seen by anybody; ``size_bytes``, of a generation, is a power of two."""
    return Seen(bits=np.zeros((2, readers, size_bytes), dtype=np.uint8), young=[0])


def _places(notes: Ints, seen: Seen) -> tuple[Ints, ...]:
    bits = 8 * seen.bits.shape[2]
    numbers = notes.astype(np.uint64) + np.uint64(1)
    return tuple((numbers * odd) >> np.uint64(65 - bits.bit_length()) for odd in _ODD)


def has_seen(seen: Seen, readers: Ints, notes: Ints) -> Bools:
    """For a table of notes, one row a reader, which ones they saw; `NONE` counts as seen."""
    found = np.zeros((2, *notes.shape), dtype=bool)
    rows = readers[:, None]
    places = _places(notes, seen)
    for generation in (0, 1):
        hits = np.ones(notes.shape, dtype=bool)
        for place in places:
            byte = seen.bits[generation, rows, (place >> np.uint64(3)).astype(np.int64)]
            hits &= (byte >> (place & np.uint64(7)).astype(np.uint8)) & np.uint8(1) != 0
        found[generation] = hits
    answer: Bools = found[0] | found[1] | (notes == NONE)
    return answer


def saw(seen: Seen, readers: Ints, notes: Ints) -> None:
    """Note that these readers were shown these notes; a table as in `has_seen`."""
    rows = np.broadcast_to(readers[:, None], notes.shape)[notes != NONE]
    young = seen.bits[seen.young[0]]
    for place in _places(notes[notes != NONE], seen):
        bit = np.left_shift(np.uint8(1), (place & np.uint64(7)).astype(np.uint8))
        np.bitwise_or.at(young, (rows, (place >> np.uint64(3)).astype(np.int64)), bit)


def turned(seen: Seen) -> None:
    """Begin a new generation over the older of the two."""
    seen.young[0] = 1 - seen.young[0]
    seen.bits[seen.young[0]] = 0
