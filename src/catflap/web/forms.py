"""Reading forms: bounded, streamed to disk where they carry files, never more than asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from catflap.ground.characters import writable
from catflap.media import limits
from catflap.web.problems import FormInvalid, FormTooLarge

FORM_MAX_BYTES = 1_000_000
FIELDS_MAX = 200
FILES_MAX = 100
"""Read before they are counted, so that whoever chose too many is told how many there may be."""


class Form:
    """A form's fields as writable text, and its files."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str) -> str:
        """One field, "" for none."""
        value = self._data.get(name, "")
        return writable(value) if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Every value of a repeated field."""
        values = self._data.getlist(name)
        return [writable(value) for value in values if isinstance(value, str)]

    def starting(self, prefix: str) -> dict[str, str]:
        """Fields whose names start so, by the rest of their names."""
        return {
            key.removeprefix(prefix): writable(value)
            for key, value in self._data.items()
            if key.startswith(prefix) and isinstance(value, str)
        }

    def files(self, name: str) -> list[UploadFile]:
        """Files that were chosen, empty ones left out."""
        return [
            value
            for value in self._data.getlist(name)
            if isinstance(value, UploadFile) and value.filename and value.size
        ]


@asynccontextmanager
async def form(
    request: Request, *, with_files: bool = False, limit_bytes: int | None = None
) -> AsyncIterator[Form]:
    """The request's form; its files vanish afterwards.

    ``limit_bytes`` is the most that its body may have, where it is not what photos and videos are.

    Raises:
        FormTooLarge: its body is over what the route takes.
        FormInvalid: its body is no form, or is not in UTF-8.
    """
    if not _is_utf_8(request.headers.get("content-type", "")):
        raise FormInvalid
    photos = limits.PHOTOS_PER_NOTE * limits.PHOTO_MAX_BYTES
    limit = limit_bytes or (max(limits.UPLOAD_MAX_BYTES, photos) if with_files else FORM_MAX_BYTES)
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise FormTooLarge(limit_bytes=limit)
    bounded = Request(request.scope, _bounded(request, limit))
    try:
        data = await bounded.form(
            max_files=FILES_MAX, max_fields=FIELDS_MAX,
            max_part_size=FORM_MAX_BYTES,
        )
    except (HTTPException, FormParserError, ValueError, KeyError) as error:
        raise FormInvalid from error
    try:
        yield Form(data)
    finally:
        await data.close()


def _is_utf_8(content_type: str) -> bool:
    """Whether a form's text is in UTF-8, as every browser's is that got our pages.

    The parser would look up whatever codec the sender names, and Python has some that run code
    points through Punycode or make halves of surrogate pairs of plain letters.
    """
    _, options = parse_options_header(content_type)
    return options.get(b"charset", b"utf-8").lower() in (b"utf-8", b"utf8")


def _bounded(request: Request, limit: int) -> Any:
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise FormTooLarge(limit_bytes=limit)
        return message

    return receive
