"""Who writes at one moment is committed together, each whole or not at all."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pysqlite3 import dbapi2

from catflap.ground import sqlite
from catflap.ground.opening import database_at
from catflap.ground.statements import Statement
from tests.conftest import run

_NAPS = sa.Table("naps", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
_NAP = Statement(_NAPS.insert().values(id=sa.bindparam("id", type_=sa.Integer)))
_ALL = Statement(sa.select(_NAPS.c.id).order_by(_NAPS.c.id), int)
for _one in (_NAP, _ALL):
    Statement.every.remove(_one)


class Stop(Exception):
    """What a transaction ends with that is not to happen."""


class Naps:
    """A table of naps, and what its writer was told to do."""

    def __init__(self, folder):
        self.database = database_at(f"sqlite:///{folder}/naps.db")
        self.backend = self.database.backend
        self.backend._writer.execute("CREATE TABLE naps (id INTEGER PRIMARY KEY)")
        self.said = []
        self.backend._writer.set_trace_callback(self.said.append)

    async def nap(self, *numbers, fails=False, waits=0):
        """One transaction; it may fail at its end, or let others run in its middle."""
        async with self.database.tx() as tx:
            for number in numbers:
                await tx.run(_NAP, id=number)
                for _ in range(waits):
                    await asyncio.sleep(0)
            if fails:
                raise Stop

    async def there(self):
        """What everybody else sees."""
        other = dbapi2.connect(self.backend.path)
        found = [number for (number,) in other.execute("SELECT id FROM naps ORDER BY id")]
        other.close()
        async with self.database.reads() as reads:
            assert await reads.all(_ALL) == found
        return found

    def commits(self):
        return sum(said == "COMMIT" for said in self.said)


@pytest.fixture
def naps(tmp_path):
    made = Naps(tmp_path)
    yield made
    run(made.database.close())


def test_who_writes_at_one_moment_is_committed_at_one(naps):
    async def story():
        await asyncio.gather(*(naps.nap(number) for number in range(1, 9)))
        assert await naps.there() == list(range(1, 9))

    run(story())
    assert naps.commits() == 1


def test_who_was_first_does_not_wait_for_ever_new_ones(naps, monkeypatch):
    monkeypatch.setattr(sqlite, "TOGETHER_MOST", 3)

    async def story():
        # Each stops in its middle, so that another always waits to begin when one ends.
        await asyncio.gather(*(naps.nap(number, waits=2) for number in range(9)))
        assert await naps.there() == list(range(9))

    run(story())
    assert naps.commits() == 3


def test_whoever_is_told_that_it_is_done_sees_it_and_so_does_everybody(naps):
    async def one(number):
        await naps.nap(number)
        assert number in await naps.there()

    async def story():
        await asyncio.gather(*(one(number) for number in range(1, 6)))

    run(story())


@pytest.mark.parametrize("failing", [0, 1, 3])
def test_one_that_fails_undoes_itself_alone(naps, failing):
    async def story():
        found = await asyncio.gather(
            *(naps.nap(2 * n, 2 * n + 1, fails=n == failing) for n in range(4)),
            return_exceptions=True,
        )
        assert [type(one) for one in found] == [
            Stop if n == failing else type(None) for n in range(4)
        ]
        assert await naps.there() == [n for n in range(8) if n // 2 != failing]

    run(story())


def test_where_the_commit_fails_nobody_is_told_that_it_is_done(naps, monkeypatch):
    def full(written):
        raise dbapi2.OperationalError("database or disk is full")

    async def story():
        with monkeypatch.context() as broken:
            broken.setattr(naps.backend, "_noted", full)
            found = await asyncio.gather(*(naps.nap(n) for n in range(3)), return_exceptions=True)
        assert [type(one) for one in found] == [dbapi2.OperationalError] * 3
        assert await naps.there() == []
        await naps.nap(7)
        assert await naps.there() == [7]

    run(story())


def test_whoever_gives_up_waiting_leaves_the_others_theirs(naps):
    async def story():
        tasks = [asyncio.create_task(naps.nap(n, waits=3)) for n in range(4)]
        for _ in range(6):
            await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert {1, 3} <= set(await naps.there())
        assert not naps.backend._writer.in_transaction

    run(story())


@given(
    transactions=st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 3), st.integers(0, 9)), max_size=8
    )
)
@settings(max_examples=60, deadline=None)
def test_however_they_meet_each_is_there_whole_or_not_at_all(tmp_path_factory, transactions):
    naps = Naps(tmp_path_factory.mktemp("naps"))

    async def later(number, count, fails, waits, after):
        for _ in range(after):
            await asyncio.sleep(0)
        await naps.nap(*range(10 * number, 10 * number + count), fails=fails, waits=waits)

    async def story():
        found = await asyncio.gather(
            *(later(number, *one) for number, one in enumerate(transactions)),
            return_exceptions=True,
        )
        wanted = []
        for number, (count, fails, _, _) in enumerate(transactions):
            assert isinstance(found[number], Stop) == fails
            wanted += [] if fails else range(10 * number, 10 * number + count)
        assert await naps.there() == wanted
        assert not naps.backend._writer.in_transaction
        await naps.database.close()

    run(story())
