"""Facts about translation."""

from __future__ import annotations

from catflap.ground.events import Event


class RenditionMade(Event, frozen=True, kw_only=True):
    """A text can now be read in another language, or it is known that it cannot."""

    key: str
    target: str
