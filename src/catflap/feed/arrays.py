"""What the feed's mathematics works on: arrays, by their kind of number.

The modules of the mathematics (`bridging`, `co_liking`, `flooring`, `scoring`, `varying`,
`sourcing`, `composing`, `seeing`) take arrays and give arrays. They know no database, no clock
and no chance of their own: times and generators are given, so a page or a night can be replayed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]

NONE = -1
"""In an array of places: nobody, nothing."""


def runs(sorted_keys: Ints) -> Ints:
    """Where each run of equal keys begins."""
    if not len(sorted_keys):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([[0], np.flatnonzero(np.diff(sorted_keys)) + 1]).astype(np.int64)


def place_in_run(sorted_keys: Ints) -> Ints:
    """How many equal keys stand before each: 0 0 1 0 1 2 of a b b c c c."""
    starts = runs(sorted_keys)
    lengths = np.diff(np.append(starts, len(sorted_keys)))
    places: Ints = np.arange(len(sorted_keys)) - np.repeat(starts, lengths)
    return places
