"""Keeping the feed's entries: placing new notes, warming them, taking them out.

One job serves every event about a note: it reads the note as it is now, so it may run twice,
late, or in any order.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import sqlalchemy as sa

from catflap.feed.tables import entries
from catflap.feed.warmth import warmth
from catflap.ground.database import Database
from catflap.ground.jobs import Job
from catflap.ground.statements import Statement, insert_unless_there
from catflap.notes import queries as notes
from catflap.notes.model import Visibility

PLACE = "feed.place"
PLACE_ROOT = "feed.place_root"

_REMOVE = Statement(
    entries.delete().where(entries.c.note_id == sa.bindparam("note", type_=sa.BigInteger))
)
_ADD = Statement(
    insert_unless_there(entries).values({name: sa.bindparam(name) for name in entries.c.keys()})
)


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """A note that something happened to."""

    note: int


class RootTouched(msgspec.Struct, frozen=True, kw_only=True):
    """A note under which something happened."""

    root: int | None = None


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""


async def place(context: Context, payload: Touched) -> None:
    """Give a note the entry it should have now: a public note one, everything else none."""
    async with context.database.tx() as tx:
        found = (await notes.by_ids(tx, [payload.note])).get(payload.note)
        await tx.run(_REMOVE, note=payload.note)
        if found is None or found.root_id or found.visibility != Visibility.PUBLIC:
            return
        await tx.run(
            _ADD,
            note_id=found.id,
            author_id=found.author_id,
            format=found.format,
            warmth=warmth(
                made_at=found.made_at, likes=found.likes_count,
                comments=found.comments_count, collects=found.collects_count,
            ),
        )


async def place_root(context: Context, payload: RootTouched) -> None:
    """`place`, for what happened to a comment."""
    if payload.root is not None:
        await place(context, Touched(note=payload.root))


JOBS = (Job(PLACE, Touched, place), Job(PLACE_ROOT, RootTouched, place_root))
SUBSCRIPTIONS = {
    "NotePosted": PLACE,
    "NoteEdited": PLACE,
    "NoteLiked": PLACE,
    "NoteUnliked": PLACE,
    "NoteCollected": PLACE,
    "CommentPosted": PLACE_ROOT,
    "NoteWithdrawn": PLACE_ROOT,
}
