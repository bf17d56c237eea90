"""What stands first on one's page, and what one wants to hear nothing more of."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotAllowed, TooMany
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.notes import queries
from catflap.notes.errors import NotPinnable
from catflap.notes.model import PINS_MAX, Note, NoteId, Visibility
from catflap.notes.tables import hushed, notes, pins
from catflap.people import actions as people
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_PERSON = sa.bindparam("person", type_=_i64)
_NOTE = sa.bindparam("note", type_=_i64)
_PIN = Statement(
    insert_unless_there(pins).values(
        person_id=sa.bindparam("person"), note_id=sa.bindparam("note"),
        at=sa.bindparam("now", type_=Instant),
    )
)
_UNPIN = Statement(pins.delete().where(pins.c.person_id == _PERSON, pins.c.note_id == _NOTE))
_PINNED = Statement(
    sa.select(pins.c.note_id).where(pins.c.person_id == _PERSON).order_by(pins.c.at.desc()), int
)
_PINNED_AMONG = Statement(
    sa.select(pins.c.note_id).where(pins.c.person_id == _PERSON, among(pins.c.note_id, "ids")),
    int,
)
_HUSH = Statement(
    insert_unless_there(hushed).values(
        person_id=sa.bindparam("person"), root_id=sa.bindparam("note"),
        at=sa.bindparam("now", type_=Instant),
    )
)
_UNHUSH = Statement(
    hushed.delete().where(hushed.c.person_id == _PERSON, hushed.c.root_id == _NOTE)
)
_HUSHED_AMONG = Statement(
    sa.select(hushed.c.root_id).where(
        hushed.c.person_id == _PERSON, among(hushed.c.root_id, "ids")
    ),
    int,
)
_ROOT = Statement(
    sa.select(sa.func.coalesce(notes.c.root_id, notes.c.id)).where(notes.c.id == _NOTE), int
)


async def pin(tx: Tx, id_: NoteId, *, by: PersonId) -> None:
    """Have a note of one's own stand first on one's page; once is enough.

    Raises:
        NotFound, NotAllowed: it is absent, or somebody else's.
        NotPinnable: it is for few.
        TooMany: `PINS_MAX` stand there already.
    """
    # Two pins at once would both count what was there before either.
    await people.hold(tx, by)
    found = await queries.note(tx, id_, viewer=by)
    if found.author_id != by:
        raise NotAllowed("pin")
    is_wide = found.visibility.is_open or found.visibility == Visibility.FOLLOWERS
    if found.withdrawn or not is_wide:
        raise NotPinnable
    there = await tx.all(_PINNED, person=by)
    if id_ in there:
        return
    if len(there) >= PINS_MAX:
        raise TooMany("pins", count=len(there) + 1, limit=PINS_MAX)
    await tx.run(_PIN, person=by, note=id_, now=clock.now())


async def unpin(tx: Tx, id_: NoteId, *, by: PersonId) -> None:
    """Have a note stand by its time again.

    Raises:
        NotFound: it is absent.
    """
    await queries.note(tx, id_, viewer=by)
    await tx.run(_UNPIN, person=by, note=id_)


async def pinned(reads: Reads, person: PersonId) -> list[int]:
    """Ids of what stands first on a person's page, latest pin first."""
    return await reads.all(_PINNED, person=person)


async def pinned_among(reads: Reads, viewer: PersonId | None, ids: Sequence[int]) -> set[int]:
    """Which of these notes the viewer pinned. One query."""
    if viewer is None or not ids:
        return set()
    return set(await reads.all(_PINNED_AMONG, person=viewer, ids=list(ids)))


def root_of(note: Note) -> NoteId:
    """The note at the top of a thread."""
    return note.root_id or note.id


async def hush(tx: Tx, id_: NoteId, *, by: PersonId) -> None:
    """Hear nothing more of the thread that a note stands in.

    Raises:
        NotFound: it is absent, or not for this person.
    """
    found = await queries.note(tx, id_, viewer=by)
    await tx.run(_HUSH, person=by, note=root_of(found), now=clock.now())


async def unhush(tx: Tx, id_: NoteId, *, by: PersonId) -> None:
    """Hear of a thread again.

    Raises:
        NotFound: it is absent, or not for this person.
    """
    found = await queries.note(tx, id_, viewer=by)
    await tx.run(_UNHUSH, person=by, note=root_of(found))


async def hushed_among(reads: Reads, viewer: PersonId | None, roots: Sequence[int]) -> set[int]:
    """Of which of these threads, by the note at the top, the viewer hears nothing. One query."""
    if viewer is None or not roots:
        return set()
    return set(await reads.all(_HUSHED_AMONG, person=viewer, ids=list(roots)))


async def is_hushed(reads: Reads, person: PersonId, note: int) -> bool:
    """Whether somebody hears nothing more of the thread a note stands in. Two queries."""
    root = await reads.one(_ROOT, note=note)
    return root is not None and bool(await hushed_among(reads, person, [root]))
