"""The notes of the simulated world, and the log of what was done with them."""

from __future__ import annotations

import msgspec
import numpy as np

from catflap.feed.arrays import Bools, Floats, Ints

LIVE_H = 72
"""How long a note may be shown in the feed; an assumption of the product, not of the world."""


class Notes(msgspec.Struct, kw_only=True):
    """Every note, one place each in the order of posting; the first ``count`` are real."""

    count: int
    author: Ints
    made_h: Floats
    topic: Ints
    told: Ints
    """The topic as far as the feed is told it: by a tag, by words, or not at all."""
    language: Ints
    quality: Floats
    tastes: Floats
    camp: Ints
    first: Bools
    labelled: Bools
    inviting: Bools
    fake: Bools
    copied: Bools
    flagged: Bools
    removed: Bools
    impressions: Ints
    early: Ints
    """Impressions within the first 24 hours."""
    full_at_h: Floats
    likes: Ints
    comments: Ints
    foreign_comments: Ints
    collects: Ints
    refusals: Ints
    reports: Ints
    answered_h: Floats
    foreign_answered: Bools
    least_target: Floats
    """The lowest floor that was told while the note was owed one."""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """Notes to be: all arrays alike long."""

    author: Ints
    made_h: Floats
    topic: Ints
    told: Ints
    language: Ints
    quality: Floats
    tastes: Floats
    camp: Ints
    first: Bools
    labelled: Bools
    inviting: Bools
    fake: Bools
    copied: Bools
    flagged: Bools


def none_yet(room: int, *, tastes: int) -> Notes:
    """Room for so many notes; it grows."""

    def whole() -> Ints:
        return np.zeros(room, dtype=np.int64)

    def real(value: float = 0.0) -> Floats:
        return np.full(room, value, dtype=np.float64)

    def yes() -> Bools:
        return np.zeros(room, dtype=bool)

    return Notes(
        count=0, author=whole(), made_h=real(), topic=whole(), told=whole(), language=whole(),
        quality=real(),
        tastes=np.zeros((room, tastes), dtype=np.float32), camp=whole(), first=yes(),
        labelled=yes(), inviting=yes(), fake=yes(), copied=yes(), flagged=yes(), removed=yes(),
        impressions=whole(), early=whole(), full_at_h=real(np.inf), likes=whole(),
        comments=whole(), foreign_comments=whole(), collects=whole(), refusals=whole(),
        reports=whole(), answered_h=real(np.inf), foreign_answered=yes(),
        least_target=real(np.inf),
    )


def post(notes: Notes, posted: Posted) -> Ints:
    """Add notes; the answer is their places."""
    first, count = notes.count, len(posted.author)
    if first + count > len(notes.author):
        fresh = none_yet(2 * (first + count), tastes=notes.tastes.shape[1])
        for name in Notes.__struct_fields__[1:]:
            getattr(fresh, name)[:first] = getattr(notes, name)[:first]
            setattr(notes, name, getattr(fresh, name))
    for name in Posted.__struct_fields__:
        getattr(notes, name)[first : first + count] = getattr(posted, name)
    notes.count += count
    return np.arange(first, first + count)


def live(notes: Notes, *, now_h: float) -> Ints:
    """The places of notes that may be shown."""
    begin = int(np.searchsorted(notes.made_h[: notes.count], now_h - LIVE_H))
    at = np.arange(begin, notes.count)
    return at[~notes.removed[at]]


class Log(msgspec.Struct, kw_only=True):
    """What was done, in pieces of an hour: person, note, when in seconds, and what."""

    likes: list[tuple[Ints, Ints, Floats]]
    refusals: list[tuple[Ints, Ints]]
    passes: list[tuple[Ints, Ints]]
    """A sample of impressions that nothing followed."""
    told: list[tuple[Floats, Floats]]
    """A sample of terms and outcomes, for the heads."""


def joined(pieces: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Pieces as one."""
    if not pieces:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate([one[0] for one in pieces]), np.concatenate([one[1] for one in pieces])


