"""Changing media: adding what was uploaded, placing it in notes, letting it go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground import chance, clock, events, ids, jobs
from catflap.ground.database import Tx
from catflap.ground.errors import Overtaken
from catflap.ground.statements import Instant, Json, Statement
from catflap.media import limits, looks, queries, subtitles
from catflap.media.errors import FocusUnfit
from catflap.media.events import MediaMoved
from catflap.media.model import (
    MIDDLE,
    Focus,
    Kind,
    Media,
    MediaId,
    PhotoMade,
    Slot,
    State,
    VideoMade,
)
from catflap.media.tables import looks as looks_table
from catflap.media.tables import media
from catflap.people.actions import text_within
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.model import NO_TEXT

_i64 = sa.BigInteger
MAKE_VIDEO = "media.make_video"
CLEAR_FOLDER = "media.clear_folder"

_ADD = Statement(media.insert().values({name: sa.bindparam(name) for name in media.c.keys()}))
_FIND_BY = Statement(
    looks_table.insert().values(media_id=sa.bindparam("media"), part=sa.bindparam("number"))
)
_PLACE = Statement(
    media.update()
    .where(
        media.c.id == sa.bindparam("media_id", type_=_i64),
        media.c.note_id.is_(None) | (media.c.note_id == sa.bindparam("note", type_=_i64)),
    )
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
_DESCRIBE = Statement(
    media.update()
    .where(media.c.id == sa.bindparam("media_id", type_=_i64), media.c.note_id.is_(None))
    .values(alt_key=sa.bindparam("key"))
)
_FOCUS = Statement(
    media.update()
    .where(media.c.id == sa.bindparam("media_id", type_=_i64))
    .values(focus=sa.bindparam("chosen", type_=Json(Focus)))
)
_TAKE_OUT = Statement(
    media.update()
    .where(media.c.note_id == sa.bindparam("note", type_=_i64))
    .values(note_id=None, made_at=sa.bindparam("now", type_=Instant))
)
_DELETE = Statement(media.delete().where(media.c.id == sa.bindparam("media_id", type_=_i64)))
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
    token = f"{chance.below(1 << 128):032x}"
    return f"{token[:2]}/{token[2:]}"


async def _add(
    tx: Tx, *, owner: PersonId, kind: Kind, state: State, folder: str, photo: PhotoMade | None
) -> MediaId:
    id_ = MediaId(ids.new(shard=ids.shard_of(owner)))
    await tx.run(
        _ADD, id=id_, owner_id=owner, note_id=None, position=0, kind=kind, state=state,
        folder=folder, alt_key=NO_TEXT, photo=photo, video=None,
        progress_ratio=0.0 if state == State.WORKING else 1.0, made_at=clock.now(),
        focus=None,
    )
    return id_


async def add_photo(tx: Tx, *, owner: PersonId, folder: str, made: PhotoMade) -> MediaId:
    """A photo whose files stand in ``folder`` of the store already."""
    id_ = await _add(
        tx, owner=owner, kind=Kind.PHOTO, state=State.READY, folder=folder, photo=made
    )
    await tx.run_many(
        _FIND_BY, [{"media": id_, "number": part} for part in looks.parts(made.looks)]
    )
    return id_


async def wear(
    tx: Tx, photo: MediaId, *, owner: PersonId, slot: Slot = Slot.AVATAR
) -> str:
    """Show a photo as oneself, and let the one before go. The answer is a file's path.

    It is the smallest file that fills the slot.

    Raises:
        NotFound: it is nobody's, or somebody else's.
        Overtaken: a note took it at this moment.
    """
    [item] = await queries.mine(tx, [photo], viewer=owner)
    await take_off(tx, owner=owner, slot=slot)
    if not await tx.run(
        _PLACE, media_id=photo, note=owner, place=slot.value, alt=item.alt_key
    ):
        raise Overtaken
    if item.photo is None:
        return ""
    sizes = item.photo.sizes
    fitting = sizes[0] if slot is Slot.AVATAR else sizes[min(1, len(sizes) - 1)]
    return f"{item.folder}/{fitting.webp}"


async def take_off(tx: Tx, *, owner: PersonId, slot: Slot) -> None:
    """Let go of the photo that somebody shows as themselves, where there is one."""
    worn = (await queries.of_notes(tx, [owner])).get(owner, [])
    await let_go(tx, [item for item in worn if item.position == slot.value])


async def add_video(tx: Tx, *, owner: PersonId, folder: str) -> MediaId:
    """A video whose original stands in ``folder``; it is made in the background."""
    id_ = await _add(
        tx, owner=owner, kind=Kind.VIDEO, state=State.WORKING, folder=folder, photo=None
    )
    await jobs.enqueue(
        tx, MAKE_VIDEO, MakeVideo(media=id_), key=f"{MAKE_VIDEO}:{id_}", lane=jobs.MEDIA
    )
    return id_


async def add_made_video(
    tx: Tx, *, owner: PersonId, folder: str, made: VideoMade
) -> MediaId:
    """A video whose made files stand in ``folder`` already."""
    id_ = await _add(
        tx, owner=owner, kind=Kind.VIDEO, state=State.READY, folder=folder, photo=None
    )
    await tx.run(_MADE, media_id=id_, new_state=State.READY, made=made, ratio=1.0)
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
    public: bool = True,
) -> None:
    """Put media into a note in this order, with their alt texts by media id.

    Media that stood in the note and are not named any more are let go.

    Raises:
        TextTooLong: an alt text is longer than `limits.ALT_MAX_CHARS`.
        Overtaken: another note took one of them at this moment.
    """
    before = (await queries.of_notes(tx, [note])).get(note, [])
    kept = {item.id for item in items}
    for position, item in enumerate(items):
        alt = text_within("alt", alts.get(item.id, ""), limits.ALT_MAX_CHARS)
        key = await translation.keep(tx, alt, prior=prior, public=public)
        if not await tx.run(_PLACE, media_id=item.id, note=note, place=position, alt=key):
            raise Overtaken
        await translation.release(tx, [item.alt_key])
    await let_go(tx, [item for item in before if item.id not in kept])


async def describe(
    tx: Tx, id_: MediaId, *, owner: PersonId, alt: str, prior: Sequence[str]
) -> None:
    """Describe a file before a note takes it, as apps do; in a note it is described by editing.

    Raises:
        NotFound: it is nobody's, or somebody else's.
        TextTooLong: the description is longer than `limits.ALT_MAX_CHARS`.
        Overtaken: a note took it at this moment.
    """
    [item] = await queries.mine(tx, [id_], viewer=owner)
    text = text_within("alt", alt, limits.ALT_MAX_CHARS)
    key = await translation.keep(tx, text, prior=prior, public=False)
    if not await tx.run(_DESCRIBE, media_id=id_, key=key):
        raise Overtaken
    await translation.release(tx, [item.alt_key])


def focus_of(text: str) -> Focus:
    """What a text such as "0.5,-1" says stays in sight; "" is the middle.

    Raises:
        FocusUnfit: it is no such text.
    """
    if not text.strip():
        return MIDDLE
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise FocusUnfit from None
    if not (-1 <= x <= 1 and -1 <= y <= 1):  # nor what is no number at all
        raise FocusUnfit
    return Focus(x=x, y=y)


async def focus(tx: Tx, id_: MediaId, *, owner: PersonId, on: Focus) -> None:
    """Have a picture cut so that this of it stays in sight.

    Raises:
        NotFound: it is nobody's, or somebody else's.
    """
    await queries.mine(tx, [id_], viewer=owner)
    await tx.run(_FOCUS, media_id=id_, chosen=None if on == MIDDLE else on)


async def let_go(tx: Tx, items: Sequence[Media]) -> None:
    """Delete media for real: rows now, files right after."""
    for item in items:
        if item.kind is Kind.VIDEO:
            await subtitles.let_go(tx, item.id)
        await tx.run(_DELETE, media_id=item.id)
        await translation.release(tx, [item.alt_key])
        await clear(tx, item.folder)


async def clear(tx: Tx, folder: str) -> None:
    """Delete a folder's files right after, unless media stand on it; "" is none."""
    if folder:
        await jobs.enqueue(tx, CLEAR_FOLDER, ClearFolder(folder=folder), key=f"clear:{folder}")


async def take_out(tx: Tx, note: int) -> None:
    """Leave a note's media with their owner, as loose as if they were uploaded now."""
    await tx.run(_TAKE_OUT, note=note, now=clock.now())


async def let_go_of_notes(tx: Tx, notes: Sequence[int]) -> None:
    """Delete the media of notes that are withdrawn."""
    for items in (await queries.of_notes(tx, notes)).values():
        await let_go(tx, items)


async def let_go_of_person(tx: Tx, owner: PersonId) -> None:
    """Delete everything a leaving person uploaded."""
    await let_go(tx, await tx.all(_OWNED, owner=owner))
