"""The demo's texts, read from their files and checked as they are read."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

HERE = Path(__file__).parent


class Character(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody invented. ``side`` is ``host`` or ``newcomer``; ``*_tr`` the other language."""

    handle: str
    name: str
    side: str
    reads: tuple[str, ...]
    interests: tuple[str, ...]
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


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text of the house's own."""

    lang: str
    text: str
    tr: str


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of the community."""

    lang: str
    text: str
    tr: str
    hint: str
    hint_tr: str


class Announcement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something said to everybody; what it tells of may be ``starts_in`` days ahead.

    It then begins at ``hour`` o'clock (UTC) and lasts ``minutes``.
    """

    lang: str
    text: str
    tr: str
    day: float
    starts_in: int | None = None
    hour: int = 0
    minutes: int = 0


class Seal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A host's seal on the cat tax that a note is."""

    note: str
    by: str
    design: str
    lang: str
    words: str
    tr: str
    day: float


class Invitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A host's invitation, and who came by it."""

    by: str
    uses: int
    days: int
    day: float
    came: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report that names the ``rule``-th rule; resolved where ``resolved_by`` says by whom."""

    by: str
    about: str
    notes: tuple[str, ...]
    rule: int
    lang: str
    message: str
    tr: str
    day: float
    resolved_by: str = ""
    remark: str = ""
    remark_tr: str = ""


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A term's meaning in English, written anew by a host."""

    term: str
    by: str
    day: float
    meaning: str
    note: str


class Community(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the community has of its own, besides people and notes."""

    about: Said
    rule: tuple[Rule, ...]
    announcement: tuple[Announcement, ...]
    seal: tuple[Seal, ...]
    invitation: tuple[Invitation, ...]
    report: tuple[Report, ...]
    edit: tuple[Edit, ...]


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a demo is made of."""

    people: Sequence[Character]
    notes: Sequence[Script]
    community: Community


def whole() -> Whole:
    """All texts there are."""
    return Whole(people=people(), notes=notes(), community=community())


def community() -> Community:
    """The community's own things."""
    raw = tomllib.loads((HERE / "community.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, Community)


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
