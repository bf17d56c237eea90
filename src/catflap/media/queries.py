"""Reading media. Their viewer is whoever may see the note; loose ones are their owner's."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.statements import Instant, Statement, among
from catflap.media import limits, looks
from catflap.media.model import Media, MediaId, Track
from catflap.media.tables import looks as looks_table
from catflap.media.tables import media, subtitles
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_MEDIA = tuple(media.c[name] for name in Media.__struct_fields__)

_OF_NOTES = Statement(
    sa.select(*_MEDIA).where(among(media.c.note_id, "notes")).order_by(
        media.c.note_id, media.c.position
    ),
    Media,
)
_BY_IDS = Statement(sa.select(*_MEDIA).where(among(media.c.id, "ids")), Media)
_LOOSE = Statement(
    sa.select(*_MEDIA).where(
        media.c.note_id.is_(None), media.c.made_at < sa.bindparam("before", type_=Instant)
    ),
    Media,
)
ALIKE_LOOKED_AT = 500
_LIKELY_ALIKE = Statement(
    sa.select(*_MEDIA)
    .where(
        media.c.id.in_(
            sa.select(looks_table.c.media_id).where(among(looks_table.c.part, "parts"))
        ),
        media.c.id != sa.bindparam("own", type_=_i64), media.c.note_id.is_not(None),
        media.c.owner_id != sa.bindparam("owner", type_=_i64),
    )
    .order_by(media.c.id)
    .limit(ALIKE_LOOKED_AT),
    Media,
)
_TRACKS = Statement(
    sa.select(*(subtitles.c[name] for name in Track.__struct_fields__))
    .where(among(subtitles.c.media_id, "ids"))
    .order_by(subtitles.c.media_id, subtitles.c.lang),
    Track,
)
_WITH_ALT = Statement(
    sa.select(media.c.alt_key, media.c.note_id).where(
        among(media.c.alt_key, "keys"), media.c.note_id.is_not(None)
    )
)
_WITH_SUBTITLES = Statement(
    sa.select(subtitles.c.text_key, media.c.note_id)
    .join(media, media.c.id == subtitles.c.media_id)
    .where(among(subtitles.c.text_key, "keys"), media.c.note_id.is_not(None))
)
_FOLDER_USES = Statement(
    sa.select(sa.func.count()).select_from(media).where(
        media.c.folder == sa.bindparam("folder")
    ),
    int,
)


def stand_in(note: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a note has media, as a condition of the floors above, whose tables ours know not."""
    return sa.exists(sa.select(media.c.id).where(media.c.note_id == note))


async def of_notes(reads: Reads, notes: Sequence[int]) -> dict[int, list[Media]]:
    """The media of notes, in order. One query."""
    found: dict[int, list[Media]] = {}
    if notes:
        for item in await reads.all(_OF_NOTES, notes=list(notes)):
            found.setdefault(item.note_id or 0, []).append(item)
    return found


async def alike(reads: Reads, item: Media) -> list[int]:
    """The notes of other people in which a photo like this one stands. One query.

    Of those that may be like it the first `ALIKE_LOOKED_AT` are compared.
    """
    own = item.photo.looks if item.photo else ""
    if not own:
        return []
    found = await reads.all(
        _LIKELY_ALIKE, parts=looks.near(own), own=item.id, owner=item.owner_id
    )
    return [
        one.note_id for one in found
        if one.note_id and one.photo and looks.are_alike(own, one.photo.looks)
    ]


async def mine(reads: Reads, ids: Sequence[MediaId], *, viewer: PersonId) -> list[Media]:
    """The viewer's own media, in the order asked for, each once however often it is asked for.

    Raises:
        NotFound: one of them is nobody's, or somebody else's.
    """
    if not ids:
        return []
    found = {item.id: item for item in await reads.all(_BY_IDS, ids=list(ids))}
    if any(id_ not in found or found[id_].owner_id != viewer for id_ in ids):
        raise NotFound("media")
    return [found[id_] for id_ in dict.fromkeys(ids)]


async def still_mine(
    reads: Reads, ids: Sequence[MediaId], *, viewer: PersonId
) -> list[Media]:
    """Those of the viewer's own media that are still there. One query."""
    found = await reads.all(_BY_IDS, ids=list(ids)) if ids else []
    return [item for item in found if item.owner_id == viewer]


async def anyone(reads: Reads, id_: MediaId) -> Media | None:
    """One media for the jobs that make it; never for showing."""
    found = await reads.all(_BY_IDS, ids=[id_])
    return found[0] if found else None


async def loose(reads: Reads) -> list[Media]:
    """Media older than `limits.LOOSE_KEPT_FOR` that stand in no note; never for showing."""
    return await reads.all(_LOOSE, before=clock.now() - limits.LOOSE_KEPT_FOR)


async def folder_uses(reads: Reads, folder: str) -> int:
    """How many media stand on one folder; only the last one's deletion removes its files."""
    return await reads.one(_FOLDER_USES, folder=folder) or 0


async def subtitles_of(reads: Reads, ids: Sequence[MediaId]) -> list[Track]:
    """The subtitles of videos, by language. One query."""
    return await reads.all(_TRACKS, ids=list(ids)) if ids else []


async def notes_with_texts(reads: Reads, keys: Sequence[str]) -> list[tuple[str, int]]:
    """Which of these texts describe a file or are its subtitles, and the notes it stands in."""
    found = [
        *await reads.all(_WITH_ALT, keys=list(keys)),
        *await reads.all(_WITH_SUBTITLES, keys=list(keys)),
    ]
    return [(key, note) for key, note in found]
