"""From a text to the tokens it is found by, the same for both databases.

Neither SQLite's tokenizers nor PostgreSQL's parsers know where a Chinese word ends, and trigrams
find nothing for a word of two characters such as 猫税. So unspaced scripts are cut into
overlapping pairs, with the last character alone: every part of a run is then a row of pairs, and
every single character the beginning of one. Beside the pairs stand the words that rjieba finds,
marked, so that a hit at a word's edges counts for more than one across them (人民 in 工人民主).

Beside the words of Latin letters stand their stems, marked too, where they differ: what is asked
for as fishing is found as fished. Porter's rules are for English; in other languages they bring a
word's neighbours here and there, behind the word itself.

Characters are folded one by one: NFKC, case, accents (U+0300 to U+036F), and traditional Chinese
to simplified. One by one, so that a hit is also found again in the text as it was written.

Source: Nie, Gao, Zhang, Zhou, "On the use of words and n-grams for Chinese information retrieval"
(IRAL 2000): words and bigrams together find more than either.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

import regex

from catflap.ground.stemming import stem

TOKEN_MAX_CHARS = 64
TOKENS_MAX = 6000
FOLDS_KEPT = 40_000
SEGMENTED_MAX_CHARS = 8000

WORD_MARK = "ʷ"
"""Ends a word that the segmenter found; folding turns it into ``w``, so nobody can write one."""
TAG_MARK = "ᵗ"
"""Ends a tag as a whole; folding turns it into ``t``."""
STEM_MARK = "ˢ"
"""Ends a stem; folding turns it into ``s``."""

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
# A script has signs too, such as ⺀ and ៛: those are no words.
_RUN = regex.compile(
    rf"(?P<unspaced>[[{_UNSPACED}]&&[\p{{L}}\p{{N}}]][[{_UNSPACED}\p{{M}}]&&[\p{{L}}\p{{N}}\p{{M}}]]*+)"
    rf"|(?P<spaced>[[\p{{L}}\p{{N}}]--[{_UNSPACED}]][[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]*+)",
    regex.V1,
)
_HAN = regex.compile(r"\p{Han}+")
# What the tables for one character leave apart, because only whole words tell: 看著 and 名著.
_SAME = str.maketrans("著妳牠祂瞭藉甚註週", "着你它他了借什注周")


class _Folding(dict[int, str]):
    """A table for ``str.translate`` that fills itself."""

    def __missing__(self, code: int) -> str:
        folded = _folded_character(chr(code))
        if len(self) < FOLDS_KEPT:
            self[code] = folded
        return folded


@cache
def _simplifying() -> Any:
    from opencc import OpenCC  # 3 MB of tables, loaded at the first Chinese character

    return OpenCC("t2s").convert


def _folded_character(character: str) -> str:
    apart = unicodedata.normalize("NFKD", character)
    plain = "".join(c for c in apart if not "\u0300" <= c <= "\u036f")
    folded = unicodedata.normalize("NFKC", plain.casefold())
    return str(_simplifying()(folded)).translate(_SAME) if _HAN.fullmatch(folded) else folded


_FOLDS = _Folding()


def folded(text: str) -> str:
    """A text as it is compared; it may be longer or shorter than it was."""
    return text.translate(_FOLDS)


def folded_with_places(text: str) -> tuple[str, list[int]]:
    """A folded text, and for each of its characters the place in ``text`` that it came from."""
    parts: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        part = _FOLDS[ord(character)]
        parts.append(part)
        places += [place] * len(part)
    return "".join(parts), places


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """The stretches of letters and digits of a folded text, and whether each is unspaced."""
    for match in _RUN.finditer(text):
        yield match.group(), match.lastgroup == "unspaced"


def pairs(run: str) -> list[str]:
    """What an unspaced run is kept as: each two neighbours, then the last character alone."""
    return [run[at : at + 2] for at in range(len(run))]


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order: words, and pairs of unspaced scripts."""
    found: list[str] = []
    for run, is_unspaced in runs(folded(text)):
        if is_unspaced:
            found += pairs(run)
        else:
            found.append(run[:TOKEN_MAX_CHARS])
        if len(found) >= TOKENS_MAX:
            return found[:TOKENS_MAX]
    return found


def segmented(run: str) -> list[str]:
    """The words of a Chinese run; joined, they are the run again."""
    import rjieba  # loaded at the first Chinese text

    return [str(word) for word in rjieba.cut(run)]


def marked_words(text: str) -> list[str]:
    """The Chinese words of a text, of two characters and more, marked as words."""
    return [
        word + WORD_MARK
        for run in _HAN.findall(folded(text)[:SEGMENTED_MAX_CHARS])
        for word in segmented(run)
        if 2 <= len(word) <= TOKEN_MAX_CHARS
    ][:TOKENS_MAX]


def stems(text: str) -> list[str]:
    """The stems of a text's words where they differ from them, marked, each once."""
    found = {
        stemmed + STEM_MARK: None
        for run, is_unspaced in runs(folded(text))
        if not is_unspaced and (stemmed := stem(run)) != run
    }
    return list(found)[:TOKENS_MAX]


def indexed(text: str) -> tuple[str, ...]:
    """What a field of a document is kept as: its tokens, then its words and stems."""
    return (*tokens(text), *marked_words(text), *stems(text))


def whole_tag(tag: str) -> str:
    """The token of a tag as a whole, "" for one without letters or digits."""
    joined = "".join(run for run, _ in runs(folded(tag)))[:TOKEN_MAX_CHARS]
    return joined + TAG_MARK if joined else ""


def indexed_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """What the tags of a note are kept as: each whole, then its parts and their stems."""
    found = [token for tag in tags if (token := whole_tag(tag))]
    parts = [token for tag in tags for token in tokens(tag)]
    return (*found, *parts, *stems(" ".join(tags)))


def beginnings(name: str) -> list[str]:
    """What a person's name or handle is found by: what follows each beginning of a word in it."""
    parts: list[str] = []
    for run, is_unspaced in runs(folded(name)):
        parts += list(run) if is_unspaced else [run]
    return ["".join(parts[at:])[:TOKEN_MAX_CHARS] for at in range(len(parts))][:32]
