"""Subtitles of the video in a note: its author puts them there and takes them away."""

from __future__ import annotations

from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotAllowed, NotFound
from catflap.media import queries as media
from catflap.media import subtitles
from catflap.media.model import Kind, Media, Track
from catflap.notes import holding, queries, wording
from catflap.notes.model import Note, NoteId
from catflap.notes.translating import touch
from catflap.people.model import PersonId


async def video_of(reads: Reads, note: Note) -> Media:
    """The video in a note.

    Raises:
        NotFound: it has none.
    """
    items = (await media.of_notes(reads, [note.id])).get(note.id, [])
    if not items or items[0].kind is not Kind.VIDEO:
        raise NotFound("video")
    return items[0]


async def _own(tx: Tx, id_: NoteId, *, by: PersonId) -> tuple[Note, Media]:
    note = await holding.note(tx, id_, viewer=by)
    if note.author_id != by:
        raise NotAllowed("subtitles")
    return note, await video_of(tx, note)


async def put(tx: Tx, id_: NoteId, raw: bytes, *, lang: str, by: PersonId) -> Track:
    """Give the video of one's note subtitles in a language, in place of those it had.

    Raises:
        NotFound: there is no such note or video, or the code names no language.
        NotAllowed: it is somebody else's.
        SubtitlesInvalid, TooMany: what `media.subtitles.put` raises.
    """
    note, video = await _own(tx, id_, by=by)
    track = await subtitles.put(
        tx, video.id, raw, lang=lang, by=by, public=await wording.is_for_all(tx, note)
    )
    await touch(tx, id_)
    return track


async def drop(tx: Tx, id_: NoteId, *, lang: str, by: PersonId) -> None:
    """Take the subtitles of a language off one's video.

    Raises:
        NotFound, NotAllowed: as `put` does.
    """
    _, video = await _own(tx, id_, by=by)
    await subtitles.drop(tx, video.id, lang=lang, by=by)
    await touch(tx, id_)


async def tracks(reads: Reads, id_: NoteId, *, viewer: PersonId | None) -> list[Track]:
    """The subtitles of the video in a note.

    Raises:
        NotFound: the note or its video is absent, or not for this viewer.
    """
    video = await video_of(reads, await queries.note(reads, id_, viewer=viewer))
    return await media.subtitles_of(reads, [video.id])
