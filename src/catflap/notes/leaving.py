"""Leaving for real: everything a person wrote and uploaded goes with them."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import Tx
from catflap.ground.statements import Statement
from catflap.media import actions as media
from catflap.notes import actions, boards, queries
from catflap.notes.tables import likes, notes
from catflap.people import actions as people
from catflap.people import queries as people_queries
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.model import TextKey

_WRITTEN = Statement(
    sa.select(notes.c.id)
    .where(notes.c.author_id == sa.bindparam("author", type_=sa.BigInteger))
    .order_by(notes.c.id.desc()),
    int,
)
_LIKED = Statement(
    sa.select(likes.c.note_id).where(
        likes.c.person_id == sa.bindparam("person", type_=sa.BigInteger)
    ),
    int,
)


async def leave(tx: Tx, person: PersonId, *, handle: str) -> None:
    """Delete a person with their notes, comments, boards, files and words, in one transaction."""
    for id_ in await tx.all(_LIKED, person=person):
        if (found := (await queries.by_ids(tx, [id_])).get(id_)) is not None:
            await actions.unlike_as_leaving(tx, found, by=person)
    for id_ in await tx.all(_WRITTEN, author=person):
        if (found := (await queries.by_ids(tx, [id_])).get(id_)) is not None:
            await actions.erase(tx, found)
    for board in await queries.boards_of(tx, person, viewer=person):
        await boards.drop(tx, board.id, by=person)
    await media.let_go_of_person(tx, person)
    found_person = await people_queries.by_id(tx, person, viewer=person)
    await translation.release(tx, [TextKey(found_person.bio_key)])
    await people.leave(tx, person, handle=handle)
