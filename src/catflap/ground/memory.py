"""How this process takes memory from the system."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8


def share_one_arena() -> None:
    """Have all threads take memory from one arena, before any is started.

    glibc gives each thread its own, and what one frees there the others cannot use: 20 MB of
    200 for a web process, whose threads wait for Python's lock anyway. Elsewhere it does nothing.
    Source: mallopt(3).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
