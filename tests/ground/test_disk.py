"""Nobody is told that something is kept before the disk has it, and nobody else waits for that."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from catflap.ground import disk
from catflap.ground.opening import database_at
from catflap.ground.statements import Statement
from tests.conftest import run

_NAPS = sa.Table("naps", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
_NAP = Statement(_NAPS.insert().values(id=sa.bindparam("id", type_=sa.Integer)))
_COUNT = Statement(sa.select(sa.func.count()).select_from(_NAPS), int)
for _one in (_NAP, _COUNT):
    Statement.every.remove(_one)


@pytest.fixture
def naps(tmp_path):
    made = database_at(f"sqlite:///{tmp_path}/naps.db")
    made.backend._writer.execute("CREATE TABLE naps (id INTEGER PRIMARY KEY)")
    yield made
    run(made.close())


class SlowDisk:
    """A disk that has nothing until it is told to."""

    def __init__(self, monkeypatch):
        self.go = threading.Event()
        self.syncs = []
        monkeypatch.setattr(disk, "_sync", self._sync)

    def _sync(self, log):
        self.syncs.append(os.fstat(log).st_ino)
        assert self.go.wait(20)


async def _nap(database, number):
    async with database.tx() as tx:
        await tx.run(_NAP, id=number)


async def _count(database):
    async with database.reads() as reads:
        return await reads.one(_COUNT)


def test_whoever_commits_waits_for_the_disk_and_others_read_and_write_meanwhile(naps, monkeypatch):
    slow = SlowDisk(monkeypatch)

    async def story():
        first = asyncio.create_task(_nap(naps, 1))
        while not slow.syncs:
            await asyncio.sleep(0.005)
        others = [asyncio.create_task(_nap(naps, number)) for number in range(2, 10)]
        while await _count(naps) < 9:
            await asyncio.sleep(0.005)
        assert not any(task.done() for task in (first, *others))
        slow.go.set()
        await asyncio.gather(first, *others)

    run(story())
    assert len(slow.syncs) == 2, "eight who wait together are one sync"


def test_a_disk_that_refuses_is_no_success(naps, monkeypatch):
    def full(log):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "_sync", full)
    with pytest.raises(OSError, match="No space left"):
        run(_nap(naps, 1))


def test_whoever_gives_up_waiting_leaves_the_others_waiting(naps, monkeypatch):
    slow = SlowDisk(monkeypatch)

    async def story():
        tasks = [asyncio.create_task(_nap(naps, number)) for number in (1, 2)]
        while await _count(naps) < 2:
            await asyncio.sleep(0.005)
        tasks[0].cancel()
        await asyncio.sleep(0.02)
        assert not tasks[1].done()
        slow.go.set()
        await tasks[1]

    run(story())


def test_what_is_synced_is_the_log_that_sqlite_writes_and_it_does_not_grow_for_ever(naps, monkeypatch):
    slow = SlowDisk(monkeypatch)
    slow.go.set()
    log = Path(f"{naps.backend.path}-wal")

    async def story():
        sizes = []
        for turn in range(8):
            for number in range(disk.CHECKPOINT_EVERY):
                await _nap(naps, 1000 * turn + number + 1)
            await asyncio.wait_for(naps.backend._disk._moved, 20)
            sizes.append(log.stat().st_size)
        assert sizes[-1] <= 2 * sizes[0]

    run(story())
    assert set(slow.syncs) == {log.stat().st_ino}


def test_a_database_that_need_not_be_durable_waits_for_no_disk(tmp_path, monkeypatch):
    slow = SlowDisk(monkeypatch)
    quick = database_at(f"sqlite:///{tmp_path}/naps.db", durable=False)
    quick.backend._writer.execute("CREATE TABLE naps (id INTEGER PRIMARY KEY)")
    run(_nap(quick, 1))
    assert not slow.syncs
    run(quick.close())
