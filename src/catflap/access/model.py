"""What signing in knows."""

from __future__ import annotations

from datetime import datetime
from typing import NewType

import msgspec

SessionId = NewType("SessionId", int)

PASSWORD_MIN_CHARS = 8
PASSWORD_MAX_CHARS = 200
EMAIL_MAX_CHARS = 254
RESET_VALID_S = 3600
SESSION_TOUCH_S = 300


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in, as its person sees it."""

    id: SessionId
    device: str
    address: str
    made_at: datetime
    seen_at: datetime


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands behind a session's token."""

    id: SessionId
    person_id: int
    seen_at: datetime


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """How a person proves who they are."""

    person_id: int
    password_hash: str
    email: str | None
