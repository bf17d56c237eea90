"""What `app` hands to the commands, and how a process of theirs ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from catflap.ground.database import Database
from catflap.ground.settings import Settings


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What `app` hands to this door, so that it need not know how a house is made."""

    open_house: Callable[[Settings], Any]
    open_database: Callable[[Settings], Database]
    web: Callable[[Settings], Any]
    runner: Callable[..., Any]


@contextmanager
def at_once() -> Iterator[None]:
    """End the process as soon as a command has ended, without taking the interpreter down.

    Threads of obstore's may still want it: one that asks for a dead interpreter aborts the process,
    so that a command which did its work ended with a signal, once in a few times under load.
    """
    try:
        yield
    except SystemExit as ended:
        if "obstore" in sys.modules and (ended.code is None or isinstance(ended.code, int)):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended.code or 0)
        raise
