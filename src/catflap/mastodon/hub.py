"""Live streams of the Mastodon door: what happened, told to every app that listens.

Each fact is looked up once, hidden for all viewers in a handful of queries, and presented once
for each way of reading; what a viewer did with a note is put in afterwards. Queues are bounded: an
app that is too slow is let go, and comes back by itself. While nobody listens nothing runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable

import structlog

from catflap.access import apps
from catflap.ground.errors import NotFound
from catflap.ground.events import Happened
from catflap.ground.metrics import STREAMS
from catflap.house import House
from catflap.mastodon import listing, streams
from catflap.mastodon.call import Call
from catflap.mastodon.problems import StreamUnknown
from catflap.mastodon.streams import Channel, Told
from catflap.mastodon.telling import KINDS, Telling
from catflap.people import standing

QUEUE_LIMIT = 200
WAITING_LIMIT = 2000
CHANNELS_MAX = 100
CHECK_S = 30.0
SEND_S = 20.0

log = structlog.get_logger("catflap.streams")


class Listener:
    """One open connection: whose it is, what it listens to, what waits to be sent."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.channels: set[Channel] = set()
        self.queue: asyncio.Queue[Told | None] = asyncio.Queue(QUEUE_LIMIT)

    def offer(self, told: Told) -> None:
        """Queue something; who does not keep up is let go."""
        if self.queue.full():
            log.info("stream_too_slow", person=self.call.viewer)
            self.end()
        else:
            self.queue.put_nowait(told)

    def end(self) -> None:
        """Let go of the connection; what waited is dropped."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """Every listener of this process."""

    def __init__(self, house: House, telling: Telling) -> None:
        self._house = house
        self._telling = telling
        self._listeners: set[Listener] = set()
        self._by_channel: dict[Channel, set[Listener]] = defaultdict(set)
        self._waiting: deque[Happened] = deque(maxlen=WAITING_LIMIT)
        self._heard = asyncio.Event()
        self._beside: list[asyncio.Task[None]] = []
        self._is_closed = False

    def deliver(self, event: Happened) -> None:
        """Hear of a fact; what nobody listens for costs nothing."""
        if self._listeners and event.kind in KINDS:
            self._waiting.append(event)
            self._heard.set()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._is_closed = True
        for listener in self._listeners:
            listener.end()

    async def subscribe(self, listener: Listener, wanted: Channel) -> None:
        """Have a listener told what happens on a stream.

        Raises:
            SignInNeeded, OutsideScopes: it is not for this token.
            NotFound: the list is nobody's, or somebody else's.
        """
        streams.permit(listener.call, wanted)
        if wanted.name == streams.LIST:
            async with self._house.database.reads() as reads:
                if not await listing.owns(reads, listener.call.me, streams.list_id(wanted)):
                    raise NotFound("list")
        if len(listener.channels) >= CHANNELS_MAX:
            raise StreamUnknown
        listener.channels.add(wanted)
        if listener in self._listeners:
            self._by_channel[wanted].add(listener)

    def unsubscribe(self, listener: Listener, wanted: Channel) -> None:
        """Have it told no more."""
        listener.channels.discard(wanted)
        self._forget(listener, wanted)

    async def converse(
        self, listener: Listener, *, send: Callable[[Told | None], Awaitable[None]],
        hear: Callable[[], Awaitable[None]], beat_s: float | None = None,
    ) -> None:
        """Serve one connection until either side ends it.

        ``send`` is given what happened, and None every ``beat_s``; ``hear`` ends when the app
        goes. Whichever ends first ends the other.
        """

        async def speak() -> None:
            while True:
                told: Told | None = None
                try:
                    async with asyncio.timeout(beat_s):
                        told = await listener.queue.get()
                    if told is None:
                        return
                except TimeoutError:
                    pass
                async with asyncio.timeout(SEND_S):
                    await send(told)

        self._add(listener)
        both = [asyncio.ensure_future(speak()), asyncio.ensure_future(hear())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._remove(listener)
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    def _add(self, listener: Listener) -> None:
        if self._is_closed:
            # An app that comes back while the server stops must not hold it up.
            listener.end()
        self._listeners.add(listener)
        for channel in listener.channels:
            self._by_channel[channel].add(listener)
        STREAMS.inc()
        if not self._beside:
            self._beside = [
                asyncio.create_task(self._tell_forever()),
                asyncio.create_task(self._check_forever()),
            ]

    def _remove(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        for channel in listener.channels:
            self._forget(listener, channel)
        STREAMS.dec()
        if not self._listeners:
            for task in self._beside:
                task.cancel()
            self._beside = []
            self._waiting.clear()

    def _forget(self, listener: Listener, channel: Channel) -> None:
        held = self._by_channel.get(channel)
        if held is not None:
            held.discard(listener)
            if not held:
                del self._by_channel[channel]

    async def _tell_forever(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            while self._waiting:
                event = self._waiting.popleft()
                try:
                    await self._tell(event)
                except Exception:
                    # A supervisor: one fact that cannot be told must not silence the rest.
                    log.warning("telling_failed", kind=event.kind, exc_info=True)

    async def _tell(self, event: Happened) -> None:
        if event.kind == "AppsChanged":
            await self.check()
            return
        async with self._house.database.reads() as reads:
            await self._telling.tell(reads, event, self._by_channel)

    async def _check_forever(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            with contextlib.suppress(OSError):
                await self.check()

    async def check(self) -> None:
        """Let go of those whose token was taken back; learn anew how the others read."""
        held = {one.call.token.id for one in self._listeners if one.call.token is not None}
        async with self._house.database.reads() as reads:
            good = await apps.tokens_among(reads, held)
            ids = {token.person_id for token in good.values() if token.person_id is not None}
            known = await standing.readers(reads, ids)
        for listener in list(self._listeners):
            call = listener.call
            if call.token is None:
                continue
            token = good.get(call.token.id)
            if token is None or (token.person_id is not None and token.person_id not in known):
                listener.end()
                continue
            call.token = token
            if token.person_id is not None:
                call.reader = known[token.person_id]
