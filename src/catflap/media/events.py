"""Facts about media."""

from __future__ import annotations

from catflap.ground.events import Event


class MediaMoved(Event):
    """The making of a video got further, ended, or failed; ``owner`` watches it."""

    media: int
    owner: int
    state: str
    progress_ratio: float
