"""Catflap's own export, as `exporting` writes it: known by its ``catflap.json``.

Notes wait to be chosen, comments are counted (they answer what is elsewhere), and those whom one
followed, blocked or muted stand as addresses ``name@place``, like anybody's who is brought.
Everything else (``data/``) is for its owner's eyes and passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catflap.arrivals.dates import instant
from catflap.arrivals.formats import fediverse
from catflap.arrivals.gathering import Gathering
from catflap.arrivals.model import Found, HandleKind, Network, Unread
from catflap.arrivals.opening import Read
from catflap.arrivals.skimming import Skimmer
from catflap.arrivals.texts import plain

NETWORK = Network.CATFLAP

_MANIFEST = "catflap.json"
_LISTS = {
    "following.json": HandleKind.FOLLOWED, "blocks.json": HandleKind.BLOCKED,
    "mutes.json": HandleKind.MUTED,
}
_POSTS, _BOARDS = "outbox.json", "boards.json"


def wanted(names: Sequence[str]) -> list[str]:
    """Its documents, wherever its manifest stands beside them."""
    for manifest in (name for name in names if _plain(name) == _MANIFEST):
        folder = manifest.removesuffix(_MANIFEST)
        own = [folder + name for name in (_MANIFEST, *_LISTS, _POSTS, _BOARDS)]
        return [name for name in own if name in names]
    return []


def _plain(name: str) -> str:
    """A name without the folder that packing it again may have put around it."""
    return name.rpartition("/")[2]


def read(name: str, read: Read, into: Gathering) -> None:
    """Read one of its files."""
    document = Skimmer(read)
    folder, name = name.removesuffix(_plain(name)), _plain(name)
    for key in document.members():
        if name == _MANIFEST and key == "handle":
            into.handle(HandleKind.OWN, document.value())
        elif key == "orderedItems":
            for _ in document.elements():
                _item(name, document.value(), into, folder=folder)
    document.end()


def _item(name: str, item: Any, into: Gathering, *, folder: str) -> None:
    if name in _LISTS:
        into.handle(_LISTS[name], item)
    elif not isinstance(item, dict):
        into.damaged()
    elif name == _BOARDS:
        held = item.get("items")
        into.count(Found.COLLECTED, len(held) if isinstance(held, list) else 0)
    else:
        _note(item.get("object"), into, folder=folder)


def _note(note: Any, into: Gathering, *, folder: str) -> None:
    source = note.get("source") if isinstance(note, dict) else None
    if not isinstance(note, dict) or not isinstance(source, dict):
        into.damaged()
    elif not fediverse.is_for_many(note):
        into.passed(Unread.MESSAGES)
    elif note.get("inReplyTo"):
        into.count(Found.COMMENTS)
    else:
        attached = note.get("attachment")
        parts = [plain(note.get("summary")), plain(note.get("name")), plain(source.get("content"))]
        into.post(
            body="\n\n".join(part for part in parts if part), link=note.get("url"),
            at=instant(note.get("published")),
            files=[
                folder + part["url"] for part in (attached if isinstance(attached, list) else [])
                if isinstance(part, dict) and isinstance(part.get("url"), str)
            ],
        )
