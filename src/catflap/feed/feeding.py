"""The feed of one process: loaded when it is first needed, changed as events tell, shelved anew.

NumPy comes into the process with it, in a thread and behind the first answers. What several web
processes hold may differ by what one of them showed within the last seconds: floors overshoot by
as much, and budgets of a page never do.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from typing import TYPE_CHECKING

import msgspec
import structlog

from catflap.feed.showing import Showing
from catflap.ground.database import Database
from catflap.ground.events import Happened
from catflap.media.store import Store

if TYPE_CHECKING:
    from catflap.feed.personal import Composer

log = structlog.get_logger("catflap.feed")

LOOKED_EVERY_S = 0.25
SHELVED_LEAST_S = 1.0
SHELVED_MOST_S = 120.0
SHELVING_RATIO = 0.005
"""Of a process's time, at most, for laying out notes that change all the time."""
LOADED_EVERY_S = 3600.0
"""What other processes showed is not heard of, so all is read anew so often."""


class _Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of the events below."""

    note: int = 0
    person: int = 0
    author: int = 0
    root: int | None = None
    likes: int = 0
    refused: int = 0
    reader: int = 0
    follower: int = 0


_HEARD = frozenset({
    "NotePlaced", "NoteWithdrawn", "NoteLiked", "NoteUnliked", "CommentPosted", "LessWanted",
    "FeedChanged", "PersonFollowed", "FloorPaced", "ModelChosen",
})
_FACT = msgspec.json.Decoder(_Fact)


class Feeding:
    """Holds the composer of this process, and what it showed that is not written down yet."""

    def __init__(self, database: Database, store: Store) -> None:
        self.showing = Showing()
        self._database = database
        self._store = store
        self._composer: Composer | None = None
        self._loading = asyncio.Lock()
        self._placed: set[int] = set()
        self._is_changed = False
        self._has_cards = False
        self._has_model = False

    async def composer(self) -> Composer:
        """The composer, loaded the first time it is asked for."""
        if self._composer is None:
            async with self._loading:
                if self._composer is None:
                    self._composer = await self._loaded()
        return self._composer

    async def _loaded(self) -> Composer:
        room = await asyncio.to_thread(importlib.import_module, "catflap.feed.personal")
        made: Composer = room.Composer()
        # Whatever happens while it is read is heard of and read again.
        self._placed.clear()
        async with self._database.reads() as reads:
            await made.holding.load(reads)
            await made.take_model(reads, self._store)
            await made.take_cards(reads)
        made.shelve()
        return made

    def deliver(self, event: Happened) -> None:
        """Hear what happened."""
        if event.kind not in _HEARD:
            return
        fact = _FACT.decode(event.payload)
        self._is_changed = True
        if event.kind in ("NotePlaced", "NoteWithdrawn"):
            self._placed.add(fact.note)
        elif event.kind == "FloorPaced":
            self._has_cards = True
        elif event.kind == "ModelChosen":
            self._has_model = True
        elif self._composer is not None:
            self._tell(self._composer, event.kind, fact)

    def _tell(self, composer: Composer, kind: str, fact: _Fact) -> None:
        if kind in ("NoteLiked", "NoteUnliked"):
            composer.holding.liked(
                fact.note, by=fact.person if kind == "NoteLiked" else 0, likes=fact.likes
            )
        elif kind == "CommentPosted" and fact.root:
            composer.holding.commented(fact.root)
            composer.answered(fact.author, fact.root)
        elif kind == "LessWanted":
            composer.holding.refused(fact.note, fact.refused)
            composer.less(fact.reader, fact.note)
        elif kind == "FeedChanged":
            composer.forget(fact.reader)
        elif kind == "PersonFollowed":
            composer.forget(fact.follower)

    def forget(self, reader: int) -> None:
        """Compose anew for a reader, who asked for it or is to be shown other things."""
        if self._composer is not None:
            self._composer.forget(reader)

    def less(self, reader: int, note: int) -> None:
        """Show a reader no more of what they just wanted less of."""
        if self._composer is not None:
            self._composer.less(reader, note)

    def named_places(self, count: int) -> list[str]:
        """Keys of well-known places that notes here are from, the most named first; no query.

        None until the notes are loaded: nobody waits at the door for that.
        """
        return self._composer.named_places(count) if self._composer is not None else []

    def close(self) -> None:
        """Nothing is open."""

    async def catch_up(self) -> None:
        """Take in what was heard of, and lay out the notes anew. A few queries."""
        composer = await self.composer()
        placed, self._placed = self._placed, set()
        has_cards, self._has_cards = self._has_cards, False
        has_model, self._has_model = self._has_model, False
        self._is_changed = False
        async with self._database.reads() as reads:
            if placed:
                await composer.holding.refresh(reads, sorted(placed))
            if has_cards:
                await composer.take_cards(reads)
            if has_model:
                await composer.take_model(reads, self._store)
        composer.shelve()

    async def forever(self) -> None:
        """Keep what is held up to date until cancelled."""
        loaded_at = shelved_at = 0.0
        cost_s = 0.0
        while True:
            try:
                now = time.monotonic()
                if self._composer is None or now - loaded_at > LOADED_EVERY_S:
                    await self._load_again()
                    loaded_at = shelved_at = now
                since = now - shelved_at
                wait_s = max(SHELVED_LEAST_S, cost_s / SHELVING_RATIO)
                if since > SHELVED_MOST_S or (self._is_changed and since > wait_s):
                    started = time.perf_counter()
                    await self.catch_up()
                    cost_s = time.perf_counter() - started
                    shelved_at = now
            except Exception:
                # A supervisor: the database may be away for a moment.
                log.warning("feed_not_current", exc_info=True)
                await asyncio.sleep(SHELVED_LEAST_S)
            await asyncio.sleep(LOOKED_EVERY_S)

    async def _load_again(self) -> None:
        if self._composer is None:
            await self.composer()
            return
        composer = self._composer
        self._placed.clear()
        fresh = composer.fresh_holding()
        async with self._database.reads() as reads:
            await fresh.load(reads)
            await composer.take_model(reads, self._store)
            await composer.take_cards(reads)
        composer.hold(fresh)
