"""Finding a request's route among hundreds without trying each.

Starlette tries every route's pattern in order: with the two hundred and ninety of both doors that
was half of what a small answer cost. Here routes are sorted once by the literal beginning of their
paths, and only those whose beginning a request shares are tried, by Starlette and in their order;
of a path that a route has literally, only those that fit it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Lifespan, Receive, Scope, Send

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
"""What answers a request."""


class AsApplication:
    """A handler as an application of its own.

    Starlette would wrap each in another handling of exceptions, inside the one that is around all.
    """

    __slots__ = ("_handler",)

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        answer = await self._handler(Request(scope, receive, send))
        await answer(scope, receive, send)


class ByBeginning(Router):
    """A router that answers as Starlette's does with the same routes, without trailing slashes."""

    def __init__(self, routes: Sequence[BaseRoute], *, lifespan: Lifespan[Any]) -> None:
        super().__init__(routes, redirect_slashes=False, lifespan=lifespan)
        beginnings = [_beginning(route) for route in routes]
        self._depth = max((one.count("/") for one in beginnings), default=0)
        self._by_beginning: dict[str, Router] = {}
        for one in {"", *beginnings}:
            shared = set(self._beginnings_of(one))
            fitting = [
                route for route, its in zip(routes, beginnings, strict=True) if its in shared
            ]
            self._by_beginning[one] = Router(fitting, redirect_slashes=False)
        self._by_path = {
            one: Router(
                [route for route in self._at(one).routes if _may_fit(route, one)],
                redirect_slashes=False,
            )
            for one in {_path(route) for route in routes} if "{" not in one
        }

    def _beginnings_of(self, path: str) -> Iterator[str]:
        """Every beginning of a path at a slash, the longest first, down to the empty one."""
        parts = path.split("/", self._depth + 1)[: self._depth + 1]
        for count in range(len(parts), 0, -1):
            yield "/".join(parts[:count])

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the first route that fits."""
        if scope["type"] == "lifespan":
            await super().app(scope, receive, send)
            return
        path = scope["path"]
        await (self._by_path.get(path) or self._at(path)).app(scope, receive, send)

    def _at(self, path: str) -> Router:
        """The routes whose beginning a path shares."""
        return next(
            self._by_beginning[beginning] for beginning in self._beginnings_of(path)
            if beginning in self._by_beginning
        )


def _may_fit(route: BaseRoute, path: str) -> bool:
    """Whether a route fits a path, whatever the method; taken to be so for other kinds."""
    return not isinstance(route, Route) or route.path_regex.match(path) is not None


def _path(route: BaseRoute) -> str:
    return getattr(route, "path", "")


def _beginning(route: BaseRoute) -> str:
    """The whole segments before a route's first parameter; "" for a route of another kind."""
    parts = _path(route).split("/")
    literal = next((at for at, part in enumerate(parts) if "{" in part), len(parts))
    return "/".join(parts[:literal])
