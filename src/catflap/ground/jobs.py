"""Work to be done after a transaction, kept in a table until it is done.

A job's row is written in the transaction that wants it. A worker claims rows for a lease, runs
them, and deletes them when they succeeded; a worker that dies leaves its claims to the lease, so
every job may run twice and must not matter. A job that fails waits exponentially longer, capped,
and after its last attempt becomes a dead letter that an operator can see and rerun.

Claiming is one statement on both backends: an UPDATE of the due rows, which on PostgreSQL skips
rows that another worker holds.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads, Tx, metadata
from catflap.ground.errors import CatflapError
from catflap.ground.statements import Instant, Statement, insert_unless_there, partial

LEASE = timedelta(seconds=60)
BACKOFF_FIRST_S = 2.0
BACKOFF_CAP_S = 3600.0
ATTEMPTS = 10
TOGETHER = 48
"""Jobs of a kind that are done in one transaction, where each takes little: nobody else writes
meanwhile."""
PRIORITY_USUAL, PRIORITY_LAST = 5, 9
ERROR_KEPT_CHARS = 2000

QUICK, ENGINE, MEDIA, AWAY = "quick", "engine", "media", "away"
"""The lanes: slow work of one never holds up quick work of another. `AWAY` waits for strangers."""
NEWEST_FIRST = frozenset({ENGINE})
"""Lanes where, under overload, what was wanted last is done first: it is what people look at.

Their jobs also hold their key while they run and wait: what they work on does not change, and
doing it twice at once is what costs. Elsewhere a claimed job lets go of its key.
"""


class JobUnknown(CatflapError):
    """No job of this number is kept."""

    def __init__(self, job_id: int) -> None:
        super().__init__(job_id)
        self.job_id = job_id


class JobDelayed(Exception):
    """Raised by a job's handler that cannot do its work yet; the wait costs no attempt."""

    def __init__(self, delay_s: float) -> None:
        super().__init__(delay_s)
        self.delay_s = delay_s


jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True,
        autoincrement=True,
    ),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    # A job with a key is wanted at most once at a time; NULLs never collide.
    sa.Column("key", sa.Text, unique=True),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("run_at", Instant, nullable=False),
    sa.Column("attempts", sa.SmallInteger, nullable=False),
    sa.Column("worker", sa.Text),
    sa.Column("dead", sa.Boolean, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("lane", sa.Text, nullable=False, server_default=QUICK),
    sa.Index("ix_jobs_due", "lane", "dead", "priority", "run_at"),
    sa.Index("ix_jobs_newest", "lane", "dead", "priority", sa.text("id DESC")),
    # Few are claimed or dead: these two cost a waiting job nothing.
    partial("ix_jobs_worker", "worker", where="worker IS NOT NULL"),
    partial("ix_jobs_dead", "dead", where="dead"),
)


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A job that this worker holds until its lease ends."""

    id: int
    kind: str
    payload: str
    attempts: int
    made_at: datetime


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A job as an operator sees it."""

    id: int
    kind: str
    payload: str
    attempts: int
    run_at: datetime
    dead: bool
    error: str | None
    made_at: datetime


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs of one kind wait or are dead, and since when the oldest waits."""

    kind: str
    dead: bool
    count: int
    oldest_at: datetime


class Job(msgspec.Struct, frozen=True):
    """One kind of work: its name, its payload's type, what runs it, how often it may fail.

    With ``every``, it is also wanted once in each such span, with its payload's defaults. With a
    ``batch`` over 1, ``run`` is given a list of payloads and answers, for each, None or the
    exception that it would have raised; or nothing at all, where all are done. What it raises
    itself is nobody's in particular: then it is given each alone.
    """

    kind: str
    payload: type[Any]
    run: Callable[[Any, Any], Awaitable[Any]]
    attempts: int = ATTEMPTS
    lane: str = QUICK
    every: timedelta | None = None
    batch: int = 1


_i64 = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ENQUEUE_VALUES = insert_unless_there(jobs).values(
    kind=sa.bindparam("kind"),
    payload=sa.bindparam("payload"),
    key=sa.bindparam("key"),
    priority=sa.bindparam("priority"),
    run_at=sa.bindparam("run_at"),
    attempts=0,
    dead=False,
    made_at=sa.bindparam("made_at"),
    lane=sa.bindparam("in_lane"),
)
_ENQUEUE = Statement(_ENQUEUE_VALUES)
_PART = Statement(
    jobs.insert().values(
        kind=sa.bindparam("kind"), payload=sa.bindparam("payload"), key=None,
        priority=PRIORITY_USUAL, run_at=sa.bindparam("at"), attempts=sa.bindparam("tries"),
        dead=sa.bindparam("is_dead"), error=sa.bindparam("reason"),
        made_at=sa.bindparam("made_at"), lane=QUICK,
    )
)
_HURRY = Statement(
    jobs.update()
    .where(jobs.c.key == sa.bindparam("the_key"), jobs.c.priority > 0)
    .values(
        priority=sa.case(
            (jobs.c.priority > sa.bindparam("before", type_=sa.SmallInteger),
             sa.bindparam("before", type_=sa.SmallInteger)),
            else_=jobs.c.priority - 1,
        )
    )
)
_IS_DUE = (
    jobs.c.lane == sa.bindparam("in_lane"),
    jobs.c.dead == sa.false(),
    jobs.c.run_at <= sa.bindparam("now", type_=Instant),
)


def _claiming(*order: sa.ColumnElement[Any], lets_go: bool) -> Statement[Claimed]:
    due = (
        sa.select(jobs.c.id)
        .where(*_IS_DUE)
        .order_by(jobs.c.priority, *order)
        .limit(sa.bindparam("count", type_=sa.Integer))
        .with_for_update(skip_locked=True)
    )
    return Statement(
        jobs.update()
        .where(jobs.c.id.in_(due))
        .values(
            worker=sa.bindparam("claimer"),
            run_at=sa.bindparam("until", type_=Instant),
            attempts=jobs.c.attempts + 1,
            # From here on the work may already have read what it works on, so whoever wants it
            # again must be able to enqueue it again.
            key=None if lets_go else jobs.c.key,
        )
        .returning(jobs.c.id, jobs.c.kind, jobs.c.payload, jobs.c.attempts, jobs.c.made_at),
        Claimed,
    )


_CLAIM = _claiming(jobs.c.run_at, lets_go=True)
_CLAIM_NEWEST = _claiming(jobs.c.id.desc(), lets_go=False)
_ANY_DUE = Statement(sa.select(jobs.c.id).where(*_IS_DUE).limit(1), int)
_OLDEST_DUE = Statement(
    sa.select(sa.func.min(jobs.c.run_at, type_=Instant)).where(
        *_IS_DUE, jobs.c.worker.is_(None)
    ),
    Instant,
)
_COUNT_LANE = Statement(
    sa.select(sa.func.count()).where(jobs.c.lane == sa.bindparam("in_lane")), int
)
_THIN = Statement(
    jobs.delete().where(
        jobs.c.id.in_(
            sa.select(jobs.c.id)
            .where(
                jobs.c.lane == sa.bindparam("in_lane"),
                jobs.c.dead == sa.false(),
                jobs.c.priority >= sa.bindparam("from_priority", type_=sa.SmallInteger),
                jobs.c.worker.is_(None),
            )
            .order_by(jobs.c.id)
            .limit(sa.bindparam("count", type_=sa.Integer))
        )
    )
)
_DONE = Statement(jobs.delete().where(jobs.c.id == sa.bindparam("job_id", type_=_i64)))
_RETRY = Statement(
    jobs.update()
    .where(jobs.c.id == sa.bindparam("job_id", type_=_i64))
    .values(
        run_at=sa.bindparam("at", type_=Instant),
        attempts=sa.bindparam("tries", type_=sa.SmallInteger),
        dead=sa.bindparam("is_dead", type_=sa.Boolean),
        error=sa.bindparam("reason"),
        worker=None,
        # A dead letter is in nobody's way who wants the same anew.
        key=sa.case((sa.bindparam("is_dead", type_=sa.Boolean), None), else_=jobs.c.key),
    )
)
_RENEW = Statement(
    jobs.update()
    .where(jobs.c.worker == sa.bindparam("claimer"), jobs.c.dead == sa.false())
    .values(run_at=sa.bindparam("until", type_=Instant))
)
_RELEASE = Statement(
    jobs.update()
    .where(jobs.c.worker.is_not(None), jobs.c.dead == sa.false())
    .values(worker=None, run_at=sa.bindparam("now", type_=Instant))
)
_BACKLOG = Statement(
    sa.select(
        jobs.c.kind,
        jobs.c.dead,
        sa.func.count().label("count"),
        sa.func.min(jobs.c.made_at, type_=Instant).label("oldest_at"),
    )
    .group_by(jobs.c.kind, jobs.c.dead)
    .order_by(jobs.c.kind, jobs.c.dead),
    Backlog,
)
_LISTED = (
    jobs.c.id, jobs.c.kind, jobs.c.payload, jobs.c.attempts, jobs.c.run_at, jobs.c.dead,
    jobs.c.error, jobs.c.made_at,
)
_DEAD = Statement(
    sa.select(*_LISTED).where(jobs.c.dead == sa.true()).order_by(jobs.c.id).limit(200), Waiting
)
_RERUN = Statement(
    jobs.update()
    .where(jobs.c.id == sa.bindparam("job_id", type_=_i64), jobs.c.dead == sa.true())
    .values(dead=False, attempts=0, run_at=sa.bindparam("at", type_=Instant), error=None)
)
_RERUN_ALL = Statement(
    jobs.update()
    .where(jobs.c.dead == sa.true())
    .values(dead=False, attempts=0, run_at=sa.bindparam("at", type_=Instant), error=None)
)


async def enqueue(
    tx: Tx,
    kind: str,
    payload: msgspec.Struct,
    *,
    key: str | None = None,
    delay_s: float = 0,
    priority: int = PRIORITY_USUAL,
    lane: str = QUICK,
) -> None:
    """Want a job done after this transaction; lower ``priority`` goes first (0 to 9).

    With a ``key``, a job that waits under the same key already is enough.
    """
    text = msgspec.json.encode(payload).decode()
    await enqueue_raw(tx, kind, text, key=key, delay_s=delay_s, priority=priority, lane=lane)


async def enqueue_raw(
    tx: Tx,
    kind: str,
    payload: str,
    *,
    key: str | None = None,
    delay_s: float = 0,
    priority: int = PRIORITY_USUAL,
    lane: str = QUICK,
) -> None:
    """`enqueue`, for a payload that is JSON text already."""
    now = clock.now()
    await tx.run(
        _ENQUEUE,
        kind=kind,
        payload=payload,
        key=key,
        priority=priority,
        run_at=now + timedelta(seconds=delay_s),
        made_at=now,
        in_lane=lane,
    )


async def hurry(tx: Tx, key: str, *, priority: int) -> None:
    """Let a job that waits under ``key`` go before others, as it is needed now.

    Each further time it goes a step before those that were hurried less often.
    """
    await tx.run(_HURRY, the_key=key, before=priority)


async def thin(tx: Tx, *, lane: str, limit: int, from_priority: int) -> int:
    """Forget the oldest jobs of a lane above ``limit`` that are not urgent; how many went.

    For work that whoever needs it wants again: a queue without end only makes everybody wait.
    """
    over = (await tx.one(_COUNT_LANE, in_lane=lane) or 0) - limit
    if over <= 0:
        return 0
    return await tx.run(_THIN, in_lane=lane, from_priority=from_priority, count=over)


async def schedule(tx: Tx, known: Iterable[Job]) -> None:
    """Have each recurring job wait for its next turn, unless it does already.

    The waiting row is the schedule: it outlives restarts, and its key keeps it single however
    many workers ask.
    """
    for job in known:
        if job.every is not None:
            await enqueue(
                tx, job.kind, job.payload(), key=f"every:{job.kind}",
                delay_s=job.every.total_seconds(), priority=PRIORITY_LAST,
            )


async def is_any_due(reads: Reads, *, lane: str) -> bool:
    """Whether a job of a lane waits to be claimed now."""
    return await reads.one(_ANY_DUE, in_lane=lane, now=clock.now()) is not None


async def waited_s(reads: Reads, *, lane: str = QUICK) -> float:
    """How many seconds the job of a lane waits that should have run first; 0 where none does."""
    now = clock.now()
    oldest: Any = await reads.one(_OLDEST_DUE, in_lane=lane, now=now)
    return (now - oldest).total_seconds() if oldest else 0.0


async def claim(tx: Tx, *, worker: str, count: int, lane: str = QUICK) -> list[Claimed]:
    """Take up to ``count`` due jobs of a lane for one lease, most urgent first."""
    now = clock.now()
    statement = _CLAIM_NEWEST if lane in NEWEST_FIRST else _CLAIM
    return await tx.all(
        statement, claimer=worker, now=now, until=now + LEASE, count=count, in_lane=lane
    )


async def renew(tx: Tx, *, worker: str) -> None:
    """Hold this worker's jobs for another lease; called well before the lease ends."""
    await tx.run(_RENEW, claimer=worker, until=clock.now() + LEASE)


