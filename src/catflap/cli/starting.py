"""`catflap serve` and `catflap work` as they are nearly always called, without their library.

Typer and what it stands on take a sixth of a second and ten megabytes, which a server would keep
for as long as it runs. Whatever is not plain goes the long way: a call for help, or a mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catflap.ground import settings as setting
from catflap.ground.settings import SettingsInvalid

if TYPE_CHECKING:
    from catflap.cli.wiring import Wiring

_VALUES = {
    "serve": {"--data": "data", "--port": "port", "--host": "host"},
    "work": {"--data": "data", "--server": "server"},
    "write": {"--end": "end"},
}
_FLAGS = {"serve": {"--worker": True, "--no-worker": False}, "work": {}, "write": {}}
_NUMBERS = {"port", "server", "end"}
_DIGITS_MAX = 18


def plain(arguments: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """The command and its options, None where they are for the command line to understand."""
    if not arguments or arguments[0] not in _VALUES:
        return None
    command, found = arguments[0], dict[str, Any]()
    left = iter(arguments[1:])
    for option in left:
        if option in _FLAGS[command]:
            found["worker"] = _FLAGS[command][option]
            continue
        name, value = _VALUES[command].get(option), next(left, "")
        if name is None or not value or value.startswith("-"):
            return None
        if name not in _NUMBERS:
            found[name] = Path(value) if name == "data" else value
        elif value.isascii() and value.isdigit() and len(value) <= _DIGITS_MAX:
            found[name] = int(value)
        else:
            return None
    return command, found


def begin(wiring: Wiring, arguments: Sequence[str]) -> bool:
    """Serve or work until told to stop; false where the arguments are not plain."""
    if (asked := plain(arguments)) is None:
        return False
    command, options = asked
    with_worker, server = options.pop("worker", True), options.pop("server", 0)
    end = options.pop("end", None)
    if command == "write" and end is None:
        return False
    try:
        settings = setting.read(**options)
    except SettingsInvalid:
        return False
    if command == "write":
        from catflap.cli import writing

        writing.write(wiring, settings, end=end)
        return True
    from catflap.cli import serving

    if command == "serve":
        serving.serve(wiring, settings, with_worker=with_worker)
    else:
        serving.work(wiring, settings, server=server)
    return True
