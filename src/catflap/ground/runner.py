"""Runs jobs: claims, executes, and says afterwards how it went.

The supervisor of all background work, and so one of the few places that catches every exception:
whatever a handler raises is written to its job's row and to one canonical log line. Lanes keep
slow work (video) from holding up quick work (a notice).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import structlog

from catflap.ground import jobs
from catflap.ground.database import Database
from catflap.ground.metrics import JOB_SECONDS, JOBS

log = structlog.get_logger("catflap.jobs")

IDLE_S = 0.05
RENEW_EVERY_S = jobs.LEASE.total_seconds() / 3
LANE_WIDTH: Mapping[str, int] = {"quick": 8, "engine": 4, "media": 1}


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
        self._lanes = {lane: asyncio.Semaphore(width) for lane, width in LANE_WIDTH.items()}
        self._running: set[asyncio.Task[None]] = set()

    async def drain(self, *, limit: int = 10_000) -> int:
        """Run what is due, and what that makes due, until nothing is; for tests and seeding."""
        done = 0
        while done < limit:
            claimed = await self._claim(32)
            if not claimed:
                return done
            for job in claimed:
                await self._run(job)
            done += len(claimed)
        return done

    async def forever(self) -> None:
        """Run jobs until cancelled; running ones are given up to the lease."""
        renewing = asyncio.create_task(self._renew_forever())
        try:
            while True:
                room = 16 - len(self._running)
                claimed = await self._claim(room) if room > 0 else []
                for job in claimed:
                    task = asyncio.create_task(self._run(job))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
                if not claimed:
                    await asyncio.sleep(IDLE_S)
                else:
                    await asyncio.sleep(0)
        finally:
            renewing.cancel()
            for task in self._running:
                task.cancel()

    async def _claim(self, count: int) -> list[jobs.Claimed]:
        # On SQLite a claim takes the writer's lock, so look before taking it.
        async with self._database.reads() as reads:
            if not await jobs.is_any_due(reads):
                return []
        async with self._database.tx() as tx:
            return await jobs.claim(tx, worker=self._name, count=count)

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            if self._running:
                async with self._database.tx() as tx:
                    await jobs.renew(tx, worker=self._name)

    async def _run(self, claimed: jobs.Claimed) -> None:
        job = self._known.get(claimed.kind)
        lane = self._lanes[job.lane if job else "quick"]
        async with lane:
            started = time.perf_counter()
            outcome = await self._outcome(job, claimed)
            seconds = time.perf_counter() - started
        JOBS.labels(claimed.kind, outcome).inc()
        JOB_SECONDS.labels(claimed.kind).observe(seconds)
        log.info(
            "job", kind=claimed.kind, id=claimed.id, outcome=outcome,
            attempt=claimed.attempts, ms=round(seconds * 1000, 1),
        )

    async def _outcome(self, job: jobs.Job | None, claimed: jobs.Claimed) -> str:
        try:
            if job is None:
                raise LookupError(f"no handler for {claimed.kind}")
            payload = msgspec.json.decode(claimed.payload, type=job.payload)
            await job.run(self._context, payload)
        except jobs.JobDelayed as delayed:
            async with self._database.tx() as tx:
                await jobs.delay(tx, claimed, delay_s=delayed.delay_s)
            return "delayed"
        except Exception as error:
            log.warning("job_failed", kind=claimed.kind, id=claimed.id, exc_info=True)
            async with self._database.tx() as tx:
                dead = await jobs.fail(
                    tx,
                    claimed,
                    limit=job.attempts if job else 1,
                    error=f"{type(error).__name__}: {error}",
                )
            return "dead" if dead else "failed"
        async with self._database.tx() as tx:
            await jobs.finish(tx, claimed)
        return "done"
