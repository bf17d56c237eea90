"""The web door: what every request passes through, and the table of its routes.

A request: security of forms (no other site may send one) → who looks → the route → the answer, or
an error in the reader's words. One log line each.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import cache
from urllib.parse import quote, urlsplit

import msgspec
import structlog
from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from catflap.access import actions as access_actions
from catflap.access import queries as access
from catflap.access.model import SESSION_TOUCH_S
from catflap.access.throttle import Throttle
from catflap.feed.feeding import Feeding
from catflap.ground import clock
from catflap.ground.errors import CatflapError, SignInNeeded
from catflap.ground.events import Happened
from catflap.ground.handing import AnswerLost
from catflap.ground.metrics import REQUEST_SECONDS, REQUESTS
from catflap.ground.numbering import Number
from catflap.ground.routing import AsApplication, ByBeginning
from catflap.house import House
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.web import problems, rendering
from catflap.web.answering import Answering
from catflap.web.live import Hub
from catflap.web.presenting import Presenting
from catflap.web.visit import COOKIE, Visit
from catflap.web.wave import Wave

log = structlog.get_logger("catflap.web")

HOUSEHOLD_TIMES = 20
"""Failed sign-ins from one address, as a multiple of those to one account from there."""
SUGGESTIONS_PER_HOUR = 7200
"""A minute's typing is some 60 questions; nobody types for an hour."""
STALE_BY = frozenset({
    "PersonDescribed", "PersonLeft", "PersonClosed", "PersonReopened", "RenditionReplaced",
})
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CONSENT = "/oauth/authorize"
"""Under the apps' paths, and a page for people."""

Handler = Callable[["Door", Visit], Awaitable[Response]]

_SECONDS = REQUEST_SECONDS.labels("web")


@cache
def _counted(path: str, status: int) -> Counter:
    return REQUESTS.labels("web", path, status)


class Door:
    """The web door of one house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.presenting = Presenting()
        self.hub = Hub()
        self.feeding = Feeding(house.database, house.store)
        house.following.listen(self)
        per_hour = house.settings.attempts_per_hour
        self.attempts = Throttle("attempts", per_hour=per_hour)
        self.entering = Throttle("attempts", per_hour=per_hour * HOUSEHOLD_TIMES)
        self.suggestions = Throttle("suggestions", per_hour=SUGGESTIONS_PER_HOUR)
        self.posts = Throttle("posts", per_hour=house.settings.posts_per_hour)

    def route(
        self, path: str, handler: Handler, *, methods: tuple[str, ...] = ("GET",),
        signed_in: bool = False,
    ) -> Route:
        """A route of this door; ``signed_in`` ones send others to the sign-in page."""

        async def endpoint(request: Request) -> Response:
            return await self._answer(request, handler, path=path, signed_in=signed_in)

        return Route(path, AsApplication(endpoint), methods=list(methods))

    async def _answer(
        self, request: Request, handler: Handler, *, path: str, signed_in: bool
    ) -> Response:
        started = time.perf_counter()
        visit = await self.visit(request)
        try:
            if request.method not in SAFE_METHODS:
                _refuse_cross_site(request)
            if signed_in and visit.reader is None:
                raise SignInNeeded
            answer = await handler(self, visit)
        except CatflapError as error:
            answer = problem(visit, error)
        except ClientDisconnect:
            answer = Response(status_code=499)
        seconds = time.perf_counter() - started
        _counted(path, answer.status_code).inc()
        _SECONDS.observe(seconds)
        log.info(
            "request", method=request.method, route=path, status=answer.status_code,
            ms=round(seconds * 1000, 1), person=visit.viewer,
        )
        return answer

    async def visit(self, request: Request) -> Visit:
        """Who looks. Two queries for somebody signed in, none for others."""
        token = request.cookies.get(COOKIE, "")
        if not token:
            return Visit(request, self.house, reader=None, session=None)
        async with self.house.database.reads() as reads:
            opened = await access.opened(reads, token, days=self.house.settings.session_days)
            if opened is None:
                return Visit(request, self.house, reader=None, session=None)
            reader = await people.reader(reads, PersonId(opened.person_id))
        if clock.now() - opened.seen_at > timedelta(seconds=SESSION_TOUCH_S):
            async with self.house.database.tx() as tx:
                await access_actions.touch(tx, opened)
        return Visit(request, self.house, reader=reader, session=opened)

    def deliver(self, event: Happened) -> None:
        """Tell streams what happened, and drop renderings that it made stale."""
        if event.kind in STALE_BY:
            self.presenting.pieces.clear()
        self.hub.deliver(event)

    def close(self) -> None:
        """End every stream."""
        self.hub.close()


def _refuse_cross_site(request: Request) -> None:
    """Refuse forms that another site sent.

    Browsers say where a form comes from in ``Sec-Fetch-Site``, older ones in ``Origin``; a client
    that sends neither is no browser and carries no cookie by accident. Source: OWASP's CSRF cheat
    sheet, "Fetch Metadata"; the cookie is also ``SameSite=Lax``.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise problems.CrossSite
        return
    origin = request.headers.get("origin")
    if origin is not None and _place_of(origin) != request.headers.get("host", ""):
        raise problems.CrossSite


