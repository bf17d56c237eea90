"""The demo's texts, read from their files and checked as they are read."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

HERE = Path(__file__).parent


class Character(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody invented. ``side`` is ``host`` or ``newcomer``; ``*_tr`` the other language."""

    handle: str
    name: str
    side: str
    reads: tuple[str, ...]
    home: str
    avatar: str
    bio: str
    bio_tr: str


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One comment; ``to`` is the place of the comment it answers, None for the note."""

    by: str
    lang: str
    text: str
    tr: str
    to: int | None = None


class Picture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One picture: a scene's words, and a receipt's lines."""

    scene: str
    lines: tuple[tuple[str, str], ...] = ()


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One note with its comments; ``day`` is days before today."""

    key: str
    by: str
    format: str
    lang: str
    title: str
    title_tr: str
    body: str
    body_tr: str
    day: float
    tags: tuple[str, ...] = ()
    place: str = ""
    pictures: tuple[str | Picture, ...] = ()
    film: str = ""
    alt: str = ""
    alt_tr: str = ""
    comments: tuple[Line, ...] = ()

    def scenes(self) -> list[Picture]:
        """Its pictures in one form."""
        return [Picture(scene=p) if isinstance(p, str) else p for p in self.pictures]


def people() -> list[Character]:
    """Everybody in the demo."""
    raw = tomllib.loads((HERE / "people.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw["person"], list[Character])


def notes() -> list[Script]:
    """Every note, in the order of the files' names and their own."""
    found: list[Script] = []
    for path in sorted((HERE / "texts").glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        found += msgspec.convert(raw["note"], list[Script])
    return found
