"""What Mastodon and Pixelfed give: tables of addresses (CSV), and one's posts as ActivityStreams.

A table is known by its name, as the servers name it and browsers change it (``(1)``), or by its
first row; spreadsheets that it went through may have put semicolons or tabs for its commas, and
``sep=;`` before it. Posts are those of ``outbox.json`` that one wrote oneself; what one passed on
has only an address for its object and is counted. Direct letters (addressed to people alone) are
passed over.

Source: docs.joinmastodon.org, "Moving or leaving accounts"; the W3C's Activity Vocabulary.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any

from catflap.arrivals import limits
from catflap.arrivals.dates import instant
from catflap.arrivals.errors import ArchiveUnknown, Fault, JsonInvalid
from catflap.arrivals.gathering import Gathering
from catflap.arrivals.model import Found, HandleKind, Network, Unread
from catflap.arrivals.opening import Read
from catflap.arrivals.skimming import Skimmer
from catflap.arrivals.texts import from_html

NETWORK = Network.FEDIVERSE

_TABLES = (
    (re.compile(r"following(?:_accounts)?\b"), HandleKind.FOLLOWED),
    (re.compile(r"followers\b"), HandleKind.FOLLOWER),
    (re.compile(r"(?:blocked(?:_accounts)?|blocks)\b"), HandleKind.BLOCKED),
    (re.compile(r"(?:muted(?:_accounts)?|mutes)\b"), HandleKind.MUTED),
)
_COUNTED = (
    (re.compile(r"lists\b"), Found.LISTS),
    (re.compile(r"bookmarks\b"), Found.COLLECTED),
)
_LISTS = re.compile(r"(?:^|/)(?:pixelfed-)?(following|followers|blocks|mutes)\.json$")
_POSTS = re.compile(r"(?:^|/)(?:outbox|pixelfed-statuses|statuses)\.json$")
_COUNTED_DOCUMENTS = (
    (re.compile(r"(?:^|/)likes\.json$"), Found.LIKES),
    (re.compile(r"(?:^|/)bookmarks\.json$"), Found.COLLECTED),
)
_ACTOR = re.compile(r"(?:^|/)actor\.json$")
_LIST_KINDS = {
    "following": HandleKind.FOLLOWED, "followers": HandleKind.FOLLOWER,
    "blocks": HandleKind.BLOCKED, "mutes": HandleKind.MUTED,
}
_CHUNK_BYTES = 64 * 1024
_BETWEEN = re.compile(r"[,;\t]")
_SAID_BETWEEN = re.compile(r'"?sep=([,;\t])"?\s*$', re.IGNORECASE)
_ADDRESSES = ("account address", "account", "address")


def wanted(names: Sequence[str]) -> list[str]:
    """Its tables and documents; JSON counts only where posts or its own names are among it."""
    tables = [name for name in names if name.lower().endswith(".csv")]
    documents = [name for name in names if _is_document(name)]
    is_alone = len(names) == 1
    has_posts = any(_POSTS.search(name) for name in names)
    is_pixelfed = any("pixelfed-" in name for name in names)
    return [*tables, *(documents if has_posts or is_pixelfed or is_alone else ())]


def _is_document(name: str) -> bool:
    patterns = (_POSTS, _ACTOR, _LISTS, *(pattern for pattern, _ in _COUNTED_DOCUMENTS))
    # Instagram has a `following.json` of another kind.
    return "followers_and_following/" not in name and any(p.search(name) for p in patterns)


def read(name: str, read: Read, into: Gathering) -> None:
    """Read one of its files."""
    if name.lower().endswith(".csv"):
        _table(name.rpartition("/")[2].lower(), read, into)
        return
    document = Skimmer(read)
    if _POSTS.search(name):
        _outbox(document, into, folder=name.rpartition("/")[0])
    elif _ACTOR.search(name):
        _actor(document, into)
    elif found := _LISTS.search(name):
        _addresses(document, _LIST_KINDS[found[1]], into)
    for pattern, kind in _COUNTED_DOCUMENTS:
        if pattern.search(name):
            into.count(kind, _count(document))
    document.end()


def _lines(read: Read) -> Iterator[str]:
    """Lines of UTF-8, none longer than a table's row may be.

    Raises:
        JsonInvalid: not UTF-8, or a longer line.
    """
    rest, at_bytes = b"", 0
    while chunk := read(_CHUNK_BYTES):
        *whole, rest = (rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
        for line in (*whole, rest):
            if len(line) > limits.LINE_MAX_BYTES:
                raise JsonInvalid(Fault.TOO_LONG, at_bytes=at_bytes)
        for line in whole:
            yield _line(line, at_bytes)
            at_bytes += len(line) + 1
    if rest:
        yield _line(rest, at_bytes)


def _line(raw: bytes, at_bytes: int) -> str:
    try:
        return raw.decode("utf-8-sig" if at_bytes == 0 else "utf-8").replace("\0", "") + "\n"
    except UnicodeDecodeError as error:
        raise JsonInvalid(Fault.NOT_UTF8, at_bytes=at_bytes) from error


def _rows(read: Read) -> Iterator[list[str]]:
    # Each line by itself: no cell of these tables has a line's end in it, and a quote that is
    # never closed would else take the rest of the file.
    between = ""
    for line in _lines(read):
        if not between and (said := _SAID_BETWEEN.match(line)):
            between = said[1]
            continue
        between = between or _between(line)
        try:
            yield next(csv.reader([line], delimiter=between or ","), [])
        except csv.Error:
            yield []


def _between(line: str) -> str:
    """What stands between a table's cells: whichever comes first, as no address has one in it."""
    found = _BETWEEN.search(line)
    return found[0] if found else ""


