"""What was shown to whom: counted at every page, kept in memory, written down every few seconds.

A page never waits for it, and a process that is killed loses the last seconds of it: a first note
is then shown a few times more than it was owed. The log by reader is forgotten after `KEPT`; what
stays of it are sums by note, in which nobody stands.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
import structlog

from catflap.feed.model import ShownPage, ShownSlot
from catflap.feed.tables import owed, pages, tallies
from catflap.ground import clock, ids
from catflap.ground.database import Database, Reads, Tx
from catflap.ground.statements import Instant, Json, Statement, insert_unless_there
from catflap.notes import queries as notes
from catflap.people import queries as people
from catflap.people.model import PersonId

log = structlog.get_logger("catflap.feed")

KEPT = timedelta(days=7)
WRITE_EVERY_S = 5.0
FLOOR = 4
"""`sourcing.Source.FLOOR`, which would bring NumPy along."""

_i64 = sa.BigInteger


class _Seen(msgspec.Struct, frozen=True, array_like=True):
    """Of a slot, the note: the rest of it is not even read."""

    note: int


class _SeenPage(msgspec.Struct, frozen=True, kw_only=True):
    slots: tuple[_Seen, ...]


_KEEP = Statement(
    pages.insert().values(
        id=sa.bindparam("id"), reader_id=sa.bindparam("reader_id"), at=sa.bindparam("at"),
        slots=sa.bindparam("slots"), slots_count=sa.bindparam("slots_count"),
    )
)
_START = Statement(
    insert_unless_there(tallies).values(
        note_id=sa.bindparam("note"), shown=0, floor_shown=0, refused=0
    )
)
_ADD = Statement(
    tallies.update()
    .where(tallies.c.note_id == sa.bindparam("note", type_=_i64))
    .values(
        shown=tallies.c.shown + sa.bindparam("times", type_=_i64),
        floor_shown=tallies.c.floor_shown + sa.bindparam("by_floor", type_=_i64),
    )
)
_SPEND = Statement(
    owed.update()
    .where(owed.c.note_id == sa.bindparam("note", type_=_i64))
    .values(
        cards=sa.case(
            (owed.c.cards > sa.bindparam("spent", type_=sa.Integer),
             owed.c.cards - sa.bindparam("spent", type_=sa.Integer)),
            else_=0,
        )
    )
)
_SEEN = Statement(
    sa.select(sa.type_coerce(pages.c.slots, Json(tuple[_Seen, ...])).label("slots")).where(
        pages.c.reader_id == sa.bindparam("reader", type_=_i64),
        pages.c.at > sa.bindparam("since", type_=Instant),
    ),
    _SeenPage,
)
_SINCE = Statement(
    sa.select(pages.c.id, pages.c.reader_id, pages.c.at, pages.c.slots)
    .where(
        sa.tuple_(pages.c.at, pages.c.id)
        > sa.tuple_(sa.bindparam("since", type_=Instant), sa.bindparam("after", type_=_i64))
    )
    .order_by(pages.c.at, pages.c.id)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    ShownPage,
)
_SUM = Statement(
    sa.select(sa.cast(sa.func.coalesce(sa.func.sum(pages.c.slots_count), 0), _i64)).where(
        pages.c.at > sa.bindparam("since", type_=Instant)
    ),
    int,
)
_FORGET = Statement(pages.delete().where(pages.c.at < sa.bindparam("before", type_=Instant)))


class Showing:
    """What this process showed and did not write down yet."""

    def __init__(self) -> None:
        self._pages: list[ShownPage] = []

    def add(self, reader: PersonId, slots: Sequence[ShownSlot]) -> None:
        """Note that a reader was shown some slots, now."""
        if slots:
            self._pages.append(ShownPage(
                id=ids.new(shard=reader % ids.SHARDS), reader_id=reader, at=clock.now(),
                slots=tuple(slots),
            ))

    async def write(self, database: Database) -> None:
        """Write down what was shown; of who or what has left since, nothing."""
        waiting, self._pages = self._pages, []
        if waiting:
            async with database.tx() as tx:
                await _keep(tx, waiting)

    async def write_forever(self, database: Database) -> None:
        """Write down what was shown every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.write(database)
            except Exception:
                # A supervisor: the database may be away for a moment.
                log.warning("showing_not_written", exc_info=True)


async def _keep(tx: Tx, shown: Sequence[ShownPage]) -> None:
    # Their note or reader may have gone while they waited to be written.
    readers = await people.by_ids(tx, [page.reader_id for page in shown])
    slots = [slot for page in shown for slot in page.slots]
    there = await notes.stamps(tx, sorted({slot.note for slot in slots}))
    await tx.run_many(_KEEP, [
        {**msgspec.structs.asdict(page), "slots_count": len(page.slots)}
        for page in shown if page.reader_id in readers
    ])
    every = Counter(slot.note for slot in slots)
    by_floor = Counter(slot.note for slot in slots if slot.source == FLOOR)
    # In one order for everybody, so that two who count at once cannot wait in a circle.
    counted = sorted(note for note in every if note in there)
    await tx.run_many(_START, [{"note": note} for note in counted])
    await tx.run_many(_ADD, [
        {"note": note, "times": every[note], "by_floor": by_floor[note]} for note in counted
    ])
    await tx.run_many(_SPEND, [
        {"note": note, "spent": by_floor[note]} for note in counted if by_floor[note]
    ])


async def seen_by(reads: Reads, reader: PersonId) -> list[int]:
    """Which notes a reader was shown within `KEPT`, as often as they were. One query."""
    # To the hour: the same parameter keeps the same answer for a while.
    since = clock.now().replace(minute=0, second=0, microsecond=0) - KEPT
    shown = await reads.all(_SEEN, reader=reader, since=since)
    return [slot.note for page in shown for slot in page.slots]


async def since(
    reads: Reads, at: datetime, *, after: int = 0, count: int = 500
) -> list[ShownPage]:
    """Pages shown after an instant, oldest first; ``after`` is the last id of the page before."""
    return await reads.all(_SINCE, since=at, after=after, count=count)


async def impressions_since(reads: Reads, at: datetime) -> int:
    """How many slots were shown after an instant. One query."""
    return await reads.one(_SUM, since=at) or 0


async def forget_old(tx: Tx) -> int:
    """Forget what was shown to whom longer than `KEPT` ago; how many pages went."""
    return await tx.run(_FORGET, before=clock.now() - KEPT)
