"""Boards: collecting notes under a name."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Tx
from catflap.ground.errors import NotAllowed, TextMissing, TooMany
from catflap.ground.statements import Instant, Statement, insert_unless_there
from catflap.notes import holding, queries
from catflap.notes.actions import COUNT_COLLECT
from catflap.notes.events import NoteCollected
from catflap.notes.model import BOARD_TITLE_MAX_CHARS, BOARDS_MAX, Board, BoardId, NoteId
from catflap.notes.tables import boards, collected
from catflap.people import waiting
from catflap.people.actions import text_within
from catflap.people.model import PersonId
from catflap.translation import actions as translation

_i64 = sa.BigInteger
_ADD = Statement(boards.insert().values({name: sa.bindparam(name) for name in boards.c.keys()}))
_EDIT = Statement(
    boards.update()
    .where(boards.c.id == sa.bindparam("board", type_=_i64))
    .values(
        title_key=sa.bindparam("new_title"), is_public=sa.bindparam("public", type_=sa.Boolean)
    )
)
_DELETE = Statement(boards.delete().where(boards.c.id == sa.bindparam("board", type_=_i64)))
_COUNT = Statement(
    boards.update()
    .where(boards.c.id == sa.bindparam("board", type_=_i64))
    .values(notes_count=boards.c.notes_count + sa.bindparam("by", type_=sa.Integer))
)
_PUT = Statement(
    insert_unless_there(collected).values(
        board_id=sa.bindparam("board"), note_id=sa.bindparam("note"),
        at=sa.bindparam("at", type_=Instant),
    )
)
_ON = Statement(
    sa.select(collected.c.board_id)
    .join(boards, boards.c.id == collected.c.board_id)
    .where(
        collected.c.note_id == sa.bindparam("note", type_=_i64),
        boards.c.owner_id == sa.bindparam("owner", type_=_i64),
    ),
    int,
)
_NOTES_ON = Statement(
    sa.select(collected.c.note_id).where(
        collected.c.board_id == sa.bindparam("board", type_=_i64)
    ),
    int,
)
_TAKE = Statement(
    collected.delete().where(
        collected.c.board_id == sa.bindparam("board", type_=_i64),
        collected.c.note_id == sa.bindparam("note", type_=_i64),
    )
)


def _title(title: str) -> str:
    text = text_within("board", title, BOARD_TITLE_MAX_CHARS)
    if not text:
        raise TextMissing("board")
    return text


async def make(
    tx: Tx, *, by: PersonId, title: str, is_public: bool, prior: tuple[str, ...] = ()
) -> BoardId:
    """A new board.

    Raises:
        TextMissing, TextTooLong: of ``board``.
        TooMany: one has `BOARDS_MAX` boards already.
    """
    text = _title(title)
    count = len(await queries.boards_of(tx, by, viewer=by))
    if count >= BOARDS_MAX:
        raise TooMany("boards", count=count + 1, limit=BOARDS_MAX)
    id_ = BoardId(ids.new(shard=ids.shard_of(by)))
    await tx.run(
        _ADD, id=id_, owner_id=by, is_public=is_public, notes_count=0, made_at=clock.now(),
        title_key=await translation.keep(tx, text, prior=prior, public=is_public),
    )
    return id_


async def _own(tx: Tx, id_: BoardId, *, by: PersonId) -> Board:
    found = await holding.board(tx, id_, viewer=by)
    if found.owner_id != by:
        raise NotAllowed("edit")
    return found


async def rename(
    tx: Tx, id_: BoardId, *, by: PersonId, title: str, is_public: bool,
    prior: tuple[str, ...] = (),
) -> None:
    """Another title, or other readers. Raises like `make`, and `NotAllowed`."""
    old = await _own(tx, id_, by=by)
    key = await translation.keep(tx, _title(title), prior=prior, public=is_public)
    await tx.run(_EDIT, board=id_, new_title=key, public=is_public)
    await translation.release(tx, [old.title_key])
    if is_public != old.is_public:
        # As with notes: what nobody else uses is as public as the board.
        if is_public:
            await translation.publish(tx, [key])
        else:
            await translation.keep_in_house(tx, {key: 1})


async def drop(tx: Tx, id_: BoardId, *, by: PersonId) -> None:
    """Delete a board; the notes on it stay where they are."""
    old = await _own(tx, id_, by=by)
    for note in await tx.all(_NOTES_ON, board=id_):
        await tx.run(COUNT_COLLECT, note=note, by=-1)
    await tx.run(_DELETE, board=id_)
    await translation.release(tx, [old.title_key])


async def bookmark(
    tx: Tx, note: NoteId, *, by: PersonId, title: str, prior: tuple[str, ...] = ()
) -> None:
    """Collect a note privately: on one's newest private board, made as ``title`` where none is.

    Nobody is told, since apps promise that; a note that stands on a board already stays there.
    Raises like `collect` and `make`.
    """
    await holding.note(tx, note, viewer=by)
    if await tx.all(_ON, note=note, owner=by):
        return
    private = [one for one in await queries.boards_of(tx, by, viewer=by) if not one.is_public]
    board = private[0].id if private else await make(
        tx, by=by, title=title, is_public=False, prior=prior
    )
    await collect(tx, note, by=by, board=board, quietly=True)


async def collect(
    tx: Tx, note: NoteId, *, by: PersonId, board: BoardId, quietly: bool = False
) -> int:
    """Put a note on one of one's boards. The answer is how many collected it.

    The author hears of it, unless ``quietly``.

    Raises:
        NotFound: the note or the board is absent, or not for this person.
        NotAllowed: the board is somebody else's.
    """
    await waiting.must_be_in(tx, by)
    found = await holding.note(tx, note, viewer=by)
    await _own(tx, board, by=by)
    if not await tx.run(_PUT, board=board, note=note, at=clock.now()):
        return found.collects_count
    await tx.run(_COUNT, board=board, by=1)
    await tx.run(COUNT_COLLECT, note=note, by=1)
    if not quietly:
        await events.emit(tx, NoteCollected(note=note, person=by))
    return found.collects_count + 1


async def uncollect(tx: Tx, note: NoteId, *, by: PersonId) -> int:
    """Take a note off all of one's boards. The answer is how many collected it still.

    Raises:
        NotFound: the note is absent, or not for this person.
    """
    found = await holding.note(tx, note, viewer=by)
    on = await tx.all(_ON, note=note, owner=by)
    for board in on:
        await tx.run(_TAKE, board=board, note=note)
        await tx.run(_COUNT, board=board, by=-1)
    if on:
        await tx.run(COUNT_COLLECT, note=note, by=-len(on))
    return found.collects_count - len(on)