async def release_all(tx: Tx) -> int:
    """Give every claimed job back, for the only worker's start after it was killed."""
    return await tx.run(_RELEASE, now=clock.now())


async def finish(tx: Tx, done: Iterable[Claimed]) -> None:
    """Forget jobs that are done."""
    await tx.run_many(_DONE, [{"job_id": id_} for id_ in sorted({job.id for job in done})])


def backoff_s(attempts: int) -> float:
    """How long to wait after so many failed attempts: doubling, capped at an hour, jittered.

    Source: "full jitter" halved, so that a wait is never less than half its step.
    """
    step: float = min(BACKOFF_CAP_S, BACKOFF_FIRST_S * 2.0 ** (attempts - 1))
    return step / 2 + random.random() * step / 2  # noqa: S311 - spreads load


async def fail(tx: Tx, job: Claimed, *, kind: str, limit: int, error: str) -> bool:
    """Put a failed job back for later, or among the dead letters; true where it died.

    ``kind`` is its own, or that of a subscriber whose part of a fact failed.
    """
    dead = job.attempts >= limit
    await _again(
        tx, job, kind=kind, delay_s=backoff_s(job.attempts), tries=job.attempts, is_dead=dead,
        reason=error[:ERROR_KEPT_CHARS],
    )
    return dead


