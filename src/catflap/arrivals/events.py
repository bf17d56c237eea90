"""Facts about what is brought."""

from __future__ import annotations

from catflap.ground.events import Event


class ImportMoved(Event, frozen=True, kw_only=True):
    """The reading of an archive got further, ended, or was refused; ``owner`` watches it."""

    import_id: int
    owner: int
    state: str
    progress_ratio: float
