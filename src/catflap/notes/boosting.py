"""Boosts: passing a note on to those who follow one.

A boost has an id of its own, made when it was made, so that it takes its place among the notes of
a list by time.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.notes import holding
from catflap.notes.errors import NotBoostable
from catflap.notes.events import NoteBoosted, NoteUnboosted
from catflap.notes.model import Boost, BoostId, Note, NoteId, Visibility
from catflap.notes.tables import boosts, notes
from catflap.people import waiting
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_BOOST = sa.select(*(boosts.c[name] for name in Boost.__struct_fields__))
_IS_IT = (
    boosts.c.person_id == sa.bindparam("person", type_=_i64),
    boosts.c.note_id == sa.bindparam("note", type_=_i64),
)
_ADD = Statement(
    insert_unless_there(boosts).values(
        id=sa.bindparam("id"), person_id=sa.bindparam("person"), note_id=sa.bindparam("note"),
        made_at=sa.bindparam("now", type_=Instant),
    )
)
_REMOVE = Statement(boosts.delete().where(*_IS_IT))
_REMOVE_ALL = Statement(
    boosts.delete().where(boosts.c.note_id == sa.bindparam("note", type_=_i64))
)
_COUNT = Statement(
    notes.update()
    .where(notes.c.id == sa.bindparam("note", type_=_i64))
    .values(boosts_count=notes.c.boosts_count + sa.bindparam("by", type_=sa.Integer))
)
_ONE = Statement(_BOOST.where(*_IS_IT), Boost)
_BY_IDS = Statement(_BOOST.where(among(boosts.c.id, "ids")), Boost)
_AMONG = Statement(
    sa.select(boosts.c.note_id).where(
        boosts.c.person_id == sa.bindparam("viewer", type_=_i64), among(boosts.c.note_id, "ids")
    ),
    int,
)
_BOOSTED_BY = Statement(
    sa.select(boosts.c.note_id).where(boosts.c.person_id == sa.bindparam("person", type_=_i64)),
    int,
)
_OF_NOTE = {
    upward: Statement(
        _BOOST.where(
            boosts.c.note_id == sa.bindparam("note", type_=_i64),
            boosts.c.id > sa.bindparam("above", type_=_i64),
            boosts.c.id < sa.bindparam("below", type_=_i64),
        )
        .order_by(boosts.c.id if upward else boosts.c.id.desc())
        .limit(sa.bindparam("count", type_=sa.Integer)),
        Boost,
    )
    for upward in (False, True)
}


async def boost(tx: Tx, id_: NoteId, *, by: PersonId) -> Boost:
    """Pass a note on; once is enough.

    Raises:
        NotFound: it is absent, or not for this person.
        NotBoostable: it is for few; one's own for followers may be passed on to them.
        StillWaiting: ``by`` is not let in yet.
    """
    await waiting.must_be_in(tx, by)
    found = await holding.note(tx, id_, viewer=by)
    is_own = found.author_id == by and found.visibility == Visibility.FOLLOWERS
    if found.withdrawn or not (found.visibility.is_open or is_own):
        raise NotBoostable
    added = await tx.run(
        _ADD, id=ids.new(shard=ids.shard_of(by)), person=by, note=id_, now=clock.now()
    )
    if added:
        await tx.run(_COUNT, note=id_, by=1)
    made = await tx.one(_ONE, person=by, note=id_)
    assert made is not None
    if added:
        await events.emit(tx, NoteBoosted(boost=made.id, note=id_, person=by))
    return made


async def unboost(tx: Tx, id_: NoteId, *, by: PersonId) -> None:
    """Take it back that one passed a note on.

    Raises:
        NotFound: the note is absent, or not for this person.
    """
    await unboost_as_leaving(tx, await holding.note(tx, id_, viewer=by), by=by)


async def unboost_as_leaving(tx: Tx, note: Note, *, by: PersonId) -> None:
    """`unboost` without asking whether the note can still be seen."""
    if await tx.run(_REMOVE, person=by, note=note.id):
        await tx.run(_COUNT, note=note.id, by=-1)
        await events.emit(tx, NoteUnboosted(note=note.id, person=by))


async def remove_all(tx: Tx, note: NoteId) -> None:
    """Nobody passes a withdrawn note on."""
    await tx.run(_REMOVE_ALL, note=note)


async def by_ids(reads: Reads, ids_: Sequence[int]) -> dict[int, Boost]:
    """Boosts by id; which of the ids are none, has no entry. One query."""
    if not ids_:
        return {}
    return {one.id: one for one in await reads.all(_BY_IDS, ids=list(ids_))}


async def one(reads: Reads, id_: BoostId) -> Boost:
    """One boost; whether its note may be seen is the caller's to ask.

    Raises:
        NotFound: there is none.
    """
    found = (await by_ids(reads, [id_])).get(id_)
    if found is None:
        raise NotFound("note")
    return found


async def boosted_among(reads: Reads, viewer: PersonId | None, found: Sequence[int]) -> set[int]:
    """Which of these notes the viewer passed on. One query."""
    if viewer is None or not found:
        return set()
    return set(await reads.all(_AMONG, viewer=viewer, ids=list(found)))


async def boosted_by(reads: Reads, person: PersonId) -> list[NoteId]:
    """Every note a person passed on, for their leaving; never for showing."""
    return [NoteId(id_) for id_ in await reads.all(_BOOSTED_BY, person=person)]


async def of_note(
    reads: Reads, note: NoteId, *, above: int = 0, below: int = 2**63 - 1, count: int,
    upward: bool = False,
) -> list[Boost]:
    """Who passed a note on, latest first; ``upward``: those next above. Its viewer may see it."""
    found = await reads.all(_OF_NOTE[upward], note=note, above=above, below=below, count=count)
    return found[::-1] if upward else found
