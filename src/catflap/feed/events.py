"""Facts about the feed."""

from __future__ import annotations

from catflap.ground.events import Event


class NotePlaced(Event, frozen=True, kw_only=True):
    """A note came into the feed, left it, or is about something else now."""

    note: int


class LessWanted(Event, frozen=True, kw_only=True):
    """``reader`` wants less like a note, or took that back. ``refused``: by how many it is now."""

    note: int
    reader: int
    refused: int


class FeedChanged(Event, frozen=True, kw_only=True):
    """``reader`` set another budget, so that what was composed for them is no longer right."""

    reader: int


class FloorPaced(Event, frozen=True, kw_only=True):
    """First notes have other cards now."""

    target: float


class ModelChosen(Event, frozen=True, kw_only=True):
    """The feed ranks by another version of what was learned."""

    number: int
