"""Who is being answered at this moment, so that a process that stops finishes with them first.

Granian waits for open connections, for ever, and not for an answer whose asker went away: an upload
that stops halfway would hold up the end, and whoever closed a page too early would have their
sign-up meet a closed database. Here every request counts until its handler has ended.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

log = structlog.get_logger("catflap.web")

FINISHING_S = 5.0
"""How long a stopping process goes on with what it has begun."""


class Answering:
    """The requests of one application whose handlers have not ended."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self) -> None:
        """Count the request that this task answers, until the task is done."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, *, within_s: float = FINISHING_S) -> None:
        """Return once nobody is being answered; whoever still is after so long is cut off."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within_s)
        for task in late:
            task.cancel()
        if late:
            log.warning("cut_off", requests=len(late))
            await asyncio.gather(*late, return_exceptions=True)
