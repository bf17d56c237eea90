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


class HeadFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How well one head foresaw what came of random slots held out; see `HeadsFigures`.

    ``came`` slots of them had it. ``calibration`` is what was foreseen over what came, 1 at best;
    None where nothing came.
    """

    head: str
    came: int
    loss: float
    loss_before: float | None
    loss_constant: float
    calibration: float | None


class HeadsFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How well the heads foresaw what came of random slots that they were not learned from.

    Losses are mean log losses in nats a slot, weighed by one over the slot's propensity, sums over
    the heads of which anything is told: of these heads, of those before them, and of each outcome's
    usual share for every slot alike. ``error`` is the standard error of ours less those before.
    ``loss_before`` is None where the version before may have learned from these very slots.
    """

    held_out: int
    loss: float
    loss_before: float | None
    loss_constant: float
    error: float
    each: tuple[HeadFigures, ...]


class BridgingFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How well bridging's scores foresaw ratings held out, beside each topic's mean.

    Mean log losses in nats a rating, by the weight of ratings.
    """

    held_out: int
    loss: float
    loss_topic: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How a model was judged, on what it was not learned from.

    Recalls are shares of likes held out that stood among the best 20 of their reader: by this
    model, by the one before it, by the most liked notes for everybody. None where there was nothing
    to judge by; ``heads`` and ``bridging`` also of versions from before they were judged.
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
    heads: HeadsFigures | None = None
    bridging: BridgingFigures | None = None


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody reported somebody, with notes of theirs or without; for the night alone."""

    by_id: int
    about_id: int
    note_ids: tuple[int, ...]
    at: datetime


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
