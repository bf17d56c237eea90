"""Facts about moderation."""

from __future__ import annotations

from catflap.ground.events import Event


class CaseOpened(Event, frozen=True, kw_only=True):
    """Somebody was reported of whom no case was open. ``by`` is for operators' eyes only."""

    case: int
    by: int


class AnnouncementMade(Event, frozen=True, kw_only=True):
    """Something is said to everybody, or reads differently now."""

    announcement: int


class AnnouncementDropped(Event, frozen=True, kw_only=True):
    """It is said no more."""

    announcement: int


class AnnouncementReacted(Event, frozen=True, kw_only=True):
    """So many people react with one emoji now; 0 where the last took it back."""

    announcement: int
    name: str
    count: int
