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

import msgspec
from pysqlite3 import dbapi2

from catflap.ground.database import UniqueViolated
from catflap.ground.disk import Disk
from catflap.ground.keeping import Kept, Written, watching
from catflap.ground.rows import UNKNOWN, Rows, change, named
from catflap.ground.statements import SQLITE, Compiled, Statement

R = TypeVar("R")

BUSY_TIMEOUT_MS = 10_000
PAUSE_S, PAUSE_MOST_S = 0.001, 0.005
CACHE_KIB = 8_192
FRESH_FOR_S = 0.004
KEPT_FOR_S = 60.0
"""Answers begin anew so often, in case somebody wrote past Catflap and nobody noticed."""
COMMITS_REMEMBERED = 1000
COMMITS_FORGOTTEN = 64
"""At once: each time writes a page besides."""
TOGETHER_MOST = 64
"""Transactions committed at one moment: who was first does not wait for ever new ones."""
CHECKPOINT_AT_LAST_PAGES = 8_000
"""How long the log may get (32 MB) before a commit itself moves it into the database."""

# What the last commits wrote, for the other processes' kept answers. Of SQLite alone, and so of no
# migration.
_COMMITS = "CREATE TABLE IF NOT EXISTS commits (id INTEGER PRIMARY KEY, written TEXT NOT NULL)"
_NOTE = "INSERT INTO commits (written) VALUES (?)"
_FORGET = "DELETE FROM commits WHERE id <= ?"
_SINCE = "SELECT id, written FROM commits WHERE id > ? ORDER BY id"


def connect(path: str, *, of_one_thread: bool = True) -> Any:
    """A connection as Catflap wants it: WAL, foreign keys, a long wait for the writer.

    It does not wait for the disk by itself; `Disk` does.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    connection = dbapi2.connect(
        path, isolation_level=None, cached_statements=512, check_same_thread=of_one_thread
    )
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        f"wal_autocheckpoint = {CHECKPOINT_AT_LAST_PAGES}",
        "foreign_keys = ON",
        f"cache_size = -{CACHE_KIB}",
        "temp_store = MEMORY",
        "journal_size_limit = 67108864",
        # What is deleted is overwritten: who leaves is not to be found in the file either.
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


class Touched(msgspec.Struct, frozen=True):
    """Columns and tables that a statement reads and writes, and the rows that it names of one."""

    reads: frozenset[str]
    writes: frozenset[str]
    rows: Rows | None


class Touching:
    """What each SQL text on one connection reads and writes, as SQLite itself says.

    Its authorizer names every column read or set and every table that gains or loses rows, those
    of foreign keys' actions, triggers and full-text search among them, while it prepares a text.
    So each text is explained once, which prepares it and runs nothing. Source: SQLite,
    "Compile-Time Authorization Callbacks".
    """

    __slots__ = ("_connection", "_known", "_reads", "_writes")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._known: dict[str, Touched] = {}
        self._reads: set[str] = set()
        self._writes: set[str] = set()
        connection.set_authorizer(self._hear)

    def of(self, statement: Statement[Any], sql: str, bound: Mapping[str, Any]) -> Touched:
        """What a statement touches; ``sql`` is its text, ``bound`` any parameters of it."""
        found = self._known.get(sql)
        if found is None:
            self._reads, self._writes = set(), set()
            self._connection.execute(f"EXPLAIN {sql}", bound).close()
            found = self._known[sql] = Touched(
                reads=frozenset(self._reads), writes=frozenset(self._writes),
                rows=named(statement.construct, sql),
            )
        return found

    def _hear(self, action: int, table: str, column: str, *_where: object) -> int:
        if action == dbapi2.SQLITE_READ:
            self._reads.update((table, f"{table}.{column}"))
        elif action == dbapi2.SQLITE_UPDATE:
            self._writes.add(f"{table}.{column}")
        elif action in (dbapi2.SQLITE_INSERT, dbapi2.SQLITE_DELETE):
            self._writes.add(table)
        return int(dbapi2.SQLITE_OK)


class SQLiteSession:
    """Statements on one connection, inline: nothing here ever suspends."""

    __slots__ = ("_connection", "_touching", "written")

    def __init__(self, connection: Any, touching: Touching) -> None:
        self._connection = connection
        self._touching = touching
        self.written = Written()
        """What statements wrote here."""

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """Every row."""
        compiled = statement.compiled(SQLITE)
        bound = compiled.named(params)
        self._note(statement, compiled, bound, (params,))
        return self._fetched(compiled, bound)

    def _note(
        self, statement: Statement[Any], compiled: Compiled[Any], bound: Mapping[str, Any],
        runs: Sequence[Mapping[str, Any]],
    ) -> None:
        touched = self._touching.of(statement, compiled.sql, bound)
        if touched.writes:
            self.written.add(touched.writes, touched.rows, runs)

    def _fetched(self, compiled: Compiled[R], bound: Mapping[str, Any]) -> list[R]:
        try:
            raw = self._connection.execute(compiled.sql, bound).fetchall()
        except dbapi2.IntegrityError as error:
            raise _translated(error) from error
        return [compiled.row(row) for row in raw]

    async def run(self, statement: Statement[Any], params: Mapping[str, Any]) -> int:
        """How many rows changed."""
        compiled = statement.compiled(SQLITE)
        bound = compiled.named(params)
        touched = self._touching.of(statement, compiled.sql, bound)
        try:
            cursor = self._connection.execute(compiled.sql, bound)
        except dbapi2.IntegrityError as error:
            raise _translated(error) from error
        count = int(cursor.rowcount)
        # What a statement of another kind did, its count does not say.
        if touched.writes and (count or change(statement) == UNKNOWN):
            self.written.add(touched.writes, touched.rows, (params,))
        return count

    async def run_many(
        self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Run once for each of ``rows``."""
        compiled = statement.compiled(SQLITE)
        bound = [compiled.named(row) for row in rows]
        self._note(statement, compiled, bound[0], rows)
        try:
            self._connection.executemany(compiled.sql, bound)
        except dbapi2.IntegrityError as error:
            raise _translated(error) from error


