"""What coming over knows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

STAMPS_FOR_KEEPSAKE = 3
STAMP_MAX_CHARS = 40
STAMPS_SHOWN = 60
INVITATION_USES_MAX = 1000
INVITATION_DAYS_MAX = 365
INVITATIONS_MAX = 100
REASON_MAX_CHARS = 500


class Design(StrEnum):
    """The seals that hosts choose from; each is drawn by code."""

    PAW = "paw"
    CAT = "cat"
    FISH = "fish"
    LEAF = "leaf"
    BOWL = "bowl"
    DOOR = "door"


class Interest(StrEnum):
    """What somebody reads and likes, chosen by its picture."""

    CATS = "cats"
    DOGS = "dogs"
    FOOD = "food"
    PLANTS = "plants"
    TRAVEL = "travel"
    PRICES = "prices"
    HOMEWORK = "homework"
    MUSIC = "music"
    FISHING = "fishing"
    CRAFTS = "crafts"
    SPORT = "sport"
    STORIES = "stories"


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """A host's seal on a newcomer's cat tax; ``words_key`` is "" where they said nothing."""

    id: int
    note_id: int
    by_id: int
    design: Design
    words_key: str
    made_at: datetime


class CatTax(msgspec.Struct, frozen=True, kw_only=True):
    """Whose cat tax a note is; ``welcomed_at`` is when its third seal came."""

    person_id: int
    note_id: int
    paid_at: datetime
    stamps_count: int
    welcomed_at: datetime | None


class FirstNote(msgspec.Struct, frozen=True, kw_only=True):
    """A newcomer's first public note, and when somebody first answered it."""

    person_id: int
    note_id: int
    lang: str
    at: datetime
    answered_at: datetime | None


class AnswerTimes(msgspec.Struct, frozen=True, kw_only=True):
    """How soon newcomers are answered. Waits are in seconds, None where too few were answered yet.

    ``within_day_ratio`` is of those whose first note is a day old, or was answered within one.
    """

    count: int
    open_count: int
    p50_s: float | None
    p90_s: float | None
    within_day_ratio: float | None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A code that lets ``uses_most`` people in until an instant."""

    id: int
    code: str
    by_id: int | None
    uses_most: int
    uses_count: int
    until: datetime
    made_at: datetime
    withdrawn: bool


class Entrance(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody came in, or waits to. ``number`` orders the queue and is never given twice.

    ``needs_host``: let in by a host's word, not by the valve. ``flagged``: their mail's domain is
    known to be thrown away.
    """

    person_id: int
    number: int
    asked_at: datetime
    let_in_at: datetime | None
    needs_host: bool
    flagged: bool
    reason: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's place in the queue: 1 is next. ``likely_s`` is None where a host decides."""

    number: int
    place: int
    asked_at: datetime
    likely_s: float | None
    needs_host: bool
    per_hour: int
