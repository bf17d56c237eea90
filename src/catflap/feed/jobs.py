"""Keeping the feed's entries: placing new notes, warming them, taking them out.

One job serves every event about a note: it reads the note as it is now, so it may run twice,
late, or in any order.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import msgspec
import sqlalchemy as sa

from catflap.feed import copying, topics
from catflap.feed.events import NotePlaced
from catflap.feed.tables import entries
from catflap.feed.warmth import warmth
from catflap.ground import events
from catflap.ground.database import Database, Tx
from catflap.ground.jobs import Job
from catflap.ground.statements import Statement, insert_unless_there
from catflap.notes import queries as notes
from catflap.notes.model import Note, Visibility

PLACE = "feed.place"
PLACE_ROOT = "feed.place_root"
PLACED_AT_ONCE = 200

_i64 = sa.BigInteger
_NOTE = entries.c.note_id == sa.bindparam("note", type_=_i64)
_REMOVE = Statement(entries.delete().where(_NOTE))
_ADD = Statement(
    insert_unless_there(entries).values({name: sa.bindparam(name) for name in entries.c.keys()})
)
_WARM = Statement(
    entries.update()
    .where(
        entries.c.note_id == sa.bindparam("note", type_=_i64),
        entries.c.revision == sa.bindparam("known", type_=sa.Integer),
        entries.c.places.is_not(None),
    )
    .values(
        warmth=sa.bindparam("warm", type_=sa.Float), likes=sa.bindparam("liked"),
        comments=sa.bindparam("commented"),
    )
)
_BARE = Statement(
    sa.select(entries.c.note_id)
    .where(entries.c.places.is_(None))
    .order_by(entries.c.note_id.desc())
    .limit(PLACED_AT_ONCE),
    int,
)


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """A note that something happened to."""

    note: int


class RootTouched(msgspec.Struct, frozen=True, kw_only=True):
    """A note under which something happened."""

    root: int | None = None


class PlaceBare(msgspec.Struct, frozen=True):
    """Entries of which nobody has found yet what they are about."""


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""


def _warmth(note: Note) -> float:
    return warmth(
        made_at=note.made_at, likes=note.likes_count, comments=note.comments_count,
        collects=note.collects_count,
    )


async def place(context: Context, payload: Touched) -> None:
    """Give a note the entry it should have now: a public note one, everything else none."""
    async with context.database.tx() as tx:
        found = (await notes.by_ids(tx, [payload.note])).get(payload.note)
        if found is None or found.root_id or found.visibility != Visibility.PUBLIC:
            if await tx.run(_REMOVE, note=payload.note):
                await copying.forget(tx, payload.note)
                await events.emit(tx, NotePlaced(note=payload.note))
            return
        # A like changes nothing of what a note is about, and likes are what comes most.
        if not await tx.run(
            _WARM, note=found.id, known=found.revision, warm=_warmth(found),
            liked=found.likes_count, commented=found.comments_count,
        ):
            await _put(tx, found)


async def _put(tx: Tx, note: Note) -> None:
    found = await topics.about(tx, note)
    await tx.run(_REMOVE, note=note.id)
    await tx.run(
        _ADD, note_id=note.id, author_id=note.author_id, format=note.format,
        warmth=_warmth(note), lang=found.lang, topic=found.topic, political=found.political,
        places=found.places, copied=await copying.is_copy(tx, note),
        likes=note.likes_count, comments=note.comments_count, revision=note.revision,
    )
    await events.emit(tx, NotePlaced(note=note.id))


async def place_root(context: Context, payload: RootTouched) -> None:
    """`place`, for what happened to a comment."""
    if payload.root is not None:
        await place(context, Touched(note=payload.root))


async def place_bare(context: Context, payload: PlaceBare) -> None:
    """Find what older entries are about, newest first; each batch ends what it began."""
    del payload
    while True:
        async with context.database.reads() as reads:
            bare = await reads.all(_BARE)
        for note in bare:
            await place(context, Touched(note=note))
        if len(bare) < PLACED_AT_ONCE:
            return


JOBS = (
    Job(PLACE, Touched, place),
    Job(PLACE_ROOT, RootTouched, place_root),
    Job("feed.place_bare", PlaceBare, place_bare, every=timedelta(hours=1)),
)
SUBSCRIPTIONS = {
    "NotePosted": PLACE,
    "NoteEdited": PLACE,
    "NoteLiked": PLACE,
    "NoteUnliked": PLACE,
    "NoteCollected": PLACE,
    "CommentPosted": PLACE_ROOT,
    "NoteWithdrawn": PLACE_ROOT,
}