def _translated(error: Exception) -> Exception:
    return UniqueViolated(str(error)) if "UNIQUE" in str(error) else error


class SQLiteReader(SQLiteSession):
    """Reading, with answers kept until anybody commits something that they were read from.

    SQLite's ``data_version`` changes with every commit of another connection, and this one never
    writes. It is asked for when reading begins (some 10 µs; a query takes 25), but once in
    `FRESH_FOR_S`: that much later a commit of another process shows. Where it changed, `commits`
    says what was written. This process's own show at once (`committed`).
    """

    __slots__ = ("_asked_at", "_asking", "_forgot_at", "_last", "_own", "_version", "kept")

    def __init__(self, connection: Any) -> None:
        super().__init__(connection, Touching(connection))
        self.kept = Kept()
        self._asking = connection.cursor()
        self._asked_at = 0.0
        self._forgot_at = perf_counter()
        self._version = -1
        self._last = -1
        self._own: set[int] = set()

    async def __aenter__(self) -> SQLiteReader:
        """Begin to read: let go of answers that a commit has made old."""
        now = perf_counter()
        if now - self._asked_at < FRESH_FOR_S:
            return self
        self._asked_at = now
        if now - self._forgot_at > KEPT_FOR_S:
            self._forgot_at = now
            self.kept.forget()
        [(version,)] = self._asking.execute("PRAGMA data_version").fetchall()
        if version != self._version:
            self._version = version
            self._catch_up()
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Nothing is held."""

    def look(self) -> None:
        """Whoever begins to read next looks for commits of others, however soon."""
        self._asked_at = 0.0

    def committed(self, commit: int, written: Written) -> None:
        """This process has committed; whoever is still reading reads anew."""
        self._own.add(commit)
        self.kept.written(written)

    def _catch_up(self) -> None:
        """Let go of what was written since the last look.

        Somebody who writes past Catflap leaves no line, or one that says nothing; then everything
        is let go of, as after more commits than are remembered. (Unless Catflap too has written
        since: then the line of that hides it until `KEPT_FOR_S`.)
        """
        rows = self._asking.execute(_SINCE, (self._last,)).fetchall()
        if not rows or rows[0][0] != self._last + 1:
            self.kept.forget()
        for commit, text in rows:
            self._last = commit
            if commit in self._own:
                continue
            written = Written.decoded(text)
            if written is None:
                self.kept.forget()
            else:
                self.kept.written(written)
        self._own.clear()

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """Every row."""
        asked = self.kept.asked(statement)
        if asked is None:
            compiled = statement.compiled(SQLITE)
            touched = self._touching.of(statement, compiled.sql, compiled.named(params))
            asked = self.kept.ask(statement, touched.reads, touched.rows)
        key = (*params, *[
            tuple(value) if type(value) is list else value for value in params.values()
        ])
        watched = watching.get()
        if watched is not None:
            watched.add((asked, key))
        found = asked.answers.get(key)
        if found is None:
            compiled = statement.compiled(SQLITE)
            found = self._fetched(compiled, compiled.named(params))
            self.kept.keep(asked, key, params, found)
        return found.copy()


class Together:
    """Transactions that are committed at one moment, each whole or not at all."""

    __slots__ = ("loop", "waiting", "written")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: list[asyncio.Future[None]] = []
        """Those that have ended and are to be told."""
        self.written = Written()

    def joined(self, written: Written) -> asyncio.Future[None]:
        """One more has ended; what is given is done once all of them are committed."""
        self.written.join(written)
        committed = self.loop.create_future()
        self.waiting.append(committed)
        return committed

    def ended(self, failed: BaseException | None) -> None:
        """They are committed, or all of them are lost."""
        for committed in self.waiting:
            if committed.done() or self.loop.is_closed():
                continue
            if failed is None:
                committed.set_result(None)
            else:
                committed.set_exception(failed)


class SQLite:
    """One file, one reading and one writing connection per process.

    A commit costs as much as several notes, and with it everybody begins to read anew. So it waits
    for whoever else is about to write in this turn of the event loop.
    """

    def __init__(self, path: str, *, durable: bool = True) -> None:
        self.path = path
        self._writer = connect(path)
        self._writer.execute(_COMMITS)
        self._writer.execute("PRAGMA busy_timeout = 0")
        self._writing = Touching(self._writer)
        self._reader = connect(path)
        self._reader.execute("PRAGMA query_only = ON")
        self._disk = Disk(path, connect(path, of_one_thread=False)) if durable else None
        self._session = SQLiteReader(self._reader)
        self._one_writer = asyncio.Lock()
        self._together: Together | None = None

    @property
    def kept(self) -> Kept:
        """Answers of this process, and what was made of them."""
        return self._session.kept

    def reading(self) -> SQLiteReader:
        """The held reading connection."""
        return self._session

    @asynccontextmanager
    async def writing(self, *, durable: bool = True) -> AsyncIterator[SQLiteSession]:
        """One transaction, begun IMMEDIATE: a deferred one that upgrades ignores busy_timeout."""
        together: Together | None = None
        try:
            async with self._one_writer:
                together = await self._begun()
                is_first = not together.waiting
                if not is_first:
                    self._writer.execute("SAVEPOINT own")
                session = SQLiteSession(self._writer, self._writing)
                try:
                    yield session
                    if not is_first:
                        self._writer.execute("RELEASE own")
                except BaseException as error:
                    self._undo(together, error)
                    raise
                committed = together.joined(session.written)
        finally:
            if together is not None:
                # Behind whoever is about to write already.
                together.loop.call_soon(self._end, together)
        await committed
        if durable and session.written and self._disk is not None:
            await self._disk.kept()

    async def _begun(self) -> Together:
        """The transactions that the next one is committed with."""
        loop, together = asyncio.get_running_loop(), self._together
        if together is not None and (
            together.loop is not loop or len(together.waiting) >= TOGETHER_MOST
        ):
            self._commit(together)
        if self._together is None:
            await self._begin()
            self._together = Together(loop)
        return self._together

    def _undo(self, together: Together, error: BaseException) -> None:
        """Undo one transaction; where SQLite itself has undone all of them, they have failed."""
        if together.waiting and self._writer.in_transaction:
            self._writer.execute("ROLLBACK TO own")
            self._writer.execute("RELEASE own")
            return
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        self._together = None
        together.ended(error)

    def _end(self, together: Together) -> None:
        """Commit, unless another has joined that is still being written: its turn comes."""
        if self._together is together and not self._one_writer.locked():
            self._commit(together)

    def _commit(self, together: Together) -> None:
        self._together = None
        try:
            commit = self._noted(together.written)
            self._writer.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            together.ended(error)
            return
        if commit is not None:
            self._session.committed(commit, together.written)
        together.ended(None)

    def _noted(self, written: Written) -> int | None:
        """Write down, in the transaction itself, what it wrote; None where that is nothing."""
        if not written:
            return None
        cursor = self._writer.execute(_NOTE, (written.encoded(),))
        commit = int(cursor.lastrowid)
        if commit % COMMITS_FORGOTTEN == 0:
            self._writer.execute(_FORGET, (commit - COMMITS_REMEMBERED,))
        return commit

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

    def look(self) -> None:
        """Whoever reads next looks for commits of others."""
        self._session.look()

    async def version(self) -> int:
        """SQLite's own counter of commits by other connections (2 µs)."""
        return int(self._reader.execute("PRAGMA data_version").fetchone()[0])

    async def close(self) -> None:
        """Close every connection."""
        if self._together is not None:
            self._commit(self._together)
        if self._disk is not None:
            self._disk.close()
        self._reader.close()
        self._writer.close()
