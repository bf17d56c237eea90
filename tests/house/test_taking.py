"""Everything of a person's goes with them: every table of every feature says where, or why not."""

from __future__ import annotations

from catflap.arrivals import taking
from catflap.ground.database import metadata
from catflap.ground.statements import SQLITE, postgresql
from tests.house.test_rules import modules


def test_every_table_is_taken_or_says_why_not():
    list(modules())
    assert set(taking.TAKEN) & set(taking.LEFT) == set()
    assert set(taking.TAKEN) | set(taking.LEFT) == set(metadata.tables)
    for name in taking.TAKEN:
        for dialect in (SQLITE, postgresql()):
            taking.statement_of(name).compiled(dialect)
    assert all(len(reason) > 3 for reason in taking.LEFT.values())
    # No hash of a password, a token or a handle leaves the house.
    for name, taken in taking.TAKEN.items():
        table = metadata.tables[name]
        if not taken.through and taken.by != "id":
            assert taken.by in table.c
        assert not [c for c in table.c.keys() if "hash" in c and c not in taken.without], name
