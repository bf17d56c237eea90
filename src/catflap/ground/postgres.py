"""PostgreSQL on asyncpg, behind the same statements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import asyncpg

from catflap.ground.database import UniqueViolated
from catflap.ground.errors import Overtaken
from catflap.ground.statements import Statement, postgresql

R = TypeVar("R")

POOL_SIZE = 10


@contextmanager
def _in_our_words() -> Iterator[None]:
    """What other transactions do to this one, as errors that know nothing of the driver.

    A missing foreign row is one of them: an action has just read the row it points at, so
    somebody deleted it since.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise UniqueViolated(str(error)) from error
    except (
        asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.ForeignKeyViolationError
    ) as error:
        raise Overtaken from error


class PostgreSQLSession:
    """Statements on one connection of the pool."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """Every row."""
        compiled = statement.compiled(postgresql())
        with _in_our_words():
            raw = await self._connection.fetch(compiled.sql, *compiled.positional(params))
        return [compiled.row(tuple(row)) for row in raw]

    async def run(self, statement: Statement[Any], params: Mapping[str, Any]) -> int:
        """How many rows changed."""
        compiled = statement.compiled(postgresql())
        with _in_our_words():
            tag = await self._connection.execute(compiled.sql, *compiled.positional(params))
        last = tag.rpartition(" ")[2]
        return int(last) if last.isdigit() else 0

    async def run_many(
        self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Run once for each of ``rows``."""
        compiled = statement.compiled(postgresql())
        with _in_our_words():
            await self._connection.executemany(
                compiled.sql, [compiled.positional(row) for row in rows]
            )


class PostgreSQL:
    """A pool, opened at first use because that needs a running event loop."""

    kept = None

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def _opened(self) -> Any:
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    # reset= spares a round trip of DISCARD-like statements at each release;
                    # safe because no session state is ever set outside a transaction.
                    self._pool = await asyncpg.create_pool(
                        self.url, min_size=1, max_size=POOL_SIZE, reset=_leave_as_is
                    )
        return self._pool

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgreSQLSession]:
        """One connection of the pool."""
        pool = await self._opened()
        async with pool.acquire() as connection:
            yield PostgreSQLSession(connection)

    @asynccontextmanager
    async def writing(self, *, durable: bool = True) -> AsyncIterator[PostgreSQLSession]:
        """One connection inside one transaction."""
        pool = await self._opened()
        async with pool.acquire() as connection, connection.transaction():
            if not durable:
                await connection.execute("SET LOCAL synchronous_commit = off")
            yield PostgreSQLSession(connection)

    def look(self) -> None:
        """Nothing is kept here."""

    async def version(self) -> int:
        """The newest event's number: what the outbox's readers wait for."""
        pool = await self._opened()
        found = await pool.fetchval("SELECT coalesce(max(seq), 0) FROM events")
        return int(found)

    async def close(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            await self._pool.close()


async def _leave_as_is(connection: Any) -> None:
    del connection
