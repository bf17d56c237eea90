"""Keeping the feed's entries: placing new notes, warming them, taking them out.

One job serves every event about a note: it reads the note as it is now, so it may run twice,
late, or in any order.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
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
from catflap.ground.jobs import TOGETHER, Job
from catflap.ground.statements import Statement, among, insert_unless_there
from catflap.media import queries as media
from catflap.notes import queries as notes
from catflap.notes.model import Note, Visibility
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN

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
_PLACED = Statement(
    sa.select(entries.c.note_id).where(
        among(entries.c.note_id, "ids"), entries.c.places.is_not(None)
    ),
    int,
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


async def place(context: Context, payloads: Sequence[Touched]) -> None:
    """Give notes the entries they should have now: a public note one, everything else none."""
    await _place(context, {payload.note for payload in payloads})


async def _place(context: Context, ids: Set[int]) -> None:
    async with context.database.tx(durable=False) as tx:
        found = await notes.by_ids(tx, sorted(ids))
        public = {
            id_: note for id_, note in sorted(found.items())
            if not note.root_id and note.visibility == Visibility.PUBLIC
        }
        for id_ in sorted(ids - public.keys()):
            if await tx.run(_REMOVE, note=id_):
                await copying.forget(tx, id_)
                await events.emit(tx, NotePlaced(note=id_))
        # A like changes nothing of what a note is about, and likes are what comes most.
        placed = set(await tx.all(_PLACED, ids=list(public)))
        await _put(tx, [
            note for id_, note in public.items() if id_ not in placed or not await _warm(tx, note)
        ])


async def _warm(tx: Tx, note: Note) -> bool:
    """Count anew what people did with a note; false where it reads differently since."""
    return bool(await tx.run(
        _WARM, note=note.id, known=note.revision, warm=_warmth(note),
        liked=note.likes_count, commented=note.comments_count,
    ))


async def _put(tx: Tx, new: Sequence[Note]) -> None:
    """Write entries, in order: whatever says the same as an earlier one of these is its copy."""
    keys = [key for note in new for key in (note.body_key, note.title_key, note.place_key)]
    kept = await translation.kept(tx, keys, target=UNKNOWN)
    shown = await media.of_notes(tx, [note.id for note in new])
    for note in new:
        found = await topics.about(tx, note, kept)
        copied = await copying.is_copy(tx, note, kept=kept, shown=shown.get(note.id, ()))
        entry = {
            "note_id": note.id, "author_id": note.author_id, "format": note.format,
            "warmth": _warmth(note), "lang": found.lang, "topic": found.topic,
            "political": found.political, "places": found.places, "copied": copied,
            "likes": note.likes_count, "comments": note.comments_count,
            "revision": note.revision,
        }
        if not await tx.run(_ADD, **entry):
            await tx.run(_REMOVE, note=note.id)
            await tx.run(_ADD, **entry)
        await events.emit(tx, NotePlaced(note=note.id))


async def place_root(context: Context, payloads: Sequence[RootTouched]) -> None:
    """`place`, for what happened to comments."""
    await _place(context, {payload.root for payload in payloads if payload.root is not None})


async def place_bare(context: Context, payload: PlaceBare) -> None:
    """Find what older entries are about, newest first; each batch ends what it began."""
    del payload
    while True:
        async with context.database.reads() as reads:
            bare = await reads.all(_BARE)
        for at in range(0, len(bare), TOGETHER):
            await _place(context, set(bare[at : at + TOGETHER]))
        if len(bare) < PLACED_AT_ONCE:
            return


JOBS = (
    Job(PLACE, Touched, place, batch=TOGETHER),
    Job(PLACE_ROOT, RootTouched, place_root, batch=TOGETHER),
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
