"""A wave of people who write: a process of its own takes it, so that who reads does not wait.

Python runs on one processor. Most days that is enough, and one web process is small. Where more
posts, comments and likes come within a second than ``wave_per_second`` says, `cli.writing` starts
another process, which takes them until it was quiet for `QUIET_S`. What it does not take, the web
process does as ever: before the other is there, after it died, and what is long.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Iterator
from functools import cache

from prometheus_client import Counter
from starlette.types import Message, Receive, Scope, Send

from catflap.ground.database import Database
from catflap.ground.handing import Answered, AnswerLost, Application, Hands
from catflap.ground.metrics import REQUEST_SECONDS, REQUESTS

QUIET_S = 600.0
BODY_MOST_BYTES = 64 * 1024
"""The longest note takes 60 kB where every sign of it is escaped; pictures come by themselves."""
_ID = r"\d{1,20}"
_WRITES = re.compile(
    rf"/api/v1/statuses(/{_ID}/(un)?(favourite|reblog|bookmark))?"
    rf"|/new|/n/{_ID}/((un)?(like|collect)|comments)"
)
"""What people do in a wave, none of which this process remembers anything of."""
_NUMBER = re.compile(rf"/{_ID}")
_STATUSES = "/api/v1/statuses"
_MAKES = re.compile(rf"{_STATUSES}|/new|/n/{_ID}/comments")
"""What makes something new each time; the rest, done twice, is as done once."""
_KEY = b"idempotency-key"
_SECONDS = REQUEST_SECONDS.labels("wave")


@cache
def _counted(route: str, status: int) -> Counter:
    return REQUESTS.labels("wave", route, status)


class Wave:
    """What the web process knows of a wave, and the process that takes it."""

    def __init__(self, database: Database, *, per_second: int) -> None:
        """``per_second`` is from how many on it is a wave; 0 for never."""
        self._database = database
        self._per_second = per_second
        self._second, self._count = 0, 0
        self._last_at = 0.0
        self._hands: Hands | None = None
        self.rising = asyncio.Event()
        """Set where a process of its own is wanted."""

    @property
    def is_over(self) -> bool:
        """Whether no second was one of a wave for `QUIET_S`."""
        return time.monotonic() - self._last_at > QUIET_S

    @contextlib.contextmanager
    def taken_by(self, hands: Hands) -> Iterator[None]:
        """Hand over what comes, while this is open."""
        self._hands = hands
        try:
            yield
        finally:
            self._hands = None

    def is_of(self, scope: Scope) -> bool:
        """Whether a request is such as a wave is made of."""
        return (
            self._per_second > 0 and scope["type"] == "http" and scope["method"] == "POST"
            and _WRITES.fullmatch(scope["path"]) is not None
        )

    async def answer(
        self, application: Application, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer such a request, there or here.

        Raises:
            AnswerLost: the other process died with it, and nobody knows what it has done.
        """
        self._count_one()
        hands = self._hands
        if hands is None or not _is_short(scope):
            await application(scope, receive, send)
            return
        started = time.perf_counter()
        body = await _body(receive)
        if body is None:
            return
        answered = await _handed(hands, scope, body) if hands.is_free else None
        if answered is None:
            await application(scope, _given(body, receive), send)
            return
        # Who has an answer may ask for what it says is there.
        self._database.look()
        await send({
            "type": "http.response.start", "status": answered.status, "headers": answered.headers
        })
        await send({"type": "http.response.body", "body": answered.body})
        _counted(_route(scope["path"]), answered.status).inc()
        _SECONDS.observe(time.perf_counter() - started)

    def _count_one(self) -> None:
        now = time.monotonic()
        if int(now) != self._second:
            self._second, self._count = int(now), 0
        self._count += 1
        if self._count > self._per_second:
            self._last_at = now
            self.rising.set()


async def _handed(hands: Hands, scope: Scope, body: bytes) -> Answered | None:
    """The other process's answer; None where it was lost and the request may be done again.

    Raises:
        AnswerLost: it may not.
    """
    try:
        return await hands.hand(scope, body)
    except AnswerLost:
        if not _is_done_once(scope):
            raise
        return None


def _is_done_once(scope: Scope) -> bool:
    """Whether a request, answered twice, does what it does once: apps name a key for that."""
    if _MAKES.fullmatch(scope["path"]) is None:
        return True
    return scope["path"] == _STATUSES and any(name == _KEY for name, _ in scope["headers"])


def _route(path: str) -> str:
    """A path without its numbers: the apps' version is a part of a word."""
    return _NUMBER.sub("/{id}", path)


def _is_short(scope: Scope) -> bool:
    """Whether a body says that it is short, and is no upload."""
    length = -1
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            length = int(value)
        elif name == b"content-type" and value.startswith(b"multipart/"):
            return False
    return 0 <= length <= BODY_MOST_BYTES


async def _body(receive: Receive) -> bytes | None:
    """A whole body; None where the client went away before its end."""
    chunks = list[bytes]()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def _given(body: bytes, receive: Receive) -> Receive:
    """As if a body that was read came now."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again
