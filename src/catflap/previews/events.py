"""Facts about pages elsewhere."""

from __future__ import annotations

from catflap.ground.events import Event


class PreviewMade(Event, frozen=True, kw_only=True):
    """A page was read, and says something of itself; or says something else now."""

    preview: int
