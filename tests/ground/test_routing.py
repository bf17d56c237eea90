"""Routes are found as Starlette finds them, without trying each."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router

from catflap.ground.routing import ByBeginning

PATHS = [
    "/", "/new", "/n/{id}", "/n/{id}/edit", "/@{handle}", "/@{handle}/{id}", "/tags/{tag}",
    "/api/v1/lists", "/api/v1/lists/{id}", "/api/v1/lists/{id}/accounts", "/api/v1/lists/all",
    "/api/{rest:path}", "/files/{rest:path}", "/.well-known/nodeinfo",
]  # fmt: skip
SEGMENTS = ["", "new", "n", "7", "edit", "@me", "tags", "猫税", "api", "v1", "lists", "all", "files", "static", "{id}"]


def _answering(path):
    async def answer(request):
        return PlainTextResponse(f"{path} {dict(request.path_params)}")

    return answer


def _routes():
    made = [Route(path, _answering(path)) for path in PATHS]
    made.append(Route("/new", _answering("post /new"), methods=["POST"]))
    return [*made, Mount("/static", _answering_app)]


async def _answering_app(scope, receive, send):
    await PlainTextResponse(f"mounted {scope['path']}")(scope, receive, send)


async def _nothing(app):
    raise AssertionError


def _asked(router, path, method):
    said = []

    async def send(message):
        said.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "method": method, "path": path, "root_path": "", "query_string": b"",
        "headers": [],
    }
    asyncio.run(router(scope, receive, send))
    return said[0]["status"], said[1].get("body")


@given(st.lists(st.sampled_from(SEGMENTS), max_size=6), st.sampled_from(["GET", "POST", "HEAD"]))
def test_every_path_is_answered_as_starlette_answers_it(segments, method):
    path = "/" + "/".join(segments)
    theirs = Router(_routes(), redirect_slashes=False)
    ours = ByBeginning(_routes(), lifespan=_nothing)
    assert _asked(ours, path, method) == _asked(theirs, path, method)


def test_a_path_of_very_many_segments_costs_no_more_than_others():
    ours = ByBeginning(_routes(), lifespan=_nothing)
    assert _asked(ours, "/files" + "/a" * 100_000, "GET")[0] == 200
