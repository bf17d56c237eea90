"""What `app` hands to the commands, and how a process of theirs ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from catflap.ground.database import Database
from catflap.ground.errors import CatflapError
from catflap.ground.settings import Settings, SettingsInvalid


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """What `app` hands to this door, so that it need not know how a house is made."""

    open_house: Callable[[Settings], Any]
    open_database: Callable[[Settings], Database]
    web: Callable[[Settings], Any]
    runner: Callable[..., Any]


class AddressTaken(CatflapError):
    """The server cannot listen where it is to; ``reason`` is the system's word for why."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(host, port, reason)
        self.host = host
        self.port = port
        self.reason = reason


@contextmanager
def in_one_line() -> Iterator[None]:
    """End with one line instead of a traceback where something is refused, or Ctrl-C stops it.

    Exit status 2 for a setting, 130 for Ctrl-C, 1 for anything else.
    """
    try:
        yield
    except SettingsInvalid as error:
        status, line = 2, f"{error.where}: {error.reason}"
    except CatflapError as error:
        status, line = 1, refusal(error)
    except KeyboardInterrupt:
        status, line = 130, "stopped"
    else:
        return
    print(f"catflap: {line}", file=sys.stderr)
    raise SystemExit(status)


def refusal(error: CatflapError) -> str:
    """What an operator is told of an error, and what to do."""
    say = _SAID.get(type(error).__name__)
    return say(error) if say else f"{type(error).__name__}: {error}"


_SAID: dict[str, Callable[[Any], str]] = {
    "AddressTaken": lambda error: (
        f"cannot listen at {error.host}, port {error.port}: {error.reason}; "
        "choose others with --host and --port"
    ),
    "PlaceTaken": lambda error: (
        f"another process works on {error.path}: stop it first, or choose another folder "
        "with --data"
    ),
    "HalfADemo": lambda _: (
        "a demo was stopped on its way into this database: drop the database and create it "
        "anew (dropdb, createdb), then run this again"
    ),
}
"""By name: whoever only serves does not load the demo to say that it is half."""


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
