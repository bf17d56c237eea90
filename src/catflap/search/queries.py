"""Finding notes."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.paging import Page, cursor, position
from catflap.ground.statements import Statement, among
from catflap.search import terms as cutting
from catflap.search.tables import terms

PAGE = 20

_FOUND = Statement(
    sa.select(terms.c.note_id)
    .where(
        among(terms.c.term, "terms"), terms.c.note_id < sa.bindparam("before", type_=sa.BigInteger)
    )
    .group_by(terms.c.note_id)
    .having(sa.func.count() == sa.bindparam("wanted", type_=sa.Integer))
    .order_by(terms.c.note_id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)


async def notes(reads: Reads, query: str, *, after: str | None) -> Page[int]:
    """Ids of notes that hold every term of a query, newest first; hiding is the caller's."""
    wanted = cutting.of_query(query)
    if not wanted:
        return Page(items=[], next_cursor=None)
    place = position(after, size=1)
    before = int(place[0]) if place else 2**63 - 1
    ids = await reads.all(
        _FOUND, terms=wanted, wanted=len(wanted), before=before, count=PAGE + 1
    )
    more = cursor(ids[PAGE - 1]) if len(ids) > PAGE else None
    return Page(items=ids[:PAGE], next_cursor=more)
