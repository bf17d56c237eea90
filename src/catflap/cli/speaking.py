"""What every command shares: its options, and how it speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from catflap.cli.wiring import in_one_line
from catflap.ground import settings as setting
from catflap.ground.settings import Settings

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of everything this community keeps.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def say(value: Any, *, as_json: bool, text: str) -> None:
    """Print a result."""
    print(msgspec.json.encode(value).decode() if as_json else text)


def read_settings(**given: Any) -> Settings:
    """The settings, or a sentence that says which one is wrong, and exit status 2."""
    with in_one_line():
        return setting.read(**given)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run asynchronous work; an expected refusal becomes one line and exit status 1."""
    with in_one_line():
        return asyncio.run(work)
