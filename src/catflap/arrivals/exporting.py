"""Writing what somebody takes with them: one ZIP with ActivityStreams, JSON and files.

Rows come page by page, and files chunk by chunk, into a file on disk that then goes to the store:
memory stays the same whatever there is. A run that was cut off begins anew.

Source: the W3C's Activity Streams 2.0 (``outbox.json``, ``actor.json`` and the collections);
`formats.catflap` reads it again.
"""

from __future__ import annotations

import html
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from catflap.arrivals import taking
from catflap.ground import clock
from catflap.ground.database import Database
from catflap.ground.sealing import Seal
from catflap.media.store import Store
from catflap.people.model import Person, PersonId

VERSION = 1
MANIFEST = "catflap.json"
CONTEXT = "https://www.w3.org/ns/activitystreams"
PUBLIC = CONTEXT + "#Public"
CIRCLES = {
    "following.json": ("follows", "followed"), "blocks.json": ("blocks", "blocked"),
    "mutes.json": ("mutes", "muted"),
}
README = """This is everything that you had on %(place)s, as @%(handle)s.

outbox.json      your notes and comments, as ActivityStreams; files stand in media/
actor.json       your profile, as ActivityStreams
following.json   whom you followed; blocks.json and mutes.json: whom you blocked and muted
boards.json      your boards, with the addresses of what you collected
data/            everything else, a file a table, as it stood in the database
media/           your photos and videos

Another Catflap reads it as it is: bring it at /arrive/bring. Texts are UTF-8, times are UTC.
"""

Moved = Callable[[float], Awaitable[None]]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything comes from. ``base`` is this server's address, ``place`` its name."""

    database: Database
    store: Store
    seal: Seal
    base: str
    place: str


async def write(
    source: Source, person: Person, target: Path | BinaryIO, *, moved: Moved
) -> None:
    """Write somebody's export to a local file; ``moved`` hears how far it is, from 0 to 1."""
    steps = len(taking.TAKEN) + 1
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _json(archive, MANIFEST, {
            "format": "catflap", "version": VERSION, "made_at": clock.now().isoformat(),
            "address": source.base, "handle": f"{person.handle}@{source.place}",
        })
        archive.writestr("README.txt", README % {"place": source.place, "handle": person.handle})
        _json(archive, "actor.json", _actor(source, person))
        for step, name in enumerate(taking.TAKEN):
            await _table(source, archive, name, person.id)
            await moved(0.5 * step / steps)
        for name, (table, whom) in CIRCLES.items():
            await _collection(
                archive, name, _column(source, table, whom, person.id)
            )
        await _collection(archive, "boards.json", _boards(source, person.id))
        files = await _files(source, person.id)
        await _collection(archive, "outbox.json", _outbox(source, person, files))
        whole = sum(len(found) for found in files.values()) or 1
        done = 0
        for found in files.values():
            for path, _ in found:
                await _file(source, archive, path)
                done += 1
                await moved(0.5 + 0.5 * done / whole)


def _json(archive: zipfile.ZipFile, name: str, value: Any) -> None:
    archive.writestr(name, msgspec.json.format(msgspec.json.encode(value), indent=1))


def _rows(
    source: Source, name: str, person: PersonId
) -> AsyncIterator[list[dict[str, Any]]]:
    return taking.pages(
        source.database, name, person, place=source.place, seal=source.seal
    )


async def _table(
    source: Source, archive: zipfile.ZipFile, name: str, person: PersonId
) -> None:
    with archive.open(f"data/{name}.json", "w", force_zip64=True) as file:
        file.write(b"[")
        is_first = True
        async for rows in _rows(source, name, person):
            for row in rows:
                file.write((b"\n" if is_first else b",\n") + msgspec.json.encode(row))
                is_first = False
        file.write(b"\n]\n")


async def _collection(
    archive: zipfile.ZipFile, name: str, items: AsyncIterator[Any]
) -> None:
    with archive.open(name, "w", force_zip64=True) as file:
        file.write(msgspec.json.encode({"@context": CONTEXT, "type": "OrderedCollection"})[:-1])
        file.write(b',"orderedItems":[')
        is_first = True
        async for item in items:
            file.write((b"\n" if is_first else b",\n") + msgspec.json.encode(item))
            is_first = False
        file.write(b"\n]}\n")


