"""Processes at one database hold numbers of their own, so their ids never collide."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from catflap.ground import clock, ids, numbering
from catflap.ground.numbering import Number, TooManyProcesses, process_numbers
from catflap.ground.statements import Statement
from tests.conftest import house_at, run

_TAKE_OVER = Statement(
    process_numbers.update()
    .where(process_numbers.c.number == sa.bindparam("held"))
    .values(holder="another")
)


@pytest.fixture
def at_database(database_url, tmp_path):
    """Run a coroutine function with a house's database."""

    def at(work):
        async def there():
            house = house_at(database_url, tmp_path)
            try:
                await work(house.database)
            finally:
                await house.close()

        run(there())

    return at


def test_nobody_is_given_a_number_that_somebody_holds(at_database):
    async def work(database):
        async def one(holder: int) -> int:
            async with database.tx() as tx:
                return await numbering.take(tx, holder=str(holder))

        held = await asyncio.gather(*(one(holder) for holder in range(ids.PROCESSES)))
        assert sorted(held) == list(range(ids.PROCESSES))
        with pytest.raises(TooManyProcesses):
            await one(ids.PROCESSES)

    at_database(work)


def test_a_number_is_free_again_a_lease_after_its_holder_was_killed(at_database, monkeypatch):
    async def work(database):
        async with database.tx() as tx:
            held = {
                str(one): await numbering.take(tx, holder=str(one)) for one in range(ids.PROCESSES)
            }
            later = clock.now() + numbering.LEASE + timedelta(seconds=1)
        monkeypatch.setattr(clock, "now", lambda: later - timedelta(seconds=5))
        async with database.tx() as tx:
            assert await numbering.renew(tx, held["3"], holder="3")
        monkeypatch.setattr(clock, "now", lambda: later)
        async with database.tx() as tx:
            again = {await numbering.take(tx, holder="new") for _ in range(ids.PROCESSES - 1)}
            assert set(held.values()) - again == {held["3"]}
            with pytest.raises(TooManyProcesses):
                await numbering.take(tx, holder="newer")

    at_database(work)


def test_who_slept_through_its_lease_takes_another(at_database, monkeypatch):
    async def work(database):
        monkeypatch.setattr(numbering, "RENEW_EVERY_S", 0.01)
        async with Number(database) as held:
            first = held.number
            async with database.tx() as tx:
                await tx.run(_TAKE_OVER, held=first)
            while held.number == first:
                await asyncio.sleep(0.01)

    at_database(work)


def test_two_processes_make_different_ids_in_the_same_millisecond(monkeypatch):
    now = clock.now() + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(ids, "_process", ids._process)  # as it was, in the end
    made = []
    for number in (1, 2):
        monkeypatch.setattr(ids, "_last_ms", -1)
        ids.become_process(number)
        made += [ids.new(shard=7) for _ in range(ids.SEQUENCES)]
    assert len(set(made)) == 2 * ids.SEQUENCES
    assert {ids.made_at(id_) for id_ in made} == {ids.made_at(made[0])}
