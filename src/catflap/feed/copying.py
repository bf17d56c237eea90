"""Whose words or first photo stood here before: such a note draws nothing from the floor.

The photo that a card shows is what counts, so one picture among nine that others have too costs
nobody their floor. Only what everybody may see is compared with, and the earlier note keeps its
own. What was brought before photos had looks, and films, are like nothing.

Words are compared by their marks (`saying`). What counts is since when a note says something and
not when it was written, or somebody could edit an old note into a copy and call the other one. A
few words under a photo are a caption, which others may use too: there the photo decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.feed import saying
from catflap.feed.tables import entries, sayings
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.media import queries as media
from catflap.media.model import Media
from catflap.notes import queries as notes
from catflap.notes.model import Note
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN
from catflap.translation.model import Kept, TextKey

LOOKED_AT = 20
"""Notes with a mark in common that are compared, those first that have most."""

_BEFORE = Statement(
    sa.select(entries.c.note_id)
    .where(
        among(entries.c.note_id, "ids"),
        entries.c.note_id < sa.bindparam("note", type_=sa.BigInteger),
    )
    .limit(1),
    int,
)


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    mark: int
    said_at: datetime


_NOTE = sa.bindparam("note", type_=sa.BigInteger)
_SINCE = sa.bindparam("since", type_=Instant)
_OWN = Statement(
    sa.select(sayings.c.mark, sayings.c.said_at).where(sayings.c.note_id == _NOTE), _Said
)
_FORGET = Statement(sayings.delete().where(sayings.c.note_id == _NOTE))
_KEEP = Statement(
    insert_unless_there(sayings).values({name: sa.bindparam(name) for name in sayings.c.keys()})
)
_BY_OTHERS_BEFORE = (
    sa.select(sayings.c.note_id)
    .join(entries, entries.c.note_id == sayings.c.note_id)
    .where(
        entries.c.author_id != sa.bindparam("author", type_=sa.BigInteger),
        sa.or_(
            sayings.c.said_at < _SINCE,
            sa.and_(sayings.c.said_at == _SINCE, sayings.c.note_id < _NOTE),
        ),
    )
)
_SAID_THE_SAME = Statement(
    _BY_OTHERS_BEFORE.where(sayings.c.mark == sa.bindparam("mark", type_=sa.BigInteger)).limit(1),
    int,
)
_SAID_ALIKE = Statement(
    _BY_OTHERS_BEFORE.where(among(sayings.c.mark, "marks"))
    .group_by(sayings.c.note_id)
    .order_by(sa.func.count().desc(), sayings.c.note_id)
    .limit(LOOKED_AT),
    int,
)
_COPIED = Statement(
    sa.select(entries.c.note_id).where(
        among(entries.c.note_id, "ids"), entries.c.copied == sa.true()
    ),
    int,
)


async def is_copy(
    tx: Tx, note: Note, *, kept: Mapping[TextKey, Kept], shown: Sequence[Media]
) -> bool:
    """Whether a note says, or shows first, what an earlier public note of somebody else does.

    What it says is kept for those that come after. ``kept`` are its texts, ``shown`` its photos.
    Three queries for words of one's own, two for a photo, and three more where the words are long
    and no one else's.
    """
    said = kept.get(note.body_key or note.title_key)
    words = said.text if said is not None else ""
    marks = saying.marks(words)
    since = await _keep(tx, note, marks)
    is_caption = bool(shown) and len(marks) == 1
    if marks and not is_caption and await _was_said(tx, note, words, marks, since=since):
        return True
    alike = await media.alike(tx, shown[0]) if shown else []
    return bool(alike) and await tx.one(_BEFORE, ids=alike, note=note.id) is not None


async def forget(tx: Tx, note: int) -> None:
    """Keep nothing of what a note says: it is not public any more."""
    await tx.run(_FORGET, note=note)


async def _keep(tx: Tx, note: Note, marks: Sequence[int]) -> datetime:
    """Since when a note says what it says; an edit that leaves the words alone changes nothing."""
    before = await tx.all(_OWN, note=note.id)
    if before and {row.mark for row in before} == set(marks):
        return before[0].said_at
    since = note.edited_at or note.made_at
    if before:
        await tx.run(_FORGET, note=note.id)
    await tx.run_many(
        _KEEP, [{"note_id": note.id, "mark": mark, "said_at": since} for mark in set(marks)]
    )
    return since


async def _was_said(
    reads: Reads, note: Note, words: str, marks: Sequence[int], *, since: datetime
) -> bool:
    whole, *bands = marks
    others = {"author": note.author_id, "since": since, "note": note.id}
    if await reads.one(_SAID_THE_SAME, mark=whole, **others) is not None:
        return True
    likely = await reads.all(_SAID_ALIKE, marks=bands, **others) if bands else []
    near = await notes.by_ids(reads, likely)
    keys = [one.body_key or one.title_key for one in near.values()]
    kept = await translation.kept(reads, keys, target=UNKNOWN)
    return any(saying.are_near(words, one.text) for one in kept.values())


async def copied_among(reads: Reads, ids: Sequence[int]) -> set[int]:
    """Which of these notes were found to be copies when they were placed. One query."""
    return set(await reads.all(_COPIED, ids=list(ids))) if ids else set()
