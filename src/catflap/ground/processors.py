"""Which processors this machine's threads run on: in a wave, pages have one of their own.

A scheduler puts whoever wakes where the one sits that woke them, and takes a tenth of its time from
a thread that is always busy. Where everything else keeps off one processor, it goes on there.
Source: sched_setaffinity(2); where there is none, or one processor only, nothing is done.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def available() -> frozenset[int]:
    """The processors that this process may run on; none where the system does not say."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


def count() -> int:
    """How many processors this process may run on."""
    return len(available()) or os.cpu_count() or 1


def all_but_one(processors: frozenset[int]) -> frozenset[int]:
    """These without the first; none where that is all there is."""
    return processors - {min(processors, default=-1)}


def threads_below(process: int) -> list[int]:
    """The threads of a process, and of every one that it or they have started.

    None where the system does not tell.
    """
    found: list[int] = []
    waiting = [process]
    while waiting:
        tasks = Path(f"/proc/{waiting.pop()}/task")
        for task in tasks.iterdir() if tasks.is_dir() else ():
            found.append(int(task.name))
            with contextlib.suppress(OSError):  # it ends at this moment
                waiting += map(int, (task / "children").read_text().split())
    return found


def confine(threads: Iterable[int], processors: frozenset[int]) -> None:
    """Let threads (0: the one that asks) run on these processors alone, if there are any.

    One that has ended, or is another's, is left as it is.
    """
    for thread in threads if processors else ():
        try:
            os.sched_setaffinity(thread, processors)
        except (ProcessLookupError, PermissionError):
            continue
