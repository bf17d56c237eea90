"""Whoever waits to write while another process does holds up no reader."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from pysqlite3 import dbapi2

from catflap.ground import sqlite
from catflap.ground.opening import database_at
from catflap.ground.statements import Statement
from tests.conftest import run, sqlite_database

_COUNT = Statement(sa.text("SELECT count(*) FROM people").columns(sa.column("count", sa.Integer)), int)
Statement.every.remove(_COUNT)


def _other(path):
    """Another process's connection, in the middle of a transaction."""
    other = dbapi2.connect(str(path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_reads_go_on_while_a_write_waits_for_another_process(tmp_path):
    database = database_at(sqlite_database(tmp_path / "catflap.db"))
    other = _other(tmp_path / "catflap.db")

    async def story():
        written = []

        async def write():
            async with database.tx():
                written.append(True)

        waiting = asyncio.create_task(write())
        for _ in range(20):
            await asyncio.sleep(0.005)
            async with database.reads() as reads:
                assert await reads.one(_COUNT) == 0
        assert not written
        other.execute("COMMIT")
        await waiting
        assert written
        await database.close()

    run(story())
    other.close()


def test_a_write_that_never_gets_its_turn_gives_up(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    database = database_at(sqlite_database(tmp_path / "catflap.db"))
    other = _other(tmp_path / "catflap.db")

    async def story():
        with pytest.raises(dbapi2.OperationalError, match="locked"):
            async with database.tx():
                pass
        other.execute("COMMIT")
        async with database.tx():
            pass
        await database.close()

    run(story())
    other.close()
