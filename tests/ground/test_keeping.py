"""Kept answers: what somebody wrote is in the next answer, and what nobody wrote is not asked anew."""

from __future__ import annotations

import contextlib

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pysqlite3 import dbapi2

from catflap.ground import database
from catflap.ground.database import UniqueViolated
from catflap.ground.keeping import ANSWERS_KEPT, ROWS_MOST
from catflap.ground.opening import database_at
from catflap.ground.statements import Statement, among
from tests.conftest import run
from tests.ground.laying_out import laid_out
from tests.past import TOLD

_CATS = sa.Table(
    "cats", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text), sa.Column("naps", sa.Integer),
)
_TOYS = sa.Table(
    "toys", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("cat", sa.Integer),
)
_SCHEMA = """
CREATE TABLE cats (id INTEGER PRIMARY KEY, name TEXT, naps INTEGER);
CREATE TABLE toys (id INTEGER PRIMARY KEY, cat INTEGER REFERENCES cats (id) ON DELETE CASCADE);
"""
_ID = sa.bindparam("id", type_=sa.Integer)
_SAME = _CATS.c.id == sa.bindparam("the_id")
_NAMES = Statement(sa.select(_CATS.c.name).order_by(_CATS.c.id), str)
_NAPS = Statement(sa.select(sa.func.coalesce(sa.func.sum(_CATS.c.naps), 0)), int)
_COUNT = Statement(sa.select(sa.func.count()).select_from(_CATS), int)
_RESTED = Statement(sa.select(_CATS.c.name).where(_CATS.c.naps > 2).order_by(_CATS.c.id), str)
_OWNED = Statement(
    sa.select(_TOYS.c.id)
    .where(sa.exists(sa.select(1).where(_CATS.c.id == _TOYS.c.cat)))
    .order_by(_TOYS.c.id),
    int,
)
_NAME_OF = Statement(sa.select(_CATS.c.name).where(_SAME), str)
_AMONG = Statement(
    sa.select(_CATS.c.id, _CATS.c.name).where(among(_CATS.c.id, "ids"), _CATS.c.name != "b")
)
_WITH_TOYS = Statement(
    sa.select(_CATS.c.name, _TOYS.c.id)
    .join(_TOYS, _TOYS.c.cat == _CATS.c.id)
    .where(_SAME)
    .order_by(_TOYS.c.id)
)
_OTHERS = _CATS.alias()
_NAMESAKES = Statement(
    sa.select(sa.func.count()).select_from(_CATS).join(_OTHERS, _OTHERS.c.name == _CATS.c.name)
    .where(_SAME),
    int,
)
_ADD = Statement(_CATS.insert().values(id=_ID, name="Cat", naps=0))
_GIVE = Statement(_TOYS.insert().values(cat=sa.bindparam("the_cat")))
_RENAME = Statement(_CATS.update().where(_SAME).values(name=sa.bindparam("the_name")))
_NAP = Statement(_CATS.update().where(_SAME).values(naps=_CATS.c.naps + 1))
_GO = Statement(_CATS.delete().where(_SAME))
_GO_AWAY = Statement(_CATS.delete().where(_CATS.c.name == sa.bindparam("the_name")))
_RENAME_SOME = Statement(
    _CATS.update().where(among(_CATS.c.id, "ids")).values(name=sa.bindparam("the_name"))
)
_MOVE = Statement(_CATS.update().where(_SAME).values(id=_CATS.c.id + 4))
_RENAME_TOYLESS = Statement(
    _CATS.update()
    .where(_CATS.c.id.not_in(sa.select(_TOYS.c.cat).where(_TOYS.c.cat.is_not(None))))
    .values(name=sa.bindparam("the_name"))
)
READS = (_NAMES, _NAPS, _COUNT, _RESTED, _OWNED)
OF_ROWS = (_NAME_OF, _AMONG, _WITH_TOYS, _NAMESAKES)
for _one in (
    *READS, *OF_ROWS, _ADD, _GIVE, _RENAME, _NAP, _GO, _GO_AWAY, _RENAME_SOME, _MOVE,
    _RENAME_TOYLESS,
):
    Statement.every.remove(_one)


