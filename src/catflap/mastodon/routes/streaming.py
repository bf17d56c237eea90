"""Live streams: server-sent events on a path each, and one socket for several streams.

A socket's frames are ``{"type": "subscribe", "stream": "hashtag", "tag": "cattax"}`` inwards and
the envelope of `streams.as_frame` outwards.
"""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from catflap.ground.errors import CatflapError
from catflap.mastodon import problems, streams
from catflap.mastodon.call import Call
from catflap.mastodon.door import CORS, Door
from catflap.mastodon.endpoint import BESIDE, Beside, Needs, Nothing, endpoint
from catflap.mastodon.hub import Hub, Listener
from catflap.mastodon.problems import StreamUnknown
from catflap.mastodon.streams import Asked, Channel, Frame, Told

BEAT_S = 15.0
FRAME_MAX_CHARS = 4000
SOCKETS = ("/api/v1/streaming", "/api/v1/streaming/")
WELCOME = b":)\n"
BEAT = b":thump\n"

log = structlog.get_logger("catflap.streams")


class EventStream(Response):
    """A stream of server-sent events that ends when either side does."""

    def __init__(self, hub: Hub, listener: Listener) -> None:
        super().__init__(
            headers={
                "content-type": "text/event-stream", "cache-control": "private, no-store",
                "x-accel-buffering": "no",
            }
        )
        del self.headers["content-length"]
        self._hub = hub
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what happens until the app goes or is let go."""
        del scope
        await send(
            {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        )

        async def tell(told: Told | None) -> None:
            body = streams.as_event(told).encode() if told is not None else BEAT
            await send({"type": "http.response.body", "body": body, "more_body": True})

        async def hear() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        with contextlib.suppress(OSError, TimeoutError):
            await send({"type": "http.response.body", "body": WELCOME, "more_body": True})
            await self._hub.converse(self._listener, send=tell, hear=hear, beat_s=BEAT_S)
            async with asyncio.timeout(1):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


@endpoint("GET", "/api/v1/streaming/health", gives=str, needs=Needs.NOBODY, kind="text/plain")
async def health(door: Door, call: Call, asked: Nothing) -> Response:
    """Streams are served."""
    return PlainTextResponse("OK")


class Events(msgspec.Struct, kw_only=True):
    """What a stream of events is to hold; ``only_media`` for public ones."""

    tag: str = ""
    list: str = ""
    only_media: bool = False


async def _listen(door: Door, call: Call, name: str, asked: Events) -> Response:
    if asked.only_media and name + streams.MEDIA in streams.PUBLIC_ONES:
        name += streams.MEDIA
    listener = Listener(call)
    await door.hub.subscribe(
        listener, streams.channel(Asked(stream=name, tag=asked.tag, list=asked.list))
    )
    return EventStream(door.hub, listener)


def _events(name: str, words: str) -> None:
    """Declare a stream of events; its path is its name."""

    async def listen(door: Door, call: Call, asked: Events) -> Response:
        return await _listen(door, call, name, asked)

    listen.__doc__ = words
    is_own = name in streams.ONES_OWN
    endpoint(
        "GET", f"/api/v1/streaming/{name.replace(':', '/')}", takes=Events, gives=str,
        needs=Needs.PERSON if is_own else Needs.NOBODY,
        scopes=(Channel(name=name).scope,), kind="text/event-stream",
    )(listen)


_events(streams.USER, "One's home and notifications, live.")
_events(streams.NOTIFICATION, "One's notifications, live.")
_events(streams.PUBLIC, "What everybody here writes for everybody, live.")
_events(streams.LOCAL, "What everybody here writes for everybody, live.")
_events(streams.REMOTE, "What comes from elsewhere, live; nothing does yet.")
_events(streams.HASHTAG, "What carries a tag, live.")
_events(streams.HASHTAG_LOCAL, "What carries a tag, live.")
_events(streams.LIST, "What those on a list write, live.")
_events(streams.DIRECT, "What is written for those it mentions, live.")


class Opened(Asked, kw_only=True):
    """The first stream of a socket, which may come later too, and the token.

    A token may come as ``Authorization`` or as ``Sec-WebSocket-Protocol`` instead.
    """

    access_token: str = ""


BESIDE.append(Beside(
    method="GET", path=SOCKETS[0], room=__name__, takes=Opened,
    words="Open a socket for several streams (RFC 6455); frames subscribe and unsubscribe.",
    answers={
        101: "A socket: `{\"type\": \"subscribe\", \"stream\": \"hashtag\", \"tag\": \"cattax\"}` "
             "inwards, `{\"stream\": [], \"event\": \"update\", \"payload\": \"{}\"}` outwards.",
        401: "The access token is invalid.", 403: "Outside the token's scopes.",
        404: "No socket was asked for.", 429: "Too many requests.",
    },
))


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """An error on a socket."""

    error: str
    status: int


class Socket:
    """One app's socket."""

    def __init__(self, door: Door, socket: WebSocket, listener: Listener) -> None:
        self._hub = door.hub
        self._socket = socket
        self._listener = listener

    async def serve(self, first: Asked) -> None:
        """Tell and hear until either side ends it."""
        if first.stream:
            await self._subscribe(first)
        await self._hub.converse(self._listener, send=self._tell, hear=self._hear)
        if self._socket.application_state is WebSocketState.CONNECTED:
            async with asyncio.timeout(1):
                await self._socket.close(1001)

    async def _tell(self, told: Told | None) -> None:
        if told is not None:
            await self._socket.send_text(streams.as_frame(told))

    async def _hear(self) -> None:
        while True:
            try:
                text = await self._socket.receive_text()
            except WebSocketDisconnect:
                return
            except KeyError:
                # Bytes, where there should be text.
                text = ""
            await self._heard(text)

    async def _heard(self, text: str) -> None:
        if not text.strip():
            return
        try:
            if len(text) > FRAME_MAX_CHARS:
                raise StreamUnknown
            frame = msgspec.json.decode(text, type=Frame)
            if frame.type == "subscribe":
                await self._subscribe(frame)
            elif frame.type == "unsubscribe":
                self._hub.unsubscribe(self._listener, streams.channel(frame))
        except (msgspec.MsgspecError, UnicodeError):
            await self._socket.send_text(self._refusal(StreamUnknown()))
        except CatflapError as error:
            await self._socket.send_text(self._refusal(error))

    def _refusal(self, error: CatflapError) -> str:
        status, problem = problems.said(error, words=self._listener.call.words)
        return msgspec.json.encode(Refused(error=problem.error, status=status)).decode()

    async def _subscribe(self, asked: Asked) -> None:
        try:
            await self._hub.subscribe(self._listener, streams.channel(asked))
        except CatflapError as error:
            await self._socket.send_text(self._refusal(error))


