"""Handles in any script, with lookalikes refused.

A handle is letters, digits, marks and ``_ . -`` between them, NFKC-folded, of one script, or of
one of the combinations that people really write together (Han with Latin, with kana, with
bopomofo or with hangul). Its skeleton is what it looks like: two handles with one skeleton cannot
both exist.

Source: Unicode Technical Standard 39, sections 4 (skeletons) and 5.2 (the "highly restrictive"
level). The confusables table is that of the ``confusable-homoglyphs`` package.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from catflap.people.errors import HandleConfusable, HandleInvalid, HandleTaken
from catflap.people.model import HANDLE_MAX_CHARS

KEPT_FOR_THE_HOUSE = frozenset(
    {
        "admin", "administrator", "about", "api", "catflap", "everyone", "help", "host",
        "moderator", "mod", "news", "notices", "official", "root", "security", "support",
        "system", "管理员", "官方", "客服",
    }
)
ASKED_MAX_CHARS = 4 * HANDLE_MAX_CHARS
"""Of a handle as it comes in: NFKC makes one character of at most four (four of Vietnamese)."""

_BETWEEN = frozenset("_.-")
_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_SCRIPT_WORDS = {
    "CJK": "HAN",
    "KANGXI": "HAN",
    "FULLWIDTH": "LATIN",
    "HALFWIDTH": "KATAKANA",
    "KATAKANA-HIRAGANA": "KATAKANA",
}


def folded(handle: str) -> str:
    """A handle as it is looked up: NFKC, case-folded, without a leading ``@``."""
    text = unicodedata.normalize("NFKC", handle.strip().removeprefix("@"))
    return unicodedata.normalize("NFKC", text.casefold())


def could_be(handle: str) -> bool:
    """Whether a text may name somebody, before anything long or unprintable is looked up."""
    return len(handle) <= ASKED_MAX_CHARS and handle.strip().isprintable()


def skeleton(handle: str) -> str:
    """What a handle looks like, with lookalike letters and stray separators made one."""
    shown = "".join(_lookalike(character) for character in unicodedata.normalize("NFD", handle))
    plain = "".join(c for c in shown.casefold() if c not in _BETWEEN)
    return plain.replace("rn", "m").replace("vv", "w").replace("1", "l").replace("0", "o")


def checked(handle: str) -> str:
    """The handle in the form it is kept in.

    Raises:
        HandleInvalid: wrong length, or a character that handles cannot have.
        HandleConfusable: scripts that nobody writes together.
        HandleTaken: a word kept for the house.
    """
    short = handle.strip().removeprefix("@")[: ASKED_MAX_CHARS + 1]
    text = unicodedata.normalize("NFKC", short)
    if not 1 <= len(text) <= HANDLE_MAX_CHARS or len(short) > ASKED_MAX_CHARS:
        raise HandleInvalid(handle, character="", limit_chars=HANDLE_MAX_CHARS)
    for place, character in enumerate(text):
        inside = 0 < place < len(text) - 1
        if not (_is_word(character) or (inside and character in _BETWEEN)):
            raise HandleInvalid(handle, character=character, limit_chars=HANDLE_MAX_CHARS)
    if unicodedata.combining(text[0]) or ".." in text or text.isdigit():
        raise HandleInvalid(handle, character=text[0], limit_chars=HANDLE_MAX_CHARS)
    scripts = {script(c) for c in text} - {"COMMON"}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        raise HandleConfusable(handle)
    if len(scripts) == 1 and scripts <= {"CYRILLIC", "GREEK", "CHEROKEE", "ARMENIAN"}:
        _refuse_disguise(text)
    if skeleton(text) in _kept_skeletons():
        raise HandleTaken(handle)
    return text


def _refuse_disguise(text: str) -> None:
    """Refuse a word in another alphabet every letter of which passes for Latin (``раура``)."""
    if skeleton(text).isascii():
        raise HandleConfusable(text)


@cache
def _kept_skeletons() -> frozenset[str]:
    return frozenset(skeleton(word) for word in KEPT_FOR_THE_HOUSE)


def _is_word(character: str) -> bool:
    return unicodedata.category(character) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"}


@cache
def script(character: str) -> str:
    """The script of one character, by its Unicode name; digits and marks are COMMON."""
    if unicodedata.category(character)[0] not in "L":
        return "COMMON"
    first = unicodedata.name(character, "UNKNOWN").split(" ")[0]
    return _SCRIPT_WORDS.get(first, first)


@cache
def _lookalike(character: str) -> str:
    """The Latin letter a character can be taken for, or itself."""
    if character.isascii() or unicodedata.combining(character):
        return "" if unicodedata.combining(character) else character
    from confusable_homoglyphs import confusables  # its table is read when the first one signs up

    found = confusables.is_confusable(character, greedy=False, preferred_aliases=[])
    for entry in found or ():
        for homoglyph in entry["homoglyphs"]:
            if homoglyph["c"].isascii():
                return str(homoglyph["c"])
    return character
