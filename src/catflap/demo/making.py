"""Making the demo whole or not at all, and knowing it again.

On SQLite it is written to a file beside the database's and takes its place at the end, so whatever
stopped a demo on its way leaves nothing that looks like a community. On PostgreSQL, where no
second database is ours to make, it is written in place, and half a demo is told of. A file in the
data folder says which newcomer the demo made; where that one lives here, the demo does. Whoever
else lives here is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from catflap.demo import seeding
from catflap.demo.seeding import HOST, NEWCOMER, PASSWORD, Counts
from catflap.ground import locking
from catflap.ground.database import Database
from catflap.ground.database_url import of_sqlite, sqlite_file
from catflap.ground.errors import CatflapError
from catflap.ground.locking import SERVING, WORKING
from catflap.ground.opening import database_at
from catflap.ground.settings import Settings
from catflap.house import House
from catflap.migrations import running
from catflap.moderation import rules
from catflap.people import queries as people
from catflap.people.model import PersonId

MARK = "demo.json"
_BESIDE = ("", "-wal", "-shm")


class HalfADemo(CatflapError):
    """A demo was stopped on its way into this database, which only its owner can empty."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was made, and two ways in; without a demo in this place they lead nowhere."""

    people: int
    notes: int
    comments: int
    pictures: int
    newcomer: str
    host: str
    password: str
    was_empty: bool
    is_demo: bool


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the demo's newcomer became; None while it is being made in place."""

    newcomer: PersonId | None


def summary(told: Told) -> str:
    """The same for a person to read."""
    if not told.is_demo:
        return "People live here already; the demo was left out."
    counted = "The demo is here."
    if told.was_empty:
        counted = (
            f"{told.people} people, {told.notes} notes, {told.comments} comments, "
            f"{told.pictures} pictures."
        )
    return (
        f"{counted}\nSign in as a newcomer: {told.newcomer}   as a host: {told.host}   "
        f"password: {told.password}"
    )


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """How a house is opened and worked in, and the demo that is wanted (see `seeding.seed`)."""

    open_house: Callable[[Settings], House]
    runner: Callable[..., Any]
    times: int = 1
    seed: int = 1
    kept: Path | None = None

    async def make(self, settings: Settings, *, on_begin: Callable[[], None]) -> Told:
        """Make the demo where nobody lives; ``on_begin`` is told before anything is drawn.

        Raises:
            HalfADemo: see there.
            PlaceTaken: another process serves this database, or makes a demo in it.
        """
        address = settings.database_address()
        found = await _found(settings)
        if found is not None:
            return found
        with locking.held(address, SERVING), locking.held(address, WORKING):
            # Somebody may have come meanwhile; from here on nobody can.
            found = await _found(settings)
            if found is not None:
                return found
            on_begin()
            file = sqlite_file(address)
            if file is not None:
                counts = await self._beside(settings, file)
            else:
                counts = await self._in_place(settings)
        return Told(
            people=counts.people, notes=counts.notes, comments=counts.comments,
            pictures=counts.pictures, newcomer=NEWCOMER, host=HOST, password=PASSWORD,
            was_empty=True, is_demo=True,
        )

    async def _beside(self, settings: Settings, path: Path) -> Counts:
        part = path.with_name(f"{path.name}.part")
        _forget(part)
        try:
            counts = await self._seeded(
                msgspec.structs.replace(settings, database_url=of_sqlite(part))
            )
            # What is renamed is to be on the disk before its name is.
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            _mark(settings, _Mark(newcomer=counts.newcomer))
            _forget(path)  # migrated at most: nobody lives there
            part.rename(path)
        finally:
            _forget(part)
        return counts

    async def _in_place(self, settings: Settings) -> Counts:
        _mark(settings, _Mark(newcomer=None))
        counts = await self._seeded(settings)
        _mark(settings, _Mark(newcomer=counts.newcomer))
        return counts

    async def _seeded(self, settings: Settings) -> Counts:
        await running.upgrade(settings.database_address())
        return await seeding.seed(
            self.open_house(settings), self.runner, times=self.times, seed=self.seed,
            kept=self.kept,
        )


async def _found(settings: Settings) -> Told | None:
    """What to tell of who lives here; None where nobody does.

    Raises:
        HalfADemo: a demo began to be made in place, and was not finished.
    """
    address = settings.database_address()
    if await running.standing(address) is None:
        return None
    database = database_at(address)
    try:
        count, is_demo = await _living(database, _marked(settings))
    finally:
        await database.close()
    if not count:
        return None
    return Told(
        people=0, notes=0, comments=0, pictures=0, newcomer=NEWCOMER, host=HOST,
        password=PASSWORD, was_empty=False, is_demo=is_demo,
    )


async def _living(database: Database, mark: _Mark | None) -> tuple[int, bool]:
    """How many people live here, and whether the one that a mark names does. Raises as `_found`."""
    async with database.reads() as reads:
        count = await people.count(reads)
        if mark is None:
            return count, False
        if mark.newcomer is None:
            if count or await rules.standing(reads):
                raise HalfADemo
            return 0, False
        return count, await people.ids_after(reads, mark.newcomer - 1, count=1) == [mark.newcomer]


def _marked(settings: Settings) -> _Mark | None:
    try:
        return msgspec.json.decode((settings.data / MARK).read_bytes(), type=_Mark)
    except (OSError, msgspec.DecodeError):
        return None


def _mark(settings: Settings, mark: _Mark) -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    part = settings.data / f"{MARK}.part"
    part.write_bytes(msgspec.json.encode(mark))
    part.replace(settings.data / MARK)


def _forget(path: Path) -> None:
    for ending in _BESIDE:
        path.with_name(path.name + ending).unlink(missing_ok=True)
