"""Facts that happened, written in the transaction that made them true.

Down by call, up by event: a lower feature never calls a higher one, it emits a past-tense event,
and `app` says which jobs that starts. Emitting writes the event's row and, where somebody
subscribed to its kind, one job row of that kind for all of them, in the caller's transaction, so
nothing is announced that did not happen and nothing that happened goes unannounced. The worker
runs every subscriber's part of it (`runner`); a part that fails becomes a job of its own, and the
others are not run again.

Live streams follow the events table with a `Tail`; the table is the truth and wake-ups are only
hints, so losing one loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, jobs
from catflap.ground.database import Database, Reads, Tx, metadata
from catflap.ground.statements import Instant, Statement

KEPT_FOR = timedelta(days=7)
FORGOTTEN_AT_ONCE = 1000
GAP_PATIENCE = timedelta(seconds=5)

events = sa.Table(
    "events",
    metadata,
    # One growing number a row; SQLite needs the plain INTEGER type for that.
    sa.Column(
        "seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True,
        autoincrement=True,
    ),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the past tense. Its kind is the class's name; its fields are its payload."""


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it stands in the table."""

    seq: int
    kind: str
    payload: str
    at: datetime


_WRITE = Statement(
    events.insert().values(
        kind=sa.bindparam("kind"), payload=sa.bindparam("payload"), at=sa.bindparam("at")
    )
)
_AFTER = Statement(
    sa.select(events.c.seq, events.c.kind, events.c.payload, events.c.at)
    .where(events.c.seq > sa.bindparam("after", type_=sa.BigInteger))
    .order_by(events.c.seq)
    .limit(500),
    Happened,
)
_NEWEST = Statement(sa.select(sa.func.coalesce(sa.func.max(events.c.seq), 0).label("seq")), int)
_FORGET = Statement(
    events.delete().where(
        events.c.seq
        < sa.select(sa.func.min(events.c.seq) + FORGOTTEN_AT_ONCE).scalar_subquery(),
        events.c.at < sa.bindparam("before", type_=Instant),
    )
)


async def emit(tx: Tx, event: Event) -> None:
    """Write a fact, and a job for those who subscribed to its kind."""
    kind = type(event).__name__
    payload = msgspec.json.encode(event).decode()
    await tx.run(_WRITE, kind=kind, payload=payload, at=clock.now())
    if tx.subscriptions.get(kind):
        await jobs.enqueue_raw(tx, kind, payload)


async def forget_old(tx: Tx) -> int:
    """Delete events older than a week; live readers are never that far behind.

    From the first on, as their instants grow with their numbers: they need no index of their own.
    """
    before, forgotten = clock.now() - KEPT_FOR, 0
    while count := await tx.run(_FORGET, before=before):
        forgotten += count
    return forgotten


class ForgetOld(msgspec.Struct, frozen=True):
    """Events that nobody follows any more."""


async def _forget_old(context: Context, payload: ForgetOld) -> None:
    del payload
    async with context.database.tx() as tx:
        await forget_old(tx)


JOBS = (jobs.Job("events.forget_old", ForgetOld, _forget_old, every=timedelta(hours=6)),)


async def newest(reads: Reads) -> int:
    """The number of the newest event, 0 for none."""
    return await reads.one(_NEWEST) or 0


class Tail:
    """Follows the table from now on, missing nothing.

    On PostgreSQL numbers are given out before commit, so a later number may show first. The tail
    re-reads from the oldest gap until it fills or `GAP_PATIENCE` has passed (a rolled-back
    transaction leaves a gap for ever).
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._floor: int | None = None
        self._seen: set[int] = set()
        self._gap_since: datetime | None = None

    async def start(self) -> None:
        """Begin after the newest event there is."""
        async with self._database.reads() as reads:
            self._floor = await newest(reads)

    async def new(self) -> list[Happened]:
        """Events not given before, in the order of their numbers."""
        if self._floor is None:
            await self.start()
        async with self._database.reads() as reads:
            found = await reads.all(_AFTER, after=self._floor)
        fresh = [event for event in found if event.seq not in self._seen]
        self._seen.update(event.seq for event in fresh)
        self._advance()
        return fresh

    def _advance(self) -> None:
        assert self._floor is not None
        while self._floor + 1 in self._seen:
            self._floor += 1
            self._seen.discard(self._floor)
        if not self._seen:
            self._gap_since = None
            return
        if self._gap_since is None:
            self._gap_since = clock.now()
        elif clock.now() - self._gap_since > GAP_PATIENCE:
            self._floor = min(self._seen) - 1
            self._gap_since = None
            self._advance()


async def follow(
    database: Database, deliver: Callable[[Happened], None], *, every_s: float = 0.1
) -> None:
    """Give each new event to ``deliver`` until cancelled.

    Looks at the database's version number, which costs 2 µs on SQLite, and reads the table only
    when somebody has committed.
    """
    tail = Tail(database)
    await tail.start()
    version = -1
    while True:
        now = await database.version()
        if now != version:
            version = now
            for event in await tail.new():
                deliver(event)
        await asyncio.sleep(every_s)
