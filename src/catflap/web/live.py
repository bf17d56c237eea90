"""Live streams (server-sent events): what happened, told to open pages.

The hub follows the events table, so it hears of what any process wrote. It tells only numbers and
counts; a page fetches what it needs, and is given only what its reader may see.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

import msgspec

from catflap.ground.events import Happened
from catflap.ground.metrics import STREAMS

QUEUE_LIMIT = 200
BEAT_S = 20.0


class Stream:
    """One open page: its reader, the note it shows, whether it waits for translations."""

    def __init__(self, *, person: int, note: int | None, waits: bool = False) -> None:
        self.person = person
        self.note = note
        self.waits = waits
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_LIMIT)

    def tell(self, name: str, data: object) -> None:
        """Queue an event; a page too slow to listen loses it and sees it at its next load."""
        text = f"event: {name}\ndata: {msgspec.json.encode(data).decode()}\n\n"
        if not self.queue.full():
            self.queue.put_nowait(text)


class Hub:
    """Every open stream of this process."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._by_note: dict[int, set[Stream]] = defaultdict(set)
        self._by_person: dict[int, set[Stream]] = defaultdict(set)
        self._is_closed = False

    def deliver(self, event: Happened) -> None:
        """Tell whom a fact concerns."""
        if not self._streams:
            return
        data = msgspec.json.decode(event.payload)
        if event.kind == "NoticeGiven":
            for stream in self._by_person.get(data["person"], ()):
                stream.tell("notice", {})
        elif event.kind == "CommentPosted":
            for stream in self._by_note.get(data["root"], ()):
                stream.tell("comment", {"note": str(data["root"]), "comment": str(data["note"])})
        elif event.kind == "NoteCarded":
            for stream in self._by_note.get(data["root"], ()):
                stream.tell("beside", {"note": str(data["note"]), "root": str(data["root"])})
        elif event.kind in ("PollVoted", "PollClosed"):
            for stream in self._by_note.get(data["root"], ()):
                stream.tell("poll", {"note": str(data["note"])})
        elif event.kind in ("NoteLiked", "NoteUnliked"):
            for stream in self._by_note.get(data["note"], ()):
                stream.tell("likes", {"note": str(data["note"]), "likes": data["likes"]})
        elif event.kind == "MediaMoved":
            for stream in self._by_person.get(data["owner"], ()):
                stream.tell("media", {
                    "id": str(data["media"]), "state": data["state"],
                    "progress": data["progress_ratio"],
                })
        elif event.kind == "PersonLetIn":
            for stream in self._by_person.get(data["person"], ()):
                stream.tell("let-in", {})
        elif event.kind in ("ImportMoved", "ExportMoved"):
            id_ = data["import_id"] if event.kind == "ImportMoved" else data["export_id"]
            for stream in self._by_person.get(data["owner"], ()):
                stream.tell("import", {
                    "id": str(id_), "state": data["state"],
                    "progress": data["progress_ratio"],
                })
        elif event.kind == "RenditionMade":
            for stream in self._streams:
                if stream.note is not None or stream.waits:
                    stream.tell("rendition", {"key": data["key"]})

    async def events(self, stream: Stream) -> AsyncIterator[str]:
        """A stream's events until its page goes away."""
        self._add(stream)
        try:
            yield "retry: 3000\n\n"
            # A page that comes back while the server stops must not hold it up.
            while not self._is_closed:
                try:
                    async with asyncio.timeout(BEAT_S):
                        text = await stream.queue.get()
                except TimeoutError:
                    text = ": beat\n\n"
                if text is None:
                    return
                yield text
        finally:
            self._remove(stream)

    def close(self) -> None:
        """End every stream, so that the server can stop; pages come back by themselves."""
        self._is_closed = True
        for stream in self._streams:
            while stream.queue.full():
                stream.queue.get_nowait()
            stream.queue.put_nowait(None)

    def _add(self, stream: Stream) -> None:
        self._streams.add(stream)
        self._by_person[stream.person].add(stream)
        if stream.note is not None:
            self._by_note[stream.note].add(stream)
        STREAMS.inc()

    def _remove(self, stream: Stream) -> None:
        self._streams.discard(stream)
        for index, key in ((self._by_person, stream.person), (self._by_note, stream.note)):
            if key is not None and key in index:
                index[key].discard(stream)
                if not index[key]:
                    del index[key]
        STREAMS.dec()
