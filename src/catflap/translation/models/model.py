"""The nouns of this room."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from catflap.translation.models.catalogue import Entry


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What `model.json` says beside a model's files.

    ``origin`` is the hub's address, or the path the model was taken from. ``hashes`` are the
    SHA-256 of every file as it lies here, in hexadecimal. ``revision`` is what the hub was asked
    for and empty where no hub was.
    """

    entry: Entry
    revision: str
    origin: str
    hashes: dict[str, str]
    installed_at: datetime


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A model that is ready to be opened."""

    name: str
    folder: Path
    size_bytes: int
    record: Record


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a model's download is; ``path`` is the file that is coming.

    ``done_bytes`` may fall: a server that cannot resume sends a file from its start again.
    """

    name: str
    path: str
    done_bytes: int
    total_bytes: int
