"""How this process takes memory from the system, and gives it back."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable

STARTED_AFTER_S = 1.0
"""When what is imported is there, and who asked first has been answered."""
GIVE_BACK_EVERY_S = 10.0
"""It takes some milliseconds, in which nobody else gets memory."""
LARGE_BYTES = 128 * 1024
"""From here on a piece of memory is the system's again as soon as it is free."""
_M_ARENA_MAX = -8
_M_MMAP_THRESHOLD = -3


def take_little() -> None:
    """Take memory so that what was freed is used again or given back; before any thread starts.

    glibc gives each thread an arena of its own, and what one frees there the others cannot use:
    20 MB of 200 for a web process, whose threads wait for Python's lock anyway. And after the
    first large piece it takes larger and larger ones from the heap, where they leave holes:
    another 20 MB while pages are read. Elsewhere it does nothing. Source: mallopt(3).
    """
    option = _of_glibc("mallopt")
    option(_M_ARENA_MAX, 1)
    option(_M_MMAP_THRESHOLD, LARGE_BYTES)


def import_first() -> None:
    """Look for no garbage while nearly all that is made is modules: that is a tenth of a start."""
    gc.disable()


def import_is_over() -> None:
    """Look for garbage again."""
    gc.enable()


async def keep_small() -> None:
    """Collect what importing left, once; and give back what lies free, now and then, for ever.

    What is there after a start stays, so nobody looks among it again. And glibc gives memory back
    at the heap's end only: after a day's reading 25 MB of 220 lay free elsewhere. Source:
    malloc_trim(3); where there is none, nothing is given back.
    """
    await asyncio.sleep(STARTED_AFTER_S)
    gc.collect()
    gc.freeze()
    gc.enable()
    give_back = _of_glibc("malloc_trim")
    while True:
        give_back(0)
        await asyncio.sleep(GIVE_BACK_EVERY_S)


def _of_glibc(name: str) -> Callable[..., object]:
    return getattr(ctypes.CDLL(None), name, lambda *_: None)
