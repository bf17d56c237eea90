"""Keeping the index: a note is a document for each language it can be read in.

A note's documents are written anew when it is posted or edited, or when a rendition of one of its
texts is made or taken back. They go with the note, in its transaction, by cascade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from catflap.ground import jobs
from catflap.ground.database import Database, Tx
from catflap.ground.jobs import PRIORITY_LAST, Job
from catflap.ground.statements import Statement, among, insert_unless_there
from catflap.media import queries as media
from catflap.notes import holding, translating
from catflap.notes import queries as notes
from catflap.notes.model import Note
from catflap.people import queries as people
from catflap.search import words as cutting
from catflap.search.fulltext import Fields, PutWords, spaced
from catflap.search.tables import documents, names
from catflap.translation import queries as translation
from catflap.translation.codes import NO_WORDS, UNKNOWN
from catflap.translation.model import Kept, TextKey
from catflap.translation.queries import Rendered as Rendition

INDEX = "search.index"
RENDERED = "search.rendered"
NAME = "search.name"
BACKFILL = "search.backfill"
BACKFILL_NAMES = "search.backfill_names"
STEM = "search.backfill_stems"
BATCH = 10
"""Notes or people indexed in one transaction: some 200 ms where they were indexed before, as words
that are replaced are taken out of FTS5 for good, and nobody else writes meanwhile."""

_i64 = sa.BigInteger


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    note_id: int
    lang: str


_OF_NOTES = Statement(
    sa.select(documents.c.id, documents.c.note_id, documents.c.lang).where(
        among(documents.c.note_id, "notes")
    ),
    _Document,
)
_ADD = Statement(
    insert_unless_there(documents).values(
        note_id=sa.bindparam("note"), lang=sa.bindparam("lang"), author_id=sa.bindparam("author"),
        visibility=sa.bindparam("visibility"),
    )
)
_STANDS = Statement(
    documents.update()
    .where(documents.c.note_id == sa.bindparam("note", type_=_i64))
    .values(visibility=sa.bindparam("visible"))
)
_FORGET = Statement(documents.delete().where(among(documents.c.id, "ids")))
_PUT = Statement(PutWords())
_NAME = Statement(
    insert_unless_there(names).values(
        form=sa.bindparam("form"), person_id=sa.bindparam("person")
    )
)
_NO_NAMES = Statement(
    names.delete().where(names.c.person_id == sa.bindparam("person", type_=_i64))
)


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """A note that reads differently now."""

    note: int


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A text that reads differently in another language now."""

    key: str


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A person who goes by another name now."""

    person: int


class After(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backfill is: the last id that it has indexed."""

    after: int


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""


async def index(context: Context, payloads: Sequence[Touched]) -> None:
    """Index notes as they are now; comments are not searched."""
    async with context.database.tx(durable=False) as tx:
        await _index(tx, sorted({payload.note for payload in payloads}))


async def _index(tx: Tx, ids: Sequence[int]) -> None:
    """Write the documents of notes; alone with them, as another job may want the same.

    Eight queries for notes that are new, however many.
    """
    held = await holding.every_note(tx, ids)
    roots = {id_: note for id_, note in sorted(held.items()) if note.root_id is None}
    wanted = await _documents(tx, list(roots.values()))
    known = {(one.note_id, one.lang): one.id for one in await tx.all(_OF_NOTES, notes=list(roots))}
    stale = [id_ for spot, id_ in known.items() if spot not in wanted]
    if stale:
        await tx.run(_FORGET, ids=stale)
    for id_ in {note: None for note, _ in known}:
        await tx.run(_STANDS, note=id_, visible=roots[id_].visibility.value)
    await tx.run_many(_ADD, [
        {
            "note": id_, "lang": lang, "author": roots[id_].author_id,
            "visibility": roots[id_].visibility.value,
        }
        for id_, lang in wanted if (id_, lang) not in known
    ])
    await tx.run_many(_PUT, [
        _words(one.id, wanted[one.note_id, one.lang])
        for one in await tx.all(_OF_NOTES, notes=list(roots))
    ])


def _words(document: int, fields: Fields) -> dict[str, Any]:
    return {
        "document": document, "fields": fields, "title": spaced(fields.title),
        "tags": spaced(fields.tags), "body": spaced(fields.body),
    }


