"""Everybody's likes in a row, and who commented where, for what is learned of all of them at night.

For the house's own work alone: no door shows who likes what by these.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.notes.tables import likes, notes
from catflap.people.model import PersonId

_i64 = sa.BigInteger


class Like(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody likes a note, and since when."""

    person_id: int
    note_id: int
    at: datetime


_EVERY = Statement(
    sa.select(likes.c.person_id, likes.c.note_id, likes.c.at)
    .where(
        sa.tuple_(likes.c.person_id, likes.c.note_id)
        > sa.tuple_(sa.bindparam("person", type_=_i64), sa.bindparam("note", type_=_i64)),
        likes.c.note_id > sa.bindparam("above", type_=_i64),
    )
    .order_by(likes.c.person_id, likes.c.note_id)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Like,
)
_COMMENTED_AMONG = Statement(
    sa.select(notes.c.root_id).where(
        notes.c.author_id == sa.bindparam("person", type_=_i64), among(notes.c.root_id, "ids")
    ),
    int,
)


async def every(
    reads: Reads, *, above: int, after: Like | None, count: int = 5000
) -> list[Like]:
    """Likes of notes that are newer than the id ``above``, by person and note, ``after`` one."""
    person, note = (after.person_id, after.note_id) if after else (0, 0)
    return await reads.all(_EVERY, person=person, note=note, above=above, count=count)


async def commented_among(reads: Reads, person: PersonId, ids: Sequence[int]) -> set[int]:
    """Under which of these notes somebody wrote a comment. One query."""
    if not ids:
        return set()
    return set(await reads.all(_COMMENTED_AMONG, person=person, ids=sorted(set(ids))))
