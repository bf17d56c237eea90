"""What stands above and under a note, however deep: apps show threads as trees.

`queries.thread` has the same in two levels, as pages show it.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Statement
from catflap.notes.model import Note
from catflap.notes.tables import notes

_i64 = sa.BigInteger


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a thread is shown: the nearest above, and so many under it, so many deep."""

    above: int
    below: int
    levels: int


class _Under(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    parent_id: int


def _climbing() -> sa.Select[tuple[int]]:
    up = (
        sa.select(notes.c.id, notes.c.parent_id, sa.literal_column("1").label("step"))
        .where(notes.c.id == sa.bindparam("parent", type_=_i64))
        .cte("up", recursive=True)
    )
    up = up.union_all(
        sa.select(notes.c.id, notes.c.parent_id, up.c.step + sa.literal_column("1"))
        .join(up, notes.c.id == up.c.parent_id)
        .where(up.c.step < sa.bindparam("most", type_=sa.Integer))
    )
    return sa.select(up.c.id).order_by(up.c.step.desc())


def _descending() -> sa.Select[tuple[int, int]]:
    down = (
        sa.select(notes.c.id, notes.c.parent_id, sa.literal_column("1").label("step"))
        .where(notes.c.parent_id == sa.bindparam("note", type_=_i64))
        .cte("down", recursive=True)
    )
    down = down.union_all(
        sa.select(notes.c.id, notes.c.parent_id, down.c.step + sa.literal_column("1"))
        .join(down, notes.c.parent_id == down.c.id)
        .where(down.c.step < sa.bindparam("levels", type_=sa.Integer))
    )
    return sa.select(down.c.id, down.c.parent_id).limit(THREAD_MAX)


THREAD_MAX = 10_000
"""Of what stands under a note is looked at, level by level, before it is put in order."""

_ABOVE = Statement(_climbing(), int)
_BELOW = Statement(_descending(), _Under)


async def above(reads: Reads, note: Note, *, most: int) -> list[int]:
    """Ids of what a comment answers, and what that answers, from the top down. One query.

    Of a chain that is longer than ``most`` the nearest.
    """
    if note.parent_id is None:
        return []
    return await reads.all(_ABOVE, parent=note.parent_id, most=most)


async def below(reads: Reads, note: Note, *, most: int, levels: int) -> list[int]:
    """Ids of what stands under a note or comment, each answer behind what it answers. One query.

    The first ``most`` in this order, at most ``levels`` deep.
    """
    under: dict[int, list[int]] = {}
    for row in await reads.all(_BELOW, note=note.id, levels=levels):
        under.setdefault(row.parent_id, []).append(row.id)
    ordered: list[int] = []
    waiting = sorted(under.get(note.id, []), reverse=True)
    while waiting and len(ordered) < most:
        id_ = waiting.pop()
        ordered.append(id_)
        waiting += sorted(under.get(id_, []), reverse=True)
    return ordered
