"""From a text to the terms it is found by.

Trigram indexes find nothing for a two-character word such as 猫税, so unspaced scripts are cut into
overlapping pairs (bigrams) and single characters; other words are folded whole.
"""

from __future__ import annotations

import unicodedata

import regex

TERMS_MAX = 2000
_RUN = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]+|[\p{L}\p{N}_--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]]+",
    regex.V1,
)
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def of_text(text: str) -> list[str]:
    """Every term a text is kept under, each once."""
    found: dict[str, None] = {}
    for run in _RUN.findall(_folded(text)):
        if _UNSPACED.match(run):
            found.update(dict.fromkeys(run))
            found.update(dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1)))
        else:
            found[run] = None
    return list(found)[:TERMS_MAX]


def of_query(text: str) -> list[str]:
    """The terms a query asks for, all of which a note must have: pairs where there are pairs."""
    found: dict[str, None] = {}
    for run in _RUN.findall(_folded(text))[:12]:
        if _UNSPACED.match(run) and len(run) > 1:
            found.update(dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1)))
        else:
            found[run] = None
    return list(found)[:16]
