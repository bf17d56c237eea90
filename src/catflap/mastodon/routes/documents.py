"""The documents of this door: OpenAPI for machines, a page for people."""

from __future__ import annotations

import gzip
from functools import cache
from itertools import groupby
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from catflap.access.scopes import EVERY as EVERY_SCOPE
from catflap.mastodon import endpoint as declared
from catflap.mastodon import openapi
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Beside, Endpoint, Needs, Nothing, endpoint
from catflap.mastodon.entities.instance import Document

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff", "cache-control": "public, max-age=300",
    "vary": "accept-encoding",
}
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<title>The API of {name}</title><link rel="stylesheet" href="/static/docs.css"></head>'
    '<body><main><h1>The API of {name}</h1>'
    "<p>Apps for Mastodon speak this. Addresses, parameters and scopes on this page are made from "
    'the code; answers and errors stand in <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>'
    "{rooms}</main></body></html>"
)
_ROOM = Markup("<section><h2>{name}</h2>{rows}</section>")
_ROW = Markup(
    '<article><h3><span class="method">{method}</span> <code>{path}</code></h3><p>{words}</p>'
    '<p class="who">{who}</p>{parameters}</article>'
)


@endpoint("GET", "/api/openapi.json", gives=Document, needs=Needs.NOBODY)
async def document(door: Door, call: Call, asked: Nothing) -> dict[str, Any]:
    """This document."""
    return openapi.document(base=call.base)


@endpoint("GET", "/docs", gives=str, needs=Needs.NOBODY, kind="text/html")
async def page(door: Door, call: Call, asked: Nothing) -> Response:
    """Every endpoint on one page."""
    plain, packed = _page(door.house.settings.community_name)
    body, headers = plain, _HEADERS
    if "gzip" in call.request.headers.get("accept-encoding", ""):
        body, headers = packed, {**_HEADERS, "content-encoding": "gzip"}
    return Response(body, 200, headers, media_type="text/html; charset=utf-8")


@cache
def _page(community: str) -> tuple[bytes, bytes]:
    """The page, plain and packed: 150 kB of much the same, which anybody may ask for."""
    rooms = []
    every: list[Endpoint | Beside] = [*declared.EVERY, *declared.BESIDE]
    for name, ones in groupby(sorted(every, key=_room), key=_room):
        rows = Markup("").join(_row(one) for one in ones)
        rooms.append(_ROOM.format(name=name, rows=rows))
    html = str(_PAGE.format(name=community, rooms=Markup("").join(rooms))).encode()
    return html, gzip.compress(html, mtime=0)


def _room(one: Endpoint | Beside) -> str:
    module = one.room if isinstance(one, Beside) else one.answering.__module__
    return module.rpartition(".")[2].replace("_", " ").capitalize()


def _row(one: Endpoint | Beside) -> Markup:
    told = Markup("")
    if names := openapi.fields(one):
        items = Markup(" ").join(Markup("<code>{}</code>").format(name) for name in names)
        told = Markup("<p>Parameters: {}</p>").format(items)
    return _ROW.format(
        method=one.method, path=one.path, words=one.words, who=_who(one), parameters=told
    )


def _who(one: Endpoint | Beside) -> str:
    """Whose call is answered, and what a token must be good for."""
    if isinstance(one, Beside):
        return "Anybody."
    scopes = "any scope" if one.scopes == EVERY_SCOPE else " or ".join(one.scopes)
    if one.needs is Needs.NOBODY:
        return f"Anybody; a token that comes along needs {scopes}." if scopes else "Anybody."
    kind = "An app’s token" if one.needs is Needs.APP else "A person’s token"
    return f"{kind} with {scopes}."
