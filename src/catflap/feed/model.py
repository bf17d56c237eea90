"""What a feed is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from catflap.arrivals.model import Place
from catflap.notes.model import Stamp

POLITICS_RATIOS = (0.0, 0.1, 0.25, 0.5)
"""How much of a page may be politics: what a reader chooses among."""
POLITICS_RATIO = 0.1
"""What a reader who never chose is given."""


class Why(StrEnum):
    """Why a note stands in a feed; the doors have the words."""

    FOLLOWED = "followed"
    NEWCOMER = "newcomer"
    WARM = "warm"
    CO_LIKED = "co_liked"
    FRESH = "fresh"
    BRIDGING = "bridging"
    FLOOR = "floor"
    RANDOM = "random"
    NEW = "new"
    LATEST = "latest"
    PLACE = "place"


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One place in a feed: a note by its stamp, and why it is here.

    ``topic`` is the interest that it is about, where that is the reason, else ""; ``place`` the one
    among the reader's own that it is from.
    """

    stamp: Stamp
    why: Why
    topic: str = ""
    place: Place | None = None


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a feed; ``removed`` counts what hiding took, by reason."""

    slots: Sequence[Slot]
    removed: dict[str, int]
    next_cursor: str | None


class ShownSlot(msgspec.Struct, frozen=True, array_like=True):
    """What the log keeps of one slot: short, because there are twenty of them a page.

    ``propensity`` is None for what no chance chose. ``terms`` are those of `scoring.TERMS`.
    """

    note: int
    source: int
    propensity: float | None
    terms: tuple[float, ...]


class ShownPage(msgspec.Struct, frozen=True, kw_only=True):
    """Slots that one reader was shown at once."""

    id: int
    reader_id: int
    at: datetime
    slots: tuple[ShownSlot, ...]


class ModelState(StrEnum):
    """How a night's learning was judged. One that was worse than the one before is set aside."""

    KEPT = "kept"
    SET_ASIDE = "set_aside"
    REVERTED = "reverted"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How a model was judged, on likes that it was not learned from.

    Shares of those that stood among the best 20 of their reader: by this model, by the one before
    it, by the most liked notes for everybody. None where there was nothing to judge by.
    """

    likes: int
    people: int
    notes: int
    held_out: int
    recall: float | None
    recall_before: float | None
    recall_popular: float | None
    impressions: int
    random_impressions: int
    ratings: int
    seconds: float


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """One version of what was learned; ``chosen_at`` is None for one that is not to be used."""

    number: int
    night: str
    made_at: datetime
    file: str
    size_bytes: int
    figures: Figures
    state: ModelState
    chosen_at: datetime | None


class FloorHour(msgspec.Struct, frozen=True, kw_only=True):
    """The floor in one hour: what every first note could hope for, and for how many that was.

    ``floor_impressions`` are those the floor gave, of ``day_impressions``, in the 24 hours before.
    """

    hour: datetime
    at: datetime
    target: float
    owed_count: int
    barred_count: int
    unanswered_count: int
    day_impressions: int
    floor_impressions: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A note of which a reader wanted less."""

    note_id: int
    author_id: int
    topic: str
    places: tuple[str, ...]
    at: datetime
