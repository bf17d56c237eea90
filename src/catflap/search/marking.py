"""Where a query's words stand in a text as it is shown, and the part of it worth showing.

Found on the text itself, not on the index: folded character by character, with the place each
came from, so that 貓稅 is marked for 猫税 and Ａ for a. What is marked ends where a character as
people see one ends, so that no emoji and no accent is cut.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import regex

from catflap.ground.stemming import stem
from catflap.search import words
from catflap.search.asking import Asked

SNIPPET_MAX_CHARS = 160
BEFORE_CHARS = 50
MARKS_MAX = 60
READ_MAX_CHARS = 12_000

_GRAPHEME = regex.compile(r"\X")
_SPACED = regex.compile(r"[[\p{L}\p{N}\p{M}]--[\p{Han}\p{Hiragana}\p{Katakana}]]", regex.V1)
_ENGLISH = regex.compile(
    r"(?<![\p{L}\p{N}\p{M}--[\p{Han}\p{Hiragana}\p{Katakana}]])[a-z]{3,}"
    r"(?![\p{L}\p{N}\p{M}--[\p{Han}\p{Hiragana}\p{Katakana}]])",
    regex.V1,
)
_NOTHING = regex.compile(r"(?!)")


class Part(msgspec.Struct, frozen=True):
    """A stretch of a text, marked or not."""

    text: str
    is_marked: bool


class Marker:
    """What marks the occurrences of one query."""

    def __init__(self, asked: Asked) -> None:
        patterns = [_pattern(text, is_begun=begun) for text, begun in asked.shown]
        found = sorted({one for one in patterns if one}, key=len, reverse=True)
        self._pattern = regex.compile("|".join(found)) if found else _NOTHING
        self._stems = asked.stems

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the words stand, in order, none over another."""
        folded, places = words.folded_with_places(text[:READ_MAX_CHARS])
        found = [match.span() for match in self._pattern.finditer(folded)]
        if self._stems:
            found += [
                match.span() for match in _ENGLISH.finditer(folded)
                if stem(match.group()) in self._stems
            ]
        raw = sorted(
            (places[start], places[end - 1] + 1) for start, end in found if end > start
        )
        return _whole_characters(text, raw[:MARKS_MAX])

    def parts(self, text: str) -> list[Part]:
        """A text cut at its marks."""
        return _cut(text, self.spans(text), 0, len(text))

    def snippet(self, text: str) -> list[Part]:
        """At most `SNIPPET_MAX_CHARS` round the first mark, none where there is no mark.

        An ellipsis stands where something was left out; line ends become spaces.
        """
        text = " ".join(text.split())
        spans = self.spans(text)
        if not spans:
            return []
        start, end = _window(text, spans[0][0])
        parts = _cut(text, spans, start, end)
        before = [Part("…", False)] if start else []
        after = [Part("…", False)] if end < len(text) else []
        return [*before, *parts, *after]


def _pattern(text: str, *, is_begun: bool) -> str:
    """What finds a folded text in a folded text: whole words, but in unspaced scripts."""
    runs = [run for run, _ in words.runs(text)]
    if not runs:
        return ""
    made = r"[^\p{L}\p{N}]*".join(regex.escape(run) for run in runs)
    if _SPACED.match(runs[0][0]):
        made = r"(?<![\p{L}\p{N}--[\p{Han}\p{Hiragana}\p{Katakana}]])" + made
    if _SPACED.match(runs[-1][-1]):
        rest = r"[\p{L}\p{N}\p{M}--[\p{Han}\p{Hiragana}\p{Katakana}]]"
        made += f"{rest}*+" if is_begun else f"(?!{rest})"
    return f"(?V1:{made})"


def _whole_characters(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans widened to whole characters, and joined where they meet."""
    if not spans:
        return []
    starts = [match.start() for match in _GRAPHEME.finditer(text)]
    edges = [*starts, len(text)]
    made: list[tuple[int, int]] = []
    at = 0
    for start, end in spans:
        while edges[at + 1] <= start:
            at += 1
        begin = edges[at]
        until = next(edge for edge in edges[at + 1 :] if edge >= end)
        if made and begin < made[-1][1]:
            made[-1] = (made[-1][0], max(until, made[-1][1]))
        else:
            made.append((begin, until))
    return made


def _window(text: str, first: int) -> tuple[int, int]:
    """Where a snippet begins and ends: at a character's edge, at a word's if one is near."""
    room = SNIPPET_MAX_CHARS - 2
    edges = [match.start() for match in _GRAPHEME.finditer(text)] + [len(text)]
    low = max(0, min(first - BEFORE_CHARS, len(text) - room))
    start = next(edge for edge in edges if edge >= low)
    if start:
        space = text.find(" ", start - 1, min(first, start + BEFORE_CHARS // 2))
        start = space + 1 if space >= 0 else start
    end = max(edge for edge in edges if edge <= start + room)
    if end < len(text):
        space = text.rfind(" ", max(end - BEFORE_CHARS // 2, first + 1), end + 1)
        end = space if space > start else end
    return start, max(end, start)


def _cut(text: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> list[Part]:
    made: list[Part] = []
    at = start
    for span in spans:
        begin, until = max(span[0], start), min(span[1], end)
        if until <= at or begin >= end:
            continue
        if begin > at:
            made.append(Part(text[at:begin], False))
        made.append(Part(text[begin:until], True))
        at = until
    return [*made, Part(text[at:end], False)] if at < end else made
