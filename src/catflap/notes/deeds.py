"""Lists in the order of a deed: what somebody likes or collected, and who likes a note.

A place in such a list is an instant and whose or which row stands there, as one number: apps page
by it as they do by ids, and two deeds of the same instant still have places of their own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Instant, Statement
from catflap.notes.model import NoteId
from catflap.notes.tables import boards, collected, likes
from catflap.notes.timelines import Span
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_IDS = 2**63
LAST = 10**16 * _IDS - 1
"""No deed has a place beyond it: that would be in the year 2286."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """That something was done to, or by, what has this id."""

    id: int
    at: datetime

    @property
    def place(self) -> int:
        """Where it stands among the deeds of its list: later ones have higher places."""
        return (self.at - _UNIX) // _MICROSECOND * _IDS + self.id


class _ByTime:
    """One list in both directions, as `timelines` has it by ids."""

    def __init__(
        self, skeleton: sa.Select[tuple[int, datetime]],
        at: sa.ColumnElement[datetime], id_: sa.ColumnElement[int],
    ) -> None:
        place = sa.tuple_(at, id_)
        within = skeleton.where(place > _bound("above"), place < _bound("below")).limit(
            sa.bindparam("count", type_=sa.Integer)
        )
        self.down = Statement(within.order_by(at.desc(), id_.desc()), Deed)
        self.up = Statement(within.order_by(at, id_), Deed)

    async def deeds(self, reads: Reads, span: Span, **params: object) -> list[Deed]:
        """Deeds, latest first, whichever way they were looked for; ``span`` is of places."""
        found = await reads.all(
            self.up if span.upward else self.down, count=span.count,
            **_named("above", span.above), **_named("below", span.below), **params,
        )
        return found[::-1] if span.upward else found


def _bound(name: str) -> sa.Tuple:
    return sa.tuple_(
        sa.bindparam(f"{name}_at", type_=Instant), sa.bindparam(f"{name}_id", type_=_i64)
    )


def _named(name: str, place: int) -> dict[str, object]:
    at_us, id_ = divmod(min(place, LAST), _IDS)
    return {f"{name}_at": _UNIX + at_us * _MICROSECOND, f"{name}_id": id_}


_LIKED = _ByTime(
    sa.select(likes.c.note_id.label("id"), likes.c.at).where(
        likes.c.person_id == sa.bindparam("person", type_=_i64)
    ),
    likes.c.at, likes.c.note_id,
)
_LIKERS = _ByTime(
    sa.select(likes.c.person_id.label("id"), likes.c.at).where(
        likes.c.note_id == sa.bindparam("note", type_=_i64)
    ),
    likes.c.at, likes.c.person_id,
)
# On several boards it stands where it was collected last.
_once = (
    sa.select(collected.c.note_id.label("id"), sa.func.max(collected.c.at).label("at"))
    .join(boards, boards.c.id == collected.c.board_id)
    .where(boards.c.owner_id == sa.bindparam("person", type_=_i64))
    .group_by(collected.c.note_id)
    .subquery("once")
)
_COLLECTED = _ByTime(sa.select(_once.c.id, _once.c.at), _once.c.at, _once.c.id)


async def liked(reads: Reads, viewer: PersonId, span: Span) -> list[Deed]:
    """What the viewer likes, liked last first."""
    return await _LIKED.deeds(reads, span, person=viewer)


async def collected_by(reads: Reads, viewer: PersonId, span: Span) -> list[Deed]:
    """What stands on the viewer's boards, collected last first."""
    return await _COLLECTED.deeds(reads, span, person=viewer)


async def likers(reads: Reads, note: NoteId, span: Span) -> list[Deed]:
    """Those who like a note, latest first; its viewer may see the note."""
    return await _LIKERS.deeds(reads, span, note=note)
