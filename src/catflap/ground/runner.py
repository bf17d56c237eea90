"""Runs jobs: claims, executes, and says afterwards how it went.

The supervisor of all background work, and so one of the few places that catches every exception:
whatever a handler raises is written to its job's row and to one canonical log line. Lanes keep
slow work (video) from holding up quick work (a notice).

A fact (`events`) is one row for all who subscribed to it: each subscriber's part is run, and only
then is the row forgotten. Neither claiming nor forgetting waits for the disk: what a power cut
takes of that is a job that runs twice. Nor need a handler whose work is in the database alone: what
a power cut takes of it, it takes with the word that it was done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
import structlog

from catflap.ground import jobs
from catflap.ground.database import Database, Tx
from catflap.ground.metrics import JOB_SECONDS, JOBS

log = structlog.get_logger("catflap.jobs")

IDLE_S = 0.05
"""How long nobody looks for jobs after all were claimed: what comes meanwhile is run together."""
GATHER_S = 0.25
"""The same where many were claimed: many more will have come, and together they cost less."""
MANY = 8
RENEW_EVERY_S = jobs.LEASE.total_seconds() / 3
SCHEDULE_EVERY_S = 60.0
LANE_WIDTH: Mapping[str, int] = {
    jobs.QUICK: 8, jobs.ENGINE: 2, jobs.MEDIA: 1, jobs.AWAY: 4,
}
"""How many turns of a lane run at once; a turn is one job, those equal to it, or one batch."""
CLAIMED_AT_ONCE = 128
"""Of a lane where some jobs are run in batches, at most: what is urgent comes next."""
DRAINED_AT_ONCE = 256


class Turn(msgspec.Struct, frozen=True):
    """Claimed jobs that are run at once as one kind: their own, or a subscriber's to facts."""

    kind: str
    claimed: list[jobs.Claimed]


class Ran(msgspec.Struct, frozen=True):
    """How it went with one job, or with a subscriber's part of a fact."""

    kind: str
    one: jobs.Claimed
    error: Exception | None
    seconds: float


