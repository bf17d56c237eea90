"""The models that Catflap knows by name, read from `catalogue.toml` beside this file.

Names are ours; repositories are other people's. Only the file names of an entry are ever asked
for or written, whatever a server's index says.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from catflap.translation.models.errors import LicenceNotAccepted, ModelUnknown

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What a model may be called; it becomes a folder's name."""

Kind = Literal["marian", "m2m100", "madlad", "nllb"]
"""How a model wants its text cut into pieces and told the languages."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model: where it is, what it can do, what it may be used for.

    ``pairs`` are source and target like ``zh-en``; empty means many languages, any to any.
    ``size_mb`` is about what it takes on disk, in millions of bytes, for people to read.
    ``repo`` is empty where a model came from somebody's own folder.
    """

    name: str
    title: str
    repo: str = ""
    revision: str = "main"
    kind: Kind
    pairs: tuple[str, ...] = ()
    licence: str
    noncommercial: bool = False
    size_mb: int
    files: tuple[str, ...]
    sha256: dict[str, str] = {}


class _Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    models: tuple[Entry, ...]


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry, in the order of the file."""
    text = Path(__file__).with_name("catalogue.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Catalogue).models


def entry(name: str) -> Entry:
    """The entry of that name.

    Raises:
        ModelUnknown: with the names there are.
    """
    for found in entries():
        if found.name == name:
            return found
    raise ModelUnknown(name, known=tuple(found.name for found in entries()))


def agree(wanted: Entry, *, accepted: bool) -> None:
    """Let only those install a model for non-commercial use who have said they know.

    Raises:
        LicenceNotAccepted: ``wanted`` forbids commercial use and ``accepted`` is false.
    """
    if wanted.noncommercial and not accepted:
        raise LicenceNotAccepted(wanted.name, wanted.licence)


def checked_name(name: str) -> str:
    """The name, where it can be a folder's: small letters, digits, dots, hyphens.

    Raises:
        ModelUnknown: it is none.
    """
    if not NAME.fullmatch(name):
        raise ModelUnknown(name)
    return name
