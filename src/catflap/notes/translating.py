"""People's part in translating the texts of notes: who may, and who is told.

The verbs of `translation.suggesting`, for texts that stand in a note its viewer may see. Whoever
wrote the note is the author of its texts, unless somebody else wrote the same words.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground import events
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.statements import Statement
from catflap.media import queries as media
from catflap.media.model import Track
from catflap.notes import holding as held
from catflap.notes import linking, polls, queries, wording
from catflap.notes.events import TranslationAccepted, TranslationSuggested
from catflap.notes.model import Note, NoteId
from catflap.notes.tables import notes
from catflap.people import queries as people
from catflap.people import waiting
from catflap.people.model import PersonId
from catflap.translation import suggesting
from catflap.translation.codes import Lang
from catflap.translation.errors import SuggestionRefused
from catflap.translation.model import TextKey, normalised

_i64 = sa.BigInteger
_TOUCH = Statement(
    notes.update()
    .where(notes.c.id == sa.bindparam("note", type_=_i64))
    .values(revision=notes.c.revision + 1)
)


async def holding(
    reads: Reads, keys: Sequence[TextKey], *, viewer: PersonId
) -> dict[TextKey, NoteId]:
    """For each text the newest note it stands in that the viewer may see; none, no entry.

    Three queries and those of `queries.seen`, whatever the number of texts.
    """
    found = await wording.places(reads, keys)
    seen = await queries.seen(reads, sorted({id_ for _, id_ in found}), viewer=viewer)
    return {key: id_ for key, id_ in sorted(found) if id_ in seen}


async def all_holding(reads: Reads, key: TextKey) -> list[int]:
    """The newest notes and comments that a text stands in; never for showing. Three queries."""
    return sorted({id_ for _, id_ in await wording.places(reads, [key])})


async def texts_of(reads: Reads, note: Note) -> set[TextKey]:
    """Every text in a note: of its own, its poll, its files, and of the page it links to."""
    items = (await media.of_notes(reads, [note.id])).get(note.id, [])
    asked = (await polls.of_notes(reads, [note.id])).get(note.id)
    return {
        *note.keys(), *(polls.keys(asked) if asked else ()),
        *(item.alt_key for item in items if item.alt_key),
        *(TextKey(track.text_key) for track in await _tracks(reads, note)),
        *linking.keys(await linking.of_notes(reads, [note.id])),
    }


async def _tracks(reads: Reads, note: Note) -> list[Track]:
    items = (await media.of_notes(reads, [note.id])).get(note.id, [])
    return await media.subtitles_of(reads, [item.id for item in items])


async def touch(tx: Tx, id_: NoteId) -> None:
    """Have a note rendered anew: something in it reads differently now."""
    await tx.run(_TOUCH, note=id_)


async def is_only_author(reads: Reads, note: Note, key: TextKey, *, viewer: PersonId) -> bool:
    """Whether the viewer alone decides on translations of a text in a note."""
    return note.author_id == viewer and await wording.is_only_author(reads, key, person=viewer)


async def _standing(tx: Tx, id_: NoteId, key: TextKey, *, viewer: PersonId) -> tuple[Note, bool]:
    """The note while nobody else changes it, and whether the viewer is the text's only author."""
    note = await held.note(tx, id_, viewer=viewer)
    if key not in await texts_of(tx, note):
        raise NotFound("text")
    return note, await is_only_author(tx, note, key, viewer=viewer)


async def _of_suggestion(
    tx: Tx, id_: NoteId, key: TextKey, suggestion: int, *, target: Lang, viewer: PersonId
) -> tuple[Note, bool]:
    standing = await _standing(tx, id_, key, viewer=viewer)
    found = await suggesting.suggestion(tx, suggestion)
    if (found.text_key, found.target) != (key, target):
        raise NotFound("suggestion")
    return standing


async def suggest(
    tx: Tx, id_: NoteId, key: TextKey, *, target: Lang, text: str, by: PersonId
) -> int:
    """Suggest a better translation of a text in a note; the author is told.

    Raises:
        NotFound: the note or the text is absent, or not for this person.
        StillWaiting: ``by`` is not let in yet.
        and what `suggesting.suggest` raises.
    """
    await waiting.must_be_in(tx, by)
    note, is_author = await _standing(tx, id_, key, viewer=by)
    reader = await people.reader(tx, by)
    if reader is None:
        raise NotFound("person")
    for track in await _tracks(tx, note):
        # Lines and times are matched by their number.
        if track.text_key == key and len(normalised(text).split("\n")) != len(track.times_ms):
            raise SuggestionRefused("lines")
    made = await suggesting.suggest(
        tx, key, target=target, text=text, by=by, reads=reader.reads, is_author=is_author
    )
    await touch(tx, note.id)
    if note.author_id != by:
        await events.emit(tx, TranslationSuggested(note=note.id, author=note.author_id, by=by))
    return made


async def accept(
    tx: Tx, id_: NoteId, key: TextKey, suggestion: int, *, target: Lang, by: PersonId
) -> bool:
    """Accept a suggestion, or vote for it; true where it stands from now on through this.

    Raises:
        NotFound, and what `suggesting.accept` raises.
    """
    note, is_author = await _of_suggestion(tx, id_, key, suggestion, target=target, viewer=by)
    stands = await suggesting.accept(tx, suggestion, by=by, is_author=is_author)
    if stands:
        await touch(tx, note.id)
        writer = PersonId((await suggesting.suggestion(tx, suggestion)).by_id)
        await events.emit(tx, TranslationAccepted(note=note.id, writer=writer, by=by))
    return stands


async def undo(
    tx: Tx, id_: NoteId, key: TextKey, suggestion: int, *, target: Lang, by: PersonId
) -> None:
    """Take an accepted suggestion back.

    Raises:
        NotFound, and what `suggesting.undo` raises.
    """
    note, is_author = await _of_suggestion(tx, id_, key, suggestion, target=target, viewer=by)
    await suggesting.undo(tx, suggestion, by=by, is_author=is_author)
    await touch(tx, note.id)


async def doubt(tx: Tx, id_: NoteId, key: TextKey, *, target: Lang, by: PersonId) -> None:
    """Say that a translation in a note is wrong.

    Raises:
        NotFound: there is no such translation, or not for this person.
    """
    await waiting.must_be_in(tx, by)
    await _standing(tx, id_, key, viewer=by)
    await suggesting.doubt(tx, key, target=target, by=by)


async def settle(tx: Tx, key: TextKey, *, target: Lang, by: PersonId) -> None:
    """Say that a doubted translation is right after all.

    Raises:
        NotFound: the text stands in no note that this person may see.
        HostsOnly: ``by`` is a newcomer.
    """
    if not await holding(tx, [key], viewer=by):
        raise NotFound("text")
    await suggesting.settle(tx, key, target=target, by=by)


async def claim_language(
    tx: Tx, id_: NoteId, key: TextKey, *, lang: str, by: PersonId
) -> bool:
    """Say what language a text in a note really is in; true where that counts from now on.

    Raises:
        NotFound: the note, the text or the language is none.
    """
    await waiting.must_be_in(tx, by)
    note, is_author = await _standing(tx, id_, key, viewer=by)
    counts = await suggesting.claim_language(tx, key, lang=lang, by=by, is_author=is_author)
    if counts:
        await touch(tx, note.id)
    return counts