class Runner:
    """One worker: a name, the jobs it knows, and what their handlers are given.

    ``context`` is handed to every handler as its first argument; `app` decides what it holds.
    """

    def __init__(
        self, database: Database, *, known: Iterable[jobs.Job], context: Any, name: str
    ) -> None:
        self._database = database
        self._subscriptions = database.subscriptions
        self._known = {job.kind: job for job in known}
        self._context = context
        self._name = name
        self._running: set[asyncio.Task[None]] = set()
        self._batch = {
            lane: max((job.batch for job in self._known.values() if job.lane == lane), default=1)
            for lane in LANE_WIDTH
        }

    async def drain(self, *, limit: int = 10_000) -> int:
        """Run what is due, and what that makes due, until nothing is; for tests and seeding."""
        done = 0
        while done < limit:
            before = done
            for lane in LANE_WIDTH:
                claimed = await self._claim(lane, max(DRAINED_AT_ONCE, 32 * self._batch[lane]))
                # Where a job holds its key while it runs, it lets go of it before the next one.
                rounds = self._rounds(claimed)
                for one in rounds if lane in jobs.NEWEST_FIRST else [[*chain(*rounds)]]:
                    await self._run(one)
                done += len(claimed)
            if done == before:
                return done
        return done

    async def forever(self) -> None:
        """Run jobs until cancelled; running ones are given up to the lease."""
        beside = [
            asyncio.create_task(self._renew_forever()),
            asyncio.create_task(self._schedule_forever()),
            *(asyncio.create_task(self._lane_forever(lane)) for lane in LANE_WIDTH),
        ]
        try:
            await asyncio.gather(*beside)
        finally:
            for task in (*beside, *self._running):
                task.cancel()

    async def _lane_forever(self, lane: str) -> None:
        here: set[asyncio.Task[None]] = set()
        slots = asyncio.Semaphore(LANE_WIDTH[lane])

        async def run(turns: Sequence[Turn]) -> None:
            async with slots:
                await self._run(turns)

        while True:
            room = max(0, LANE_WIDTH[lane] - len(here))
            count = min(room * self._batch[lane], max(room, CLAIMED_AT_ONCE))
            claimed = await self._claim(lane, count) if room else []
            for turns in self._rounds(claimed):
                task = asyncio.create_task(run(turns))
                for held in (here, self._running):
                    held.add(task)
                    task.add_done_callback(held.discard)
            if room and len(claimed) == count:
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(IDLE_S if len(claimed) < MANY else GATHER_S)

    def _rounds(self, claimed: Sequence[jobs.Claimed]) -> list[list[Turn]]:
        """Turns of claimed jobs, in groups that are run by themselves: all of the facts are one."""
        facts = [one for one in claimed if one.kind in self._subscriptions]
        others = [one for one in claimed if one.kind not in self._subscriptions]
        parts = [(kind, one) for one in facts for kind in self._subscriptions[one.kind]]
        rounds = [[turn] for turn in self._turns([(one.kind, one) for one in others])]
        return [self._turns(parts), *rounds] if parts else rounds

    def _turns(self, wanted: Sequence[tuple[str, jobs.Claimed]]) -> list[Turn]:
        """Jobs by kind as they are run: with others of it, or with those that are the same.

        A note that thirty people like is thirty jobs that look at it as it is now: one does.
        """
        turns: list[Turn] = []
        open_ones: dict[tuple[str, bytes], Turn] = {}
        for kind, one in wanted:
            job = self._known.get(kind)
            batch = job.batch if job else 1
            key = (kind, _subject(job, one) if batch == 1 else b"")
            turn = open_ones.get(key)
            if turn is None or (batch > 1 and len(turn.claimed) >= batch):
                open_ones[key] = turn = Turn(kind, [])
                turns.append(turn)
            turn.claimed.append(one)
        return turns

    async def _claim(self, lane: str, count: int) -> list[jobs.Claimed]:
        # On SQLite a claim takes the writer's lock, so look before taking it.
        async with self._database.reads() as reads:
            if not await jobs.is_any_due(reads, lane=lane):
                return []
        async with self._database.tx(durable=False) as tx:
            return await jobs.claim(tx, worker=self._name, count=count, lane=lane)

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            if self._running:
                async with self._database.tx() as tx:
                    await jobs.renew(tx, worker=self._name)

    async def _schedule_forever(self) -> None:
        while True:
            async with self._database.tx() as tx:
                await jobs.schedule(tx, self._known.values())
            await asyncio.sleep(SCHEDULE_EVERY_S)

    async def _run(self, turns: Sequence[Turn]) -> None:
        """Run turns one after another, and say of all of them at once how it went."""
        ran: list[Ran] = []
        for turn in turns:
            started = time.perf_counter()
            errors = await self._errors(turn.kind, turn.claimed)
            seconds = (time.perf_counter() - started) / len(turn.claimed)
            ran += [
                Ran(turn.kind, one, error, seconds)
                for one, error in zip(turn.claimed, errors, strict=True)
            ]
        if not ran:
            return
        async with self._database.tx(durable=False) as tx:
            outcomes = [await self._outcome(tx, part) for part in ran]
            # A fact goes in any case: what failed of it is a job of its own now.
            gone = [part.one for part in ran if part.error is None or part.kind != part.one.kind]
            await jobs.finish(tx, gone)
        for part, outcome in zip(ran, outcomes, strict=True):
            JOBS.labels(part.kind, outcome).inc()
            JOB_SECONDS.labels(part.kind).observe(part.seconds)
            log.info(
                "job", kind=part.kind, id=part.one.id, outcome=outcome,
                attempt=part.one.attempts, ms=round(part.seconds * 1000, 1),
            )

    async def _errors(
        self, kind: str, claimed: Sequence[jobs.Claimed]
    ) -> Sequence[Exception | None]:
        """What went wrong with each job of a turn, None where nothing did."""
        job = self._known.get(kind)
        try:
            if job is None:
                raise LookupError(f"no handler for {kind}")
            payloads = [msgspec.json.decode(one.payload, type=job.payload) for one in claimed]
            if job.batch > 1:
                told: Sequence[Exception | None] | None = await job.run(self._context, payloads)
                return told if told is not None else [None] * len(claimed)
            await job.run(self._context, payloads[0])
            return [None] * len(claimed)
        except jobs.JobDelayed as delayed:
            return [delayed] * len(claimed)
        except Exception as error:
            log.warning("job_failed", kind=kind, id=claimed[0].id, exc_info=True)
            if job is None or job.batch == 1 or len(claimed) == 1:
                return [error] * len(claimed)
        return [found for one in claimed for found in await self._errors(kind, [one])]

    async def _outcome(self, tx: Tx, part: Ran) -> str:
        """Put back what failed or cannot be done yet; in a word how it went."""
        if part.error is None:
            return "done"
        if isinstance(part.error, jobs.JobDelayed):
            await jobs.delay(tx, part.one, kind=part.kind, delay_s=part.error.delay_s)
            return "delayed"
        job = self._known.get(part.kind)
        dead = await jobs.fail(
            tx, part.one, kind=part.kind, limit=job.attempts if job else 1,
            error=f"{type(part.error).__name__}: {part.error}",
        )
        return "dead" if dead else "failed"


def _subject(job: jobs.Job | None, one: jobs.Claimed) -> bytes:
    """What a job's handler is told of it, for comparing; its own text where that cannot be read.

    Facts have more in them than each subscriber asks for: who likes a note is nothing to the feed.
    """
    if job is None:
        return one.payload.encode()
    try:
        return msgspec.json.encode(msgspec.json.decode(one.payload, type=job.payload))
    except msgspec.MsgspecError:
        return one.payload.encode()
