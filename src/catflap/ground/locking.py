"""Places that one process at a time may have, held by the kernel until it ends, however it ends.

POSIX locks (``fcntl.lockf``), not ``flock``: they belong to the process and not to the open file,
so that what it forks does not hold on to them after it was killed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catflap.ground.database_url import sqlite_file
from catflap.ground.errors import CatflapError

SERVING, WORKING = "serving", "working"


class PlaceTaken(CatflapError):
    """Another process has the place; ``path`` is the database's file, ``place`` what is done."""

    def __init__(self, path: Path, place: str) -> None:
        super().__init__(str(path), place)
        self.path = path
        self.place = place


@contextmanager
def held(database_address: str, place: str) -> Iterator[None]:
    """Have a place at a SQLite database for this process alone; PostgreSQL has any number of each.

    Raises:
        PlaceTaken: another process has it.
    """
    path = sqlite_file(database_address)
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_name(f"{path.name}.{place}"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PlaceTaken(path, place) from error
        yield
    finally:
        os.close(lock)
