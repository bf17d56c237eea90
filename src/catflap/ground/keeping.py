"""Answers of the database, kept until something that they were read from is written.

What a statement reads and what it writes are columns (``people.name``) and tables (``people``: that
rows came or went), as the database itself names them, and of these the rows that it names by their
key, or all (`ground.rows`). A like therefore drops the counters that were read from its note, and
no other note's, no session, no follow, no person's name.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from contextvars import ContextVar, Token
from typing import Any, TypeAlias

import msgspec

from catflap.ground.rows import Key, Rows

ANSWERS_KEPT = 1000
MADE_KEPT = 128
ROWS_MOST = 64
"""Who writes more rows than this of one column is taken to have written all of them."""

Params: TypeAlias = Mapping[str, Any]


class Written:
    """What was written: columns and tables, each with the keys of its rows, or None for all."""

    __slots__ = ("names",)

    def __init__(self, names: dict[str, set[Key] | None] | None = None) -> None:
        self.names: dict[str, set[Key] | None] = names if names is not None else {}

    def __bool__(self) -> bool:
        return bool(self.names)

    def add(self, names: Set[str], rows: Rows | None, runs: Sequence[Params]) -> None:
        """A statement that writes ``names`` was run with some parameters, of ``rows`` or of all."""
        for name in names:
            known = self.names.setdefault(name, set())
            if known is None:
                continue
            if rows is None or not rows.include(name) or not all(map(rows.are_known, runs)):
                self.names[name] = None
                continue
            for params in runs:
                known.update(rows.keys(params))
            if len(known) > ROWS_MOST:
                self.names[name] = None

    def join(self, other: Written) -> None:
        """What another wrote besides."""
        for name, keys in other.names.items():
            known = self.names.setdefault(name, set())
            if known is None:
                continue
            if keys is None or len(known | keys) > ROWS_MOST:
                self.names[name] = None
            else:
                known |= keys

    def encoded(self) -> str:
        """As one line of text."""
        return msgspec.json.encode(self.names).decode()

    @classmethod
    def decoded(cls, text: str) -> Written | None:
        """What `encoded` made a line of; None where it is none."""
        try:
            return cls(_NAMES.decode(text))
        except msgspec.DecodeError:
            return None


_NAMES = msgspec.json.Decoder(dict[str, set[Key] | None])


class Asked:
    """One statement: what it reads, and its answers by its parameters."""

    __slots__ = ("answers", "by_row", "made", "named", "outdated_at", "rows")

    def __init__(self, rows: Rows | None) -> None:
        self.rows = rows
        self.answers: dict[Hashable, list[Any]] = {}
        self.named: dict[Hashable, tuple[Key, ...]] = {}
        """The rows that each answer is of, where the statement names rows at all."""
        self.by_row: dict[Key, set[Hashable]] = {}
        """The answers by those rows."""
        self.made: dict[Hashable, set[Hashable]] = {}
        """What was made of each of its answers, among others'."""
        self.outdated_at = 0


Asking: TypeAlias = tuple[Asked, Hashable]
"""A statement and the parameters it was asked with."""
watching: ContextVar[set[Asking] | None] = ContextVar("watching", default=None)
"""What is asked while something is made of the answers, if something is."""


class Making:
    """Something that is being made of answers: ``with`` it open, every statement asked is noted."""

    __slots__ = ("_asked", "_begun", "_kept", "_token")

    def __init__(self, kept: Kept | None) -> None:
        self._kept = kept
        self._asked: set[Asking] = set()
        self._begun = kept.writes if kept is not None else 0
        self._token: Token[set[Asking] | None]

    def __enter__(self) -> Making:
        """Begin to note."""
        self._token = watching.set(self._asked)
        return self

    def __exit__(self, *raised: object) -> None:
        """Note no more."""
        watching.reset(self._token)

    def keep(self, key: Hashable, value: Any) -> None:
        """Keep what was made, unless something that it was made of was written meanwhile."""
        if self._kept is not None and all(one.outdated_at <= self._begun for one, _ in self._asked):
            self._kept.keep_made(key, value, self._asked)


class Kept:
    """Answers, and what was made of them. Knows no database: it is told what was written."""

    def __init__(self) -> None:
        self._by_statement: dict[Hashable, Asked] = {}
        self._by_name: dict[str, list[Asked]] = {}
        self._by_row: dict[str, list[Asked]] = {}
        """Statements that read of a column or table no rows but those that they name."""
        self._made: dict[Hashable, Any] = {}
        self._count = 0
        self.writes = 0
        """How often something was written since this began; `Making` compares."""

    def asked(self, statement: Hashable) -> Asked | None:
        """A statement that was asked before."""
        return self._by_statement.get(statement)

    def ask(self, statement: Hashable, reads: Iterable[str], rows: Rows | None) -> Asked:
        """A statement that is asked for the first time; ``reads`` are columns and tables."""
        asked = self._by_statement[statement] = Asked(rows)
        for name in reads:
            is_named = rows is not None and rows.include(name)
            by_name = self._by_row if is_named else self._by_name
            by_name.setdefault(name, []).append(asked)
        return asked

    def keep(self, asked: Asked, key: Hashable, params: Params, answer: list[Any]) -> None:
        """Keep an answer; beyond `ANSWERS_KEPT`, all of them begin anew."""
        self._count += 1
        if self._count > ANSWERS_KEPT:
            self.forget()
            self._count = 1
        asked.answers[key] = answer
        if asked.rows is not None:
            rows = asked.named[key] = tuple(asked.rows.keys(params))
            for row in rows:
                asked.by_row.setdefault(row, set()).add(key)

    def made(self, key: Hashable) -> Any:
        """What was made before and still stands, or None."""
        return self._made.get(key)

    def keep_made(self, key: Hashable, value: Any, asked: Iterable[Asking]) -> None:
        """Keep what was made of the answers of statements."""
        if len(self._made) >= MADE_KEPT:
            self._forget_made()
        self._made[key] = value
        for one, asked_with in asked:
            one.made.setdefault(asked_with, set()).add(key)

    def written(self, written: Written) -> None:
        """Something was written: drop whatever was read from it."""
        self.writes += 1
        for name, rows in written.names.items():
            for asked in self._by_name.get(name, ()):
                self._outdated(asked)
            for asked in self._by_row.get(name, ()):
                if rows is None:
                    self._outdated(asked)
                else:
                    self._outdated_of(asked, rows)

    def forget(self) -> None:
        """Anything may have been written: drop everything."""
        self.writes += 1
        for asked in self._by_statement.values():
            self._outdated(asked)

    def _outdated(self, asked: Asked) -> None:
        asked.outdated_at = self.writes
        self._count -= len(asked.answers)
        asked.answers.clear()
        asked.named.clear()
        asked.by_row.clear()
        for made in asked.made.values():
            self._drop_made(made)
        asked.made.clear()

    def _outdated_of(self, asked: Asked, rows: Iterable[Key]) -> None:
        asked.outdated_at = self.writes
        for key in {key for row in rows for key in asked.by_row.get(row, ())}:
            del asked.answers[key]
            self._count -= 1
            for row in set(asked.named.pop(key)):
                others = asked.by_row[row]
                others.discard(key)
                if not others:
                    del asked.by_row[row]
            self._drop_made(asked.made.pop(key, ()))

    def _drop_made(self, keys: Iterable[Hashable]) -> None:
        for key in keys:
            self._made.pop(key, None)

    def _forget_made(self) -> None:
        self._made.clear()
        for asked in self._by_statement.values():
            asked.made.clear()
