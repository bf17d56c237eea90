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
import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
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
        self._moving = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._moved: asyncio.Future[None] | None = None
        self._commits = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._syncing_for: asyncio.AbstractEventLoop | None = None
        # No executor, whose futures take longer in Python than the disk takes.
        self._asked: SimpleQueue[tuple[int, asyncio.AbstractEventLoop] | None] = SimpleQueue()
        self._syncing = Thread(target=self._sync_forever, name="sync", daemon=True)
        self._syncing.start()

    async def kept(self) -> None:
        """Return once all that was committed before is on the disk.

        Raises:
            OSError: the disk refused; what was committed may be lost.
        """
        self._commits += 1
        loop = asyncio.get_running_loop()
        if self._commits % CHECKPOINT_EVERY == 0 and (self._moved is None or self._moved.done()):
            self._moved = loop.run_in_executor(self._moving, self._move)
        synced = loop.create_future()
        self._waiting.append((self._commits, synced))
        if self._syncing_for is None or self._syncing_for.is_closed():
            self._syncing_for = loop
            # Whatever came in while the first was committing may commit too before it begins.
            loop.call_soon(self._ask, loop)
        await synced

    def _ask(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the log synced for all who wait; whoever commits meanwhile waits for the next."""
        self._asked.put((self._commits, loop))

    def _sync_forever(self) -> None:
        """What the thread does: sync whenever it is asked to, and tell the loop of it."""
        while (asked := self._asked.get()) is not None:
            upto, loop = asked
            failed: Exception | None = None
            try:
                _sync(self._log)
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
                failed = error
            with contextlib.suppress(RuntimeError):  # the loop has ended, and who waited with it
                loop.call_soon_threadsafe(self._heard, upto, failed, loop)

    def _heard(
        self, upto: int, failed: Exception | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        waiting, self._waiting = self._waiting, []
        self._syncing_for = None
        for commit, synced in waiting:
            if synced.done() or synced.get_loop() is not loop:
                continue
            if commit > upto:
                self._waiting.append((commit, synced))
            elif failed is not None:
                synced.set_exception(failed)
            else:
                synced.set_result(None)
        if self._waiting:
            self._syncing_for = loop
            self._ask(loop)

    def _move(self) -> None:
        try:
            self._mover.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except Exception:
            # Whatever it was, the log still has everything, and the next one tries again.
            log.warning("checkpoint_failed", exc_info=True)

    def close(self) -> None:
        """Let go of the log and of both threads."""
        self._asked.put(None)
        self._syncing.join()
        self._moving.shutdown()
        self._mover.close()
        os.close(self._log)
