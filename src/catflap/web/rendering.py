"""Templates, and forms that are rendered once and kept as bytes.

A card's or a comment's HTML is the same for every reader of a language, but for a few slots: liked
or not, how many likes. It is rendered once with markers in the slots' places, cut at the markers,
and kept; a page is then a join of bytes.
"""

from __future__ import annotations

import gzip
import re
import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from catflap.translation.codes import NAMES
from catflap.web.visit import Visit
from catflap.words.catalogue import words

HERE = Path(__file__).parent
DIST = HERE / "static" / "dist"
PIECES_KEPT_BYTES = 8_000_000
SHELVES_KEPT = 256
JOINED_KEPT = 48
UNREAD_SHOWN = 99
COMPRESS_FROM_BYTES = 1400

# Markers that nobody can write into a text or an address: whoever could would have one reader's
# answer, or a page's HTML, put where the text stands.
_MARK = secrets.token_hex(8)
_SLOT = re.compile(rf"\x00{_MARK}:([a-z]+)\x00")

SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
        "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}
_PAGE_HEADERS = tuple(
    (name.encode(), value.encode())
    for name, value in {
        "content-type": "text/html; charset=utf-8",
        **SECURITY,
        "vary": "accept-language, cookie, accept-encoding",
        "cache-control": "private, no-cache",
    }.items()
)


@cache
def _manifest() -> Mapping[str, str]:
    path = DIST / "manifest.json"
    if not path.exists():
        return {}
    raw = msgspec.json.decode(path.read_bytes())
    return {name: entry["file"] for name, entry in raw.items()}


def asset(name: str) -> str:
    """The address of a built file, which carries its hash."""
    return f"/static/dist/{_manifest().get(name, name)}"


def slot(name: str) -> Markup:
    """A marker for what differs between readers."""
    return Markup(f"\x00{_MARK}:{name}\x00")  # noqa: S704 - letters from our own templates


@cache
def environment(locale: str) -> Environment:
    """Templates in one locale."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True,
    )
    chosen = words(locale)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        chosen.gettext, chosen.ngettext, newstyle=True
    )
    made.globals.update(
        asset=asset, slot=slot, locale=locale, lang_name=lambda code: NAMES.get(code, code),
        # What stands between two sentences, and between things told one after another.
        gap="" if locale.startswith("zh") else " ",
        comma="、" if locale.startswith("zh") else ", ",
    )
    return made


def _rendered(visit: Visit, template: str, values: Mapping[str, Any]) -> str:
    return environment(visit.locale).get_template(template).render(visit.context(**values))


def frame(visit: Visit, *, unread: int) -> dict[str, bytes]:
    """What differs between readers in every page's frame."""
    handle = quote(visit.reader.handle, safe="") if visit.reader else ""
    return {
        "handle": handle.encode(),
        "here": b' aria-current="page"' if visit.reader and visit.is_own_page else b"",
        "unread": b"%d" % unread if unread <= UNREAD_SHOWN else b"%d+" % UNREAD_SHOWN,
        "seen": b"" if unread else b" hidden",
    }


def fragment(visit: Visit, template: str, **values: Any) -> str:
    """A template's text; slots of its own stay for `Piece`."""
    return _rendered(visit, template, values)


def whole(visit: Visit, template: str, **values: Any) -> bytes:
    """A whole page, its frame filled in."""
    text = _rendered(visit, template, values)
    return Piece(text).filled(frame(visit, unread=int(values.get("unread", 0))))


class Piece:
    """Rendered HTML as bytes, cut at its slots.

    Most readers of a piece see it alike, so it remembers how it was filled last.
    """

    __slots__ = ("_filled", "_given", "_names", "_parts", "size_bytes", "views")

    def __init__(self, html: str, *, views: Mapping[Any, int] | None = None) -> None:
        self.views: Mapping[Any, int] = views or {}
        cut = _SLOT.split(html)
        self._parts = [part.encode("utf-8", "replace") for part in cut[::2]]
        self._names = cut[1::2]
        self._given: list[bytes] | None = None
        self._filled = b""
        self.size_bytes = 2 * sum(map(len, self._parts))

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """The HTML with its slots filled; values are ours and need no escaping."""
        given = [values.get(name, b"") for name in self._names]
        if given != self._given:
            whole = [b""] * (2 * len(given) + 1)
            whole[::2], whole[1::2] = self._parts, given
            self._given, self._filled = given, b"".join(whole)
        return self._filled


