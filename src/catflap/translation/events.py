"""Facts about translation."""

from __future__ import annotations

from catflap.ground.events import Event


class RenditionMade(Event, frozen=True, kw_only=True):
    """A text can now be read in another language, or it is known that it cannot."""

    key: str
    target: str


class RenditionReplaced(Event, frozen=True, kw_only=True):
    """People changed how a text reads: what was rendered of it anywhere is stale.

    ``target`` is "" where it may be every language.
    """

    key: str
    target: str
