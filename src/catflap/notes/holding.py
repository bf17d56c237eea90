"""Being alone with a thread or a board for the rest of a transaction.

Whoever reads what a thing holds and then lets go of it (its words, its files, its counters) must
be the only one: on PostgreSQL two transactions that take back the same note would each let its
words go, and the second would take somebody else's. A thread is held by its root, so that all who
change it wait in one line and never in a circle. On SQLite, which has one writer, this locks
nothing and costs 20 µs.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground.database import Tx
from catflap.ground.statements import Statement, among
from catflap.notes import queries
from catflap.notes.model import Board, BoardId, Note, NoteId
from catflap.notes.tables import boards, notes
from catflap.people.model import PersonId


def _hold(table: sa.Table) -> Statement[int]:
    # NO KEY UPDATE: rows that point at this one may still come, as jobs add them.
    return Statement(
        sa.select(table.c.id)
        .where(table.c.id == sa.bindparam("id", type_=sa.BigInteger))
        .with_for_update(key_share=True),
        int,
    )


_HOLD_NOTE = _hold(notes)
_HOLD_BOARD = _hold(boards)
_HOLD_NOTES = Statement(
    sa.select(notes.c.id)
    .where(among(notes.c.id, "ids"))
    .order_by(notes.c.id)
    .with_for_update(key_share=True),
    int,
)


async def note(tx: Tx, id_: NoteId, *, viewer: PersonId) -> Note:
    """A note or comment as it is once nobody else changes its thread.

    Raises:
        NotFound: it is absent, or not for this viewer.
    """
    found = await queries.note(tx, id_, viewer=viewer)
    await tx.one(_HOLD_NOTE, id=found.root_id or found.id)
    return await queries.note(tx, id_, viewer=viewer)


async def any_note(tx: Tx, id_: NoteId) -> Note | None:
    """`note` without asking who looks, None where it is gone: for a leaving person's."""
    found = (await queries.by_ids(tx, [id_])).get(id_)
    if found is None:
        return None
    await tx.one(_HOLD_NOTE, id=found.root_id or found.id)
    return (await queries.by_ids(tx, [id_])).get(id_)


async def every_note(tx: Tx, ids: Sequence[int]) -> dict[int, Note]:
    """`any_note` of several, held in the order of their threads. Three queries."""
    found = await queries.by_ids(tx, ids)
    roots = sorted({note.root_id or note.id for note in found.values()})
    await tx.all(_HOLD_NOTES, ids=roots)
    return await queries.by_ids(tx, list(found))


async def board(tx: Tx, id_: BoardId, *, viewer: PersonId) -> Board:
    """A board as it is once nobody else changes it.

    Raises:
        NotFound: it is absent, or not for this viewer.
    """
    await tx.one(_HOLD_BOARD, id=id_)
    return await queries.board(tx, id_, viewer=viewer)