async def delay(tx: Tx, job: Claimed, *, kind: str, delay_s: float) -> None:
    """Put a job back that cannot run yet, as `fail` does; the attempt is not counted."""
    await _again(
        tx, job, kind=kind, delay_s=delay_s, tries=job.attempts - 1, is_dead=False, reason=None
    )


async def _again(
    tx: Tx, job: Claimed, *, kind: str, delay_s: float, tries: int, is_dead: bool,
    reason: str | None,
) -> None:
    told: dict[str, Any] = {
        "at": clock.now() + timedelta(seconds=delay_s), "tries": tries, "is_dead": is_dead,
        "reason": reason,
    }
    if kind == job.kind:
        await tx.run(_RETRY, job_id=job.id, **told)
    else:
        await tx.run(_PART, kind=kind, payload=job.payload, made_at=job.made_at, **told)


async def backlog(reads: Reads) -> list[Backlog]:
    """What waits and what is dead, by kind."""
    return await reads.all(_BACKLOG)


async def dead_letters(reads: Reads) -> list[Waiting]:
    """Jobs that failed for good, oldest first, at most 200."""
    return await reads.all(_DEAD)


async def rerun(tx: Tx, job_id: int | None) -> int:
    """Let one dead letter (or, with None, all) run again from its first attempt.

    Raises:
        JobUnknown: there is no dead letter of that number.
    """
    now = clock.now()
    if job_id is None:
        return await tx.run(_RERUN_ALL, at=now)
    if not await tx.run(_RERUN, job_id=job_id, at=now):
        raise JobUnknown(job_id)
    return 1