class Cats:
    """A database of cats, and which of its statements SQLite was really asked."""

    def __init__(self, path):
        self.url = f"sqlite:///{path}"
        self.database = laid_out(path, _SCHEMA)
        self.other = database_at(self.url)
        self.ran = []
        self.database.backend._reader.set_trace_callback(self.ran.append)

    async def read(self, statement, **params):
        # Another process's commit shows a moment later; a test does not wait for it.
        self.database.backend.reading()._asked_at = 0.0
        async with self.database.reads() as reads:
            return await reads.all(statement, **params)

    async def asked(self, statement, **params):
        """Whether reading runs the statement, rather than giving what is known."""
        self.ran.clear()
        await self.read(statement, **params)
        return any("FROM" in sql and "commits" not in sql for sql in self.ran)

    async def write(self, statement, *, by_other=False, **params):
        async with (self.other if by_other else self.database).tx() as tx:
            await tx.run(statement, **params)

    async def fresh(self, statement, **params):
        """The answer on a connection that has kept nothing."""
        database = database_at(self.url)
        async with database.reads() as reads:
            rows = await reads.all(statement, **params)
        await database.close()
        return rows

    async def close(self):
        await self.database.close()
        await self.other.close()


@pytest.fixture
def cats(tmp_path):
    made = Cats(tmp_path / "cats.db")
    yield made
    run(made.close())


@pytest.mark.parametrize("by_other", [False, True])
def test_only_what_was_written_is_asked_anew(cats, by_other):
    async def story():
        await cats.write(_ADD, id=1)
        for statement in READS:
            await cats.read(statement)
        await cats.write(_NAP, by_other=by_other, the_id=1)
        assert [await cats.asked(one) for one in READS] == [False, True, False, True, False]
        await cats.write(_RENAME, by_other=by_other, the_id=1, the_name="Miso")
        assert [await cats.asked(one) for one in READS] == [True, False, False, True, False]
        await cats.write(_ADD, by_other=by_other, id=2)
        assert all([await cats.asked(one) for one in READS])
        assert not any([await cats.asked(one) for one in READS])

    run(story())


@pytest.mark.parametrize("by_other", [False, True])
def test_what_is_written_to_other_rows_than_those_named_is_not_asked_anew(cats, by_other):
    async def asked():
        return [
            await cats.asked(_NAME_OF, the_id=1), await cats.asked(_AMONG, ids=[1, 2]),
            await cats.asked(_NAME_OF, the_id=7),
        ]

    async def story():
        for number in (1, 2, 3):
            await cats.write(_ADD, id=number)
        await asked()
        await cats.write(_RENAME, by_other=by_other, the_id=3, the_name="Miso")
        await cats.write(_ADD, by_other=by_other, id=4)
        assert await asked() == [False, False, False]
        await cats.write(_RENAME, by_other=by_other, the_id=2, the_name="Tofu")
        assert await asked() == [False, True, False]
        await cats.write(_ADD, by_other=by_other, id=7)
        assert await asked() == [False, False, True]
        await cats.write(_RENAME_SOME, by_other=by_other, ids=[1, 7], the_name="Soba")
        assert await asked() == [True, True, True]

    run(story())


def test_what_was_made_of_one_row_stands_while_others_are_written(cats):
    async def story():
        for number in (1, 2):
            await cats.write(_ADD, id=number)
            with cats.database.making() as making:
                [name] = await cats.read(_NAME_OF, the_id=number)
            making.keep(number, f"Hello {name}")
        await cats.write(_RENAME, the_id=2, the_name="Miso")
        assert cats.database.made(1) == "Hello Cat"
        assert cats.database.made(2) is None

    run(story())


def test_more_rows_than_are_remembered_are_taken_for_all(cats):
    async def story():
        await cats.write(_ADD, id=999)
        await cats.read(_NAME_OF, the_id=999)
        async with cats.database.tx() as tx:
            await tx.run_many(_ADD, [{"id": number} for number in range(ROWS_MOST)])
        assert not await cats.asked(_NAME_OF, the_id=999)
        async with cats.database.tx() as tx:
            await tx.run_many(_ADD, [{"id": 100 + number} for number in range(ROWS_MOST + 1)])
        assert await cats.asked(_NAME_OF, the_id=999)

    run(story())


def test_the_same_values_under_other_names_are_another_question(cats):
    both = Statement(sa.select(_CATS.c.naps).where(_SAME, _CATS.c.naps == sa.bindparam("naps")), int)
    Statement.every.remove(both)

    async def story():
        await cats.write(_ADD, id=1)
        assert await cats.read(both, the_id=1, naps=0) == [0]
        assert await cats.read(both, naps=1, the_id=0) == []

    run(story())


