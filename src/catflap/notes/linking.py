"""The page that a note links to: its first link that leads away from here.

Which page that is, a job finds out, since only it knows this community's own address; a note that
links nowhere costs nothing. Of notes for those mentioned, and for oneself, no page is asked: nobody
outside learns that they exist. What a page says stands in `previews`, once for all notes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from catflap.ground import events, ids, jobs
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Statement, among, insert_unless_there
from catflap.notes import queries, trending
from catflap.notes.events import NoteCarded
from catflap.notes.model import Note, NoteId, Visibility
from catflap.notes.tables import in_public, note_links, notes
from catflap.notes.trending import LOOKED_AT, DayUse
from catflap.previews import actions as previews
from catflap.previews import queries as preview_queries
from catflap.previews.addressing import canonical
from catflap.previews.model import Preview, PreviewId, State
from catflap.translation import queries as translation
from catflap.translation import spans
from catflap.translation.model import TextKey

FOLLOW = "notes.follow_link"
FOLLOWED = frozenset({Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS})
"""Whose links are followed."""
TOLD_MAX = 50
"""Of the notes with one link the newest are told to apps; the others have the card when asked."""

_i64 = sa.BigInteger
_OF_NOTE = note_links.c.note_id == sa.bindparam("note", type_=_i64)
_LINKED = note_links.c.preview_id == sa.bindparam("preview", type_=_i64)


class _Link(msgspec.Struct, frozen=True, kw_only=True):
    note_id: int
    preview_id: int


class _Shared(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    author_id: int
    preview_id: int


_ADD = Statement(
    insert_unless_there(note_links).values(
        note_id=sa.bindparam("note"), preview_id=sa.bindparam("preview")
    )
)
_REMOVE = Statement(note_links.delete().where(_OF_NOTE))
_LINKS = Statement(
    sa.select(note_links.c.note_id, note_links.c.preview_id).where(
        among(note_links.c.note_id, "ids")
    ),
    _Link,
)
_TOUCH = Statement(
    notes.update()
    .where(notes.c.id.in_(sa.select(note_links.c.note_id).where(_LINKED)))
    .values(revision=notes.c.revision + 1)
)
_TOUCH_ONE = Statement(
    notes.update()
    .where(notes.c.id == sa.bindparam("note", type_=_i64))
    .values(revision=notes.c.revision + 1)
)
_NEWEST = Statement(
    sa.select(note_links.c.note_id)
    .where(_LINKED)
    .order_by(note_links.c.note_id.desc())
    .limit(TOLD_MAX),
    int,
)
_RECENT = Statement(
    sa.select(notes.c.id, notes.c.author_id, note_links.c.preview_id)
    .join(note_links, note_links.c.note_id == notes.c.id)
    .where(
        in_public,
        notes.c.id > sa.bindparam("above", type_=_i64),
    )
    .order_by(notes.c.id.desc())
    .limit(LOOKED_AT),
    _Shared,
)


class FollowLink(msgspec.Struct, frozen=True, kw_only=True):
    """A note that may link to a page elsewhere."""

    note: int


def links_in(text: str) -> list[str]:
    """The pages that a text links to, in order and in one form."""
    found = [canonical(part.text) for part in spans.linked(text) if part.kind == "link"]
    return [url for url in found if url is not None]


async def notice(tx: Tx, note: NoteId, text: str, *, was_there: bool = False) -> None:
    """Have the first link of a text followed; one that was edited away takes its card at once."""
    found = links_in(text)
    if was_there:
        linked = (await _previews(tx, [note])).get(note)
        if linked is not None and linked.url not in found:
            await drop(tx, note)
    if found or was_there:
        await jobs.enqueue(tx, FOLLOW, FollowLink(note=note), key=f"{FOLLOW}:{note}")


async def follow(tx: Tx, id_: NoteId, *, here: str, is_on: bool) -> None:
    """Let a note link to the page it names first, or to none; ``here`` is our own address.

    A second run finds it so.
    """
    note = (await queries.by_ids(tx, [id_])).get(id_)
    if note is None or note.withdrawn:
        return
    wanted = await _first(tx, note, here=here) if is_on and note.visibility in FOLLOWED else None
    linked = (await _previews(tx, [id_])).get(id_)
    if linked is not None and linked.url == wanted:
        if note.visibility.is_open:
            await previews.show_all(tx, linked)
        return
    if linked is None and wanted is None:
        return
    await drop(tx, id_)
    made = None
    if wanted is not None:
        made = await previews.want(tx, wanted, is_open=note.visibility.is_open)
        await tx.run(_ADD, note=id_, preview=made.id)
    if linked is not None or (made is not None and made.state is State.READY):
        await tx.run(_TOUCH_ONE, note=id_)
        await events.emit(tx, NoteCarded.of(note))


async def _first(tx: Tx, note: Note, *, here: str) -> str | None:
    text = await translation.text(tx, note.body_key) if note.body_key else ""
    own = urlsplit(here).netloc.lower()
    return next((url for url in links_in(text) if urlsplit(url).netloc != own), None)


async def drop(tx: Tx, note: NoteId) -> None:
    """Let a note link to no page; the page is forgotten with the last note that did."""
    for link in await tx.all(_LINKS, ids=[note]):
        await tx.run(_REMOVE, note=note)
        await previews.release(tx, PreviewId(link.preview_id))


async def carded(tx: Tx, preview: int) -> None:
    """Have every note that links to a page rendered anew, and tell of the newest."""
    await tx.run(_TOUCH, preview=preview)
    newest = await tx.all(_NEWEST, preview=preview)
    for note in (await queries.by_ids(tx, newest)).values():
        await events.emit(tx, NoteCarded.of(note))


async def _previews(reads: Reads, ids_: Sequence[int]) -> dict[int, Preview]:
    links = await reads.all(_LINKS, ids=list(ids_)) if ids_ else []
    found = await preview_queries.by_ids(reads, sorted({link.preview_id for link in links}))
    return {link.note_id: found[link.preview_id] for link in links if link.preview_id in found}


async def of_notes(reads: Reads, ids_: Sequence[int]) -> dict[int, Preview]:
    """What the pages that notes link to say of themselves, by note. One query; two with links."""
    found = await _previews(reads, ids_)
    return {note: one for note, one in found.items() if one.state is State.READY}


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A page with how it was linked to day by day, newest first."""

    preview: Preview
    days: tuple[DayUse, ...]


async def trends(
    reads: Reads, *, since: datetime, without: Collection[int], limit: int, offset: int = 0
) -> list[Trend]:
    """Pages that public notes link to since a day's beginning, most people first. Two queries.

    ``without`` are people whose notes do not count for this viewer.
    """
    rows = await reads.all(_RECENT, above=ids.new(shard=0, at=since))
    uses = [
        trending.Use(id=row.id, author_id=row.author_id, of=(row.preview_id,))
        for row in rows if row.author_id not in without
    ]
    ranked = trending.ranked(uses, since=since)
    known = await preview_queries.by_ids(reads, [one.of for one in ranked])
    ready = [one for one in ranked if one.of in known and known[one.of].state is State.READY]
    return [Trend(preview=known[one.of], days=one.days) for one in ready[offset : offset + limit]]


async def preview_at(reads: Reads, url: str) -> Preview | None:
    """The page at an address, where a note links to it and it said something."""
    address = canonical(url)
    found = await preview_queries.at(reads, address) if address else None
    return found if found is not None and found.state is State.READY else None


def keys(found: Mapping[int, Preview]) -> list[TextKey]:
    """The texts of pages."""
    return [key for one in found.values() for key in one.keys()]
