"""What only one database can say of full text, under one name each.

SQLite: FTS5, tokens apart by spaces, `bm25` with a weight a column. PostgreSQL: a ``tsvector``
whose positions and weights (title A, tags B, body C) are written by us, ``ts_rank_cd``. Both
divide by length. A statement made of these compiles for either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from catflap.search.asking import Asked, in_fts5, in_tsquery

TITLE_WEIGHT, TAGS_WEIGHT, BODY_WEIGHT = 10.0, 5.0, 1.0
"""SQLite's stand in the ``rank`` that the migration sets."""
_WEIGHTS = f"'{{0, {BODY_WEIGHT / TITLE_WEIGHT}, {TAGS_WEIGHT / TITLE_WEIGHT}, 1.0}}'"
"""Of D, C, B and A for ``ts_rank_cd``: the same proportions."""
_GAP = 2
"""Positions between fields, so that no phrase reaches over."""
POSITION_MAX = 16_383
"""PostgreSQL keeps no higher one."""


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of a document, by field."""

    title: tuple[str, ...]
    tags: tuple[str, ...]
    body: tuple[str, ...]


class _Query(sa.types.TypeDecorator[Asked]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Asked | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return in_tsquery(value) if dialect.name == "postgresql" else in_fts5(value)


class _Vector(sa.types.TypeDecorator[Fields]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Fields | None, dialect: Dialect) -> Any:
        del dialect
        return None if value is None else vector(value)


def vector(fields: Fields) -> str:
    """A document as the text of a ``tsvector``."""
    places: dict[str, list[str]] = {}
    at = 0
    for tokens, weight in ((fields.title, "A"), (fields.tags, "B"), (fields.body, "C")):
        for token in tokens:
            at = min(at + 1, POSITION_MAX)
            places.setdefault(token, []).append(f"{at}{weight}")
        at = min(at + _GAP, POSITION_MAX)
    return " ".join(f"'{token}':{','.join(found[:255])}" for token, found in places.items())


class matches(sa.sql.expression.ColumnElement[bool]):  # noqa: N801 - reads as an operator
    """Whether the document's words answer the query bound under ``name``."""

    type = sa.Boolean()
    inherit_cache = False

    def __init__(self, name: str) -> None:
        self.bind = sa.bindparam(name, type_=_Query())

    def self_group(self, against: Any = None) -> matches:
        """As it is: SQLAlchemy would write ``… = 1``."""
        del against
        return self


class relevance(sa.sql.expression.ColumnElement[float]):  # noqa: N801 - reads as a function
    """How well the words answer the query bound under ``name``; more is better."""

    type = sa.Float()
    inherit_cache = False

    def __init__(self, name: str) -> None:
        self.bind = sa.bindparam(name, type_=_Query())


class document_of_words(sa.sql.expression.ColumnElement[int]):  # noqa: N801 - reads as a column
    """The id of the document that the words are of."""

    type = sa.BigInteger()
    inherit_cache = False


class PutWords(sa.sql.expression.Executable, sa.sql.expression.ClauseElement):
    """Keep the words of ``document``, in place of what was kept.

    The same words again are left alone. To take words out of FTS5 for good costs 8 ms among 15,000
    documents, and to put them in 0.2 ms; a note is looked at again for each of its renditions.
    """

    inherit_cache = False

    def __init__(self) -> None:
        self.document = sa.bindparam("document", type_=sa.BigInteger)
        self.fields = {
            name: sa.bindparam(name, type_=sa.Text) for name in Fields.__struct_fields__
        }
        self.vector = sa.bindparam("fields", type_=_Vector())


def spaced(tokens: Sequence[str]) -> str:
    """Tokens as FTS5 takes them."""
    return " ".join(tokens)


@compiles(matches, "sqlite")
def _matches_sqlite(element: matches, compiler: SQLCompiler, **kw: Any) -> str:
    return f"search_words MATCH {compiler.process(element.bind, **kw)}"


@compiles(matches, "postgresql")
def _matches_postgresql(element: matches, compiler: SQLCompiler, **kw: Any) -> str:
    return f"search_words.words @@ CAST({compiler.process(element.bind, **kw)} AS tsquery)"


@compiles(relevance, "sqlite")
def _relevance_sqlite(element: relevance, compiler: SQLCompiler, **kw: Any) -> str:
    # The table's own rank: bm25() itself may not stand inside a subquery that is joined.
    del element, compiler, kw
    return "-search_words.rank"


@compiles(relevance, "postgresql")
def _relevance_postgresql(element: relevance, compiler: SQLCompiler, **kw: Any) -> str:
    query = f"CAST({compiler.process(element.bind, **kw)} AS tsquery)"
    return f"ts_rank_cd({_WEIGHTS}, search_words.words, {query}, 1)"


@compiles(document_of_words, "sqlite")
def _document_sqlite(element: document_of_words, compiler: SQLCompiler, **kw: Any) -> str:
    del element, compiler, kw
    return "search_words.rowid"


@compiles(document_of_words, "postgresql")
def _document_postgresql(element: document_of_words, compiler: SQLCompiler, **kw: Any) -> str:
    del element, compiler, kw
    return "search_words.document_id"


@compiles(PutWords, "sqlite")
def _put_sqlite(element: PutWords, compiler: SQLCompiler, **kw: Any) -> str:
    binds: list[sa.BindParameter[Any]] = [element.document, *element.fields.values()]
    values = [compiler.process(bind, **kw) for bind in binds]
    names = ("rowid", "title", "tags", "body")
    same = " AND ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
    return (
        f"INSERT OR REPLACE INTO search_words ({', '.join(names)}) SELECT {', '.join(values)} "  # noqa: S608 - placeholders
        f"WHERE NOT EXISTS (SELECT 1 FROM search_words WHERE {same})"
    )


@compiles(PutWords, "postgresql")
def _put_postgresql(element: PutWords, compiler: SQLCompiler, **kw: Any) -> str:
    document = compiler.process(element.document, **kw)
    words = compiler.process(element.vector, **kw)
    return (
        f"INSERT INTO search_words (document_id, words) VALUES ({document}, "  # noqa: S608 - placeholders
        f"CAST({words} AS tsvector)) "
        "ON CONFLICT (document_id) DO UPDATE SET words = excluded.words "
        "WHERE search_words.words <> excluded.words"
    )
