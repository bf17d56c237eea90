"""Templates, and forms that are rendered once and kept as bytes.

A card's or a comment's HTML is the same for every reader of a language, but for a few slots: liked
or not, how many likes. It is rendered once with markers in the slots' places, cut at the markers,
and kept; a page is then a join of bytes.
"""

from __future__ import annotations

import gzip
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
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
from catflap.web.words import words

HERE = Path(__file__).parent
DIST = HERE / "static" / "dist"
PIECES_KEPT = 6000
UNREAD_SHOWN = 99
COMPRESS_FROM_BYTES = 1400

_SLOT = re.compile(r"\x00([a-z]+)\x00")

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
    return Markup(f"\x00{name}\x00")  # noqa: S704 - letters from our own templates


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
        asset=asset, slot=slot, locale=locale, lang_name=lambda code: NAMES.get(code, code)
    )
    return made


def _rendered(visit: Visit, template: str, values: Mapping[str, Any]) -> str:
    return environment(visit.locale).get_template(template).render(visit.context(**values))


def frame(visit: Visit, *, unread: int) -> dict[str, str]:
    """What differs between readers in every page's frame."""
    handle = quote(visit.reader.handle, safe="") if visit.reader else ""
    return {
        "handle": handle,
        "here": ' aria-current="page"' if visit.reader and visit.is_own_page else "",
        "unread": str(unread) if unread <= UNREAD_SHOWN else f"{UNREAD_SHOWN}+",
        "seen": "" if unread else " hidden",
    }


def fragment(visit: Visit, template: str, **values: Any) -> str:
    """A template's text; slots of its own stay for `Piece`."""
    return _rendered(visit, template, values)


def whole(visit: Visit, template: str, **values: Any) -> str:
    """A whole page's text, its frame filled in."""
    text = _rendered(visit, template, values)
    return Piece(text).filled(frame(visit, unread=int(values.get("unread", 0))))


class Piece:
    """Rendered HTML cut at its slots."""

    __slots__ = ("_parts",)

    def __init__(self, html: str) -> None:
        self._parts = _SLOT.split(html)

    def filled(self, values: Mapping[str, str]) -> str:
        """The HTML with its slots filled; values are ours and need no escaping."""
        parts = self._parts
        if len(parts) == 1:
            return parts[0]
        return "".join(
            part if place % 2 == 0 else values.get(part, "") for place, part in enumerate(parts)
        )


class Pieces:
    """Kept pieces, least recently used forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Piece] = OrderedDict()

    def found(self, key: tuple[Any, ...]) -> Piece | None:
        """A kept piece."""
        piece = self._kept.get(key)
        if piece is not None:
            self._kept.move_to_end(key)
        return piece

    def keep(self, key: tuple[Any, ...], html: str, *, settled: bool) -> Piece:
        """Keep a piece, unless some of its text is still being translated."""
        piece = Piece(html)
        if settled:
            self._kept[key] = piece
            if len(self._kept) > PIECES_KEPT:
                self._kept.popitem(last=False)
        return piece

    def forget(self, is_stale: Callable[[tuple[Any, ...]], bool]) -> None:
        """Drop what changed."""
        for key in [key for key in self._kept if is_stale(key)]:
            del self._kept[key]

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()


def html(visit: Visit, text: str, *, status: int = 200) -> Response:
    """A page's answer, compressed where the browser takes it."""
    body = text.encode("utf-8", "replace")
    headers = {
        **SECURITY, "vary": "accept-language, cookie, accept-encoding",
        "cache-control": "private, no-cache",
    }
    accepted = visit.request.headers.get("accept-encoding", "")
    if "gzip" in accepted and len(body) > COMPRESS_FROM_BYTES:
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, status, headers, media_type="text/html")


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """A whole page."""
    return html(visit, whole(visit, template, **values), status=status)


def json(value: Any, *, status: int = 200) -> Response:
    """An answer to one of our scripts."""
    return Response(
        msgspec.json.encode(value), status, {**SECURITY, "cache-control": "no-store"},
        media_type="application/json",
    )
