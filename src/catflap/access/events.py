"""Facts about access."""

from __future__ import annotations

from catflap.ground.events import Event


class AppsChanged(Event, frozen=True, kw_only=True):
    """Some app may do less than before, or reads otherwise: who holds streams open looks again."""
