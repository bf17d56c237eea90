"""Nothing points at a row that was made in this transaction, but what it wrote itself."""

from __future__ import annotations

import contextlib

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pysqlite3 import dbapi2

from catflap.ground.database import UniqueViolated
from catflap.ground.statements import Statement, among, insert_unless_there
from tests.conftest import run
from tests.ground.laying_out import laid_out

_META = sa.MetaData()
_CATS = sa.Table(
    "cats", _META, sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text)
)
_TOYS = sa.Table(
    "toys", _META, sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("cat_id", sa.BigInteger, sa.ForeignKey("cats.id")),
    sa.Column("bought_at", sa.BigInteger, nullable=False),
)
_SCHEMA = """
CREATE TABLE cats (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE toys (id INTEGER PRIMARY KEY, cat_id INTEGER REFERENCES cats (id), bought_at INTEGER);
INSERT INTO cats VALUES (1, 'Miso');
INSERT INTO toys VALUES (1, 1, 0), (2, NULL, 0);
"""
_CAT = _TOYS.c.cat_id == sa.bindparam("cat")
_ID = sa.bindparam("id", type_=sa.BigInteger)
_TOYS_OF = Statement(sa.select(_TOYS.c.id).where(_CAT, _TOYS.c.bought_at >= 0), int)
_TOYS_AMONG = Statement(sa.select(_TOYS.c.id).where(among(_TOYS.c.cat_id, "cats")), int)
_WITH_NAMES = Statement(
    sa.select(_CATS.c.name, _TOYS.c.id).join(_TOYS, _TOYS.c.cat_id == _CATS.c.id).where(_CAT)
)
_COUNT = Statement(sa.select(sa.func.count()).select_from(_TOYS).where(_CAT), int)
_EITHER = Statement(sa.select(_TOYS.c.id).where(sa.or_(_CAT, _TOYS.c.bought_at == 0)), int)
_ADD = Statement(_CATS.insert().values(id=_ID, name="Tofu"))
_ADD_UNLESS_THERE = Statement(insert_unless_there(_CATS).values(id=_ID, name="Tofu"))
_BUY = Statement(_TOYS.insert().values(id=_ID, cat_id=sa.bindparam("cat"), bought_at=1))
_GIVE = Statement(
    _TOYS.update().where(_TOYS.c.id == sa.bindparam("toy")).values(cat_id=sa.bindparam("cat"))
)
_PLAIN = Statement(sa.text("UPDATE toys SET cat_id = (SELECT max(id) FROM cats) WHERE id = 2"))
QUESTIONS = (_TOYS_OF, _WITH_NAMES, _COUNT, _EITHER)
for _one in (
    *QUESTIONS, _TOYS_AMONG, _ADD, _ADD_UNLESS_THERE, _BUY, _GIVE, _PLAIN,
):
    Statement.every.remove(_one)


class Shop:
    """Cats and toys, and which statements the database was really asked."""

    def __init__(self, path):
        self.database = laid_out(path, _SCHEMA)
        self.ran = []
        self.database.backend._writer.set_trace_callback(self.ran.append)

    async def asked(self, tx, statement, **params):
        """An answer, and whether the database was asked for it."""
        self.ran.clear()
        found = await tx.all(statement, **params)
        return found, bool(self.ran)


@pytest.fixture
def shop(tmp_path):
    made = Shop(tmp_path / "shop.db")
    yield made
    run(made.database.close())


def test_what_could_only_point_at_a_new_row_is_not_asked(shop):
    async def story():
        async with shop.database.tx() as tx:
            assert await shop.asked(tx, _TOYS_OF, cat=1) == ([1], True)
            await tx.run(_ADD, id=7)
            assert await shop.asked(tx, _TOYS_OF, cat=7) == ([], False)
            assert await shop.asked(tx, _TOYS_AMONG, cats=[7]) == ([], False)
            assert await shop.asked(tx, _WITH_NAMES, cat=7) == ([], False)
            assert await shop.asked(tx, _TOYS_AMONG, cats=[7, 1]) == ([1], True)
            assert await shop.asked(tx, _TOYS_OF, cat=1) == ([1], True)
        async with shop.database.tx() as tx:
            assert await shop.asked(tx, _TOYS_OF, cat=7) == ([], True)

    run(story())


def test_what_this_transaction_made_point_at_it_is_found(shop):
    async def story():
        async with shop.database.tx() as tx:
            await tx.run(_ADD, id=7)
            await tx.run(_BUY, id=8, cat=7)
            assert await tx.all(_TOYS_OF, cat=7) == [8]
        async with shop.database.tx() as tx:
            await tx.run(_ADD, id=9)
            await tx.run(_GIVE, toy=8, cat=9)
            assert await tx.all(_TOYS_OF, cat=9) == [8]
        async with shop.database.tx() as tx:
            await tx.run(_ADD, id=10)
            await tx.run(_PLAIN)
            assert await tx.all(_TOYS_OF, cat=10) == [2]

    run(story())


def test_a_row_that_was_there_before_is_no_new_one(shop):
    async def story():
        async with shop.database.tx() as tx:
            assert await tx.run(_ADD_UNLESS_THERE, id=1) == 0
            assert await tx.all(_TOYS_OF, cat=1) == [1]

    run(story())


_STEP = st.one_of(
    st.tuples(st.just(_ADD), st.fixed_dictionaries({"id": st.integers(2, 4)})),
    st.tuples(st.just(_ADD_UNLESS_THERE), st.fixed_dictionaries({"id": st.integers(1, 4)})),
    st.tuples(
        st.just(_BUY), st.fixed_dictionaries({"id": st.integers(3, 9), "cat": st.integers(1, 4)})
    ),
    st.tuples(
        st.just(_GIVE), st.fixed_dictionaries({"toy": st.integers(1, 4), "cat": st.integers(1, 4)})
    ),
    st.tuples(st.just(_PLAIN), st.just({})),
)


@given(transactions=st.lists(st.lists(_STEP, max_size=5), max_size=3))
@settings(max_examples=60, deadline=None)
def test_every_answer_is_as_if_everything_were_asked(tmp_path_factory, transactions):
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop.db")

    async def check(tx):
        for cat in range(1, 5):
            for statement in QUESTIONS:
                really = await tx._session.all(statement, {"cat": cat})
                assert await tx.all(statement, cat=cat) == really
            for cats in ([cat], [cat, 1], []):
                really = await tx._session.all(_TOYS_AMONG, {"cats": cats})
                assert await tx.all(_TOYS_AMONG, cats=cats) == really

    async def story():
        for steps in transactions:
            async with shop.database.tx() as tx:
                for statement, params in steps:
                    with contextlib.suppress(UniqueViolated, dbapi2.IntegrityError):
                        await tx.run(statement, **params)
                    await check(tx)
        await shop.database.close()

    run(story())
