"""Instagram's export as JSON: some hundred small files of which five kinds are read.

Older and newer exports write the same list in two ways (bare, or under ``relationships_…``), and
newer ones put the handle in ``title`` where older ones had ``value``; both are read. Every text is
UTF-8 written out as Latin-1, keys included. What is under ``messages``, ``security_and_login_
information``, ``personal_information`` and the like is passed over: its files are not opened.

Source: the schema that PanoptiCool documents from a real export, and d3i-infra's port; facts only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from catflap.arrivals.dates import instant
from catflap.arrivals.gathering import Gathering
from catflap.arrivals.model import Found, HandleKind, Network, Unread
from catflap.arrivals.opening import Read
from catflap.arrivals.skimming import Skimmer
from catflap.arrivals.texts import unscrambled

NETWORK = Network.INSTAGRAM

HANDLES = (
    (re.compile(r"followers_and_following/followers(?:_\d+)?\.json$"), HandleKind.FOLLOWER),
    (re.compile(r"followers_and_following/following(?:_\d+)?\.json$"), HandleKind.FOLLOWED),
    (
        re.compile(r"followers_and_following/blocked_(?:accounts|profiles)(?:_\d+)?\.json$"),
        HandleKind.BLOCKED,
    ),
)
POSTS = re.compile(r"(?:media|content)/(?:posts|reels)(?:_\d+)?\.json$")
COUNTED = (
    (re.compile(r"comments/(?:post|reels)_comments(?:_\d+)?\.json$"), Found.COMMENTS),
    (re.compile(r"likes/liked_posts(?:_\d+)?\.json$"), Found.LIKES),
    (re.compile(r"saved/saved_posts(?:_\d+)?\.json$"), Found.COLLECTED),
)
TOPICS = re.compile(r"(?:your_topics|topics)/your_topics\.json$")
PASSED = (
    (re.compile(r"(?:^|/)messages/"), Unread.MESSAGES),
    (re.compile(r"(?:^|/)(?:security_and_)?login[^/]*/"), Unread.LOGINS),
    (re.compile(r"(?:^|/)(?:personal_information|device_information)/"), Unread.PROFILE),
    (re.compile(r"(?:^|/)(?:ads_information|ads_and_businesses|ads_and_topics)/"),
     Unread.ADVERTISING),
    (re.compile(r"(?:^|/)(?:monetization|shopping|payments)/"), Unread.MONEY),
)
_BARE = {"followers": "connections/followers_and_following/followers",
         "following": "connections/followers_and_following/following",
         "blocked": "connections/followers_and_following/blocked"}


def _placed(name: str) -> str:
    """A name in its folder: a file brought alone has lost it."""
    plain = name.replace("\\", "/")
    if "/" in plain:
        return plain
    for start, folder in _BARE.items():
        if plain.startswith(start) and plain.endswith(".json"):
            return folder + plain.removeprefix(start)
    if re.fullmatch(r"(?:posts|reels)_\d+\.json", plain):
        return f"media/{plain}"
    return plain


def wanted(names: Sequence[str]) -> list[str]:
    """Its files, wherever the export's own folder lies."""
    return [name for name in names if _is_read(_placed(name))]


def _is_read(name: str) -> bool:
    patterns = (*(pattern for pattern, _ in (*HANDLES, *COUNTED)), POSTS, TOPICS)
    return any(pattern.search(name) for pattern in patterns)


def passed(names: Sequence[str]) -> set[Unread]:
    """What lies in the archive and is not opened."""
    return {what for name in names for pattern, what in PASSED if pattern.search(name)}


def read(name: str, read: Read, into: Gathering) -> None:
    """Read one of its files."""
    placed = _placed(name)
    document = Skimmer(read)
    for pattern, kind in HANDLES:
        if pattern.search(placed):
            for item in _items(document, into, name=placed):
                _handle(item, kind, into)
    if POSTS.search(placed):
        folder = _root(name)
        for item in _items(document, into, name=placed):
            _post(item, into, folder=folder)
    for pattern, found in COUNTED:
        if pattern.search(placed):
            into.count(found, _count(document))
    if TOPICS.search(placed):
        for item in _items(document, into, name=placed):
            for label in _labels(item):
                into.interest(label)
    document.end()


def _root(name: str) -> str:
    """The folder that the paths inside the files start from."""
    found = re.search(r"(?:^|/)(?:your_instagram_activity|content|media)/", name)
    return name[: found.start()] + "/" if found and found.start() else ""


def _items(document: Skimmer, into: Gathering, *, name: str) -> Any:
    """The objects of a file's list, bare or under its only key, unscrambled."""
    if document.kind() == "{":
        for key in document.members():
            if document.kind() == "[":
                yield from _elements(document)
            else:
                into.unknown(name.rpartition("/")[2], unscrambled(key))
    else:
        yield from _elements(document)


def _elements(document: Skimmer) -> Any:
    for _ in document.elements():
        yield _clear(document.value())


def _count(document: Skimmer) -> int:
    if document.kind() != "{":
        return document.count()
    return sum(document.count() for _ in document.members())


def _clear(value: Any) -> Any:
    if isinstance(value, str):
        return unscrambled(value)
    if isinstance(value, list):
        return [_clear(part) for part in value]
    if isinstance(value, dict):
        return {unscrambled(key): _clear(part) for key, part in value.items()}
    return value


def _handle(item: Any, kind: HandleKind, into: Gathering) -> None:
    """A handle from ``value``, from ``title``, or from the page it links to."""
    if not isinstance(item, dict):
        into.damaged()
        return
    data = item.get("string_list_data") or item.get("label_values") or []
    first = next((part for part in data if isinstance(part, dict)), {})
    for written in (first.get("value"), item.get("title"), first.get("href")):
        if isinstance(written, str) and written:
            into.handle(kind, written)
            return
    into.damaged()


def _post(item: Any, into: Gathering, *, folder: str) -> None:
    if not isinstance(item, dict):
        into.damaged()
        return
    media = [part for part in item.get("media") or [] if isinstance(part, dict)]
    if not media and isinstance(item.get("uri"), str):
        media = [item]
    if not media:
        into.damaged()
        return
    written = item.get("title") or (media[0].get("title") if len(media) == 1 else "")
    at = instant(item.get("creation_timestamp")) or instant(media[0].get("creation_timestamp"))
    files = [folder + part["uri"] for part in media if isinstance(part.get("uri"), str)]
    into.post(body=written if isinstance(written, str) else "", at=at, files=files)


def _labels(item: Any) -> Any:
    """Every text under ``value`` of an item, whichever dialect it is in."""
    if isinstance(item, dict):
        for key, part in item.items():
            if key == "value" and isinstance(part, str):
                yield part
            else:
                yield from _labels(part)
    elif isinstance(item, list):
        for part in item:
            yield from _labels(part)
