"""Answers of the database, kept until something that they were read from is written.

What a statement reads and what it writes are columns (``people.name``) and tables (``people``: that
rows came or went), as the database itself names them. A like therefore drops the counters that
were read from its note and no session, no follow, no person's name.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from contextvars import ContextVar, Token
from typing import Any

ANSWERS_KEPT = 1000
MADE_KEPT = 128


class Asked:
    """One statement: what it reads, and its answers by its parameters."""

    __slots__ = ("answers", "made", "outdated_at")

    def __init__(self) -> None:
        self.answers: dict[Hashable, list[Any]] = {}
        self.made: set[Hashable] = set()
        """What was made of its answers, among others'."""
        self.outdated_at = 0


watching: ContextVar[set[Asked] | None] = ContextVar("watching", default=None)
"""The statements that are asked while something is made of their answers, if something is."""


class Making:
    """Something that is being made of answers: ``with`` it open, every statement asked is noted."""

    __slots__ = ("_asked", "_begun", "_kept", "_token")

    def __init__(self, kept: Kept | None) -> None:
        self._kept = kept
        self._asked: set[Asked] = set()
        self._begun = kept.writes if kept is not None else 0
        self._token: Token[set[Asked] | None]

    def __enter__(self) -> Making:
        """Begin to note."""
        self._token = watching.set(self._asked)
        return self

    def __exit__(self, *raised: object) -> None:
        """Note no more."""
        watching.reset(self._token)

    def keep(self, key: Hashable, value: Any) -> None:
        """Keep what was made, unless something that it was made of was written meanwhile."""
        if self._kept is not None and all(one.outdated_at <= self._begun for one in self._asked):
            self._kept.keep_made(key, value, self._asked)


class Kept:
    """Answers, and what was made of them. Knows no database: it is told what was written."""

    def __init__(self) -> None:
        self._by_statement: dict[Hashable, Asked] = {}
        self._by_name: dict[str, list[Asked]] = {}
        self._made: dict[Hashable, Any] = {}
        self._count = 0
        self.writes = 0
        """How often something was written since this began; `Making` compares."""

    def asked(self, statement: Hashable) -> Asked | None:
        """A statement that was asked before."""
        return self._by_statement.get(statement)

    def ask(self, statement: Hashable, reads: Iterable[str]) -> Asked:
        """A statement that is asked for the first time; ``reads`` are columns and tables."""
        asked = self._by_statement[statement] = Asked()
        for name in reads:
            self._by_name.setdefault(name, []).append(asked)
        return asked

    def keep(self, asked: Asked, key: Hashable, rows: list[Any]) -> None:
        """Keep an answer; beyond `ANSWERS_KEPT`, all of them begin anew."""
        self._count += 1
        if self._count > ANSWERS_KEPT:
            self.forget()
            self._count = 1
        asked.answers[key] = rows

    def made(self, key: Hashable) -> Any:
        """What was made before and still stands, or None."""
        return self._made.get(key)

    def keep_made(self, key: Hashable, value: Any, asked: Iterable[Asked]) -> None:
        """Keep what was made of the answers of statements."""
        if len(self._made) >= MADE_KEPT:
            self._forget_made()
        self._made[key] = value
        for one in asked:
            one.made.add(key)

    def written(self, names: Iterable[str]) -> None:
        """Columns and tables were written: drop whatever was read from them."""
        self.writes += 1
        for name in names:
            for asked in self._by_name.get(name, ()):
                self._outdated(asked)

    def forget(self) -> None:
        """Anything may have been written: drop everything."""
        self.writes += 1
        for asked in self._by_statement.values():
            self._outdated(asked)

    def _outdated(self, asked: Asked) -> None:
        asked.outdated_at = self.writes
        self._count -= len(asked.answers)
        asked.answers.clear()
        for key in asked.made:
            self._made.pop(key, None)
        asked.made.clear()

    def _forget_made(self) -> None:
        self._made.clear()
        for asked in self._by_statement.values():
            asked.made.clear()
