"""Requests handed to another process of the same house, and their answers handed back.

Both ends of a pair of sockets speak of whole requests and whole answers, each a frame: four bytes
of length, then msgpack. Each carries a number, so many are on their way at once and none waits for
another. HTTP is read once, at the door: a note costs the one who hands it over 0.4 ms, not 1.2.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
import structlog
from starlette.types import Message, Receive, Scope, Send

log = structlog.get_logger("catflap.handing")

LENGTH_BYTES = 4
ON_THEIR_WAY_MOST = 1024
"""Requests without an answer yet; whatever comes beyond is answered where it came in."""

Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Pairs: TypeAlias = list[tuple[bytes, bytes]]
Place: TypeAlias = tuple[str, int | str]
READY = 0
"""The number of the answer that says that requests are taken."""


class Handed(msgspec.Struct, frozen=True, array_like=True):
    """A request: what ASGI's scope says of it, and its whole body."""

    number: int
    method: str
    path: str
    raw_path: bytes
    query: bytes
    scheme: str
    headers: Pairs
    client: Place | None
    server: Place | None
    body: bytes

    def scope(self) -> Scope:
        """As an application takes it. Source: ASGI 3, "HTTP Connection Scope"."""
        return {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1", "method": self.method, "scheme": self.scheme,
            "path": self.path, "raw_path": self.raw_path, "query_string": self.query,
            "root_path": "", "headers": self.headers, "client": self.client,
            "server": self.server,
        }


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """The answer to the request of that number."""

    number: int
    status: int
    headers: Pairs
    body: bytes


class AnswerLost(Exception):
    """The other process ended before it answered: nobody knows what it has done."""


class Frames(asyncio.Protocol):
    """Whole frames over a stream, as they come; ``ended`` is done once the stream is."""

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard
        self._held = bytearray()
        self._transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The stream is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Some bytes: of a part of a frame, of one, or of many."""
        held = self._held
        held += data
        at = 0
        while len(held) - at >= LENGTH_BYTES:
            end = at + LENGTH_BYTES + int.from_bytes(held[at : at + LENGTH_BYTES])
            if len(held) < end:
                break
            self._heard(bytes(held[at + LENGTH_BYTES : end]))
            at = end
        del held[:at]

    def connection_lost(self, _: Exception | None) -> None:
        """The other end is gone."""
        if not self.ended.done():
            self.ended.set_result(None)

    def send(self, payload: bytes) -> None:
        """Send one frame."""
        assert self._transport is not None
        self._transport.write(len(payload).to_bytes(LENGTH_BYTES) + payload)

    def close(self) -> None:
        """End the stream once all was sent."""
        if self._transport is not None:
            self._transport.close()


_encode = msgspec.msgpack.Encoder().encode
_handed = msgspec.msgpack.Decoder(Handed).decode
_answered = msgspec.msgpack.Decoder(Answered).decode


class Hands:
    """The end that hands requests over."""

    def __init__(self) -> None:
        self._frames = Frames(self._hear)
        self._number = READY
        self._waiting: dict[int, asyncio.Future[Answered]] = {}
        self._since: dict[int, float] = {}
        """When each that waits was handed over, the longest ago first."""

    @property
    def ended(self) -> asyncio.Future[None]:
        """Done once the other end is gone."""
        return self._frames.ended

    @property
    def is_free(self) -> bool:
        """Whether one more request may be handed over."""
        return not self.ended.done() and len(self._waiting) < ON_THEIR_WAY_MOST

    @property
    def waits_s(self) -> float:
        """How long the one has waited for its answer that waits longest; 0 where none does."""
        now = time.monotonic()
        return now - next(iter(self._since.values()), now)

    async def open(self, end: socket.socket) -> None:
        """Return once requests are taken, over this end of a pair of sockets.

        Raises:
            AnswerLost: the other process ended before it took any.
        """
        loop = asyncio.get_running_loop()
        ready = self._waiting[READY] = loop.create_future()
        await loop.create_connection(lambda: self._frames, sock=end)
        self.ended.add_done_callback(self._lost)
        try:
            await ready
        finally:
            del self._waiting[READY]

    async def hand(self, scope: Scope, body: bytes) -> Answered:
        """The other process's answer to a request.

        Raises:
            AnswerLost: that process ended meanwhile.
        """
        number = self._number = self._number + 1
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._since[number] = time.monotonic()
        client, server = scope.get("client"), scope.get("server")
        self._frames.send(_encode(Handed(
            number, scope["method"], scope["path"], scope["raw_path"],
            scope["query_string"], scope["scheme"], [*scope["headers"]],
            client and tuple(client), server and tuple(server), body,
        )))
        try:
            found: Answered = await answered
            return found
        finally:
            self._waiting.pop(number, None)
            del self._since[number]

    def _hear(self, payload: bytes) -> None:
        answer = _answered(payload)
        waiting = self._waiting.get(answer.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _lost(self, _: object) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(AnswerLost())

    async def finish(self, *, within_s: float) -> None:
        """End it once what was handed over is answered, or is not within so long."""
        if self._waiting:
            await asyncio.wait([*self._waiting.values()], timeout=within_s)
        self._frames.close()


async def taking(end: socket.socket, application: Application) -> None:
    """Answer what is handed over, until the other end is gone and all of it is answered."""
    tasks: set[asyncio.Task[None]] = set()

    def heard(payload: bytes) -> None:
        answering = _answer(_handed(payload), application, frames)
        task = asyncio.get_running_loop().create_task(answering)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    frames = Frames(heard)
    await asyncio.get_running_loop().create_connection(lambda: frames, sock=end)
    try:
        frames.send(_encode(Answered(READY, 200, [], b"")))
        await frames.ended
        await asyncio.gather(*tasks)
    finally:
        frames.close()


async def _answer(handed: Handed, application: Application, frames: Frames) -> None:
    status, headers, chunks, is_read = 500, Pairs(), list[bytes](), False

    async def receive() -> Message:
        nonlocal is_read
        if is_read:
            await frames.ended
            return {"type": "http.disconnect"}
        is_read = True
        return {"type": "http.request", "body": handed.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], [*message["headers"]]
        else:
            chunks.append(message.get("body", b""))

    try:
        await application(handed.scope(), receive, send)
    except Exception:
        log.exception("fault", path=handed.path)
        status, headers, chunks = 500, Pairs(), []
    if not frames.ended.done():
        frames.send(_encode(Answered(handed.number, status, headers, b"".join(chunks))))
