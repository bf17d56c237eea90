"""English words without their endings: ``fishing``, ``fished`` and ``fishes`` are all ``fish``.

The rules are Porter's, because they are short, fixed since 1980, and known to every search engine.
They are applied here and not by a database, so that both databases hold the same words. What
comes out is a name for a family of words, often no word itself (``poni``): never to be shown.

Source: M. F. Porter, "An algorithm for suffix stripping", Program 14 (3), 1980, steps 1 to 5.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

_SHORTEST = 3
_LONGEST = 30
_CACHED = 20_000

_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("logi", "log"), ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"),
    ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
    ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"),
    ("biliti", "ble"),
)
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
)
_STEP_4 = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous",
    "ive", "ize", "ion", "al", "er", "ic", "ou",
)


@lru_cache(maxsize=_CACHED)
def stem(word: str) -> str:
    """The stem of a lower-case word of ``a`` to ``z``; anything else comes back as it is."""
    is_plain = word.isascii() and word.isalpha() and word.islower()
    if not (is_plain and _SHORTEST <= len(word) <= _LONGEST):
        return word
    word = _without_plural(word)
    word = _without_past(word)
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _swapped(word, _STEP_2)
    word = _swapped(word, _STEP_3)
    return _tidied(_without_last(word))


def _is_vowel(word: str, at: int) -> bool:
    return word[at] in "aeiou" or (word[at] == "y" and at > 0 and not _is_vowel(word, at - 1))


def _has_vowel(word: str) -> bool:
    return any(_is_vowel(word, at) for at in range(len(word)))


def _measure(word: str) -> int:
    """How often a vowel is followed by a consonant: Porter's m."""
    kinds = [_is_vowel(word, at) for at in range(len(word))]
    return sum(before and not after for before, after in pairwise(kinds))


def _is_doubled(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and not _is_vowel(word, len(word) - 1)


def _is_short(word: str) -> bool:
    """Whether it ends in consonant, vowel, consonant, the last none of w, x and y: ``fil``."""
    last = len(word) - 1
    return (
        last >= 2 and word[-1] not in "wxy" and not _is_vowel(word, last)
        and _is_vowel(word, last - 1) and not _is_vowel(word, last - 2)
    )


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    ending = next((end for end in ("ed", "ing") if word.endswith(end)), "")
    bare = word.removesuffix(ending)
    if not ending or not _has_vowel(bare):
        return word
    if bare.endswith(("at", "bl", "iz")):
        return bare + "e"
    if _is_doubled(bare) and bare[-1] not in "lsz":
        return bare[:-1]
    return bare + "e" if _measure(bare) == 1 and _is_short(bare) else bare


def _swapped(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, other in endings:
        if word.endswith(ending):
            bare = word.removesuffix(ending)
            return bare + other if _measure(bare) > 0 else word
    return word


def _without_last(word: str) -> str:
    for ending in _STEP_4:
        if word.endswith(ending):
            bare = word.removesuffix(ending)
            goes = _measure(bare) > 1 and (ending != "ion" or bare.endswith(("s", "t")))
            return bare if goes else word
    return word


def _tidied(word: str) -> str:
    bare = word.removesuffix("e")
    if bare != word and (_measure(bare) > 1 or (_measure(bare) == 1 and not _is_short(bare))):
        word = bare
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
