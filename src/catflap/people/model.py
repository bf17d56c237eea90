"""What a person is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NewType

import msgspec

PersonId = NewType("PersonId", int)

NEWCOMER_FOR = timedelta(days=14)
NEWCOMER_BELOW_NOTES = 5

HANDLE_MAX_CHARS = 30
NAME_MAX_CHARS = 50
BIO_MAX_CHARS = 500
HOME_MAX_CHARS = 60
READS_MAX = 12


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person as others see them. ``reads`` are canonical language codes, best first.

    ``revision`` grows with every change of what others see, so that rendered forms can be kept.
    """

    id: PersonId
    handle: str
    name: str
    bio: str
    bio_key: str
    bio_lang: str
    home: str
    avatar: str
    reads: tuple[str, ...]
    joined_at: datetime
    notes_count: int
    comments_count: int
    followers_count: int
    following_count: int
    likes_count: int
    revision: int


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in person who looks: what pages need to know about them, in one row."""

    id: PersonId
    handle: str
    name: str
    avatar: str
    locale: str
    reads: tuple[str, ...]
    translate: bool
    never_translate: tuple[str, ...]
    joined_at: datetime
    published_count: int


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """How a viewer stands to a person."""

    is_self: bool
    following: bool
    followed_by: bool
    blocked: bool
    muted: bool


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a viewer does not see: blocked (either way) and muted, as sets of person ids."""

    blocked: frozenset[int]
    muted: frozenset[int]


NOBODY_HIDDEN = Hidden(blocked=frozenset(), muted=frozenset())


def is_newcomer(*, joined_at: datetime, published_count: int, now: datetime) -> bool:
    """Whether someone is new here: first 14 days, or fewer than 5 notes and comments."""
    return now - joined_at < NEWCOMER_FOR or published_count < NEWCOMER_BELOW_NOTES
