"""Reading the feed: its skeletons."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from catflap.feed.tables import entries
from catflap.ground.database import Reads
from catflap.ground.paging import position
from catflap.ground.statements import Statement

_i64 = sa.BigInteger
_FIRST = 1e18


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A note that may stand in the feed."""

    note_id: int
    author_id: int
    warmth: float
    political: bool = False


def _warm(*extra: sa.ColumnElement[bool]) -> Statement[Candidate]:
    return Statement(
        sa.select(
            entries.c.note_id, entries.c.author_id, entries.c.warmth, entries.c.political
        )
        .where(
            sa.tuple_(entries.c.warmth, entries.c.note_id)
            < sa.tuple_(
                sa.bindparam("warmth", type_=sa.Float), sa.bindparam("note", type_=_i64)
            ),
            *extra,
        )
        .order_by(entries.c.warmth.desc(), entries.c.note_id.desc())
        .limit(sa.bindparam("count", type_=sa.Integer)),
        Candidate,
    )


_WARM = _warm()
_WARM_OF_FORMAT = _warm(entries.c.format == sa.bindparam("format"))


async def warm(
    reads: Reads, *, after: str | None, count: int, format: str | None
) -> list[Candidate]:
    """The warmest public notes after a cursor, perhaps of one format. One query."""
    place = position(after, size=2)
    warmth, note = (float(place[0]), int(place[1])) if place else (_FIRST, 0)
    if format is None:
        return await reads.all(_WARM, warmth=warmth, note=note, count=count)
    return await reads.all(
        _WARM_OF_FORMAT, warmth=warmth, note=note, count=count, format=format
    )
