"""SQL statements: written in SQLAlchemy Core, compiled once a dialect, run on the raw driver.

A `Statement` pairs a Core construct with the struct its rows become. SQLAlchemy writes the SQL of
both dialects; nothing of it runs per request. Measured on two cores for 20 rows by index: 14 µs
on raw sqlite3, 26 µs through SQLAlchemy's connection; on PostgreSQL the raw driver is 2.5 to 5.4
times quicker than the async engine.

What does not survive compiling once is replaced here: expanding ``IN`` by `among`, SQLite's
integers for booleans by result processors, its hidden OFFSET parameter by keeping the literal
values that the compiler found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Generic, TypeAlias, get_type_hints

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from typing_extensions import TypeVar

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

SQLITE: Dialect = sqlite.dialect(paramstyle="named")


@cache
def postgresql() -> Dialect:
    """PostgreSQL's dialect, loaded where it is used: it costs a start 80 ms."""
    from sqlalchemy.dialects.postgresql.asyncpg import dialect

    return dialect()  # type: ignore[no-untyped-call]


Processor: TypeAlias = Callable[[Any], Any]
R = TypeVar("R", default=Any)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant: microseconds since 1970 on SQLite, TIMESTAMPTZ on PostgreSQL."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """The column's type in one dialect."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """An instant as the driver takes it."""
        if value is None or dialect.name == "postgresql":
            return value
        return (value - _UNIX) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """An instant as the driver gave it."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.astimezone(UTC)  # type: ignore[no-any-return]
        return _UNIX + timedelta(microseconds=value)


class Json(sa.types.TypeDecorator[Any]):
    """A msgspec-typed value kept as JSON text; it comes back as the type it went in as."""

    impl = sa.Text
    cache_ok = False

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.of = of
        self._decoder = msgspec.json.Decoder(of)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """The JSON text of a value."""
        del dialect
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The value of a JSON text."""
        del dialect
        return None if value is None else self._decoder.decode(value)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """An index over some rows only, as its migration makes it; ``where`` says which.

    Said in ``info``: as a dialect's own option it would load PostgreSQL's dialect at every start.
    """
    return sa.Index(name, *columns, unique=unique, info={"where": where})


class among(sa.sql.expression.ColumnElement[bool]):  # noqa: N801 - reads as an operator
    """``column IN (a list given at run time)`` with one fixed SQL text.

    The parameter takes a list of integers or of strings: one JSON array on SQLite, one array on
    PostgreSQL. An empty list matches nothing.
    """

    type = sa.Boolean()
    inherit_cache = False

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        self.column = column
        numbers = isinstance(column.type, sa.Integer)
        self.bind = sa.bindparam(name, type_=_ManyIntegers() if numbers else _ManyTexts())

    def self_group(self, against: Any = None) -> among:
        """As it is: SQLAlchemy would write ``… = 1``, and SQLite then looks at every row."""
        del against
        return self


