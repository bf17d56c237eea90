"""Whether an answer says what the glossary agreed on, and how an engine is made to.

Models are told the terms of a text; other engines take no prompt, and a model may overlook them.
A term that an answer ignores is set aside like a mention or a link, and what comes back in its
place is the agreed rendering. A word that means something else as well belongs into the glossary
with an explanation and without a rendering.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import regex

from catflap.ground.stemming import stem
from catflap.translation import spans
from catflap.translation.engines.port import Term

_OPEN, _CLOSE = "\uE000", "\uE001"
"""Around a rendering until its spaces are right; a text that has them itself is left alone."""

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_SPACED_BEFORE = regex.compile(rf"(?<=[A-Za-z0-9,.;:!?)]){_OPEN}(?=[\p{{Latin}}\d])")
_SPACED_AFTER = regex.compile(rf"(?<=[\p{{Latin}}\d]){_CLOSE}(?=[A-Za-z0-9(])")
_TIGHT_BEFORE = regex.compile(rf"(?<=\p{{Han}}) ?{_OPEN}(?=\p{{Han}})")
_TIGHT_AFTER = regex.compile(rf"(?<=\p{{Han}}){_CLOSE} ?(?=\p{{Han}})")


def inside(text: str, terms: Sequence[Term]) -> tuple[Term, ...]:
    """Those terms that stand in a text as words and outside its spans."""
    taken = [(start, end) for start, end, kind in spans.placed(text) if kind != "number"]
    return tuple(term for term in terms if _places(text, term, taken))


def ignored(answer: str, terms: Sequence[Term]) -> tuple[Term, ...]:
    """Those terms whose rendering an answer has not; other endings are no other words."""
    said = answer.casefold()
    stems = {stem(word) for word in _WORD.findall(said)}
    return tuple(
        term for term in terms
        if (agreed := term.rendering.casefold()) not in said
        and not (agreed.isascii() and {stem(word) for word in _WORD.findall(agreed)} <= stems)
    )


def protected(text: str, terms: Sequence[Term], *, with_numbers: bool) -> spans.Masked | None:
    """The text with these terms set aside like its spans; None where that cannot be undone."""
    if _OPEN in text or _CLOSE in text:
        return None
    taken = [(start, end) for start, end, kind in spans.placed(text) if kind != "number"]
    places: list[tuple[int, int, str]] = []
    for term in sorted(terms, key=lambda term: -len(term.text)):
        for start, end in _places(text, term, taken):
            taken.append((start, end))
            places.append((start, end, f"{_OPEN}{term.rendering}{_CLOSE}"))
    return spans.mask(text, with_numbers=with_numbers, also=places)


def restored(answer: str, masked: spans.Masked) -> str:
    """An answer to `protected`, with its spans and the renderings at their places.

    Raises:
        SpansLost: a placeholder is missing, repeated or invented.
    """
    text = spans.unmask(answer, masked)
    for place, space in (
        (_SPACED_BEFORE, " "), (_SPACED_AFTER, " "), (_TIGHT_BEFORE, ""), (_TIGHT_AFTER, ""),
    ):
        text = place.sub(space, text)
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def _places(text: str, term: Term, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [
        match.span() for match in _pattern(term.text).finditer(text)
        if not any(a < match.end() and match.start() < b for a, b in taken)
    ]


@lru_cache(maxsize=512)
def _pattern(words: str) -> regex.Pattern[str]:
    """A term as it stands in a text, no part of a longer word: "op" is none of "shop"."""
    before = "(?<![A-Za-z0-9])" if words[0].isascii() else ""
    after = "(?![A-Za-z0-9])" if words[-1].isascii() else ""
    return regex.compile(f"{before}{regex.escape(words)}{after}")
