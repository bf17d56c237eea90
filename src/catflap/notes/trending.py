"""Which tags people use now, and which links, by how many, so that nobody makes a trend alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Reads
from catflap.ground.statements import Statement
from catflap.notes.tables import in_public, notes

Thing = TypeVar("Thing", str, int)
LOOKED_AT = 5000
"""Newest public notes that are counted: enough for a week of most communities."""


class _Used(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    author_id: int
    tags: tuple[str, ...]


_RECENT = Statement(
    sa.select(notes.c.id, notes.c.author_id, notes.c.tags)
    .where(
        in_public,
        notes.c.id > sa.bindparam("above", type_=sa.BigInteger),
    )
    .order_by(notes.c.id.desc())
    .limit(LOOKED_AT),
    _Used,
)


class DayUse(msgspec.Struct, frozen=True, kw_only=True):
    """How a tag was used on one day (UTC)."""

    at: datetime
    notes: int
    people: int


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A tag with its days, newest first."""

    tag: str
    days: tuple[DayUse, ...]


class Use(msgspec.Struct, Generic[Thing], frozen=True, kw_only=True):
    """A note with the things that it uses."""

    id: int
    author_id: int
    of: tuple[Thing, ...]


class Ranked(msgspec.Struct, Generic[Thing], frozen=True, kw_only=True):
    """A thing with its days, newest first."""

    of: Thing
    days: tuple[DayUse, ...]


async def tags(
    reads: Reads, *, since: datetime, without: Collection[int], limit: int, offset: int = 0
) -> list[Trend]:
    """Tags of public notes since a day's beginning, most people first. One query.

    ``without`` are people whose notes do not count for this viewer.
    """
    rows = await reads.all(_RECENT, above=ids.new(shard=0, at=since))
    uses = [
        Use(id=row.id, author_id=row.author_id, of=row.tags)
        for row in rows if row.author_id not in without
    ]
    found = ranked(uses, since=since)[offset : offset + limit]
    return [Trend(tag=one.of, days=one.days) for one in found]


def ranked(found: Iterable[Use[Thing]], *, since: datetime) -> list[Ranked[Thing]]:
    """Things by how many people used them since a day's beginning, most first."""
    days = (clock.now() - since).days + 1
    people: dict[Thing, set[int]] = defaultdict(set)
    uses: Counter[tuple[Thing, int]] = Counter()
    users: dict[tuple[Thing, int], set[int]] = defaultdict(set)
    for one in found:
        day = (ids.made_at(one.id) - since).days
        for thing in one.of:
            people[thing].add(one.author_id)
            uses[thing, day] += 1
            users[thing, day].add(one.author_id)
    return [
        Ranked(of=thing, days=tuple(
            DayUse(
                at=since + timedelta(days=day), notes=uses[thing, day],
                people=len(users[thing, day]),
            )
            for day in range(days - 1, -1, -1)
        ))
        for thing in sorted(people, key=lambda thing: (-len(people[thing]), thing))
    ]
