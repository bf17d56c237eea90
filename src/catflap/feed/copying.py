"""Whose first photo stood here before: such a note draws nothing from the floor.

The photo that a card shows is what counts, so one picture among nine that others have too costs
nobody their floor. Only what everybody may see is compared with, and the earlier note keeps its
own. What was brought before photos had looks, and films, are like nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.feed.tables import entries
from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.media import queries as media
from catflap.notes.model import Note

_BEFORE = Statement(
    sa.select(entries.c.note_id)
    .where(
        among(entries.c.note_id, "ids"),
        entries.c.note_id < sa.bindparam("note", type_=sa.BigInteger),
    )
    .limit(1),
    int,
)
_COPIED = Statement(
    sa.select(entries.c.note_id).where(
        among(entries.c.note_id, "ids"), entries.c.copied == sa.true()
    ),
    int,
)


async def is_copy(reads: Reads, note: Note) -> bool:
    """Whether a note's first photo is that of an earlier public note of somebody else.

    Three queries where it has a photo, else one.
    """
    shown = (await media.of_notes(reads, [note.id])).get(note.id)
    alike = await media.alike(reads, shown[0]) if shown else []
    return bool(alike) and await reads.one(_BEFORE, ids=alike, note=note.id) is not None


async def copied_among(reads: Reads, ids: Sequence[int]) -> set[int]:
    """Which of these notes were found to be copies when they were placed. One query."""
    return set(await reads.all(_COPIED, ids=list(ids))) if ids else set()
