"""One follower of the events table for a whole process, whatever doors want to hear of it."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from catflap.ground import events
from catflap.ground.database import Database
from catflap.ground.events import Happened

RETRY_S = 1.0

log = structlog.get_logger("catflap.following")


class Ear(Protocol):
    """Somebody who hears what happened. Both calls return at once and do not raise."""

    def deliver(self, event: Happened) -> None:
        """Hear of a fact."""

    def close(self) -> None:
        """End what is open, because the process stops."""


class Following:
    """Looks at the table once and tells everybody."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ears: list[Ear] = []

    def listen(self, ear: Ear) -> None:
        """Tell ``ear`` too, from now on."""
        self._ears.append(ear)

    async def forever(self) -> None:
        """Tell everybody of each new fact until cancelled."""
        while True:
            try:
                await events.follow(self._database, self._deliver)
            except Exception:
                # A supervisor: the database may be away for a moment.
                log.warning("following_failed", exc_info=True)
                await asyncio.sleep(RETRY_S)

    def close(self) -> None:
        """End every live stream, so that the server can stop."""
        for ear in self._ears:
            ear.close()

    def _deliver(self, event: Happened) -> None:
        for ear in self._ears:
            ear.deliver(event)
