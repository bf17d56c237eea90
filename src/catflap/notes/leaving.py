"""Leaving for real: everything a person wrote and uploaded goes with them."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import Tx
from catflap.ground.sealing import Seal
from catflap.ground.statements import Statement
from catflap.media import actions as media
from catflap.notes import actions, boards, boosting, holding, polls, queries
from catflap.notes.model import NoteId
from catflap.notes.tables import likes, notes
from catflap.people import actions as people
from catflap.people import closing
from catflap.people import queries as people_queries
from catflap.people.model import Person, PersonId
from catflap.translation import actions as translation
from catflap.translation.model import TextKey

_WRITTEN = Statement(
    sa.select(notes.c.id)
    .where(notes.c.author_id == sa.bindparam("author", type_=sa.BigInteger))
    .order_by(notes.c.id.desc()),
    int,
)
_THEIRS = (
    sa.select(notes.c.id)
    .where(notes.c.author_id == sa.bindparam("author", type_=sa.BigInteger))
    .subquery()
)
_OUT_OF_BRANCHES = Statement(
    notes.update()
    .where(notes.c.branch_id.in_(sa.select(_THEIRS.c.id)))
    .values(parent_id=notes.c.root_id, branch_id=None, revision=notes.c.revision + 1)
)
_UP_THE_BRANCH = Statement(
    notes.update()
    .where(notes.c.branch_id.is_not(None), notes.c.parent_id.in_(sa.select(_THEIRS.c.id)))
    .values(parent_id=notes.c.branch_id)
)
_LIKED = Statement(
    sa.select(likes.c.note_id).where(
        likes.c.person_id == sa.bindparam("person", type_=sa.BigInteger)
    ),
    int,
)


async def leave_closed(tx: Tx, found: Person, *, seal: Seal) -> bool:
    """Delete somebody whose way back has ended; false where they came back at the last moment."""
    await people.hold(tx, found.id)
    if not await closing.is_closed(tx, found.id):
        return False
    await leave(tx, found.id, seal=seal)
    return True


async def leave(tx: Tx, person: PersonId, *, seal: Seal) -> None:
    """Delete a person with their notes, comments, boards, files and words, in one transaction.

    What others answered to their comments stays: it moves up to what those comments answered.
    """
    for id_ in await tx.all(_LIKED, person=person):
        if (found := await holding.any_note(tx, NoteId(id_))) is not None:
            await actions.unlike_as_leaving(tx, found, by=person)
    for boosted in await boosting.boosted_by(tx, person):
        if (found := await holding.any_note(tx, boosted)) is not None:
            await boosting.unboost_as_leaving(tx, found, by=person)
    await polls.unvote_as_leaving(tx, person)
    for id_ in await tx.all(_WRITTEN, author=person):
        if (found := await holding.any_note(tx, NoteId(id_))) is not None:
            await actions.erase(tx, found)
    await tx.run(_OUT_OF_BRANCHES, author=person)
    await tx.run(_UP_THE_BRANCH, author=person)
    for board in await queries.boards_of(tx, person, viewer=person):
        await boards.drop(tx, board.id, by=person)
    await media.let_go_of_person(tx, person)
    await people.hold(tx, person)
    found_person = await people_queries.by_id(tx, person, viewer=person)
    await translation.release(tx, [TextKey(key) for key in found_person.keys()])
    await people.leave(tx, person, seal=seal)
