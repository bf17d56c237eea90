"""Numbers that processes at one database hold, so that no two make the same id.

A number is leased: its holder says from time to time that it lives, and whoever starts takes one
whose holder has said nothing for longer than a lease. A process that was held up for longer than
that (a laptop that slept) takes another one.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import Self

import sqlalchemy as sa
import structlog

from catflap.ground import clock, ids
from catflap.ground.database import Database, Tx, metadata
from catflap.ground.errors import CatflapError
from catflap.ground.statements import Instant, Statement

LEASE = timedelta(seconds=60)
RENEW_EVERY_S = LEASE.total_seconds() / 3

log = structlog.get_logger("catflap.numbering")

process_numbers = sa.Table(
    "process_numbers",
    metadata,
    sa.Column("number", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", Instant, nullable=False),
    sa.Index("ix_process_numbers_until", "until"),
)
_HELD = (
    process_numbers.c.number == sa.bindparam("of", type_=sa.SmallInteger),
    process_numbers.c.holder == sa.bindparam("whose"),
)

_FREE = (
    sa.select(process_numbers.c.number)
    .where(process_numbers.c.until < sa.bindparam("now", type_=Instant))
    .order_by(process_numbers.c.until)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE = Statement(
    process_numbers.update()
    .where(process_numbers.c.number.in_(_FREE))
    .values(holder=sa.bindparam("whose"), until=sa.bindparam("to", type_=Instant))
    .returning(process_numbers.c.number),
    int,
)
_RENEW = Statement(
    process_numbers.update()
    .where(*_HELD)
    .values(until=sa.bindparam("to", type_=Instant))
)
_RELEASE = Statement(
    process_numbers.update()
    .where(*_HELD)
    .values(holder="", until=sa.bindparam("now", type_=Instant))
)


class TooManyProcesses(CatflapError):
    """As many processes as there are numbers are at this database, or were a minute ago."""

    def __init__(self) -> None:
        super().__init__(f"more than {ids.PROCESSES} processes at one database")


class Number:
    """This process's ``number`` at one database, while it is entered; it may come to be another."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = secrets.token_hex(8)
        self.number = -1
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Take a number.

        Raises:
            TooManyProcesses: none is free.
        """
        await self._take()
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give it back."""
        assert self._keeping is not None
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        async with self._database.tx() as tx:
            await tx.run(_RELEASE, of=self.number, whose=self._holder, now=clock.now())

    async def _take(self) -> None:
        async with self._database.tx() as tx:
            self.number = await take(tx, holder=self._holder)
        ids.become_process(self.number)
        log.info("process_number", number=self.number)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            try:
                async with self._database.tx() as tx:
                    is_held = await renew(tx, self.number, holder=self._holder)
                if not is_held:
                    await self._take()
            except Exception:
                # A database that does not answer now may in a third of a lease.
                log.warning("number_not_renewed", exc_info=True)


async def take(tx: Tx, *, holder: str) -> int:
    """A number (0 to `ids.PROCESSES` - 1) that nobody else holds, for a lease from now.

    Raises:
        TooManyProcesses: none is free.
    """
    now = clock.now()
    number = await tx.one(_TAKE, whose=holder, to=now + LEASE, now=now)
    if number is None:
        raise TooManyProcesses
    return number


async def renew(tx: Tx, number: int, *, holder: str) -> bool:
    """Hold it for a lease from now; false where somebody else took it meanwhile."""
    return bool(await tx.run(_RENEW, of=number, whose=holder, to=clock.now() + LEASE))
