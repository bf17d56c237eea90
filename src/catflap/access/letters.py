"""How many letters went out and how many did not: what the mail can bear is asked of it.

Sums by the minute, of nobody in particular, kept for a day.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from catflap.access.tables import letters
from catflap.ground import clock
from catflap.ground.database import Database, Reads
from catflap.ground.statements import Instant, Statement, insert_unless_there

COUNTED_FOR = timedelta(hours=1)
_KEPT_FOR = timedelta(days=1)

_MINUTE = letters.c.minute == sa.bindparam("at", type_=Instant)
_BEGIN = Statement(
    insert_unless_there(letters).values(
        minute=sa.bindparam("at", type_=Instant), sent=0, failed=0, to_newcomers=0
    )
)
_COUNT = Statement(
    letters.update()
    .where(_MINUTE)
    .values(
        sent=letters.c.sent + sa.bindparam("went", type_=sa.Integer),
        failed=letters.c.failed + sa.bindparam("stayed", type_=sa.Integer),
        to_newcomers=letters.c.to_newcomers + sa.bindparam("joined", type_=sa.Integer),
    )
)
_FORGET = Statement(
    letters.delete().where(letters.c.minute < sa.bindparam("before", type_=Instant))
)


class Letters(msgspec.Struct, frozen=True, kw_only=True):
    """Letters of an hour; of those sent so many told somebody that they are in."""

    sent: int
    failed: int
    to_newcomers: int

    @property
    def failing_ratio(self) -> float:
        """Of all tries the share that failed, 0 where none was made."""
        return self.failed / (self.sent + self.failed) if self.failed else 0.0


def _sum(column: sa.Column[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


_LATELY = Statement(
    sa.select(
        _sum(letters.c.sent).label("sent"), _sum(letters.c.failed).label("failed"),
        _sum(letters.c.to_newcomers).label("to_newcomers"),
    ).where(letters.c.minute > sa.bindparam("since", type_=Instant)),
    Letters,
)


async def counted(
    database: Database, letter: Awaitable[None], *, to_newcomer: bool = False
) -> None:
    """Send a letter and count it; one that could not be sent is counted and raised.

    Raises:
        OSError: the mail server did not take it.
    """
    try:
        await letter
    except OSError:
        await _count(database, went=0, stayed=1, joined=0)
        raise
    await _count(database, went=1, stayed=0, joined=int(to_newcomer))


async def _count(database: Database, *, went: int, stayed: int, joined: int) -> None:
    now = clock.now()
    minute = now.replace(second=0, microsecond=0)
    async with database.tx() as tx:
        await tx.run(_BEGIN, at=minute)
        await tx.run(_COUNT, at=minute, went=went, stayed=stayed, joined=joined)
        await tx.run(_FORGET, before=now - _KEPT_FOR)


async def lately(reads: Reads) -> Letters:
    """The letters of the last hour. One query."""
    # To the minute: the same parameter keeps the same answer for a while.
    since = clock.now().replace(second=0, microsecond=0) - COUNTED_FOR
    found = await reads.one(_LATELY, since=since)
    assert found is not None
    return found
