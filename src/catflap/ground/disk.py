"""The disk behind SQLite's write-ahead log: what was committed is on it before anybody is told.

``synchronous=FULL`` would sync the log inside each COMMIT, in the event loop: 0.4 to 1 ms in which
nobody is answered, and once in a thousand pages the checkpoint besides. Here a commit only writes
the log (``synchronous=NORMAL``); whoever committed waits until the log was synced, which a thread
does once for all who wait, while others read and write. Another thread moves the log into the
database. So others may see for a millisecond what a power cut would still take; nobody was told
that it is kept. Source: SQLite, "Write-Ahead Logging" and ``PRAGMA synchronous``.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

CHECKPOINT_EVERY = 64
"""Commits between two moves of the log into the database: some thousand pages."""

log = structlog.get_logger("catflap.disk")

_sync = getattr(os, "fdatasync", os.fsync)


class Disk:
    """Syncs one database's log; ``mover`` is a connection of its own that moves it."""

    def __init__(self, path: str, mover: Any) -> None:
        # Closing it drops no lock: SQLite locks the database and its ``-shm``, not the log.
        self._log = os.open(f"{path}-wal", os.O_RDONLY)
        self._mover = mover
        self._syncing = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._moving = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._commits = 0
        self._synced = 0
        self._running: asyncio.Task[None] | None = None
        self._moved: asyncio.Future[None] | None = None

    async def kept(self) -> None:
        """Return once all that was committed before is on the disk.

        Raises:
            OSError: the disk refused; what was committed may be lost.
        """
        self._commits += 1
        own = self._commits
        if own % CHECKPOINT_EVERY == 0 and (self._moved is None or self._moved.done()):
            self._moved = asyncio.get_running_loop().run_in_executor(self._moving, self._move)
        while self._synced < own:
            if self._running is None or self._running.done():
                self._running = asyncio.create_task(self._run())
            await asyncio.shield(self._running)

    async def _run(self) -> None:
        """One sync; whoever commits while it runs waits for the next.

        Whatever came in while the first of them was committing may commit too before it begins.
        """
        await asyncio.sleep(0)
        upto = self._commits
        await asyncio.get_running_loop().run_in_executor(self._syncing, _sync, self._log)
        self._synced = upto

    def _move(self) -> None:
        try:
            self._mover.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except Exception:
            # Whatever it was, the log still has everything, and the next one tries again.
            log.warning("checkpoint_failed", exc_info=True)

    def close(self) -> None:
        """Let go of the log and of both threads."""
        self._syncing.shutdown()
        self._moving.shutdown()
        self._mover.close()
        os.close(self._log)
