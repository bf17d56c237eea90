"""What a notice is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What happened."""

    LIKE = "like"
    COMMENT = "comment"
    REPLY = "reply"
    FOLLOW = "follow"
    COLLECT = "collect"
    MENTION = "mention"
    SUGGESTION = "suggestion"
    ACCEPTED = "accepted"
    ASKS = "asks"
    GRANTED = "granted"
    WROTE = "wrote"
    BOOST = "boost"
    POLL = "poll"
    CASE = "case"
    STAMP = "stamp"
    FOUND = "found"
    QUOTE = "quote"
    QUOTED_UPDATE = "quoted_update"
    SIGNED_UP = "signed_up"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that ``actor_id`` did. ``note_id`` is what they wrote, or what they liked.

    ``case_id`` is the case that an operator is told of.
    """

    id: int
    kind: Kind
    actor_id: int
    note_id: int | None
    made_at: datetime
    read: bool
    filtered: bool
    bundle: str
    case_id: int | None = None

    def is_hidden(self, silenced: Collection[int]) -> bool:
        """Whether it is of somebody whom its person hides; a case is told whoever reported it."""
        return self.actor_id in silenced and self.kind is not Kind.CASE


BUNDLED = frozenset({"like", "follow", "boost", "signed_up"})
"""Kinds that are shown together: of one note, or of nothing but oneself."""
BUNDLED_FOR = timedelta(hours=12)


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """Notices that are alike, newest first; most stand alone. ``key`` is "" for those."""

    key: str
    notices: list[Notice]

    @property
    def newest(self) -> Notice:
        """The one that stands for all."""
        return self.notices[0]


class Choice(StrEnum):
    """What is done with a notice: given, held back until its person decides, or dropped."""

    ACCEPT = "accept"
    FILTER = "filter"
    DROP = "drop"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants done with the notices of those they do not know.

    ``limited`` are people whom this community's moderators limited; there are none yet.
    """

    not_following: Choice = Choice.ACCEPT
    not_followers: Choice = Choice.ACCEPT
    new_accounts: Choice = Choice.ACCEPT
    private_mentions: Choice = Choice.ACCEPT
    limited: Choice = Choice.ACCEPT


TAKES_ALL = Policy()
FOLLOWER_AFTER = timedelta(days=3)
"""Somebody who only just followed one is no follower yet."""
NEW_FOR = timedelta(days=30)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose notices are held back; ``last_note_id`` is what the last was about."""

    id: int
    actor_id: int
    last_note_id: int | None
    notices_count: int
    made_at: datetime
    updated_at: datetime
