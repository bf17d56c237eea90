"""What may be wanted of the translating jobs: their kinds and payloads."""

from __future__ import annotations

from datetime import datetime

import msgspec

AHEAD = "translation.ahead"
TRANSLATE = "translation.translate"


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """A new text: translate it into the languages its likely readers read."""

    key: str


class Translate(msgspec.Struct, frozen=True, kw_only=True):
    """One text into one language."""

    key: str
    target: str
    wanted_at: datetime | None = None