def _table(name: str, read: Read, into: Gathering) -> None:
    rows = (row for row in _rows(read) if row)
    first = next(rows, None)
    if first is None:
        return
    head = [cell.strip().casefold() for cell in first]
    kind = _kind(name, head)
    column = next((head.index(key) for key in _ADDRESSES if key in head), None)
    if column is None:
        _row(first, kind, into, column=0)
    for row in rows:
        _row(row, kind, into, column=column or 0)


def _kind(name: str, head: Sequence[str]) -> HandleKind | Found:
    for pattern, kind in _TABLES:
        if pattern.search(name):
            return kind
    for pattern, found in _COUNTED:
        if pattern.search(name):
            return found
    if "show boosts" in head:
        return HandleKind.FOLLOWED
    if "hide notifications" in head:
        return HandleKind.MUTED
    raise ArchiveUnknown


def _row(row: Sequence[str], kind: HandleKind | Found, into: Gathering, *, column: int) -> None:
    if isinstance(kind, Found):
        into.count(kind)
    elif column < len(row):
        into.handle(kind, row[column])
    else:
        into.damaged()


def _count(document: Skimmer) -> int:
    if document.kind() != "{":
        return document.count()
    return sum(
        document.count() for key in document.members() if key == "orderedItems"
    )


def _addresses(document: Skimmer, kind: HandleKind, into: Gathering) -> None:
    """A list of addresses or pages, bare or in objects."""
    for _ in document.elements():
        item = document.value()
        if isinstance(item, dict):
            item = item.get("acct") or item.get("url")
        into.handle(kind, item)


def _actor(document: Skimmer, into: Gathering) -> None:
    into.passed(Unread.PROFILE)
    for key in document.members():
        if key == "id":
            written = document.value()
            if isinstance(written, str) and "/users/" in written:
                into.handle(HandleKind.OWN, written)


def _outbox(document: Skimmer, into: Gathering, *, folder: str) -> None:
    if document.kind() == "[":
        _activities(document, into, folder=folder)
        return
    for key in document.members():
        if key == "orderedItems":
            _activities(document, into, folder=folder)


def _activities(document: Skimmer, into: Gathering, *, folder: str) -> None:
    for _ in document.elements():
        activity = document.value()
        if not isinstance(activity, dict):
            into.damaged()
        elif activity.get("type") == "Announce" or isinstance(activity.get("object"), str):
            into.count(Found.SHARED)
        else:
            written = activity.get("object", activity)
            if isinstance(written, dict) and isinstance(written.get("content"), str):
                _post(written, into, folder=folder)
            else:
                into.damaged()


def _post(written: dict[str, Any], into: Gathering, *, folder: str) -> None:
    if not is_for_many(written):
        into.passed(Unread.MESSAGES)
        return
    warning = written.get("summary")
    body = from_html(written["content"])
    if isinstance(warning, str) and warning:
        body = f"{warning}\n\n{body}"
    link = written.get("url") or written.get("id")
    attached = written.get("attachment")
    files = [
        _path(part["url"], folder)
        for part in (attached if isinstance(attached, list) else [])
        if isinstance(part, dict) and isinstance(part.get("url"), str)
    ]
    into.post(body=body, link=link, at=instant(written.get("published")), files=files)


def is_for_many(written: dict[str, Any]) -> bool:
    """Whether it is for everybody or for followers, not for named people alone."""
    to = [*_listed(written.get("to")), *_listed(written.get("cc"))]
    if not to:
        return True
    return any(
        address.endswith(("#Public", "/followers")) or address == "as:Public"
        for address in to if isinstance(address, str)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _path(url: str, folder: str) -> str:
    """Where an attachment lies in the archive."""
    plain = re.sub(r"^https?://[^/]+", "", url).lstrip("/").removeprefix("system/")
    return f"{folder}/{plain}" if folder else plain
