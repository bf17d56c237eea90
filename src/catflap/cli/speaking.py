"""What every command shares: the wiring it is given, its options, how it speaks."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from catflap.ground import settings as setting
from catflap.ground.database import Database
from catflap.ground.errors import CatflapError
from catflap.ground.settings import Settings, SettingsInvalid


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


Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of everything this community keeps.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def say(value: Any, *, as_json: bool, text: str) -> None:
    """Print a result."""
    print(msgspec.json.encode(value).decode() if as_json else text)


def read_settings(**given: Any) -> Settings:
    """The settings, or a sentence that says which one is wrong, and exit status 2."""
    try:
        return setting.read(**given)
    except SettingsInvalid as error:
        print(f"catflap: {error.where}: {error.reason}", file=sys.stderr)
        raise typer.Exit(2) from error


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run asynchronous work; an expected refusal becomes one line and exit status 1."""
    try:
        return asyncio.run(work)
    except CatflapError as error:
        print(f"catflap: {type(error).__name__}: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
