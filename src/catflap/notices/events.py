"""Facts about notices."""

from __future__ import annotations

from catflap.ground.events import Event


class NoticeGiven(Event, frozen=True, kw_only=True):
    """Somebody has one more unread notice."""

    person: int