def test_what_a_foreign_key_takes_along_is_asked_anew(cats):
    async def story():
        await cats.write(_ADD, id=1)
        await cats.write(_GIVE, the_cat=1)
        assert await cats.read(_OWNED) == [1]
        await cats.write(_GO, the_id=1)
        assert await cats.read(_OWNED) == []

    run(story())


def test_somebody_who_writes_past_catflap_is_noticed(cats):
    async def story():
        await cats.write(_ADD, id=1)
        assert await cats.read(_NAMES) == ["Cat"]
        with dbapi2.connect(cats.database.backend.path) as connection:
            connection.execute("UPDATE cats SET name = 'Tofu'")
        connection.close()
        assert await cats.read(_NAMES) == ["Tofu"]

    run(story())


@pytest.mark.parametrize("told", [True, False])
def test_somebody_who_writes_past_catflap_beside_it_is_noticed_once_told_or_a_minute_later(
    cats, monkeypatch, told
):
    async def story():
        await cats.write(_ADD, id=1)
        assert await cats.read(_NAME_OF, the_id=1) == ["Cat"]
        with dbapi2.connect(cats.database.backend.path) as connection:
            connection.execute("UPDATE cats SET name = 'Tofu'")
            if told:
                connection.execute(TOLD)
        connection.close()
        await cats.write(_NAP, by_other=True, the_id=1)
        if not told:
            monkeypatch.setattr("catflap.ground.sqlite.KEPT_FOR_S", 0.0)
        assert await cats.read(_NAME_OF, the_id=1) == ["Tofu"]

    run(story())


def test_more_commits_than_are_remembered_drop_everything(cats, monkeypatch):
    monkeypatch.setattr("catflap.ground.sqlite.COMMITS_REMEMBERED", 2)

    async def story():
        await cats.write(_ADD, id=1)
        assert await cats.read(_NAMES) == ["Cat"]
        await cats.write(_RENAME, by_other=True, the_id=1, the_name="Miso")
        for _ in range(4):
            await cats.write(_NAP, by_other=True, the_id=1)
        assert await cats.read(_NAMES) == ["Miso"]

    run(story())


def test_a_transaction_that_fails_drops_nothing(cats):
    async def story():
        await cats.write(_ADD, id=1)
        await cats.read(_NAMES)
        with contextlib.suppress(ZeroDivisionError):
            async with cats.database.tx() as tx:
                await tx.run(_RENAME, the_id=1, the_name="Nobody")
                raise ZeroDivisionError
        assert not await cats.asked(_NAMES)
        assert await cats.read(_NAMES) == ["Cat"]

    run(story())


def test_what_was_made_stands_until_something_it_was_made_of_is_written(cats):
    async def story():
        await cats.write(_ADD, id=1)
        with cats.database.making() as making:
            [name] = await cats.read(_NAMES)
        making.keep("greeting", f"Hello {name}")
        await cats.write(_NAP, the_id=1)
        assert cats.database.made("greeting") == "Hello Cat"
        await cats.write(_RENAME, the_id=1, the_name="Miso")
        assert cats.database.made("greeting") is None

    run(story())


def test_what_was_written_while_something_was_made_of_it_is_not_kept(cats):
    async def story():
        await cats.write(_ADD, id=1)
        with cats.database.making() as making:
            [name] = await cats.read(_NAMES)
            await cats.write(_RENAME, the_id=1, the_name="Miso")
        making.keep("greeting", f"Hello {name}")
        assert cats.database.made("greeting") is None

    run(story())


def test_what_is_kept_is_made_anew_once_it_is_written_or_old(cats, monkeypatch):
    made = []

    async def greeting():
        [name] = await cats.read(_NAMES)
        made.append(name)
        return f"Hello {name}"

    async def asked():
        return await cats.database.kept("greeting", greeting)

    async def story():
        await cats.write(_ADD, id=1)
        assert [await asked(), await asked()] == ["Hello Cat"] * 2
        await cats.write(_NAP, the_id=1)
        assert await asked() == "Hello Cat"
        assert made == ["Cat"]
        await cats.write(_RENAME, the_id=1, the_name="Miso")
        assert [await asked(), await asked()] == ["Hello Miso"] * 2
        assert made == ["Cat", "Miso"]
        monkeypatch.setattr(database, "MADE_FOR_S", 0.0)
        assert await asked() == "Hello Miso"
        assert made == ["Cat", "Miso", "Miso"]

    run(story())


