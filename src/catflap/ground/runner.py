"""Runs jobs: claims, executes, and says afterwards how it went.

The supervisor of all background work, and so one of the few places that catches every exception:
whatever a handler raises is written to its job's row and to one canonical log line. Lanes keep
slow work (video) from holding up quick work (a notice).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from catflap.ground import jobs
from catflap.ground.database import Database, Tx
from catflap.ground.metrics import JOB_SECONDS, JOBS

log = structlog.get_logger("catflap.jobs")

IDLE_S = 0.05
RENEW_EVERY_S = jobs.LEASE.total_seconds() / 3
SCHEDULE_EVERY_S = 60.0
LANE_WIDTH: Mapping[str, int] = {
    jobs.QUICK: 8, jobs.ENGINE: 2, jobs.MEDIA: 1, jobs.AWAY: 4,
}
"""How many turns of a lane run at once; a turn is one job, those equal to it, or one batch."""
DRAINED_AT_ONCE = 256


class Runner:
    """One worker: a name, the jobs it knows, and what their handlers are given.

    ``context`` is handed to every handler as its first argument; `app` decides what it holds.
    """

    def __init__(
        self, database: Database, *, known: Iterable[jobs.Job], context: Any, name: str
    ) -> None:
        self._database = database
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
                turns = self._turns(claimed)
                # Where a job holds its key while it runs, it lets go of it before the next one.
                for group in [[turn] for turn in turns] if lane in jobs.NEWEST_FIRST else [turns]:
                    await self._run(group)
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
        while True:
            room = LANE_WIDTH[lane] - len(here)
            claimed = await self._claim(lane, room * self._batch[lane]) if room > 0 else []
            for turn in self._turns(claimed):
                task = asyncio.create_task(self._run([turn]))
                for held in (here, self._running):
                    held.add(task)
                    task.add_done_callback(held.discard)
            if not claimed:
                await asyncio.sleep(IDLE_S)
            else:
                await asyncio.sleep(0)

    def _turns(self, claimed: Sequence[jobs.Claimed]) -> list[list[jobs.Claimed]]:
        """Claimed jobs as they are run: with others of their kind, or with those that are the same.

        A note that thirty people like is thirty jobs that look at it as it is now: one does.
        """
        turns: list[list[jobs.Claimed]] = []
        open_ones: dict[tuple[str, bytes], list[jobs.Claimed]] = {}
        for one in claimed:
            job = self._known.get(one.kind)
            batch = job.batch if job else 1
            key = (one.kind, _subject(job, one) if batch == 1 else b"")
            turn = open_ones.get(key)
            if turn is None or (batch > 1 and len(turn) >= batch):
                open_ones[key] = turn = []
                turns.append(turn)
            turn.append(one)
        return turns

    async def _claim(self, lane: str, count: int) -> list[jobs.Claimed]:
        # On SQLite a claim takes the writer's lock, so look before taking it.
        async with self._database.reads() as reads:
            if not await jobs.is_any_due(reads, lane=lane):
                return []
        async with self._database.tx() as tx:
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

    async def _run(self, turns: Sequence[Sequence[jobs.Claimed]]) -> None:
        """Run turns one after another, and say of all of them at once how it went."""
        ran: list[tuple[jobs.Claimed, Exception | None, float]] = []
        for turn in turns:
            started = time.perf_counter()
            errors = await self._errors(self._known.get(turn[0].kind), turn)
            seconds = (time.perf_counter() - started) / len(turn)
            ran += [(one, error, seconds) for one, error in zip(turn, errors, strict=True)]
        if not ran:
            return
        async with self._database.tx() as tx:
            outcomes = [await self._settled(tx, one, error) for one, error, _ in ran]
        for (one, _, seconds), outcome in zip(ran, outcomes, strict=True):
            JOBS.labels(one.kind, outcome).inc()
            JOB_SECONDS.labels(one.kind).observe(seconds)
            log.info(
                "job", kind=one.kind, id=one.id, outcome=outcome, attempt=one.attempts,
                ms=round(seconds * 1000, 1),
            )

    async def _errors(
        self, job: jobs.Job | None, turn: Sequence[jobs.Claimed]
    ) -> Sequence[Exception | None]:
        """What went wrong with each job of a turn, None where nothing did."""
        try:
            if job is None:
                raise LookupError(f"no handler for {turn[0].kind}")
            payloads = [msgspec.json.decode(one.payload, type=job.payload) for one in turn]
            if job.batch > 1:
                told: Sequence[Exception | None] = await job.run(self._context, payloads)
                return told
            await job.run(self._context, payloads[0])
        except jobs.JobDelayed as delayed:
            return [delayed] * len(turn)
        except Exception as error:
            log.warning("job_failed", kind=turn[0].kind, id=turn[0].id, exc_info=True)
            return [error] * len(turn)
        return [None] * len(turn)

    async def _settled(self, tx: Tx, one: jobs.Claimed, error: Exception | None) -> str:
        if error is None:
            await jobs.finish(tx, one)
            return "done"
        if isinstance(error, jobs.JobDelayed):
            await jobs.delay(tx, one, delay_s=error.delay_s)
            return "delayed"
        job = self._known.get(one.kind)
        dead = await jobs.fail(
            tx, one, limit=job.attempts if job else 1, error=f"{type(error).__name__}: {error}"
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
