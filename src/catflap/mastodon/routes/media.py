"""Photos and videos on their way into a note."""

from __future__ import annotations

import asyncio
import time

import msgspec
from starlette.responses import Response

from catflap.ground.errors import NotFound, TextMissing
from catflap.ground.ids import from_text
from catflap.mastodon.asking import file_of
from catflap.mastodon.call import Call
from catflap.mastodon.door import SECURITY, Door
from catflap.mastodon.endpoint import endpoint
from catflap.mastodon.entities.status import Attachment, attachment
from catflap.media import actions
from catflap.media import queries as media
from catflap.media.model import Media, MediaId, State
from catflap.media.uploading import on_disk
from catflap.people.errors import StillWaiting
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN

TYPE = "application/json; charset=utf-8"
WAITS_S = 10
LOOKS_EACH_S = 0.2
FILE = {"file": True}


class Upload(msgspec.Struct, kw_only=True):
    """A file, in ``file``, with its description.

    ``focus`` is what of it stays in sight where it is cut: "x,y", each from -1 to 1.
    """

    description: str | None = None
    focus: str | None = None


async def _told(door: Door, call: Call, id_: MediaId) -> tuple[Media, Attachment]:
    async with door.house.database.reads() as reads:
        [item] = await media.mine(reads, [id_], viewer=call.me)
        texts = await translation.kept(reads, [item.alt_key], target=UNKNOWN)
    alt = texts[item.alt_key].text if item.alt_key in texts else ""
    return item, attachment(item, alt=alt, base=call.base)


async def _taken(door: Door, call: Call, asked: Upload) -> tuple[Media, Attachment]:
    assert call.reader is not None
    if call.reader.waits:
        raise StillWaiting
    upload = file_of(call.asked, "file")
    if upload is None:
        raise TextMissing("file")
    actions.focus_of(asked.focus or "")  # before anything is kept
    door.posts.spend(f"media:{call.me}")
    with on_disk(upload) as path:
        id_ = await door.house.uploads.take(path, owner=call.me)
    await _say(door, call, id_, asked)
    return await _told(door, call, id_)


async def _say(door: Door, call: Call, id_: MediaId, asked: Upload) -> None:
    """Keep what an app says of a file."""
    assert call.reader is not None
    if asked.description is None and asked.focus is None:
        return
    async with door.house.database.tx() as tx:
        if asked.description is not None:
            await actions.describe(
                tx, id_, owner=call.me, alt=asked.description, prior=call.reader.reads
            )
        if asked.focus is not None:
            await actions.focus(tx, id_, owner=call.me, on=actions.focus_of(asked.focus))


def _answer(item: Media, told: Attachment, *, working: int) -> Response:
    """A file as far as it is: only what is ready has an address, and is answered with 200."""
    if item.state is State.FAILED:
        return Response(
            msgspec.json.encode({"error": "Error processing thumbnail for uploaded media"}), 422,
            SECURITY, media_type=TYPE,
        )
    status = 200 if item.state is State.READY else working
    return Response(msgspec.json.encode(told), status, SECURITY, media_type=TYPE)


@endpoint("POST", "/api/v2/media", takes=Upload, gives=Attachment, scopes=("write:media",),
          files=FILE, also=(202,))
async def upload(door: Door, call: Call, asked: Upload) -> Response:
    """Upload a photo or video: 200 when it is ready, 202 while a video is made."""
    return _answer(*await _taken(door, call, asked), working=202)


@endpoint("POST", "/api/v1/media", takes=Upload, gives=Attachment, scopes=("write:media",),
          files=FILE, also=(202,))
async def upload_v1(door: Door, call: Call, asked: Upload) -> Response:
    """Upload a photo or video, as older apps do, which take the answer for one that is ready.

    So it waits for a video, but no longer than apps wait for an answer: 202 then, as the second
    version has it.
    """
    item, told = await _taken(door, call, asked)
    until = time.monotonic() + WAITS_S
    while item.state is State.WORKING and time.monotonic() < until:
        await asyncio.sleep(LOOKS_EACH_S)
        item, told = await _told(door, call, item.id)
    return _answer(item, told, working=202)


class Which(msgspec.Struct, kw_only=True):
    """A photo or video, by id."""

    id: str


def _id(text: str) -> MediaId:
    found = from_text(text)
    if found is None:
        raise NotFound("media")
    return MediaId(found)


@endpoint("GET", "/api/v1/media/{id}", takes=Which, gives=Attachment, scopes=("write:media",),
          also=(206,))
async def show(door: Door, call: Call, asked: Which) -> Response:
    """How far a file is: 200 when it is ready, 206 while a video is made."""
    return _answer(*await _told(door, call, _id(asked.id)), working=206)


class Described(Upload, kw_only=True):
    """A description for a file that no note took yet."""

    id: str


@endpoint("PUT", "/api/v1/media/{id}", takes=Described, gives=Attachment,
          scopes=("write:media",), also=(206,))
async def describe(door: Door, call: Call, asked: Described) -> Response:
    """Describe a photo or video, and say what of it stays in sight."""
    id_ = _id(asked.id)
    await _say(door, call, id_, asked)
    return _answer(*await _told(door, call, id_), working=206)


@endpoint("DELETE", "/api/v1/media/{id}", takes=Which, scopes=("write:media",))
async def delete(door: Door, call: Call, asked: Which) -> dict[str, str]:
    """Delete a file that no note took."""
    id_ = _id(asked.id)
    async with door.house.database.tx() as tx:
        [item] = await media.mine(tx, [id_], viewer=call.me)
        if item.note_id is not None:
            raise NotFound("media")
        await actions.let_go(tx, [item])
    return {}
