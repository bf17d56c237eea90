"""Changing media: adding what was uploaded, placing it in notes, letting it go."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, events, ids, jobs
from catflap.ground.database import Tx
from catflap.ground.statements import Instant, Json, Statement
from catflap.media import limits, queries
from catflap.media.events import MediaMoved
from catflap.media.model import Kind, Media, MediaId, PhotoMade, State, VideoMade
from catflap.media.tables import media
from catflap.people.actions import text_within
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.model import NO_TEXT

_i64 = sa.BigInteger
MAKE_VIDEO = "media.make_video"
CLEAR_FOLDER = "media.clear_folder"

_ADD = Statement(media.insert().values({name: sa.bindparam(name) for name in media.c.keys()}))
_PLACE = Statement(
    media.update()
    .where(media.c.id == sa.bindparam("media_id", type_=_i64))
    .values(
        note_id=sa.bindparam("note", type_=_i64), position=sa.bindparam("place"),
        alt_key=sa.bindparam("alt"),
    )
)
_MADE = Statement(
    media.update()
    .where(media.c.id == sa.bindparam("media_id", type_=_i64))
    .values(
        state=sa.bindparam("new_state"), video=sa.bindparam("made", type_=Json(VideoMade)),
        progress_ratio=sa.bindparam("ratio", type_=sa.Float),
    )
)
_DELETE = Statement(media.delete().where(media.c.id == sa.bindparam("media_id", type_=_i64)))
_LOOSE = Statement(
    sa.select(*(media.c[name] for name in Media.__struct_fields__)).where(
        media.c.note_id.is_(None), media.c.made_at < sa.bindparam("before", type_=Instant)
    ),
    Media,
)
_OWNED = Statement(
    sa.select(*(media.c[name] for name in Media.__struct_fields__)).where(
        media.c.owner_id == sa.bindparam("owner", type_=_i64)
    ),
    Media,
)


class MakeVideo(msgspec.Struct, frozen=True, kw_only=True):
    """A video whose original waits in its folder."""

    media: int


class ClearFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder whose media are gone; its files go unless another media came to stand on it."""

    folder: str


def new_folder() -> str:
    """A folder in the store that nobody can guess: files are served without asking who looks."""
    token = secrets.token_hex(16)
    return f"{token[:2]}/{token[2:]}"


async def _add(
    tx: Tx, *, owner: PersonId, kind: Kind, state: State, folder: str, photo: PhotoMade | None
) -> MediaId:
    id_ = MediaId(ids.new(shard=ids.shard_of(owner)))
    await tx.run(
        _ADD, id=id_, owner_id=owner, note_id=None, position=0, kind=kind, state=state,
        folder=folder, alt_key=NO_TEXT, photo=photo, video=None,
        progress_ratio=0.0 if state == State.WORKING else 1.0, made_at=clock.now(),
    )
    return id_


async def add_photo(tx: Tx, *, owner: PersonId, folder: str, made: PhotoMade) -> MediaId:
    """A photo whose files stand in ``folder`` of the store already."""
    return await _add(
        tx, owner=owner, kind=Kind.PHOTO, state=State.READY, folder=folder, photo=made
    )


async def add_video(tx: Tx, *, owner: PersonId, folder: str) -> MediaId:
    """A video whose original stands in ``folder``; it is made in the background."""
    id_ = await _add(
        tx, owner=owner, kind=Kind.VIDEO, state=State.WORKING, folder=folder, photo=None
    )
    await jobs.enqueue(tx, MAKE_VIDEO, MakeVideo(media=id_), key=f"{MAKE_VIDEO}:{id_}")
    return id_


async def move(
    tx: Tx, item: Media, *, state: State, made: VideoMade | None, progress_ratio: float
) -> None:
    """Note how far a video's making is."""
    await tx.run(_MADE, media_id=item.id, new_state=state, made=made, ratio=progress_ratio)
    await events.emit(
        tx,
        MediaMoved(
            media=item.id, owner=item.owner_id, state=state, progress_ratio=progress_ratio
        ),
    )


async def place(
    tx: Tx,
    items: Sequence[Media],
    *,
    note: int,
    alts: Mapping[int, str],
    prior: Sequence[str],
) -> None:
    """Put media into a note in this order, with their alt texts by media id.

    Media that stood in the note and are not named any more are let go.

    Raises:
        TextTooLong: an alt text is longer than `limits.ALT_MAX_CHARS`.
    """
    before = (await queries.of_notes(tx, [note])).get(note, [])
    kept = {item.id for item in items}
    for position, item in enumerate(items):
        alt = text_within("alt", alts.get(item.id, ""), limits.ALT_MAX_CHARS)
        key = await translation.keep(tx, alt, prior=prior)
        await tx.run(_PLACE, media_id=item.id, note=note, place=position, alt=key)
        await translation.release(tx, [item.alt_key])
    await let_go(tx, [item for item in before if item.id not in kept])


async def let_go(tx: Tx, items: Sequence[Media]) -> None:
    """Delete media for real: rows now, files right after."""
    for item in items:
        await tx.run(_DELETE, media_id=item.id)
        await translation.release(tx, [item.alt_key])
        await jobs.enqueue(
            tx, CLEAR_FOLDER, ClearFolder(folder=item.folder), key=f"clear:{item.folder}"
        )


async def let_go_of_notes(tx: Tx, notes: Sequence[int]) -> None:
    """Delete the media of notes that are withdrawn."""
    for items in (await queries.of_notes(tx, notes)).values():
        await let_go(tx, items)


async def let_go_of_person(tx: Tx, owner: PersonId) -> None:
    """Delete everything a leaving person uploaded."""
    await let_go(tx, await tx.all(_OWNED, owner=owner))


async def forget_loose(tx: Tx, *, before: datetime, keep: set[int]) -> int:
    """Delete old uploads that no note took, except those that drafts still name."""
    loose = [item for item in await tx.all(_LOOSE, before=before) if item.id not in keep]
    await let_go(tx, loose)
    return len(loose)


async def copy_to(tx: Tx, item: Media, *, owner: PersonId, note: int) -> MediaId:
    """The same files in another note; the demo's multiplying uses it."""
    id_ = MediaId(ids.new(shard=ids.shard_of(owner)))
    await tx.run(
        _ADD, id=id_, owner_id=owner, note_id=note, position=item.position, kind=item.kind,
        state=item.state, folder=item.folder, alt_key=item.alt_key, photo=item.photo,
        video=item.video, progress_ratio=item.progress_ratio, made_at=item.made_at,
    )
    return id_
