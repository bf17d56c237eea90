"""SQLite, the default: reads inline, one writer, one library.

pysqlite3 carries its own recent SQLite. Python's may be one of 3.7.0 to 3.51.2, which have the
WAL-reset corruption bug, and two SQLite libraries on one file in one process break its locks, so
nothing here imports the standard ``sqlite3``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from pysqlite3 import dbapi2

from catflap.ground.database import UniqueViolated
from catflap.ground.statements import SQLITE, Statement

R = TypeVar("R")

BUSY_TIMEOUT_MS = 10_000
PAUSE_S, PAUSE_MOST_S = 0.001, 0.02
CACHE_KIB = 16_384
ANSWERS_KEPT = 1000
MADE_KEPT = 128
FRESH_FOR_S = 0.001


def connect(path: str, *, durable: bool = True) -> Any:
    """A connection as Catflap wants it: WAL, foreign keys, a long wait for the writer."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    connection = dbapi2.connect(path, isolation_level=None, cached_statements=512)
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        f"synchronous = {'FULL' if durable else 'NORMAL'}",
        "foreign_keys = ON",
        f"cache_size = -{CACHE_KIB}",
        "temp_store = MEMORY",
        "journal_size_limit = 67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


class SQLiteSession:
    """Statements on one connection, inline: nothing here ever suspends."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """Every row."""
        return self._fetched(statement, statement.compiled(SQLITE).named(params))

    def _fetched(self, statement: Statement[R], bound: dict[str, Any]) -> list[R]:
        compiled = statement.compiled(SQLITE)
        try:
            raw = self._connection.execute(compiled.sql, bound).fetchall()
        except dbapi2.IntegrityError as error:
            raise _translated(error) from error
        return [compiled.row(row) for row in raw]

    async def run(self, statement: Statement[Any], params: Mapping[str, Any]) -> int:
        """How many rows changed."""
        compiled = statement.compiled(SQLITE)
        try:
            cursor = self._connection.execute(compiled.sql, compiled.named(params))
        except dbapi2.IntegrityError as error:
            raise _translated(error) from error
        return int(cursor.rowcount)

    async def run_many(
        self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Run once for each of ``rows``."""
        compiled = statement.compiled(SQLITE)
        try:
            self._connection.executemany(compiled.sql, [compiled.named(row) for row in rows])
        except dbapi2.IntegrityError as error:
            raise _translated(error) from error


def _translated(error: Exception) -> Exception:
    return UniqueViolated(str(error)) if "UNIQUE" in str(error) else error


class SQLiteReader(SQLiteSession):
    """Reading, with answers kept until anybody commits.

    SQLite's ``data_version`` changes with every commit of another connection, and this one never
    writes, so a kept answer is right for as long as the number stands. It is asked for when
    reading begins (some 10 µs; a query takes 25), but once in `FRESH_FOR_S`: that much later a
    commit of another process shows. This process's own show at once (`outdated`).
    """

    __slots__ = ("_answers", "_asked_at", "_asking", "_version", "made")

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._answers: dict[tuple[Any, ...], list[Any]] = {}
        self.made: dict[Any, Any] = {}
        self._asking = connection.cursor()
        self._asked_at = 0.0
        self._version = -1

    async def __aenter__(self) -> SQLiteReader:
        """Begin to read: let go of answers that a commit has made old."""
        now = perf_counter()
        if now - self._asked_at < FRESH_FOR_S:
            return self
        self._asked_at = now
        [(version,)] = self._asking.execute("PRAGMA data_version").fetchall()
        if version != self._version or len(self._answers) > ANSWERS_KEPT:
            self.outdated()
            self._version = version
        elif len(self.made) > MADE_KEPT:
            self.made = {}
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Nothing is held."""

    def outdated(self) -> None:
        """This process has committed; whoever is still reading reads anew."""
        self._answers.clear()
        # Another one: whoever still makes something of old answers keeps it in vain.
        self.made = {}

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """Every row."""
        key = (
            statement,
            *[tuple(value) if type(value) is list else value for value in params.values()],
        )
        found = self._answers.get(key)
        if found is None:
            bound = statement.compiled(SQLITE).named(params)
            found = self._answers[key] = self._fetched(statement, bound)
        return found.copy()


class SQLite:
    """One file, one reading and one writing connection per process."""

    def __init__(self, path: str, *, durable: bool = True) -> None:
        self.path = path
        self._writer = connect(path, durable=durable)
        self._writer.execute("PRAGMA busy_timeout = 0")
        self._reader = connect(path, durable=durable)
        self._reader.execute("PRAGMA query_only = ON")
        self._session = SQLiteReader(self._reader)
        self._one_writer = asyncio.Lock()

    def reading(self) -> SQLiteReader:
        """The held reading connection."""
        return self._session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SQLiteSession]:
        """One transaction, begun IMMEDIATE: a deferred one that upgrades ignores busy_timeout."""
        async with self._one_writer:
            await self._begin()
            try:
                yield SQLiteSession(self._writer)
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
            self._session.outdated()

    async def _begin(self) -> None:
        """Begin once no other process writes; reads of this one go on meanwhile.

        SQLite's own busy handler would sleep in the event loop, and everybody with it.
        """
        deadline, pause_s = perf_counter() + BUSY_TIMEOUT_MS / 1000, PAUSE_S
        while True:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except dbapi2.OperationalError as error:
                if "locked" not in str(error) or perf_counter() > deadline:
                    raise
            else:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, PAUSE_MOST_S)

    async def version(self) -> int:
        """SQLite's own counter of commits by other connections (2 µs)."""
        return int(self._reader.execute("PRAGMA data_version").fetchone()[0])

    async def close(self) -> None:
        """Close both connections."""
        self._reader.close()
        self._writer.close()