class Joined(msgspec.Struct, frozen=True):
    """Pieces in a row, and what their showing counts for."""

    html: bytes
    views: Mapping[Any, int]


Shelf = dict[tuple[Any, ...], Piece]


class Pieces:
    """Kept pieces, up to so many bytes; what was rendered first is forgotten first.

    They stand on shelves, one for each form and way of reading, so that a page of twenty looks
    twenty times for two small numbers and once for the rest. Browsers may claim any way of
    reading, so shelves are bounded too.
    """

    def __init__(self, limit_bytes: int = PIECES_KEPT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._shelves: dict[tuple[Any, ...], Shelf] = {}
        self._size_bytes = 0
        self._joined: dict[tuple[Any, ...], tuple[Sequence[Any], Joined]] = {}

    def shelf(self, *name: Any) -> Shelf:
        """The pieces of one form and way of reading, by what they are of and its revision."""
        shelf = self._shelves.get(name)
        if shelf is None:
            if len(self._shelves) >= SHELVES_KEPT:
                oldest = self._shelves.pop(next(iter(self._shelves)))
                self._size_bytes -= sum(piece.size_bytes for piece in oldest.values())
            shelf = self._shelves[name] = {}
        return shelf

    def keep(
        self, shelf: Shelf, key: tuple[Any, ...], html: str, *, settled: bool = True,
        views: Mapping[Any, int] | None = None,
    ) -> Piece:
        """Keep a piece, unless some of its text is still being translated.

        ``views`` are what each showing of it counts for.
        """
        piece = Piece(html, views=views)
        if settled:
            shelf[key] = piece
            self._size_bytes += piece.size_bytes
            if self._size_bytes > self._limit_bytes:
                self._forget_half()
        return piece

    def _forget_half(self) -> None:
        for shelf in self._shelves.values():
            for key in list(shelf)[: (len(shelf) + 1) // 2]:
                self._size_bytes -= shelf.pop(key).size_bytes

    def joined(self, name: tuple[Any, ...], given: Sequence[Any]) -> Joined | None:
        """Pieces joined before, where everything they were joined from is the same now."""
        known = self._joined.get(name)
        return known[1] if known is not None and known[0] == given else None

    def keep_joined(self, name: tuple[Any, ...], given: Sequence[Any], whole: Joined) -> None:
        """Remember a join; of each name the last one."""
        if name not in self._joined and len(self._joined) >= JOINED_KEPT:
            del self._joined[next(iter(self._joined))]
        self._joined[name] = (given, whole)

    def clear(self) -> None:
        """Drop everything."""
        self._joined.clear()
        self._shelves.clear()
        self._size_bytes = 0


class Html(Response):
    """A page, with the headers of all pages, which are encoded once."""

    def __init__(self, body: bytes, status: int, *, is_gzip: bool) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [*_PAGE_HEADERS, (b"content-length", str(len(body)).encode())]
        if is_gzip:
            self.raw_headers.append((b"content-encoding", b"gzip"))


def html(visit: Visit, body: bytes | str, *, status: int = 200) -> Response:
    """A page's answer, compressed where the browser takes it."""
    if isinstance(body, str):
        body = body.encode("utf-8", "replace")
    accepted = visit.request.headers.get("accept-encoding", "")
    is_gzip = "gzip" in accepted and len(body) > COMPRESS_FROM_BYTES
    if is_gzip:
        body = gzip.compress(body, compresslevel=1, mtime=0)
    return Html(body, status, is_gzip=is_gzip)


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """A whole page."""
    return html(visit, whole(visit, template, **values), status=status)


def json(value: Any, *, status: int = 200, kept_s: int = 0) -> Response:
    """An answer to one of our scripts; the reader's browser may keep it for so many seconds."""
    kept = f"private, max-age={kept_s}" if kept_s else "no-store"
    return Response(
        msgspec.json.encode(value), status,
        {**SECURITY, "cache-control": kept, "vary": "accept-language, cookie"},
        media_type="application/json",
    )
