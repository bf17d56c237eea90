"""What a request asks, whatever it is written in: query, JSON, form or multipart.

Apps write lists as ``ids[]=1&ids[]=2``, ``ids=1&ids=2`` or ``ids[0]=1``, and what is nested as
``poll[options][]=a``, as Ruby on Rails reads them; the same may come as JSON. All become one plain
dict, which the endpoint's own struct is then made of.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from catflap.ground.characters import writable
from catflap.ground.errors import CatflapError
from catflap.media import limits

BODY_MAX_BYTES = 1_000_000
FIELDS_MAX = 1000
NESTED_MAX = 4
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")

Asked = dict[str, Any]


class BodyTooLarge(CatflapError):
    """A request's body is over what this door takes."""

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self.limit_bytes = limit_bytes


class BodyInvalid(CatflapError):
    """A request's body cannot be read as what it says it is."""


class ParameterInvalid(CatflapError):
    """A parameter is missing or holds what it may not; ``reason`` is msgspec's, in English."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def nested(pairs: Iterable[tuple[str, Any]]) -> Asked:
    """Names with brackets as dicts and lists; a name given twice is a list.

    What contradicts itself (``a=1&a[b]=2``) keeps what came first; deeper than `NESTED_MAX` is
    left out.
    """
    made: Asked = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        path = [match.group(1), *_PART.findall(match.group(2))]
        while path[-2:] == ["", ""]:
            path.pop()  # Mastodon.py writes `id[][]`, in which Rails finds what `id[]` says
        if len(path) <= NESTED_MAX:
            _put(made, path, value)
    return {name: _listed(value) for name, value in made.items()}


def _put(into: Asked, path: list[str], value: Any) -> None:
    name, *rest = path
    if not rest:
        if name not in into:
            into[name] = value
        elif isinstance(into[name], list):
            into[name].append(value)
        elif not isinstance(into[name], dict):
            into[name] = [into[name], value]
        return
    if rest == [""]:
        held = into.setdefault(name, [])
        if isinstance(held, list):
            held.append(value)
        return
    held = into.setdefault(name, {})
    if isinstance(held, dict):
        _put(held, [rest[0] or _place(held, rest[1]), *rest[1:]], value)


def _place(held: dict[str, Any], name: str) -> str:
    """Where ``a[][name]`` goes: into the last of the list, or a new one where that has it."""
    last = str(len(held) - 1)
    inside = held.get(last)
    return last if isinstance(inside, dict) and name not in inside else str(len(held))


def _listed(value: Any) -> Any:
    """A dict whose names are all numbers is a list in their order (``a[0]=x&a[1]=y``)."""
    if not isinstance(value, dict):
        return value
    made = {name: _listed(inside) for name, inside in value.items()}
    if made and all(name.isascii() and name.isdigit() and len(name) < 6 for name in made):
        return [made[name] for name in sorted(made, key=int)]
    return made


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, list):
        return [_written(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _written(one) for name, one in value.items()}
    return value


@asynccontextmanager
async def asked(request: Request, *, with_files: bool = False) -> AsyncIterator[Asked]:
    """Everything a request asks: path over body over query; files vanish afterwards.

    Raises:
        BodyTooLarge: the body is over what the endpoint takes.
        BodyInvalid: it is not what its content type says.
    """
    found = nested(request.query_params.multi_items())
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    path = dict(request.path_params)
    # Rails reads a GET's JSON too, and Mastodon.py asks so.
    if request.method in ("GET", "HEAD", "OPTIONS") and kind != b"application/json":
        yield _written({**found, **path})
    elif kind in (b"application/x-www-form-urlencoded", b"multipart/form-data"):
        if options.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
            raise BodyInvalid
        async with _form(request, with_files=with_files) as data:
            yield _written({**found, **nested(data.multi_items()), **path})
    else:
        yield _written({**found, **await _json(request), **path})


async def _json(request: Request) -> Asked:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_MAX_BYTES:
            raise BodyTooLarge(limit_bytes=BODY_MAX_BYTES)
    if not raw.strip():
        return {}
    try:
        found = msgspec.json.decode(bytes(raw))
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BodyInvalid from error
    if not isinstance(found, dict):
        raise BodyInvalid
    return found


@asynccontextmanager
async def _form(request: Request, *, with_files: bool) -> AsyncIterator[FormData]:
    limit = limits.UPLOAD_MAX_BYTES if with_files else BODY_MAX_BYTES
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge(limit_bytes=limit)
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise BodyTooLarge(limit_bytes=limit)
        return message

    try:
        data = await Request(request.scope, receive).form(
            max_files=4, max_fields=FIELDS_MAX, max_part_size=BODY_MAX_BYTES
        )
    except (HTTPException, FormParserError, ValueError, KeyError) as error:
        raise BodyInvalid from error
    try:
        yield data
    finally:
        await data.close()


def file_of(found: Asked, name: str) -> UploadFile | None:
    """An uploaded file, None where none came."""
    value = found.get(name)
    return value if isinstance(value, UploadFile) and value.size else None


def instant_of(text: str) -> datetime:
    """An instant as apps write it; without a zone it is UTC.

    Raises:
        ParameterInvalid: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ParameterInvalid(f"`{text[:40]}` is no date") from error
