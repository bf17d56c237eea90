"""What a feed is made of."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from catflap.notes.model import Stamp


class Why(StrEnum):
    """Why a note stands in a feed; the doors have the words."""

    FOLLOWED = "followed"
    NEWCOMER = "newcomer"
    WARM = "warm"


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One place in a feed: a note by its stamp, and why it is here."""

    stamp: Stamp
    why: Why


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a feed; ``removed`` counts what hiding took, by reason."""

    slots: Sequence[Slot]
    removed: dict[str, int]
    next_cursor: str | None
