"""No statement of ours looks at every row of a table that grows."""

from __future__ import annotations

import importlib
import pkgutil
import re

from pysqlite3 import dbapi2

import catflap
from catflap.ground.database import metadata
from catflap.ground.statements import SQLITE, Statement
from catflap.migrations import running
from catflap.notes import deeds, timelines
from tests.conftest import run

# Tables that may be looked through whole, by statements without a condition, and why.
MAY_SCAN = {
    "jobs": "the backlog that an operator asks for",
    "drafts": "what recurring work must not forget",
    "planned": "what recurring work must not forget",
    "announcements": "few, and most of them are shown",
    "people": "how many there are, and what they read",
    "glossary_terms": "the glossary, which is kept whole in memory",
    "glossary_renderings": "the glossary, which is kept whole in memory",
}
# SQLite says SCAN of every virtual table. What it was given stands behind `INDEX n:` — `M` a MATCH,
# `=` a rowid; an FTS5 table that is given neither is read whole.
FULL_TEXT = {"search_words"}


def statements():
    for found in pkgutil.walk_packages(catflap.__path__, "catflap."):
        if "migrations." not in found.name and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    return Statement.every


def test_every_statement_finds_its_rows_by_an_index(tmp_path):
    path = tmp_path / "catflap.db"
    run(running.upgrade(f"sqlite:///{path}"))
    connection = dbapi2.connect(str(path))
    looked_through = []
    for statement in statements():
        sql = statement.compiled(SQLITE).sql
        names = set(re.findall(r":(\w+)", sql))
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", dict.fromkeys(names, "[1]"))
        for *_, step in plan.fetchall():
            scanned = re.match(r"SCAN (\w+)", step)
            if scanned and scanned[1] in FULL_TEXT:
                if not re.search(r"VIRTUAL TABLE INDEX \d+:.*[M=]", step):
                    looked_through.append((scanned[1], sql))
                continue
            if not scanned or scanned[1] not in metadata.tables:
                continue
            if " WHERE " in sql.replace("\n", " ") or scanned[1] not in MAY_SCAN:
                looked_through.append((scanned[1], sql))
    assert not looked_through, "\n".join(f"{table}: {sql}" for table, sql in looked_through)


def test_lists_that_grow_for_ever_are_read_in_their_order(tmp_path):
    """A statement that finds rows by an index may still gather all of them and sort."""
    path = tmp_path / "catflap.db"
    run(running.upgrade(f"sqlite:///{path}"))
    connection = dbapi2.connect(str(path))
    lists = [timelines._PUBLIC, timelines._PUBLIC_WITH_MEDIA, deeds._LIKED]
    lists += [ways[name] for ways in timelines._OF_AUTHOR.values() for name in ("alone", "narrowed")]
    for statement in [one for each in lists for one in (each.down, each.up)]:
        sql = statement.compiled(SQLITE).sql
        names = set(re.findall(r":(\w+)", sql))
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", dict.fromkeys(names, 1)).fetchall()
        assert not any("TEMP B-TREE" in step for *_, step in plan), sql
