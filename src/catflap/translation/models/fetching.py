"""Bringing a model from a hub that speaks Hugging Face's two addresses: an index, and files.

What a server says is held against what it announced: names are the entry's own, sizes and hashes
the index's, a pinned hash wins over the index's. A broken download goes on where it stopped, in
this call and in the next. Nothing is unpacked and nothing that came is run.

Unlike `ground.http`, this follows redirects, because hubs keep large files on other machines; it
runs at an operator's command only and never on a path a reader can reach.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import httpx2
import msgspec

from catflap.ground.database import transaction_open
from catflap.ground.http import CONNECT_TIMEOUT_S, NetworkInTransaction
from catflap.translation.models import placing
from catflap.translation.models.catalogue import Entry
from catflap.translation.models.errors import HashWrong, HubUnreachable, ModelFileMissing, TooLarge
from catflap.translation.models.model import Installed, Progress

HUB = "https://huggingface.co"
MOST_REDIRECTS = 5
INDEX_LIMIT_BYTES = 5_000_000
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = frozenset({404, 410})


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a connection may be silent, how often it is tried, the first pause between tries.

    Each pause is twice the one before. After a try that brought ``gain_bytes`` more than there
    had ever been, tries are counted anew: a long file over a bad line comes in the end.
    """

    stall_s: float = 30.0
    tries: int = 5
    pause_s: float = 1.0
    gain_bytes: int = 1 << 20


PATIENCE = Patience()


class _Large(msgspec.Struct, frozen=True, kw_only=True):
    oid: str
    size: Annotated[int, msgspec.Meta(ge=0)]


class _Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the hub's index. A large file's own ``oid`` is its pointer's, not its."""

    type: str
    path: str
    oid: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    lfs: _Large | None = None


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    path: str
    url: str
    size_bytes: int
    sha256: str
    git_sha1: str


class _Hub(msgspec.Struct, frozen=True, kw_only=True):
    client: httpx2.AsyncClient
    address: str
    patience: Patience


class _BrokenOff(Exception):
    """A try failed in a way that another may not; never leaves this module."""


async def fetch(
    entry: Entry, *, into: Path, hub: str = HUB,
    progress: Callable[[Progress], None] = lambda _: None, patience: Patience = PATIENCE,
) -> Installed:
    """Bring a model into the folder ``into``, whole or not at all.

    What had come before a failure stays in a hidden folder and is gone on with next time.

    Raises:
        HubUnreachable: no answer, or after ``patience.tries`` tries no whole one.
        ModelFileMissing: the hub lacks a file of the entry.
        HashWrong: bytes are not the announced ones; they are deleted.
        TooLarge: more bytes than announced; they are deleted.
        NoSpace: the disk is too small; nothing was asked for but the index.
    """
    address = _checked(hub)
    async with _client(address, patience) as client:
        line = _Hub(client=client, address=address, patience=patience)
        wanted = _wanted(entry, line, await _index(entry, line))
        work = _prepared(entry, into, wanted)
        total, done = sum(file.size_bytes for file in wanted), 0
        for file in wanted:
            def told(here_bytes: int, before: int = done, path: str = file.path) -> None:
                progress(Progress(
                    name=entry.name, path=path, done_bytes=before + here_bytes, total_bytes=total
                ))

            await _bring(line, file, work, told)
            done += file.size_bytes
    return await asyncio.to_thread(
        placing.put_in_place, work, into=into, entry=entry, origin=address, revision=entry.revision
    )


def _checked(hub: str) -> str:
    try:
        parsed = httpx2.URL(hub)
    except httpx2.InvalidURL as error:
        raise HubUnreachable(hub, str(error)) from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise HubUnreachable(hub, "not an http address")
    return hub.rstrip("/")


def _client(address: str, patience: Patience) -> httpx2.AsyncClient:
    async def look(request: httpx2.Request) -> None:
        if transaction_open.get():
            raise NetworkInTransaction
        # The index's hashes are worth what the connection is worth that brought them.
        if address.startswith("https:") and request.url.scheme != "https":
            raise HubUnreachable(str(request.url), "leads away from https")

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(patience.stall_s, connect=CONNECT_TIMEOUT_S),
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        # Compressed, a file would have other lengths than announced, and could not be resumed.
        headers={"Accept-Encoding": "identity"},
        event_hooks={"request": [look]},
    )


async def _index(entry: Entry, hub: _Hub) -> dict[str, _Listed]:
    url = f"{hub.address}/api/models/{entry.repo}/tree/{entry.revision}?recursive=1"
    held = bytearray()

    async def ask() -> None:
        held.clear()
        async with hub.client.stream("GET", url) as answer:
            _look_at_status(answer, entry.name, entry.repo)
            async for chunk in answer.aiter_bytes():
                held.extend(chunk)
                if len(held) > INDEX_LIMIT_BYTES:
                    raise TooLarge(entry.repo, limit_bytes=INDEX_LIMIT_BYTES)

    try:
        await _patiently(hub, url, ask, reached_bytes=lambda: 0, opens=False)
        lines = msgspec.json.decode(held, type=list[_Listed])
    except msgspec.DecodeError as error:
        raise HubUnreachable(url, f"the index cannot be understood: {error}") from error
    return {line.path: line for line in lines if line.type == "file"}


