"""The documents of this door: OpenAPI for machines, a page for people."""

from __future__ import annotations

import gzip
from itertools import groupby
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from catflap.mastodon import endpoint as declared
from catflap.mastodon import openapi
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Endpoint, Needs, Nothing, endpoint

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


@endpoint("GET", "/api/openapi.json", gives=dict[str, Any], needs=Needs.NOBODY)
async def document(door: Door, call: Call, asked: Nothing) -> dict[str, Any]:
    """This document."""
    return openapi.document(base=call.base)


@endpoint("GET", "/docs", gives=str, needs=Needs.NOBODY, kind="text/html")
async def page(door: Door, call: Call, asked: Nothing) -> Response:
    """Every endpoint on one page."""
    rooms = []
    for name, ones in groupby(sorted(declared.EVERY, key=_room), key=_room):
        rows = Markup("").join(_row(one) for one in ones)
        rooms.append(_ROOM.format(name=name, rows=rows))
    html = _PAGE.format(
        name=door.house.settings.community_name, rooms=Markup("").join(rooms)
    )
    body, headers = str(html).encode(), _HEADERS
    if "gzip" in call.request.headers.get("accept-encoding", ""):
        # A hundred and fifty kilobytes of much the same, which anybody may ask for.
        body, headers = gzip.compress(body, mtime=0), {**_HEADERS, "content-encoding": "gzip"}
    return Response(body, 200, headers, media_type="text/html; charset=utf-8")


def _room(one: Endpoint) -> str:
    return one.answering.__module__.rpartition(".")[2].replace("_", " ").capitalize()


def _row(one: Endpoint) -> Markup:
    names = [field["name"] for field in openapi.fields(one)]
    told = Markup("")
    if names:
        items = Markup(" ").join(Markup("<code>{}</code>").format(name) for name in names)
        told = Markup("<p>Parameters: {}</p>").format(items)
    who = {
        Needs.NOBODY: "Anybody.", Needs.APP: "An app with a token.",
        Needs.PERSON: "A person’s token",
    }[one.needs]
    if one.needs is Needs.PERSON and one.scopes:
        who = f"{who} with {' or '.join(one.scopes)}."
    return _ROW.format(
        method=one.method, path=one.path, words=one.words, who=who, parameters=told
    )
