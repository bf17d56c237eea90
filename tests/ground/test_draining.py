"""Draining runs what is due: equal work once, and every job of it is done."""

from __future__ import annotations

import msgspec

from catflap.ground import jobs
from catflap.ground.opening import database_at
from catflap.ground.runner import Runner
from tests.conftest import run


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A note; that somebody liked it is nothing to this job."""

    note: int


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
            left = [row for row in await jobs.backlog(reads) if row.kind == "test.place"]
        await database.close()
        assert [(row.dead, row.count) for row in left] == [(True, 2)]

    run(story())
    assert sorted(seen) == [1, 2, 3]
