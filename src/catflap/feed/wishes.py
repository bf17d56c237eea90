"""What readers ask of their feed: less like this, and how much politics.

"Less like this" is between a reader and their feed: its author is told nothing, and in what is
published or learned from it stands a count of a note and nobody's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from catflap.feed.events import FeedChanged, LessWanted
from catflap.feed.model import POLITICS_RATIO, POLITICS_RATIOS, Refusal
from catflap.feed.tables import budgets, entries, refusals, tallies
from catflap.ground import clock, events
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Instant, Statement, insert_unless_there
from catflap.notes import queries as notes
from catflap.notes.model import NoteId
from catflap.people.model import PersonId

REFUSED_FOR = timedelta(days=30)
"""How long a note's author and topic are shown less; the note itself never comes again."""
REFUSALS_READ = 200


class _About(msgspec.Struct, frozen=True, kw_only=True):
    topic: str
    places: tuple[str, ...] | None


_i64 = sa.BigInteger
_READER, _NOTE = sa.bindparam("reader", type_=_i64), sa.bindparam("note", type_=_i64)
_ABOUT = Statement(
    sa.select(entries.c.topic, entries.c.places).where(entries.c.note_id == _NOTE), _About
)
_REFUSE = Statement(
    insert_unless_there(refusals).values(
        reader_id=sa.bindparam("reader"), note_id=sa.bindparam("note"),
        author_id=sa.bindparam("author"), topic=sa.bindparam("topic"),
        places=sa.bindparam("places", type_=refusals.c.places.type),
        at=sa.bindparam("at", type_=Instant),
    )
)
_UNREFUSE = Statement(
    refusals.delete().where(refusals.c.reader_id == _READER, refusals.c.note_id == _NOTE)
)
_MINE = Statement(
    sa.select(*(refusals.c[name] for name in Refusal.__struct_fields__))
    .where(refusals.c.reader_id == _READER)
    .order_by(refusals.c.at.desc())
    .limit(REFUSALS_READ),
    Refusal,
)
_COUNT = Statement(
    sa.select(sa.func.count()).select_from(refusals).where(refusals.c.note_id == _NOTE), int
)
_START = Statement(
    insert_unless_there(tallies).values(
        note_id=sa.bindparam("note"), shown=0, floor_shown=0, refused=0
    )
)
_TALLY = Statement(
    tallies.update()
    .where(tallies.c.note_id == _NOTE)
    .values(refused=sa.bindparam("times", type_=_i64))
)
_BUDGET = Statement(
    sa.select(budgets.c.politics_ratio).where(budgets.c.reader_id == _READER), float
)
_NO_BUDGET = Statement(budgets.delete().where(budgets.c.reader_id == _READER))
_PUT_BUDGET = Statement(
    insert_unless_there(budgets).values(
        reader_id=sa.bindparam("reader"), politics_ratio=sa.bindparam("ratio")
    )
)


async def less(tx: Tx, note: NoteId, *, by: PersonId) -> None:
    """Show somebody less like a note. Asking twice changes nothing.

    Raises:
        NotFound: it is absent, or not for them.
    """
    found = await notes.note(tx, note, viewer=by)
    about = await tx.one(_ABOUT, note=note)
    if await tx.run(
        _REFUSE, reader=by, note=note, author=found.author_id, at=clock.now(),
        topic=about.topic if about else "", places=(about and about.places) or (),
    ):
        await _count(tx, note, by=by)


async def as_before(tx: Tx, note: int, *, by: PersonId) -> None:
    """Take back that somebody wanted less like a note; where they did not, nothing changes."""
    if await tx.run(_UNREFUSE, reader=by, note=note):
        await _count(tx, note, by=by)


async def _count(tx: Tx, note: int, *, by: PersonId) -> None:
    times = await tx.one(_COUNT, note=note) or 0
    await tx.run(_START, note=note)
    await tx.run(_TALLY, note=note, times=times)
    await events.emit(tx, LessWanted(note=note, reader=by, refused=times))


async def refused_by(reads: Reads, reader: PersonId) -> list[Refusal]:
    """Of which notes somebody wanted less, the last first, `REFUSALS_READ` at most. One query."""
    return await reads.all(_MINE, reader=reader)


def authors_of(refused: Sequence[Refusal]) -> set[int]:
    """The authors of notes that were refused within `REFUSED_FOR`."""
    since = clock.now() - REFUSED_FOR
    return {one.author_id for one in refused if one.at > since}


async def politics_ratio(reads: Reads, reader: PersonId) -> float:
    """How much of a page may be politics for a reader. One query."""
    found = await reads.one(_BUDGET, reader=reader)
    return POLITICS_RATIO if found is None else found


async def allow_politics(tx: Tx, reader: PersonId, ratio: float) -> None:
    """Set how much of a reader's page may be politics: the offered ratio that is nearest."""
    nearest = min(POLITICS_RATIOS, key=lambda offered: abs(offered - ratio))
    await tx.run(_NO_BUDGET, reader=reader)
    await tx.run(_PUT_BUDGET, reader=reader, ratio=nearest)
    await events.emit(tx, FeedChanged(reader=reader))