def _place_of(origin: str) -> str | None:
    """Host and port of an origin, None where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def problem(visit: Visit, error: CatflapError) -> Response:
    """An error in the reader's words, in the form that was asked for."""
    status = problems.status_of(error)
    sentence = problems.sentence(visit.words, error)
    if status >= 500:
        log.error("error_without_words", error=type(error).__name__)
    if visit.wants_json:
        answer = rendering.json({"error": sentence}, status=status)
    elif isinstance(error, SignInNeeded):
        here = visit.request.url.path if visit.request.method == "GET" else "/"
        return RedirectResponse(f"/enter?next={quote(here)}", status_code=303)
    else:
        answer = rendering.page(visit, "error.html", status=status, detail=sentence)
    return problems.timed(answer, error)


class Guarded:
    """The last resort around the application: a fault is logged and answered, never leaked."""

    def __init__(self, app: Starlette, door: Door, answering: Answering) -> None:
        self.app = app
        self._door = door
        self._answering = answering
        house = door.house
        self.wave = Wave(house.database, per_second=house.settings.wave_per_second)

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Ready to answer what a wave writes, in a process that shows no feed."""
        async with _living(self._door, self._answering, with_feed=False):
            yield

    async def finish(self) -> None:
        """End live streams, which never do by themselves, and finish what was asked before."""
        self._door.house.following.close()
        await self._answering.finish()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] != "lifespan":
            self._answering.begin()
        try:
            if self.wave.is_of(scope):
                await self.wave.answer(self.app, scope, receive, send)
            else:
                await self.app(scope, receive, send)
        except AnswerLost:
            log.warning("answer_lost", path=scope["path"])
            await _not_known(scope["path"])(scope, receive, send)
        except Exception:
            # Starlette raises again what `_stumbled` has answered, so that somebody logs it.
            log.exception("fault", path=scope.get("path"))


async def _stumbled(request: Request, error: Exception) -> Response:
    """What is said of a fault."""
    del error
    return _said(
        request.url.path, 500, to_apps="We're sorry, but something went wrong on our end.",
        to_people="Catflap stumbled. / 猫门绊了一下。",
    )


def _not_known(path: str) -> Response:
    """What is said where the process died that was answering."""
    english = "Whether this arrived is not known: look before you send it again."
    chinese = "不知道有没有送到：再发之前，先看看它在不在。"
    return _said(path, 503, to_apps=english, to_people=f"{english} / {chinese}")


def _said(path: str, status: int, *, to_apps: str, to_people: str) -> Response:
    """A sentence without any page around it: to apps as they read them, whichever door it was."""
    if path.startswith(("/api/", "/oauth/")) and path != CONSENT:
        # Apps that live in a browser are not told the answer of another site without this.
        anywhere = {"access-control-allow-origin": "*"}
        said = msgspec.json.encode({"error": to_apps})
        return Response(said, status, anywhere, media_type="application/json")
    return Response(to_people, status)


@contextlib.asynccontextmanager
async def _living(
    door: Door, answering: Answering, *, with_feed: bool
) -> AsyncIterator[None]:
    """What a process does beside answering; at the end it answers whom it has begun with."""
    database, following = door.house.database, door.house.following
    showing, coverage = door.feeding.showing, door.presenting.coverage
    try:
        async with Number(database):
            beside = [following.forever(), coverage.write_forever(database)]
            if with_feed:
                following.listen(door.feeding)
                beside += [showing.write_forever(database), door.feeding.forever()]
            tasks = [asyncio.create_task(one) for one in beside]
            try:
                yield
            finally:
                await answering.finish()
                for task in tasks:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
                await coverage.write(database)
                await showing.write(database)
    finally:
        await door.house.close()


def application(door: Door, routes: Sequence[BaseRoute]) -> Guarded:
    """The ASGI application of a door."""
    answering = Answering()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        async with _living(door, answering, with_feed=True):
            yield

    async def nothing(request: Request, error: Exception) -> Response:
        del error
        path = request.url.path
        if path.endswith("/") and path != "/" and request.method in SAFE_METHODS:
            # Ours rather than Starlette's, which names whatever host the request names.
            # The question goes along: toot asks for consent with a slash before it.
            there = request.url.replace(path="/" + path.strip("/"))
            return RedirectResponse(f"{there.path}?{there.query}".removesuffix("?"), 307)
        return rendering.page(
            await door.visit(request), "error.html", status=404,
            detail=(await door.visit(request)).words.gettext("This is not here, or not for you."),
        )

    made = Starlette(exception_handlers={404: nothing, Exception: _stumbled})
    made.router = ByBeginning(routes, lifespan=lifespan)
    return Guarded(made, door, answering)
