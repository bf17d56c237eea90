"""Which tags people use now, by how many of them, so that nobody makes a trend alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Reads
from catflap.ground.statements import Statement
from catflap.notes.model import Visibility
from catflap.notes.tables import notes

LOOKED_AT = 5000
"""Newest public notes that are counted: enough for a week of most communities."""


class _Used(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    author_id: int
    tags: tuple[str, ...]


_RECENT = Statement(
    sa.select(notes.c.id, notes.c.author_id, notes.c.tags)
    .where(
        notes.c.root_id.is_(None),
        notes.c.visibility == sa.literal_column(f"'{Visibility.PUBLIC}'"),
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


async def tags(
    reads: Reads, *, since: datetime, without: Collection[int], limit: int, offset: int = 0
) -> list[Trend]:
    """Tags of public notes since a day's beginning, most people first. One query.

    ``without`` are people whose notes do not count for this viewer.
    """
    rows = await reads.all(_RECENT, above=ids.new(shard=0, at=since))
    days = (clock.now() - since).days + 1
    people: dict[str, set[int]] = defaultdict(set)
    uses: Counter[tuple[str, int]] = Counter()
    users: dict[tuple[str, int], set[int]] = defaultdict(set)
    for row in rows:
        if row.author_id in without:
            continue
        day = (ids.made_at(row.id) - since).days
        for tag in row.tags:
            people[tag].add(row.author_id)
            uses[tag, day] += 1
            users[tag, day].add(row.author_id)
    ordered = sorted(people, key=lambda tag: (-len(people[tag]), tag))
    return [
        Trend(tag=tag, days=tuple(
            DayUse(
                at=since + timedelta(days=day), notes=uses[tag, day], people=len(users[tag, day])
            )
            for day in range(days - 1, -1, -1)
        ))
        for tag in ordered[offset : offset + limit]
    ]