def _wanted(entry: Entry, hub: _Hub, index: dict[str, _Listed]) -> list[_Wanted]:
    """The entry's files as the index describes them; whatever else it lists is not looked at."""
    wanted = []
    for path in entry.files:
        name = path if path in index else _other_ending(path)
        if name not in index:
            raise ModelFileMissing(entry.name, path)
        line = index[name]
        promised = line.lfs.oid.removeprefix("sha256:") if line.lfs else ""
        wanted.append(_Wanted(
            model=entry.name,
            path=name,
            url=f"{hub.address}/{entry.repo}/resolve/{entry.revision}/{name}",
            size_bytes=line.lfs.size if line.lfs else line.size,
            sha256=(entry.sha256.get(name) or promised).lower(),
            git_sha1=line.oid.lower(),
        ))
    return wanted


def _other_ending(path: str) -> str:
    """A vocabulary's other name: older converters wrote ``.txt``, CTranslate2 reads both."""
    stem, _, ending = path.rpartition("_vocabulary.")
    return f"{stem}_vocabulary.{'txt' if ending == 'json' else 'json'}" if stem else path


def _prepared(entry: Entry, into: Path, wanted: list[_Wanted]) -> Path:
    work = into / f".{entry.name}.fetching"
    work.mkdir(parents=True, exist_ok=True)
    ours = {name for file in wanted for name in (file.path, f"{file.path}.part")}
    for path in list(work.iterdir()):
        overtaken = path.suffix == ".part" and (work / path.stem).exists()
        if overtaken or path.name not in ours:
            path.unlink()
    needed = sum(file.size_bytes for file in wanted) - placing.size_of(work)
    placing.check_space(work, needed_bytes=max(0, needed))
    return work


async def _bring(hub: _Hub, file: _Wanted, work: Path, told: Callable[[int], None]) -> None:
    target, part = work / file.path, work / f"{file.path}.part"
    if not await asyncio.to_thread(_is_right, target, file):
        await _patiently(
            hub, file.url, lambda: _stream(hub, file, part, told),
            reached_bytes=lambda: _size(part),
        )
        await asyncio.to_thread(_accept, part, target, file)
    told(file.size_bytes)


async def _patiently(
    hub: _Hub, url: str, work: Callable[[], Awaitable[None]], *, reached_bytes: Callable[[], int],
    opens: bool = True,
) -> None:
    """Try until it is done or ``patience`` ends.

    Unless ``opens``, a connection that cannot even be opened ends it at once: there is no network,
    and whoever waits at the terminal should hear so.
    """
    failed, furthest = 0, reached_bytes()
    while True:
        try:
            await work()
            return
        except (httpx2.UnsupportedProtocol, httpx2.TooManyRedirects, httpx2.InvalidURL) as error:
            raise HubUnreachable(url, _reason(error)) from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            if not opens:
                raise HubUnreachable(url, _reason(error)) from error
            last: Exception = error
        except (httpx2.TransportError, _BrokenOff) as error:
            last = error
        reached = reached_bytes()
        failed = 1 if reached >= furthest + hub.patience.gain_bytes else failed + 1
        furthest = max(furthest, reached)
        if failed >= hub.patience.tries:
            raise HubUnreachable(url, _reason(last)) from last
        await asyncio.sleep(hub.patience.pause_s * 2 ** (failed - 1))


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


async def _stream(hub: _Hub, file: _Wanted, part: Path, told: Callable[[int], None]) -> None:
    """One try to bring what is missing of a file.

    Raises:
        _BrokenOff, httpx2.TransportError: the rest did not come.
    """
    offset = _offset(part, file)
    if offset == file.size_bytes:
        return
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    async with hub.client.stream("GET", file.url, headers=headers) as answer:
        if answer.status_code == 416 and offset:
            _drop(part)
            raise _BrokenOff("the server cannot go on where it stopped")
        _look_at_status(answer, file.model, file.path)
        start = _start(answer, offset)
        with await asyncio.to_thread(part.open, "r+b") as written:
            written.truncate(start)
            written.seek(start)
            async for chunk in answer.aiter_raw():
                start += len(chunk)
                if start > file.size_bytes:
                    _drop(part)
                    raise TooLarge(file.path, limit_bytes=file.size_bytes)
                written.write(chunk)
                told(start)
    if start < file.size_bytes:
        raise _BrokenOff(f"ended after {start} of {file.size_bytes} bytes")


def _look_at_status(answer: httpx2.Response, name: str, path: str) -> None:
    if answer.status_code in (200, 206):
        return
    if answer.status_code in _GONE:
        raise ModelFileMissing(name, path)
    told = f"HTTP {answer.status_code}"
    if answer.status_code in _AGAIN:
        raise _BrokenOff(told)
    raise HubUnreachable(str(answer.url), told)


def _start(answer: httpx2.Response, offset: int) -> int:
    """Where the answer's first byte belongs: servers may send all though asked for the rest."""
    if answer.status_code == 200:
        return 0
    named = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    if named is None or int(named[1]) != offset:
        raise _BrokenOff("the server sent another part than asked for")
    return offset


def _offset(part: Path, file: _Wanted) -> int:
    """How much of the file has come; more than all of it is of another file, and goes."""
    if _size(part) > file.size_bytes:
        part.unlink()
    part.touch()
    return _size(part)


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _expected_and_found(path: Path, file: _Wanted) -> tuple[str, str]:
    found = placing.fingerprints(path)
    if file.sha256:
        return file.sha256, found.sha256
    return file.git_sha1, found.git_sha1


def _is_right(target: Path, file: _Wanted) -> bool:
    """Whether an earlier call has brought this file whole."""
    if _size(target) != file.size_bytes or not target.exists():
        return False
    expected, found = _expected_and_found(target, file)
    return expected == found


def _accept(part: Path, target: Path, file: _Wanted) -> None:
    expected, found = _expected_and_found(part, file)
    if expected != found:
        part.unlink()
        raise HashWrong(file.path, expected, found)
    placing.keep_on_disk(part)
    part.replace(target)
