"""What a note is about by its words, where no tag says so.

In January 2025 a newcomer who knew no tags was shown to nobody. So an untagged note is read: words
that come with Catflap (``seeds/words.toml``) stand for interests, in Chinese and in English, some
of them strongly. What stands in the title, or in the first line where there is none, counts
double, and so do tags that no interest knows. Where two interests come out alike, none is taken.

Of the demo's notes without their tags, held against a reader who had not seen the list, 64 % of
those about an interest are told right and 14 % wrong (``tests/feed/test_words.py``).

Longer words are found before shorter ones that stand in them, each stretch of text once: 熊猫 and
"hot dog" are on the list so that nothing is found in them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from catflap.ground.stemming import stem
from catflap.notes.filters import folded

LIST = Path(__file__).parent / "seeds" / "words.toml"
STRONG, WEAK, ENOUGH = 2, 1, 3
FIRST_FACTOR = 2
"""For what stands first. This and `ENOUGH` were chosen on every second of the demo's notes."""
READ_MAX_CHARS = 1000
"""What a note is about stands at its beginning; a long one mentions everything in the end."""
_NEVER = "never"
_Run = TypeVar("_Run", str, tuple[str, ...])
_RUN = re.compile(r"[㐀-鿿]+|[^\W\d_]+(?:['’][^\W\d_]+)?|\d+[^\W\d_]+")
_HAN = re.compile(r"[㐀-鿿]")


class _Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    weak_zh: tuple[str, ...] = ()
    weak_en: tuple[str, ...] = ()


class _Read(msgspec.Struct, frozen=True):
    """What words mean: weights by topic, none where a word is there to be passed over."""

    han: Mapping[str, Mapping[str, int]]
    spaced: Mapping[tuple[str, ...], Mapping[str, int]]
    han_longest: int
    spaced_longest: int


@cache
def _read() -> _Read:
    han: dict[str, dict[str, int]] = {}
    spaced: dict[tuple[str, ...], dict[str, int]] = {}
    for topic, listed in msgspec.convert(
        tomllib.loads(LIST.read_text()), dict[str, _Listed]
    ).items():
        for words, weight in (
            (listed.zh + listed.en, STRONG), (listed.weak_zh + listed.weak_en, WEAK)
        ):
            for word in words:
                means = (
                    han.setdefault(word, {}) if _HAN.search(word)
                    else spaced.setdefault(tuple(map(stem, _RUN.findall(word))), {})
                )
                if topic != _NEVER:
                    means.setdefault(topic, weight)
    return _Read(han, spaced, max(map(len, han)), max(map(len, spaced)))


def topic_of(title: str, body: str, tags: Sequence[str] = ()) -> str:
    """The one interest, or politics, that a note speaks of; "" where none does."""
    sums = weighed(title, body, tags)
    best = max(sums.values(), default=0)
    first = [topic for topic, weight in sums.items() if weight == best]
    return first[0] if best >= ENOUGH and len(first) == 1 else ""


def weighed(title: str, body: str, tags: Sequence[str] = ()) -> dict[str, int]:
    """By topic the sum of what its words weigh, each once in what stands first and in the rest."""
    first, rest = (title, body) if title else body.partition("\n")[::2]
    sums: dict[str, int] = {}
    for text, factor in ((" ".join((first, *tags)), FIRST_FACTOR), (rest, 1)):
        for means in _found(text).values():
            for topic, weight in means.items():
                sums[topic] = sums.get(topic, 0) + factor * weight
    return sums


def _found(text: str) -> dict[object, Mapping[str, int]]:
    listed = _read()
    found: dict[object, Mapping[str, int]] = {}
    spaced: list[str] = []
    for run in _RUN.findall(folded(text[:READ_MAX_CHARS])):
        if _HAN.match(run):
            found.update(_longest(run, listed.han, listed.han_longest))
        else:
            spaced.append(stem(run))
    found.update(_longest(tuple(spaced), listed.spaced, listed.spaced_longest))
    return found


def _longest(
    run: _Run, listed: Mapping[_Run, Mapping[str, int]], longest: int
) -> Iterator[tuple[_Run, Mapping[str, int]]]:
    """What stands in a run, from its beginning on, the longest first and each stretch once."""
    at = 0
    while at < len(run):
        for size in range(min(longest, len(run) - at), 0, -1):
            part = run[at : at + size]
            if part in listed:
                yield part, listed[part]
                at += size
                break
        else:
            at += 1

