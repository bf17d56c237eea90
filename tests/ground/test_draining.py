"""Draining runs what is due: equal work once, batches at once, and every job of it is done."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catflap.ground import clock, events, jobs
from catflap.ground.database import Reads
from catflap.ground.opening import database_at
from catflap.ground.runner import Runner
from tests.conftest import run


class NoteLiked(events.Event, frozen=True, kw_only=True):
    """A fact that two jobs subscribed to."""

    note: int


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A note; that somebody liked it is nothing to this job."""

    note: int


async def _of_test(reads: Reads) -> list[jobs.Backlog]:
    """What waits or is dead, but for the backfills that a new database wants."""
    return [row for row in await jobs.backlog(reads) if row.kind.startswith("test.")]


def test_jobs_that_are_told_the_same_run_once_and_none_is_left(database_url):
    seen: list[int] = []

    async def place(context: object, payload: About) -> None:
        del context
        seen.append(payload.note)
        if payload.note == 3:
            raise ValueError

    async def story() -> None:
        database = database_at(database_url)
        async with database.tx() as tx:
            for note, person in ((1, 10), (1, 11), (2, 10), (1, 12), (3, 10), (3, 11)):
                text = f'{{"note":{note},"person":{person}}}'
                await jobs.enqueue_raw(tx, "test.place", text)
        known = [jobs.Job("test.place", About, place, attempts=1)]
        runner = Runner(database, known=known, context=None, name="w")
        assert await runner.drain() >= 6
        async with database.reads() as reads:
            left = await _of_test(reads)
        await database.close()
        assert [(row.dead, row.count) for row in left] == [(True, 2)]

    run(story())
    assert sorted(seen) == [1, 2, 3]


def test_of_a_fact_only_the_part_that_failed_is_run_again(database_url):
    warmed: list[int] = []
    told: list[int] = []

    async def warm(context: object, payload: About) -> None:
        del context
        warmed.append(payload.note)

    async def tell(context: object, payload: About) -> None:
        del context
        told.append(payload.note)
        if len(told) < 3:
            raise ValueError("nobody is there")

    async def story() -> None:
        subscriptions = {"NoteLiked": ["test.warm", "test.tell"]}
        database = database_at(database_url, subscriptions=subscriptions)
        async with database.tx() as tx:
            await events.emit(tx, NoteLiked(note=7))
        known = [
            jobs.Job("test.warm", About, warm), jobs.Job("test.tell", About, tell, attempts=2)
        ]
        runner = Runner(database, known=known, context=None, name="w")
        await runner.drain()
        async with database.reads() as reads:
            assert [(row.kind, row.dead) for row in await _of_test(reads)] == [
                ("test.tell", False)
            ]
        with clock.moved_by(jobs.LEASE):
            await runner.drain()
        async with database.reads() as reads:
            [letter] = [
                row for row in await jobs.dead_letters(reads) if row.kind.startswith("test.")
            ]
        assert (letter.kind, letter.attempts) == ("test.tell", 2)
        assert "nobody is there" in (letter.error or "")
        async with database.tx() as tx:
            await jobs.rerun(tx, letter.id)
        await runner.drain()
        async with database.reads() as reads:
            assert await _of_test(reads) == []
        await database.close()

    run(story())
    assert (warmed, told) == ([7], [7, 7, 7])


def test_what_fails_in_a_batch_keeps_nobody_else_from_being_done(database_url):
    batches: list[list[int]] = []

    async def place(context: object, payloads: Sequence[About]) -> None:
        del context
        batches.append(sorted(payload.note for payload in payloads))
        if 3 in batches[-1]:
            raise ValueError

    async def story() -> None:
        database = database_at(database_url)
        async with database.tx() as tx:
            for note in range(6):
                await jobs.enqueue(tx, "test.place", About(note=note))
        known = [jobs.Job("test.place", About, place, attempts=1, batch=4)]
        runner = Runner(database, known=known, context=None, name="w")
        assert await runner.drain() >= 6
        async with database.reads() as reads:
            [dead] = await _of_test(reads)
        await database.close()
        assert (dead.dead, dead.count) == (True, 1)

    run(story())
    assert sorted(len(batch) for batch in batches if len(batch) > 1) == [2, 4]
    assert sum(batch == [3] for batch in batches) == 1