async def _column(
    source: Source, table: str, column: str, person: PersonId
) -> AsyncIterator[Any]:
    async for rows in _rows(source, table, person):
        for row in rows:
            if column in row:
                yield row[column]


async def _boards(source: Source, person: PersonId) -> AsyncIterator[Any]:
    held: dict[int, list[str]] = {}
    async for rows in _rows(source, "collected", person):
        for row in rows:
            held.setdefault(row["board_id"], []).append(f"{source.base}/n/{row['note_id']}")
    async for rows in _rows(source, "boards", person):
        for row in rows:
            yield {
                "type": "Collection", "name": row["title"], "public": row["is_public"],
                "items": held.get(row["id"], []),
            }


def _actor(source: Source, person: Person) -> Mapping[str, Any]:
    return {
        "@context": CONTEXT, "type": "Person", "id": f"{source.base}/@{person.handle}",
        "preferredUsername": person.handle, "name": person.name, "summary": _html(person.bio),
        "published": person.joined_at.isoformat(),
        "attachment": [
            {"type": "PropertyValue", "name": field.name, "value": _html(field.value)}
            for field in person.fields
        ],
    }


def _html(text: str) -> str:
    lines = html.escape(text).split("\n\n")
    return "".join(f"<p>{line.replace(chr(10), '<br>')}</p>" for line in lines if line)


async def _files(
    source: Source, person: PersonId
) -> dict[int, list[tuple[str, str]]]:
    """Paths of the largest file of each media in the store, and what they show, by their note."""
    found: dict[int, list[tuple[str, str]]] = {}
    async for rows in _rows(source, "media", person):
        for row in sorted(rows, key=lambda row: row["position"]):
            name = _largest(row)
            if name:
                held = found.setdefault(row["note_id"] or 0, [])
                held.append((f"{row['folder']}/{name}", row["alt"]))
    return found


def _largest(row: Mapping[str, Any]) -> str:
    if row["video"]:
        return str(row["video"]["file"])
    sizes: Sequence[Mapping[str, Any]] = (row["photo"] or {}).get("sizes", ())
    return str(max(sizes, key=lambda size: size["width"])["webp"]) if sizes else ""


async def _file(source: Source, archive: zipfile.ZipFile, path: str) -> None:
    """One file of the store, as it is; one that is gone is left out."""
    size_bytes = await source.store.size(path)
    if size_bytes is None or f"media/{path}" in archive.NameToInfo:
        return
    info = zipfile.ZipInfo(f"media/{path}")
    with archive.open(info, "w", force_zip64=True) as file:
        async for chunk in source.store.chunks(path, start=0, end=size_bytes):
            file.write(chunk)


async def _outbox(
    source: Source, person: Person, files: Mapping[int, Sequence[tuple[str, str]]]
) -> AsyncIterator[Any]:
    actor = f"{source.base}/@{person.handle}"
    async for rows in _rows(source, "notes", person.id):
        for row in rows:
            if not row["withdrawn"]:
                note = _note(source, row, actor, files.get(row["id"], ()))
                yield {
                    "type": "Create", "id": note["id"] + "#create", "actor": actor,
                    "published": note["published"], "to": note["to"], "object": note,
                }


def _note(
    source: Source, row: Mapping[str, Any], actor: str, files: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    to = {
        "public": [PUBLIC], "unlisted": [f"{actor}/followers", PUBLIC],
        "followers": [f"{actor}/followers"],
    }.get(row["visibility"], [actor])
    return {
        "type": "Note", "id": f"{source.base}/n/{row['id']}", "url": f"{source.base}/n/{row['id']}",
        "attributedTo": actor, "published": row["made_at"], "updated": row["edited_at"], "to": to,
        "inReplyTo": f"{source.base}/n/{row['parent_id']}" if row["parent_id"] else None,
        "name": row["title"], "summary": row["warning"] or None, "content": _html(row["body"]),
        "source": {"content": row["body"], "mediaType": "text/plain"},
        "location": row["place"] or None,
        "tag": [{"type": "Hashtag", "name": f"#{tag}"} for tag in row["tags"]],
        "attachment": [
            {"type": "Document", "url": f"media/{path}", "name": alt} for path, alt in files
        ],
    }
