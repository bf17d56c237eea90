"""Which rows of a table a statement names by their primary key, or points at by a foreign one.

A statement that reads or writes such rows and no others has nothing to do with what somebody
writes to the rest of the table; one that reads only what points at rows that nobody has seen yet
finds nothing. Read from the SQLAlchemy construct, so that no statement has to
say it; where anything is in doubt, no rows are named, which means all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList

from catflap.ground.statements import Statement, among

Key: TypeAlias = int | str
"""A row's primary key."""


class Rows(msgspec.Struct, frozen=True):
    """The rows of a table whose key is bound under a name, or is in the list that is."""

    table: str
    parameter: str

    def include(self, name: str) -> bool:
        """Whether a column (``people.name``) or table (``people``) is of their table."""
        return name.partition(".")[0] == self.table

    def are_known(self, params: Mapping[str, Any]) -> bool:
        """Whether one run of the statement gives keys; a new row may leave its to the database."""
        return params[self.parameter] is not None

    def keys(self, params: Mapping[str, Any]) -> Sequence[Key]:
        """The keys that one run of the statement names; no row has the key NULL."""
        value = params[self.parameter]
        if isinstance(value, (int, str)):
            return (value,)
        return value or ()


def named(construct: Any, sql: str) -> Rows | None:
    """The rows that a construct names, and reads or writes no others of their table.

    A SELECT must read the table once, which its ``sql`` shows; an UPDATE must leave the key, an
    INSERT give it. What a DELETE takes along, by foreign keys, nobody says of which rows it is.
    """
    if isinstance(construct, sa.Select):
        return _selected(construct, sql)
    if isinstance(construct, sa.Update):
        return _changed(construct)
    if isinstance(construct, sa.Insert):
        return _inserted(construct)
    return None


def _selected(construct: sa.Select[Any], sql: str) -> Rows | None:
    for table in construct.columns_clause_froms:
        found = _bound(table, construct.whereclause) if isinstance(table, sa.Table) else None
        # As a table that is read, with another name or without, rather than before a column's.
        if found and len(re.findall(rf"(?:FROM|JOIN|,)\s+{found.table}(?![\w.])", sql)) == 1:
            return found
    return None


def _changed(construct: sa.Update) -> Rows | None:
    table = construct.table
    if not isinstance(table, sa.Table) or _given(construct, _key(table)) is not None:
        return None
    return _bound(table, construct.whereclause)


def _inserted(construct: sa.Insert) -> Rows | None:
    table = construct.table
    if not isinstance(table, sa.Table) or construct._post_values_clause is not None:  # noqa: SLF001
        return None
    given = _given(construct, _key(table))
    return Rows(table.name, given.key) if isinstance(given, BindParameter) else None


def _given(construct: sa.Insert | sa.Update, key: sa.Column[Any] | None) -> Any:
    """What a statement sets the key to; None where it does not, or there is no such key."""
    values: Mapping[Any, Any] = construct._values or {}  # noqa: SLF001 - said nowhere else
    return None if key is None else values.get(key.key, values.get(key))


def _key(table: sa.Table) -> sa.Column[Any] | None:
    """The only column of a table's primary key."""
    columns = list(table.primary_key.columns)
    is_plain = len(columns) == 1 and isinstance(columns[0].type, (sa.Integer, sa.Text))
    return columns[0] if is_plain else None


def _bound(table: sa.Table, where: Any) -> Rows | None:
    key = _key(table)
    for column, parameter in _equals(where):
        if column is key:
            return Rows(table.name, parameter)
    return None


class Pointing(msgspec.Struct, frozen=True):
    """What a SELECT reads: nothing, unless a row of ``table`` points at one of those named."""

    table: str
    at: Rows


class Change(msgspec.Struct, frozen=True):
    """What a statement changes: a table, and of an INSERT the rows that are ``new`` afterwards.

    ``table`` is None where nothing is known.
    """

    table: str | None
    new: Rows | None = None


UNKNOWN = Change(None)


@cache
def pointing(statement: Statement[Any]) -> tuple[Pointing, ...]:
    """What a statement reads by foreign keys, each of which must hold.

    It must give plain columns: of nothing, a count is a row too.
    """
    construct = statement.construct
    if not isinstance(construct, sa.Select):
        return ()
    if not all(isinstance(column, sa.Column) for column in construct.selected_columns):
        return ()
    # By name: the table that is pointed at may be of a feature that is not loaded.
    found = [
        (column.table.name, parameter, *key.target_fullname.split("."))
        for column, parameter in _equals(construct.whereclause)
        if isinstance(column, sa.Column) and isinstance(column.table, sa.Table)
        for key in column.foreign_keys
    ]
    return tuple(
        Pointing(table, Rows(other, parameter))
        for table, parameter, other, name in found if name == "id"
    )


@cache
def change(statement: Statement[Any]) -> Change | None:
    """What a statement changes; None for one that only reads."""
    construct = statement.construct
    if isinstance(construct, (sa.Select, sa.CompoundSelect)):
        return None
    if not isinstance(construct, (sa.Insert, sa.Update, sa.Delete)):
        return UNKNOWN
    if not isinstance(construct.table, sa.Table):
        return UNKNOWN
    # Of one that may do nothing the row may be another's.
    new = _inserted(construct) if type(construct) is sa.Insert else None
    return Change(construct.table.name, new)


def _equals(where: Any) -> Iterator[tuple[Any, str]]:
    """Columns that must be what is bound under a name, or one of those."""
    for part in _parts(where):
        if isinstance(part, among):
            yield part.column, part.bind.key
        elif (
            isinstance(part, BinaryExpression) and part.operator is operators.eq
            and isinstance(part.right, BindParameter) and part.right.required
        ):
            yield part.left, part.right.key


def _parts(where: Any) -> Iterator[Any]:
    """What must all hold."""
    if isinstance(where, BooleanClauseList) and where.operator is operators.and_:
        for clause in where.clauses:
            yield from _parts(clause)
    elif where is not None:
        yield where
