"""The process that takes what a wave of people writes, beside the web process (`web.wave`)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import structlog

from catflap.cli.processes import Child, environment, set_up_log
from catflap.cli.wiring import Wiring, in_one_line
from catflap.ground import memory, processors
from catflap.ground.handing import AnswerLost, Hands, taking
from catflap.ground.settings import Settings

LOOKED_EVERY_S = 2.0
PAUSE_S, PAUSE_MOST_S = 1.0, 60.0
"""Before another is begun where one has died."""
HUNG_AFTER_S = 30.0
"""An answer that takes longer is given up, and its process with it."""
FINISHING_S = 5.0
"""How long what it has begun may take at the end."""
ENDING_S = 15.0
"""How long it may take to end; it gives back its number and closes its database."""
NICENESS = 5
"""It gives way to pages by two thirds where processors are short, and the worker to it."""

log = structlog.get_logger("catflap.wave")


class Wave(Protocol):
    """What the application knows of a wave."""

    @property
    def rising(self) -> asyncio.Event:
        """Set where a process of its own is wanted."""

    @property
    def is_over(self) -> bool:
        """Whether it has been quiet for a while."""

    def taken_by(self, hands: Hands) -> AbstractContextManager[None]:
        """Hand over what comes, while this is open."""


async def meet_waves(settings: Settings, wave: Wave, worker: Child) -> None:
    """Whenever a wave rises, run a process beside this one that takes it; until cancelled.

    One that dies is done without for a while, longer each time.
    """
    pause_s = PAUSE_S
    while True:
        await wave.rising.wait()
        try:
            status: object = await _meet(settings, wave, worker)
        except (OSError, AnswerLost) as error:
            status = repr(error)
        wave.rising.clear()
        if status == 0:
            pause_s = PAUSE_S
            continue
        log.warning("writer_died", status=status)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, PAUSE_MOST_S)


async def _meet(settings: Settings, wave: Wave, worker: Child) -> int:
    """Have one wave taken; the status of the process that took it.

    Raises:
        AnswerLost: it ended before it took any.
        OSError: the system has no room for it.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            writer = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "catflap", "write", "--end", str(theirs.fileno()),
                env=environment(settings), pass_fds=(theirs.fileno(),),
                process_group=0,  # Ctrl-C is the server's to hear
            )
        except BaseException:
            ours.close()
            raise
    hands = Hands()
    try:
        await hands.open(ours)
        log.info("wave_begins", process=writer.pid)
        with wave.taken_by(hands), _pages_apart(worker):
            while not hands.ended.done() and not wave.is_over:
                await asyncio.wait([hands.ended], timeout=LOOKED_EVERY_S)
                if hands.waits_s > HUNG_AFTER_S:
                    writer.kill()
    finally:
        await hands.finish(within_s=FINISHING_S)
        status = await _ended(writer)
        log.info("wave_ends", process=writer.pid, status=status)
    return status


async def _ended(process: asyncio.subprocess.Process) -> int:
    """The status of a process that has nothing left to do, and is not waited for for ever."""
    try:
        return await asyncio.wait_for(process.wait(), ENDING_S)
    except TimeoutError:
        process.kill()
        return await process.wait()


@contextlib.contextmanager
def _pages_apart(worker: Child) -> Iterator[None]:
    """Keep the worker and what it has started off one processor; the writer does so by itself."""
    every = processors.available()
    _confine(worker, processors.all_but_one(every))
    try:
        yield
    finally:
        _confine(worker, every)


def _confine(child: Child, allowed: frozenset[int]) -> None:
    if child.number:
        processors.confine(processors.threads_below(child.number), allowed)


def write(wiring: Wiring, settings: Settings, *, end: int) -> None:
    """Answer what the web process hands over at ``end``, a socket's number, until it is gone."""
    memory.take_little()
    os.nice(NICENESS)
    processors.confine([0], processors.all_but_one(processors.available()))
    set_up_log(settings)
    with in_one_line(), contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_write(wiring, settings, socket.socket(fileno=end)))


async def _write(wiring: Wiring, settings: Settings, end: socket.socket) -> None:
    application = wiring.web(settings)
    keeping_small = asyncio.create_task(memory.keep_small())
    try:
        async with application.writing():
            await taking(end, application)
    finally:
        keeping_small.cancel()
