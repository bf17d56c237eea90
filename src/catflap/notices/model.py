"""What a notice is."""

from __future__ import annotations

from datetime import datetime
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


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that ``actor_id`` did. ``note_id`` is what they wrote, or what they liked."""

    id: int
    kind: Kind
    actor_id: int
    note_id: int | None
    made_at: datetime
    read: bool