def test_answers_do_not_pile_up(cats):
    by_id = Statement(sa.select(_CATS.c.name).where(_SAME), str)
    Statement.every.remove(by_id)

    async def story():
        async with cats.database.reads() as reads:
            for number in range(2 * ANSWERS_KEPT):
                await reads.all(by_id, the_id=number)
        [asked] = cats.database.backend.kept._by_statement.values()
        assert len(asked.answers) <= ANSWERS_KEPT
        assert len(asked.by_row) <= ANSWERS_KEPT
        for number in range(2 * ANSWERS_KEPT - 10, 2 * ANSWERS_KEPT):
            await cats.write(_RENAME, the_id=number, the_name="Nobody")
        assert len(asked.answers) == ANSWERS_KEPT
        for number in range(2 * ANSWERS_KEPT - 10, 2 * ANSWERS_KEPT):
            await cats.write(_ADD, id=number)
        assert len(asked.answers) == len(asked.by_row) == len(asked.named) == ANSWERS_KEPT - 10

    run(story())


_CAT = st.integers(1, 3)
_NAME = st.sampled_from("ab")
_STEP = st.one_of(
    st.tuples(st.just(_RENAME), st.fixed_dictionaries({"the_id": _CAT, "the_name": _NAME})),
    st.tuples(st.just(_NAP), st.fixed_dictionaries({"the_id": _CAT})),
    st.tuples(st.just(_GO), st.fixed_dictionaries({"the_id": _CAT})),
    st.tuples(st.just(_ADD), st.fixed_dictionaries({"id": st.none()})),
    st.tuples(st.just(_ADD), st.fixed_dictionaries({"id": st.integers(20, 10**6)})),
    st.tuples(st.just(_GIVE), st.fixed_dictionaries({"the_cat": st.sampled_from([1, 9])})),
    st.tuples(st.just(_GO_AWAY), st.fixed_dictionaries({"the_name": _NAME})),
    st.tuples(
        st.just(_RENAME_SOME), st.fixed_dictionaries({"ids": st.lists(_CAT), "the_name": _NAME})
    ),
    st.tuples(st.just(_MOVE), st.fixed_dictionaries({"the_id": st.just(3)})),
    st.tuples(st.just(_RENAME_TOYLESS), st.fixed_dictionaries({"the_name": _NAME})),
)
_QUESTION = st.one_of(
    st.tuples(st.sampled_from(READS), st.just({})),
    st.tuples(
        st.sampled_from((_NAME_OF, _WITH_TOYS, _NAMESAKES)),
        st.fixed_dictionaries({"the_id": st.integers(1, 11)}),
    ),
    st.tuples(st.just(_AMONG), st.fixed_dictionaries({"ids": st.lists(st.integers(1, 11))})),
)
EVERY_QUESTION = [
    *((read, {}) for read in READS),
    *((read, {"the_id": id_}) for read in (_NAME_OF, _WITH_TOYS, _NAMESAKES) for id_ in range(1, 12)),
    (_AMONG, {"ids": list(range(1, 12))}), (_AMONG, {"ids": [2, 10]}), (_AMONG, {"ids": []}),
]


@given(steps=st.lists(st.tuples(_STEP, st.booleans(), _QUESTION), max_size=12))
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_by_whomever_every_answer_is_as_if_nothing_were_kept(
    tmp_path_factory, steps
):
    cats = Cats(tmp_path_factory.mktemp("cats") / "cats.db")

    async def story():
        for number in (1, 2, 3, 9):
            await cats.write(_ADD, id=number)
        for read, about in EVERY_QUESTION:
            await cats.read(read, **about)
        for (statement, params), by_other, (read, about) in steps:
            with contextlib.suppress(UniqueViolated, dbapi2.IntegrityError):
                await cats.write(statement, by_other=by_other, **params)
            assert await cats.read(read, **about) == await cats.fresh(read, **about)
        for read, about in EVERY_QUESTION:
            assert await cats.read(read, **about) == await cats.fresh(read, **about)
        await cats.close()

    run(story())
