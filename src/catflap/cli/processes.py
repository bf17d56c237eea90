"""What the processes of one server share: their settings, how they log, and who is there."""

from __future__ import annotations

import os
import sys
from typing import Any

from catflap.ground import logging
from catflap.ground.settings import Settings


class Child:
    """A process that is kept beside this one: its ``number``, 0 while it is not there."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0


def set_up_log(settings: Settings) -> None:
    """Log as the settings say: for machines, or for whoever sits before it."""
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    logging.set_up(level=settings.log_level, as_json=as_json)


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process that is to have the same settings."""
    made = dict(os.environ)
    for name in Settings.__struct_fields__:
        made[f"CATFLAP_{name.upper()}"] = _in_a_line(getattr(settings, name))
    return made


def _in_a_line(value: Any) -> str:
    """A setting as the environment has it: lists by commas, tables by semicolons."""
    if isinstance(value, dict):
        return "; ".join(f"{key}={_in_a_line(item)}" for key, item in value.items())
    return ",".join(value) if isinstance(value, tuple) else str(value)