def _token(socket: WebSocket) -> tuple[str, str | None]:
    """The token that came, and the subprotocol to be echoed: browsers send tokens as one."""
    offered = socket.scope.get("subprotocols") or []
    kind, _, text = socket.headers.get("authorization", "").partition(" ")
    if kind.casefold() == "bearer":
        return text.strip(), offered[0] if offered else None
    if told := socket.query_params.get("access_token", ""):
        return told, offered[0] if offered else None
    return (offered[0], offered[0]) if offered else ("", None)


def sockets(door: Door) -> list[WebSocketRoute]:
    """Where sockets are opened."""

    async def opened(socket: WebSocket) -> None:
        await _open(door, socket)

    return [WebSocketRoute(path, opened) for path in SOCKETS]


async def _open(door: Door, socket: WebSocket) -> None:
    """Several streams through one socket; who may not listen is refused before it opens."""
    text, protocol = _token(socket)
    request = Request({**socket.scope, "type": "http", "method": "GET"})
    first = Asked(**{
        name: socket.query_params.get(name, "") for name in Asked.__struct_fields__
    })
    call = Call(request, door.house, token=None, reader=None)
    try:
        call = await door.whose(request, text)
        door.limit.spend(f"p{call.viewer}" if call.viewer else f"a{call.address}")
        if first.stream:
            with contextlib.suppress(StreamUnknown):
                streams.permit(call, streams.channel(first))
    except CatflapError as error:
        answer = problems.answer(error, words=call.words)
        answer.headers.update(CORS)
        await socket.send_denial_response(answer)
        return
    with contextlib.suppress(OSError, TimeoutError, WebSocketDisconnect):
        await socket.accept(protocol)
        log.info("stream", stream=first.stream, person=call.viewer)
        await Socket(door, socket, Listener(call)).serve(first)