async def _documents(tx: Tx, found: Sequence[Note]) -> dict[tuple[int, str], Fields]:
    """What notes say in each language: their own, and those of their renditions.

    What has no rendition in a language stands there as it was written: a place's name is looked
    for by those who read the translation too. Three queries.
    """
    items = await media.of_notes(tx, [note.id for note in found])
    keys = {
        note.id: [
            *note.keys(), *(item.alt_key for item in items.get(note.id, ()) if item.alt_key)
        ]
        for note in found
    }
    every = list(chain.from_iterable(keys.values()))
    written = await translation.kept(tx, every, target=UNKNOWN)
    rendered = await translation.rendered(tx, every)
    return {
        (note.id, lang): fields
        for note in found
        for lang, fields in _by_language(note, keys[note.id], written, rendered).items()
    }


def _by_language(
    note: Note, keys: Sequence[TextKey], every: Mapping[TextKey, Kept],
    rendered: Sequence[Rendition],
) -> dict[str, Fields]:
    own = {key: every[key] for key in keys if key in every}
    written = {key: kept.text for key, kept in own.items()}
    said: dict[str, dict[TextKey, str]] = {}
    for one in rendered:
        if one.text_key in own:
            said.setdefault(one.target, {})[TextKey(one.text_key)] = one.text
    # A note of two languages: what is rendered into its main one stands beside what was written.
    main = said.setdefault(_language(note, own), {})
    main.update({key: f"{written[key]}\n{text}" for key, text in main.items()})
    return {lang: _fields(note, keys, {**written, **texts}) for lang, texts in said.items()}


def _language(note: Note, own: Mapping[TextKey, Kept]) -> str:
    """The language of what a note says most in."""
    for key in (note.body_key, note.title_key, *own):
        if key in own and own[key].lang != NO_WORDS:
            return own[key].lang
    return NO_WORDS


def _fields(note: Note, keys: Sequence[TextKey], texts: Mapping[TextKey, str]) -> Fields:
    rest = "\n".join(texts[key] for key in keys if key != note.title_key and key in texts)
    return Fields(
        title=cutting.indexed(texts.get(note.title_key, "")),
        tags=cutting.indexed_tags(note.tags), body=cutting.indexed(rest),
    )


async def rendered(context: Context, payload: Rendered) -> None:
    """Have the notes indexed anew in which a text reads differently now, each once."""
    async with context.database.tx() as tx:
        ids = await translating.all_holding(tx, TextKey(payload.key))
        roots = [id_ for id_, note in (await notes.by_ids(tx, ids)).items() if not note.root_id]
        for id_ in roots:
            await jobs.enqueue(tx, INDEX, Touched(note=id_), key=f"{INDEX}:{id_}")


async def name(context: Context, payload: Named) -> None:
    """Let a person be found by their name and handle."""
    async with context.database.tx() as tx:
        await _name(tx, payload.person)


async def _name(tx: Tx, person: int) -> None:
    await tx.run(_NO_NAMES, person=person)
    found = (await people.by_ids(tx, [person])).get(person)
    if found is not None:
        forms = dict.fromkeys(
            [*cutting.beginnings(found.handle), *cutting.beginnings(found.name)]
        )
        await tx.run_many(_NAME, [{"form": form, "person": person} for form in forms])


async def backfill(context: Context, payload: After) -> None:
    """Index the next notes, oldest first, and want the rest."""
    await _backfill(context, payload, kind=BACKFILL)


async def stem(context: Context, payload: After) -> None:
    """`backfill` once more, for what was indexed before there were stems."""
    await _backfill(context, payload, kind=STEM)


async def _backfill(context: Context, payload: After, *, kind: str) -> None:
    async with context.database.tx() as tx:
        ids = await notes.roots_after(tx, payload.after, count=BATCH)
        await _index(tx, ids)
        await _go_on(tx, kind, ids)


async def backfill_names(context: Context, payload: After) -> None:
    """Index the next people, and want the rest."""
    async with context.database.tx() as tx:
        ids = await people.ids_after(tx, payload.after, count=BATCH)
        for id_ in ids:
            await _name(tx, id_)
        await _go_on(tx, BACKFILL_NAMES, ids)


async def _go_on(tx: Tx, kind: str, ids: Sequence[int]) -> None:
    if len(ids) == BATCH:
        await jobs.enqueue(tx, kind, After(after=ids[-1]), key=kind, priority=PRIORITY_LAST)


JOBS = (
    Job(INDEX, Touched, index, batch=jobs.TOGETHER),
    Job(RENDERED, Rendered, rendered),
    Job(NAME, Named, name),
    Job(BACKFILL, After, backfill),
    Job(BACKFILL_NAMES, After, backfill_names),
    Job(STEM, After, stem),
)
SUBSCRIPTIONS = {
    "NotePosted": INDEX, "NoteEdited": INDEX, "RenditionMade": RENDERED, "PersonJoined": NAME,
    "PersonDescribed": NAME,
}
