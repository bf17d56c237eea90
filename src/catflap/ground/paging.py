"""Cursors for lists that continue: opaque outside, a tuple of sortable values inside."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from catflap.ground.errors import CatflapError

T = TypeVar("T")


class CursorInvalid(CatflapError):
    """A cursor that no list of ours gave out."""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some of a list, in its order, and where the rest begins (None at the end)."""

    items: Sequence[T]
    next_cursor: str | None


def cursor(*values: float | int) -> str:
    """The opaque text of a position, made of the sort key's values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def position(text: str | None, *, size: int) -> tuple[int | float, ...] | None:
    """The values behind a cursor, None for the beginning.

    Raises:
        CursorInvalid: the text is not a cursor with ``size`` numbers that a database can hold.
    """
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii", "strict") + b"=" * (-len(text) % 4))
        values = msgspec.json.decode(raw, type=tuple[int | float, ...])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise CursorInvalid from error
    if len(values) != size or any(abs(value) >= 2**63 for value in values):
        raise CursorInvalid
    return values
