"""The Mastodon door: what every call passes through.

A call: whose token → how often → which scope → the parameters as declared → the endpoint → JSON.
No cookie counts here, so no other site can act in somebody's name, and any site may ask (CORS).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
import structlog
from prometheus_client import Counter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from catflap.access import apps
from catflap.access.errors import TokenInvalid
from catflap.access.throttle import Throttle
from catflap.ground.errors import CatflapError, NotFound, TooFast
from catflap.ground.events import Happened
from catflap.ground.metrics import REQUEST_SECONDS, REQUESTS
from catflap.ground.routing import AsApplication, Handler
from catflap.house import House
from catflap.mastodon import endpoint as declared
from catflap.mastodon import problems
from catflap.mastodon.asking import ParameterInvalid, asked
from catflap.mastodon.call import Call
from catflap.mastodon.endpoint import Endpoint, Needs
from catflap.mastodon.figures import Figures
from catflap.mastodon.hub import Hub
from catflap.mastodon.limiting import Limit
from catflap.mastodon.presenting import Presenting
from catflap.mastodon.problems import PersonNeeded
from catflap.mastodon.rendered import encoded
from catflap.mastodon.telling import Telling
from catflap.notices import pushing
from catflap.people import queries as people
from catflap.people.model import PersonId

log = structlog.get_logger("catflap.mastodon")

CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": (
        "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, "
        "Mastodon-Async-Refresh, ETag"
    ),
}
PREFLIGHT = {
    **CORS,
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": (
        "Authorization, Content-Type, Idempotency-Key, Accept-Language, X-Requested-With"
    ),
    "access-control-max-age": "86400",
}
def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


_CORS = _raw(CORS)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SECURITY = {"x-content-type-options": "nosniff", "cache-control": "private, no-store"}

_SECONDS = REQUEST_SECONDS.labels("mastodon")


@cache
def _counted(path: str, status: int) -> Counter:
    return REQUESTS.labels("mastodon", path, status)


class Door:
    """The Mastodon door of one house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.presenting = Presenting()
        self.figures = Figures()
        self.hub = Hub(house, Telling(house, self.presenting))
        house.following.listen(self)
        self.limit = Limit(house.settings.api_calls_per_five_minutes)
        self._server_key = ""
        self._routes: list[Route] = []
        self._by_route: dict[str, Handler] = {}
        self.attempts = Throttle("attempts", per_hour=house.settings.attempts_per_hour)
        self.posts = Throttle("posts", per_hour=house.settings.posts_per_hour)

    def deliver(self, event: Happened) -> None:
        """Tell streams what happened, and drop renderings that it made stale."""
        if event.kind in ("PersonLeft", "PersonClosed", "PersonReopened", "RenditionReplaced"):
            self.presenting.renderings.clear()
        self.hub.deliver(event)

    def close(self) -> None:
        """End every stream."""
        self.hub.close()

    def routes(self) -> list[BaseRoute]:
        """The routes of every declared endpoint, and the answer to what is not here."""
        by_path: dict[str, list[Endpoint]] = {}
        for one in declared.EVERY:
            by_path.setdefault(one.path, []).append(one)
        self._routes = [
            self._route(path, {one.method: one for one in by_path[path]})
            for path in sorted(by_path, key=_literally)
        ]
        # Each with every method: where Starlette finds only a path, it says 405 in plain words.
        beside = [
            Route(f"{path}{slash}", AsApplication(self._otherwise), methods=METHODS)
            for path in by_path if not path.startswith("/api/") for slash in ("", "/")
        ]
        rest = Route("/api/{rest:path}", AsApplication(self._otherwise), methods=METHODS)
        return [*self._routes, *beside, rest]

    def _route(self, path: str, by_method: dict[str, Endpoint]) -> Route:
        async def answering(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=PREFLIGHT)
            method = "GET" if request.method == "HEAD" else request.method
            return await self._answer(request, by_method[method])

        self._by_route[path] = answering
        return Route(path, AsApplication(answering), methods=[*by_method, "OPTIONS"])

    async def _otherwise(self, request: Request) -> Response:
        """What nothing matches: the same with a slash at its end (Mastodon.py), or nothing."""
        path = request.url.path
        if path.endswith("/"):
            scope = {**request.scope, "path": path.rstrip("/")}
            for route in self._routes:
                match, more = route.matches(scope)
                if match is Match.FULL:
                    here = Request({**scope, **more}, request.receive)
                    return await self._by_route[route.path](here)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        call = Call(request, self.house, token=None, reader=None)
        refusal = problems.answer(NotFound("endpoint"), words=call.words)
        refusal.headers.update(CORS)
        return refusal

    async def _answer(self, request: Request, one: Endpoint) -> Response:
        started = time.perf_counter()
        call = Call(request, self.house, token=None, reader=None)
        headers: dict[str, str] = {}
        try:
            call = await self._call(request, one)
            key = f"p{call.viewer}" if call.viewer else f"a{call.address}"
            headers = self.limit.spend(key)
            if one.needs is not Needs.NOBODY or (one.scopes and call.token is not None):
                call.check(one.scopes)
            if one.needs is Needs.PERSON and call.reader is None:
                raise PersonNeeded
            answer = await (self._kept if one.is_kept else self._given)(request, one, call)
        except CatflapError as error:
            answer = problems.answer(error, words=call.words, is_oauth=one.is_oauth)
            if isinstance(error, TooFast):
                headers = self.limit.spent(error)
            if answer.status_code >= 500:
                log.error("error_without_words", error=type(error).__name__)
        except ClientDisconnect:
            answer = Response(status_code=499)
        if call.links:
            headers = {**headers, "link": ", ".join(call.links)}
        answer.raw_headers += [*_CORS, *_raw(headers)]
        seconds = time.perf_counter() - started
        _counted(one.path, answer.status_code).inc()
        _SECONDS.observe(seconds)
        log.info(
            "call", method=request.method, route=one.path, status=answer.status_code,
            ms=round(seconds * 1000, 1), person=call.viewer,
            app=call.token.app_id if call.token else None,
        )
        return answer

    async def _kept(self, request: Request, one: Endpoint, call: Call) -> Response:
        """An answer from the database alone, as it was given before where nothing of it changed."""
        asked_by = call.token.id if call.token else call.guessed
        renderings = self.presenting.renderings.cleared

        async def given() -> tuple[bytes, list[str]]:
            answer = await self._given(request, one, call)
            return bytes(answer.body), call.links

        # Who calls was looked up before, so what keeps the answer does not know of a change there.
        how = (asked_by, call.reading, call.translates)
        key = (request.scope["path"], request.scope["query_string"], how, renderings)
        body, call.links = await self.house.database.kept(key, given)
        return Json(body, one.status)

    async def _given(self, request: Request, one: Endpoint, call: Call) -> Response:
        async with asked(request, with_files=bool(one.files)) as found:
            call.asked = found
            try:
                parameters = msgspec.convert(found, one.takes, strict=False)
            except msgspec.ValidationError as error:
                raise ParameterInvalid(str(error)) from error
            given = await one.answering(self, call, parameters)
        if isinstance(given, Response):
            return given
        return Json(encoded(given), one.status)

    async def _call(self, request: Request, one: Endpoint) -> Call:
        return await self.whose(request, "" if one.is_oauth else bearer(request))

    async def server_key(self) -> str:
        """The public key that this community's pushes are signed with; made the first time."""
        if not self._server_key:
            from catflap.notices import encrypting  # 20 MB, where an app asks

            async with self.house.database.reads() as reads:
                held = await pushing.vapid(reads)
            if held is None:
                async with self.house.database.tx() as tx:
                    held = await pushing.made_vapid(tx)
            self._server_key = encrypting.encoded(encrypting.point(encrypting.private_key(held)))
        return self._server_key

    async def whose(self, request: Request, text: str) -> Call:
        """Who calls. Two queries for somebody's token, one for an app's own.

        Raises:
            TokenInvalid: a token came that is none; without one, public things are still read.
        """
        if not text:
            return Call(request, self.house, token=None, reader=None)
        async with self.house.database.reads() as reads:
            token = await apps.token(reads, text)
            reader = None
            if token.person_id is not None:
                reader = await people.reader(reads, PersonId(token.person_id))
                if reader is None:
                    raise TokenInvalid
        if apps.is_stale(token):
            async with self.house.database.tx() as tx:
                await apps.touch(tx, token)
        return Call(request, self.house, token=token, reader=reader)


_JSON = _raw({"content-type": "application/json; charset=utf-8", **SECURITY})


class Json(Response):
    """A JSON answer, with the headers of all of them, which are encoded once."""

    def __init__(self, body: bytes, status: int) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [*_JSON, (b"content-length", str(len(body)).encode())]


def _literally(path: str) -> list[bool]:
    """Sorts a path with a name before the pattern that would take it."""
    return [part.startswith("{") for part in path.split("/")]


def bearer(request: Request) -> str:
    """The token that came with a request, "" for none."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.casefold() == "bearer":
        return text.strip()
    return request.query_params.get("access_token", "")


def routes(house: House) -> Sequence[BaseRoute]:
    """This door's routes, for the application."""
    from catflap.mastodon.routes import streaming, table

    assert table.ROOMS
    door = Door(house)
    return [*streaming.sockets(door), *door.routes()]
