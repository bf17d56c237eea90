"""Facts about notices."""

from __future__ import annotations

from catflap.ground.events import Event


class NoticeGiven(Event, frozen=True, kw_only=True):
    """Somebody has one more unread notice."""

    person: int
    notice: int


class NoticesMerged(Event, frozen=True, kw_only=True):
    """Notices that were held back stand among the others now."""

    person: int