class _Many(sa.types.TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True
    of: sa.types.TypeEngine[Any]

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import ARRAY

            return dialect.type_descriptor(ARRAY(self.of))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return list(value)
        return msgspec.json.encode(list(value)).decode()


class _ManyIntegers(_Many):
    of = sa.BigInteger()
    cache_ok = True


class _ManyTexts(_Many):
    of = sa.Text()
    cache_ok = True


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    bind = compiler.process(element.bind, **kw)
    return f"{column} IN (SELECT value FROM json_each({bind}))"  # noqa: S608 - a placeholder


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    return f"{column} = ANY ({compiler.process(element.bind, **kw)})"


class begins(sa.sql.expression.ColumnElement[bool]):  # noqa: N801 - reads as an operator
    """``column`` begins with the text bound under ``name``, found as a range of its index.

    Compared by code points; on PostgreSQL the index must be one of ``COLLATE "C"``.
    """

    type = sa.Boolean()
    inherit_cache = False

    def __init__(self, column: sa.ColumnElement[str], name: str) -> None:
        self.column = column
        self.bind = sa.bindparam(name, type_=sa.Text)

    def self_group(self, against: Any = None) -> begins:
        """As it is, as `among` is."""
        del against
        return self


@compiles(begins, "sqlite")
def _begins_sqlite(element: begins, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    bind = compiler.process(element.bind, **kw)
    return f"({column} >= {bind} AND {column} < {bind} || char(1114111))"


@compiles(begins, "postgresql")
def _begins_postgresql(element: begins, compiler: SQLCompiler, **kw: Any) -> str:
    column = f'{compiler.process(element.column, **kw)} COLLATE "C"'
    bind = compiler.process(element.bind, **kw)
    return f"({column} >= {bind} AND {column} < {bind} || chr(1114111))"


class _InsertUnlessThere(sa.Insert):
    inherit_cache = False


@compiles(_InsertUnlessThere)
def _unless_there(element: _InsertUnlessThere, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.visit_insert(element, **kw)} ON CONFLICT DO NOTHING"  # type: ignore[no-untyped-call]


def insert_unless_there(table: sa.Table) -> sa.Insert:
    """An INSERT that does nothing where a unique constraint would refuse it; 0 rows then.

    Looking first is not enough on PostgreSQL: two transactions look, and both insert. (Inline,
    because PostgreSQL's would end in RETURNING else.)
    """
    return _InsertUnlessThere(table).inline()


class Compiled(Generic[R]):
    """A statement in one dialect: SQL text, how to bind, how to make a row."""

    __slots__ = ("_binds", "_literals", "_make", "_order", "sql")

    def __init__(self, construct: sa.Executable, row: type[R] | None, dialect: Dialect) -> None:
        compiled = construct.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.sql: str = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        self._literals: dict[str, Any] = {}
        self._binds: list[tuple[str, Processor]] = []
        for name, bind in compiled.binds.items():
            processor = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if not bind.required:
                value = bind.effective_value
                self._literals[name] = processor(value) if processor else value
            elif processor:
                self._binds.append((name, processor))
        self._make = _row_maker(construct, row, dialect)

    def named(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters by name, as a named-style driver takes them."""
        bound = {**self._literals, **params}
        for name, processor in self._binds:
            bound[name] = processor(bound[name])
        return bound

    def positional(self, params: Mapping[str, Any]) -> list[Any]:
        """The parameters in order, as a positional driver takes them."""
        bound = self.named(params)
        return [bound[name] for name in self._order or ()]

    def row(self, raw: Sequence[Any]) -> R:
        """One raw row as the statement's struct, or as its only value."""
        made: R = self._make(raw)
        return made


def _row_maker(
    construct: Any, row: type[Any] | None, dialect: Dialect
) -> Callable[[Sequence[Any]], Any]:
    if row is None:
        return lambda raw: raw
    columns = list(construct.exported_columns)
    processors = [
        (index, processor)
        for index, column in enumerate(columns)
        if (processor := _result_processor(column.type, dialect)) is not None
    ]
    if not (isinstance(row, type) and issubclass(row, msgspec.Struct)):
        if processors:
            only = processors[0][1]
            return lambda raw: only(raw[0])
        return lambda raw: raw[0]
    names = [column.key for column in columns]
    wanted = list(row.__struct_fields__)
    if set(names) != set(wanted):
        raise TypeError(f"{row.__name__} has {wanted}, its statement gives {names}")
    values = [f"raw[{index}]" for index in range(len(names))]
    known: dict[str, Any] = {"struct": row}
    for number, (index, processor) in enumerate([*processors, *_enums(row, names)]):
        known[f"made_{number}"] = processor
        values[index] = f"made_{number}({values[index]})"
    given = ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
    # Written out, as `dataclasses` does it: a row takes half as long as through a list and a dict.
    make: Callable[[Sequence[Any]], Any] = eval(f"lambda raw: struct({given})", known)  # noqa: S307
    return make


def _enums(struct: type[msgspec.Struct], names: list[str]) -> list[tuple[int, Processor]]:
    """Fields that are enums, which no driver knows of."""
    hints = get_type_hints(struct)
    return [
        (names.index(name), hint)
        for name, hint in hints.items()
        if isinstance(hint, type) and issubclass(hint, Enum)
    ]


def _result_processor(type_: sa.types.TypeEngine[Any], dialect: Dialect) -> Processor | None:
    if isinstance(type_, sa.Boolean) and dialect.name == "sqlite":
        return lambda value: None if value is None else bool(value)
    if isinstance(type_, sa.Float):
        return None  # both drivers give floats; SQLAlchemy's processor wants a type code to say so
    processor: Processor | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return processor


class Statement(Generic[R]):
    """One SQL statement of ours and the type of its rows.

    ``row`` is a struct whose fields are the statement's columns by name (checked when the
    statement is first compiled, and for all of them by ``tests/house``), or the type of its only
    column, or None where it returns nothing.
    """

    __slots__ = ("_by_dialect", "construct", "row")

    every: ClassVar[list[Statement[Any]]] = []

    def __init__(self, construct: Any, row: type[R] | None = None) -> None:
        self.construct = construct
        self.row = row
        self._by_dialect: dict[str, Compiled[R]] = {}
        Statement.every.append(self)

    def compiled(self, dialect: Dialect) -> Compiled[R]:
        """The statement in one dialect, compiled the first time."""
        found = self._by_dialect.get(dialect.name)
        if found is None:
            found = self._by_dialect[dialect.name] = Compiled(self.construct, self.row, dialect)
        return found
