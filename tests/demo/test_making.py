"""The demo is there whole or not at all, comes out the same from one seed, and leaves others alone."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from catflap import app
from catflap.demo import scripts, seeding
from catflap.ground import clock, locking
from tests.conftest import DRAWN, house_at, run, sqlite_database
from tests.demo import small
from tests.forked import Forked, catflap, environment

MOMENT = datetime(2026, 11, 1, 20, 15, tzinfo=UTC)
UNSEEN = {"commits", "jobs", "credentials"}
"""The database's own diary, work that waits, and salted hashes."""


class Making(Forked):
    """The command on its way, with a slice of the demo's texts."""

    def __init__(self, folder, *, said_in, **settings: str) -> None:
        said = Path(tempfile.mkdtemp(dir=said_in))
        self._said = said / "out", said / "err"
        super().__init__(
            "demo", "--data", folder, "--drawn", DRAWN, environment=environment(**settings),
            stdout=str(self._said[0]), stderr=str(self._said[1]), entry=small.main,
        )

    def communicate(self) -> tuple[str, str]:
        """What it said and complained of, once it has ended."""
        self.wait(60)
        told, complained = (path.read_text() for path in self._said)
        return told, complained

def counted(path) -> int:
    """How many notes a database has, 0 where it is none yet."""
    try:
        with dbapi2.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT count(*) FROM notes").fetchone()[0]
    except dbapi2.OperationalError:
        return 0


def everything(path) -> dict[str, list[tuple]]:
    """Every row of every table that somebody sees something of."""
    connection = dbapi2.connect(str(path))
    names = [name for name, in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {
        name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
        for name in names if name not in UNSEEN
    }


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_demo_that_was_stopped_on_its_way_is_made_whole_the_next_time(tmp_path, how):
    folder = tmp_path / "data"
    stopped = Making(folder, said_in=tmp_path)
    deadline = time.monotonic() + 60
    while counted(folder / "catflap.db.part") < 10:
        assert time.monotonic() < deadline
        assert stopped.poll() is None
        time.sleep(0.01)
    os.kill(stopped.pid, how)
    _, complained = stopped.communicate()
    assert stopped.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in complained
    assert not (folder / "catflap.db").exists()
    for told_of in ("26 people, 8 notes", "The demo is here."):
        again = Making(folder, said_in=tmp_path)
        told, _ = again.communicate()
        assert again.returncode == 0
        assert told_of in told
        assert "newcomer: poppy   as a host: 阿橘" in told
    assert counted(folder / "catflap.db") == 8 + 68
    assert not list(folder.glob("catflap.db.part*"))
    with dbapi2.connect(str(folder / "catflap.db")) as connection:
        hung = connection.execute("SELECT DISTINCT folder FROM media").fetchall()
    assert all(any((folder / "media" / picture).iterdir()) for picture, in hung)


def test_a_community_is_never_touched_and_an_empty_one_is_filled(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    sqlite_database(folder / "catflap.db")
    catflap("people", "add", "fern", "--password-stdin", "--data", folder, stdin="correct horse 9\n")
    before = everything(folder / "catflap.db")
    told = catflap("demo", "--data", folder)
    assert told.stdout == "People live here already; the demo was left out.\n"
    assert everything(folder / "catflap.db") == before
    empty = tmp_path / "empty"
    empty.mkdir()
    sqlite_database(empty / "catflap.db")
    told, _ = Making(empty, said_in=tmp_path).communicate()
    assert "26 people" in told


def test_a_demo_is_not_made_under_a_server_that_runs(tmp_path):
    folder = tmp_path / "data"
    with locking.held(f"sqlite:///{folder / 'catflap.db'}", "serving"):
        told = catflap("demo", "--data", folder)
    assert told.returncode == 1
    assert told.stderr.startswith("catflap: another process works on ")
    assert told.stderr.count("\n") == 1
    assert not (folder / "catflap.db").exists()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # on SQLite there is no half
def test_half_a_demo_on_postgresql_is_told_of_with_what_to_do(tmp_path, database_url):
    making = Making(tmp_path, said_in=tmp_path, database_url=database_url)
    deadline = time.monotonic() + 60
    while not run(_people(database_url)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    making.kill()
    making.communicate()
    told = catflap("demo", "--data", tmp_path, database_url=database_url)
    assert told.returncode == 1
    assert "dropdb, createdb" in told.stderr
    assert told.stderr.count("\n") == 1


async def _people(url: str) -> int:
    from tests.conftest import in_postgres

    return (await in_postgres("SELECT count(*) FROM people", url=url))[0][0]


def seeded(folder, seed: int) -> dict[str, list[tuple]]:
    """What a slice of the demo leaves behind, made at one moment."""
    folder.mkdir()

    async def make() -> None:
        url = sqlite_database(folder / "catflap.db")
        house = house_at(url, folder, database_durable=False)
        await seeding.seed(house, app.runner, seed=seed, kept=DRAWN, whole=small.small(scripts.whole()))

    with clock.frozen_at(MOMENT):
        run(make())
    return everything(folder / "catflap.db")


def pictures(folder) -> list[str]:
    """The paths of all files that were kept."""
    kept = folder / "media"
    return sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file())


def test_one_seed_makes_one_community_row_by_row_and_another_seed_another(tmp_path):
    one, two, other = (seeded(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert {name for name in one if one[name] != two[name]} == set()
    assert pictures(tmp_path / "a") == pictures(tmp_path / "b") != []
    assert {"people", "notes", "likes", "follows"} <= {name for name in one if one[name] != other[name]}
    assert len(one["notes"]) == len(other["notes"])
