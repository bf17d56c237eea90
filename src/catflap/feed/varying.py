"""Varying: a page on which not everything is alike.

Maximal marginal relevance over what notes are, not over vectors: a candidate's worth falls with
each note of its kind (topic, author, language, tag family) among the last `WINDOW` chosen, by the
kind's weight. In logarithms, because worth is a factor: so a weight says the same at every level.

Source: Carbonell and Goldstein, "The Use of MMR" (1998); the sliding window is that of "sliding
spectrum decomposition" (arXiv 2107.05204), whose volumes are left out: measured elsewhere at four
times the cost of MMR, for a page that a window over four kinds varies as well.
"""

from __future__ import annotations

import numpy as np

from catflap.feed.arrays import NONE, Floats, Ints

WINDOW = 8
KINDS = ("topic", "author", "language")
PENALTIES = (0.35, 1.5, 0.1)
"""In units of log worth, for each alike note within the window. Assumptions."""


def varied(worths: Floats, kinds: Ints, *, count: int) -> Ints:
    """For each reader the columns of the notes to show, in order; `NONE` where there are no more.

    Costs readers × candidates × kinds for each slot.

    Args:
        worths: a table, one row a reader; 0 or less for what may not be shown.
        kinds: (kinds, readers, candidates), as `KINDS`.
        count: how many to choose.
    """
    rows, columns = worths.shape
    may = worths > 0
    logs = np.where(may, np.log(np.where(may, worths, 1.0)), -np.inf).astype(np.float32)
    lowered = np.zeros_like(logs)
    chosen = np.full((rows, count), NONE, dtype=np.int64)
    at_row = np.arange(rows)
    likes: list[Floats] = []
    for slot in range(min(count, columns)):
        now = logs - lowered
        best = now.argmax(axis=1)
        found = np.isfinite(now[at_row, best])
        chosen[:, slot] = np.where(found, best, NONE)
        logs[at_row, best] = -np.inf
        alike = np.zeros_like(logs)
        for kind, penalty in zip(kinds, PENALTIES, strict=True):
            alike += np.float32(penalty) * (kind == kind[at_row, best][:, None])
        likes.append(alike)
        lowered += alike
        if slot >= WINDOW:
            lowered -= likes[slot - WINDOW]
    return chosen
