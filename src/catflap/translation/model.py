"""What a text and its renditions are."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from catflap.ground.characters import writable
from catflap.people.model import Reader
from catflap.translation.codes import NO_WORDS, UNKNOWN, Lang

TextKey = NewType("TextKey", str)

NO_TEXT = TextKey("")


def normalised(text: str) -> str:
    """A text as it is kept: writable, NFC, Unix line ends, no spaces at its ends."""
    text = writable(text).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text).strip()


def key_of(text: str) -> TextKey:
    """The key of a normalised text: 128 bits of BLAKE2b, 22 characters; empty for no text.

    Wide enough that nobody can make two texts share a key, and with it a translation.
    """
    if not text:
        return NO_TEXT
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return TextKey(base64.urlsafe_b64encode(digest).decode().rstrip("="))


class Origin(StrEnum):
    """Who or what made a rendition; a later one in this list outranks an earlier."""

    ENGINE = "engine"
    MEMORY = "memory"
    PERSON = "person"


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """One text in one other language.

    ``failed`` means that no engine could be trusted with it: ``engine`` then says why each was
    not, and ``engine_version`` which they were (`refusals`).
    """

    text: str
    target: Lang
    engine: str
    engine_version: str
    origin: Origin
    by_id: int | None
    confidence_ratio: float
    failed: bool
    made_at: datetime
    via: Lang | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A text with the languages found in it (main one first) and its rendition, if any."""

    key: TextKey
    text: str
    langs: tuple[Lang, ...]
    rendition: Rendition | None
    claimed: str = ""
    public: bool = True
    context: str = ""

    @property
    def lang(self) -> Lang:
        """The main language, ``zxx`` where there are no words."""
        return self.langs[0] if self.langs else NO_WORDS

    def source(self, target: Lang) -> Lang:
        """The language that a translation into ``target`` is mostly from."""
        return next((lang for lang in self.langs if lang != target), target)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody reads: languages best first, whether to translate, what never to."""

    reads: tuple[str, ...]
    translate: bool = True
    never_translate: tuple[str, ...] = ()
    script: str = ""

    @classmethod
    def of(cls, reader: Reader) -> Reading:
        """How a person reads, as their settings say."""
        return cls(
            reads=reader.reads, translate=reader.translate,
            never_translate=reader.never_translate, script=reader.script,
        )

    @property
    def target(self) -> Lang:
        """The language that texts are translated into for this reader."""
        return Lang(self.reads[0]) if self.reads else Lang("en")

    def is_foreign(self, langs: tuple[Lang, ...]) -> bool:
        """Whether a text in ``langs`` is to be translated for this reader."""
        if not self.translate:
            return False
        known = {*self.reads, *self.never_translate, NO_WORDS, UNKNOWN}
        return any(lang not in known for lang in langs)


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a term is in one other language: a rendering for sentences, a note for people."""

    target: Lang
    rendering: str
    note: str


class AidWord(msgspec.Struct, frozen=True, kw_only=True):
    """One word of the reading aid: as written, how it sounds, what it means; "" for unknown."""

    text: str
    reading: str
    gloss: str
