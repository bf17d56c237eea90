"""Reading media. Their viewer is whoever may see the note; loose ones are their owner's."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.statements import Statement, among
from catflap.media.model import Media, MediaId
from catflap.media.tables import media
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_MEDIA = tuple(media.c[name] for name in Media.__struct_fields__)

_OF_NOTES = Statement(
    sa.select(*_MEDIA).where(among(media.c.note_id, "notes")).order_by(
        media.c.note_id, media.c.position
    ),
    Media,
)
_COVERS = Statement(
    sa.select(*_MEDIA).where(among(media.c.note_id, "notes"), media.c.position == 0), Media
)
_BY_IDS = Statement(sa.select(*_MEDIA).where(among(media.c.id, "ids")), Media)
_FOLDER_USES = Statement(
    sa.select(sa.func.count()).select_from(media).where(
        media.c.folder == sa.bindparam("folder")
    ),
    int,
)


async def of_notes(reads: Reads, notes: Sequence[int]) -> dict[int, list[Media]]:
    """The media of notes, in order. One query."""
    found: dict[int, list[Media]] = {}
    if notes:
        for item in await reads.all(_OF_NOTES, notes=list(notes)):
            found.setdefault(item.note_id or 0, []).append(item)
    return found


async def covers(reads: Reads, notes: Sequence[int]) -> dict[int, Media]:
    """The first of each note's media. One query."""
    if not notes:
        return {}
    return {item.note_id or 0: item for item in await reads.all(_COVERS, notes=list(notes))}


async def mine(reads: Reads, ids: Sequence[MediaId], *, viewer: PersonId) -> list[Media]:
    """The viewer's own media, in the order asked for.

    Raises:
        NotFound: one of them is nobody's, or somebody else's.
    """
    if not ids:
        return []
    found = {item.id: item for item in await reads.all(_BY_IDS, ids=list(ids))}
    if any(id_ not in found or found[id_].owner_id != viewer for id_ in ids):
        raise NotFound("media")
    return [found[id_] for id_ in ids]


async def anyone(reads: Reads, id_: MediaId) -> Media | None:
    """One media for the jobs that make it; never for showing."""
    found = await reads.all(_BY_IDS, ids=[id_])
    return found[0] if found else None


async def folder_uses(reads: Reads, folder: str) -> int:
    """How many media stand on one folder; only the last one's deletion removes its files."""
    return await reads.one(_FOLDER_USES, folder=folder) or 0
