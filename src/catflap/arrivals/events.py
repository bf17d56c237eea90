"""Facts about coming over."""

from __future__ import annotations

from catflap.ground.events import Event


class CatTaxPaid(Event, frozen=True, kw_only=True):
    """A newcomer's photo note is their cat tax."""

    person: int
    note: int


class NoteStamped(Event, frozen=True, kw_only=True):
    """The host ``by`` put a seal on ``author``'s cat tax."""

    note: int
    author: int
    by: int


class PersonWelcomed(Event, frozen=True, kw_only=True):
    """The third seal stands: ``person`` has a keepsake."""

    person: int
    note: int


class PersonLetIn(Event, frozen=True, kw_only=True):
    """``person`` waited in the queue, and may publish now."""

    person: int


class ImportMoved(Event, frozen=True, kw_only=True):
    """The reading of an archive got further, ended, or was refused; ``owner`` watches it."""

    import_id: int
    owner: int
    state: str
    progress_ratio: float


class PersonFound(Event, frozen=True, kw_only=True):
    """``viewer`` sees now that ``person``, whom they knew elsewhere, is here."""

    viewer: int
    person: int


class ExportMoved(Event, frozen=True, kw_only=True):
    """What ``owner`` takes with them is further put together, or ready."""

    export_id: int
    owner: int
    state: str
    progress_ratio: float
