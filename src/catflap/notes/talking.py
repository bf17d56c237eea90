"""Talks: threads between the few whom they mention, each from its participants' sides.

A row is one person's side of a thread; it is there from the first note that reaches them, and says
what is newest and whether they read it. Who deletes their side deletes nothing of anybody's: the
next note brings it back.
"""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.statements import Statement, insert_unless_there
from catflap.notes import queries
from catflap.notes.model import Note, NoteId, Talk, Visibility
from catflap.notes.tables import notes, talks
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_TALK = sa.select(*(talks.c[name] for name in Talk.__struct_fields__))
_IS_IT = (
    talks.c.person_id == sa.bindparam("person", type_=_i64),
    talks.c.root_id == sa.bindparam("root", type_=_i64),
)
_ADD = Statement(
    insert_unless_there(talks).values(
        person_id=sa.bindparam("person"), root_id=sa.bindparam("root"),
        last_id=sa.bindparam("last"), unread=sa.bindparam("is_unread", type_=sa.Boolean),
    )
)
_MOVE = Statement(
    talks.update()
    .where(*_IS_IT)
    .values(
        last_id=sa.bindparam("last", type_=_i64),
        unread=sa.bindparam("is_unread", type_=sa.Boolean),
    )
)
_READ = Statement(talks.update().where(*_IS_IT).values(unread=False))
_DROP = Statement(talks.delete().where(*_IS_IT))
_ONE = Statement(_TALK.where(*_IS_IT), Talk)
_WITHIN = _TALK.where(
    talks.c.person_id == sa.bindparam("person", type_=_i64),
    talks.c.last_id > sa.bindparam("above", type_=_i64),
    talks.c.last_id < sa.bindparam("below", type_=_i64),
).limit(sa.bindparam("count", type_=sa.Integer))
_DOWN = Statement(_WITHIN.order_by(talks.c.last_id.desc()), Talk)
_UP = Statement(_WITHIN.order_by(talks.c.last_id), Talk)
_BEFORE = Statement(
    sa.select(notes.c.id)
    .where(
        notes.c.root_id == sa.bindparam("root", type_=_i64),
        notes.c.id < sa.bindparam("last", type_=_i64),
        notes.c.withdrawn.is_(False),
    )
    .order_by(notes.c.id.desc())
    .limit(1),
    int,
)
_STEP_BACK = Statement(
    talks.update()
    .where(talks.c.last_id == sa.bindparam("gone", type_=_i64))
    .values(last_id=sa.bindparam("last", type_=_i64))
)


async def heard(tx: Tx, note: Note) -> None:
    """Move everybody's side of a thread forward to a note that was written in it just now.

    Whom a comment mentions has a side only where they may see what it stands under.
    """
    if note.visibility != Visibility.MENTIONED:
        return
    root = note.root_id or note.id
    people = {note.author_id, *await queries.mentioned_in(tx, note.id)}
    if note.root_id is not None:
        top = (await queries.by_ids(tx, [root]))[root]
        people &= {top.author_id, *await queries.mentioned_in(tx, root)}
    if people == {note.author_id}:
        return
    for person in sorted(people):
        side = {
            "person": person, "root": root, "last": note.id, "is_unread": person != note.author_id
        }
        if not await tx.run(_ADD, **side):
            await tx.run(_MOVE, **side)


async def forget(tx: Tx, note: Note) -> None:
    """Step back from a comment that is withdrawn; a note at the top takes its talk with it."""
    if note.visibility == Visibility.MENTIONED and note.root_id is not None:
        last = await tx.one(_BEFORE, root=note.root_id, last=note.id)
        await tx.run(_STEP_BACK, gone=note.id, last=last or note.root_id)


async def of_viewer(
    reads: Reads, viewer: PersonId, *, above: int, below: int, count: int, upward: bool = False
) -> list[Talk]:
    """The viewer's talks by their newest notes' ids, newest first."""
    rows = await reads.all(
        _UP if upward else _DOWN, person=viewer, above=above, below=below, count=count
    )
    return rows[::-1] if upward else rows


async def one(reads: Reads, root: NoteId, *, viewer: PersonId) -> Talk:
    """The viewer's side of one talk.

    Raises:
        NotFound: they have none.
    """
    found = await reads.one(_ONE, person=viewer, root=root)
    if found is None:
        raise NotFound("talk")
    return found


async def read(tx: Tx, root: NoteId, *, by: PersonId) -> None:
    """Mark a talk as read.

    Raises:
        NotFound: this person has no such talk.
    """
    if not await tx.run(_READ, person=by, root=root):
        raise NotFound("talk")


async def drop(tx: Tx, root: NoteId, *, by: PersonId) -> None:
    """Delete one's side of a talk; the notes stay.

    Raises:
        NotFound: this person has no such talk.
    """
    if not await tx.run(_DROP, person=by, root=root):
        raise NotFound("talk")
