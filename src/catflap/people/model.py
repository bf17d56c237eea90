"""What a person is."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

import msgspec

PersonId = NewType("PersonId", int)

NEWCOMER_FOR = timedelta(days=14)
NEWCOMER_BELOW_NOTES = 5
WAY_BACK_FOR = timedelta(days=14)
"""How long who left may come back before they are deleted for real."""

HANDLE_MAX_CHARS = 30
NAME_MAX_CHARS = 50
BIO_MAX_CHARS = 500
HOME_MAX_CHARS = 60
READS_MAX = 12
FIELDS_MAX = 4
FIELD_MAX_CHARS = 255
REMARK_MAX_CHARS = 2000
LISTS_MAX = 100
LIST_TITLE_MAX_CHARS = 100
LIST_MEMBERS_MAX = 500
DOMAINS_MAX = 1000


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A line that somebody shows on their profile: what it is about, and what it says.

    Each with the key of its text, "" for one without words that could be translated.
    """

    name: str
    value: str
    name_key: str = ""
    value_key: str = ""


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
    home_key: str
    avatar: str
    reads: tuple[str, ...]
    joined_at: datetime
    notes_count: int
    comments_count: int
    followers_count: int
    following_count: int
    likes_count: int
    revision: int
    header: str
    fields: tuple[Field, ...]
    locked: bool
    automated: bool
    discoverable: bool
    indexable: bool
    hides_circles: bool
    wrote_at: datetime | None

    def keys(self) -> list[str]:
        """The key of every text that they say of themselves, one for each use of it."""
        return [key for key in (self.bio_key, self.home_key, *self.line_keys()) if key]

    def line_keys(self) -> list[str]:
        """The keys of the texts of their lines, "" for those without."""
        return [key for line in self.fields for key in (line.name_key, line.value_key)]


CREDITED_BY_MAX = 10
"""Sites that somebody lets name them as an author."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in person who looks: what pages need to know about them, in one row.

    Whoever ``waits`` signed up and reads, but publishes nothing until they are let in.
    """

    id: PersonId
    handle: str
    name: str
    avatar: str
    locale: str
    reads: tuple[str, ...]
    translate: bool
    never_translate: tuple[str, ...]
    script: str
    joined_at: datetime
    published_count: int
    post_visibility: str
    post_sensitive: bool
    post_lang: str
    post_quotable_by: str
    credited_by: tuple[str, ...]
    waits: bool


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants of a person they follow; ``langs`` are all they want, () for any."""

    with_boosts: bool = True
    notify: bool = False
    langs: tuple[str, ...] = ()


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """How a viewer stands to a person. ``wishes`` are those of a follow, or of a request for one.

    ``muted_until`` is None for a mute without an end; ``remark`` is what only the viewer reads.
    """

    is_self: bool = False
    following: bool = False
    followed_by: bool = False
    blocked: bool = False
    blocked_by: bool = False
    muted: bool = False
    muted_notices: bool = False
    muted_until: datetime | None = None
    requested: bool = False
    requested_by: bool = False
    wishes: Wishes | None = None
    endorsed: bool = False
    remark: str = ""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What a server tells of itself in numbers: people, their notes, their comments."""

    people: int
    notes: int
    comments: int


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a viewer does not see: blocked (either way) and muted, as sets of person ids.

    Of those who are ``silenced`` the viewer does not hear either.
    """

    blocked: frozenset[int]
    muted: frozenset[int]
    silenced: frozenset[int]


NOBODY_HIDDEN = Hidden(blocked=frozenset(), muted=frozenset(), silenced=frozenset())


class Answers(StrEnum):
    """Which of its members' comments come into a list."""

    NONE = "none"
    MEMBERS = "members"
    FOLLOWED = "followed"


class PeopleList(msgspec.Struct, frozen=True, kw_only=True):
    """People whose notes somebody reads apart; out of their home, where it is ``exclusive``."""

    id: int
    owner_id: PersonId
    title: str
    answers: Answers
    exclusive: bool


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody has read ``of`` something. ``version`` grows by one with every move."""

    of: str
    last_id: int
    version: int
    at: datetime


def is_newcomer(*, joined_at: datetime, published_count: int, now: datetime) -> bool:
    """Whether someone is new here: first 14 days, or fewer than 5 notes and comments."""
    return now - joined_at < NEWCOMER_FOR or published_count < NEWCOMER_BELOW_NOTES
