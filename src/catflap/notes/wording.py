"""Whose words a text is, and whether it may leave the house.

Texts are kept once for all who wrote them, so a text knows only how often it is used. What a note
uses is counted here: a person is a text's only author where every use of it is theirs, and a text
is private again once every use of it is in notes that only few may see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Statement, among
from catflap.media import queries as media
from catflap.notes import polls, queries
from catflap.notes.model import Note, NoteId
from catflap.notes.tables import notes, revisions, says
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.translation import actions as translation_actions
from catflap.translation import queries as translation
from catflap.translation.model import TextKey

HOLDING_MAX = 1000
"""Of a text that stands in very many notes its newest are looked at."""

_HOLDING = Statement(
    sa.select(notes.c.id, notes.c.title_key, notes.c.body_key, notes.c.warning_key,
              notes.c.place_key)
    .where(sa.or_(*(says(name, "keys") for name in ("title", "body", "warning", "place"))))
    .order_by(notes.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_PAST = Statement(
    sa.select(revisions.c.title_key, revisions.c.body_key, revisions.c.warning_key).where(
        among(revisions.c.note_id, "notes")
    )
)


async def places(reads: Reads, keys: Sequence[TextKey]) -> set[tuple[TextKey, NoteId]]:
    """Each text with each note it stands in, whoever may see them; never for showing."""
    wanted = set(keys)
    if not wanted:
        return set()
    found = {
        (key, NoteId(id_))
        for id_, *own in await reads.all(_HOLDING, keys=sorted(wanted), count=HOLDING_MAX)
        for key in wanted.intersection(own)
    }
    asked = await polls.notes_with_texts(reads, sorted(wanted))
    described = await media.notes_with_texts(reads, sorted(wanted))
    return found | set(asked) | {(TextKey(key), NoteId(note)) for key, note in described}


async def uses_in(reads: Reads, found: Sequence[Note]) -> Counter[TextKey]:
    """How often these notes use each text: now, before their edits, in polls and files.

    Five queries.
    """
    ids = [note.id for note in found]
    items = [item for row in (await media.of_notes(reads, ids)).values() for item in row]
    used = Counter(key for note in found for key in note.keys())
    used.update(key for row in await reads.all(_PAST, notes=ids) for key in row if key)
    used.update(TextKey(item.alt_key) for item in items if item.alt_key)
    for poll in (await polls.of_notes(reads, ids)).values():
        used.update(polls.keys(poll))
    tracks = await media.subtitles_of(reads, [item.id for item in items])
    used.update(TextKey(track.text_key) for track in tracks)
    return used


async def is_only_author(reads: Reads, key: TextKey, *, person: PersonId) -> bool:
    """Whether nobody else wrote this text as well: every use of it is this person's."""
    ids = sorted({note for _, note in await places(reads, [key])})
    found = list((await queries.by_ids(reads, ids)).values())
    if any(note.author_id != person for note in found):
        return False
    own = (await uses_in(reads, found))[key]
    shelves = await queries.boards_of(reads, person, viewer=person)
    own += sum(board.title_key == key for board in shelves)
    own += (await people.by_id(reads, person, viewer=person)).keys().count(key)
    return own >= await translation.uses(reads, key)


async def is_for_all(reads: Reads, note: Note) -> bool:
    """Whether everybody may read a note: a comment only where they may read what it is under."""
    if not note.visibility.is_open or note.root_id is None:
        return note.visibility.is_open
    root = (await queries.by_ids(reads, [note.root_id])).get(note.root_id)
    return root is not None and root.visibility.is_open


async def follow_visibility(tx: Tx, note: Note) -> None:
    """Have what stands in a thread be as public as its note is now; after that was changed.

    Nobody but those who see the note sees its comments, so their words stay in the house too.
    """
    thread = [note, *(one for one in await queries.under(tx, note.id) if one.id != note.id)]
    if note.visibility.is_open:
        wide = [one for one in thread if one.visibility.is_open]
        await translation_actions.publish(tx, await uses_in(tx, wide))
    else:
        await translation_actions.keep_in_house(tx, await uses_in(tx, thread))
