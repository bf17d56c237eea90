"""Facts about media."""

from __future__ import annotations

from catflap.ground.events import Event


class MediaMoved(Event, frozen=True, kw_only=True):
    """The making of a video got further, ended, or failed; ``owner`` watches it."""

    media: int
    owner: int
    state: str
    progress_ratio: float
