"""A text cut into what an engine is given: lines, or sentences within lines.

Joined again, the segments are the text; the space around each stays outside it, so that an
engine cannot lose a paragraph.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import NewType

import msgspec
import regex

from catflap.translation.codes import ENGLISH, UNKNOWN, UNSPACED, Lang
from catflap.translation.detection import line_languages, runs_inside
from catflap.translation.spans import lines, placed

SegmentKey = NewType("SegmentKey", str)

PARAGRAPH_CHARS = 240
"""A longer line is given to every engine by the sentence, so that an edit in it costs one."""

# A full stop ends a sentence only before a space and something that begins one; what closes a
# quotation and an emoji behind the stop belong to the sentence they follow.
_END = regex.compile(
    r"(?:[。！？!?…]+[”’」』)）\"']*(?:\s*\p{Extended_Pictographic}\uFE0F?)*"
    r"|(?<=\p{L}{2}|\d|[)\"”’])\.+[”’)\"']*(?=\s+[\p{Lu}\p{N}\"“‘(\p{Extended_Pictographic}]))"
    r"\s*"
)
_LEADING = frozenset({"mention", "link", "custom", "sticker", "emoji", "kaomoji", "emoticon"})
_TRAILING = _LEADING | {"tag"}
_ABBREVIATED = regex.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e|approx|no|No|Jr|Sr|Prof|Ave|Blvd)\.$"
)

_ENDS_WIDE = regex.compile(r"[。！？…；，、：」』”’）》]\Z")
_ENDS_TIGHT = regex.compile(r"[^\s(\[{“‘「『（《@#＠＃/-]\Z")
_BEGINS = regex.compile(r"[\p{L}\p{N}“‘(]")
_ENDS_WORD = regex.compile(r"[\p{L}\p{N}]\Z")
_BEGINS_WORD = regex.compile(r"[\p{L}\p{N}]")
_ENDS_HAN = regex.compile(r"\p{Han} *\Z")
_BEGINS_HAN = regex.compile(r" *\p{Han}")
_STOPS = ".。"


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a text and the language to translate it from, None to leave it as it is.

    One that is ``inside`` is a few foreign words in a sentence that is not foreign.
    """

    text: str
    source: Lang | None
    inside: bool = False


def sentences(line: str) -> list[str]:
    """The sentences of a line; joined, they are the line again. Linear in its length.

    No sentence ends inside a span: ``v1.2. Next`` ends after the version, not within.
    """
    closed = placed(line)
    cut, start = [], 0
    for match in _END.finditer(line):
        end = match.end()
        if any(a < end < b for a, b, _ in closed) or end >= len(line):
            continue
        if _ABBREVIATED.search(line[start : match.end()].rstrip()):
            continue
        cut.append(line[start:end])
        start = end
    return [*cut, line[start:]]


def segments(
    text: str, *, langs: Sequence[Lang], target: Lang, by_sentence: bool
) -> list[Segment]:
    """The text's segments, line ends and outer spaces as segments of their own.

    A segment in the target's own language is left alone, so that of a text in two languages
    only the foreign half is translated. Of a sentence in two, what is mostly foreign is
    translated whole; of one that is mostly the target's, only the foreign run, at its place.
    """
    main = next((lang for lang in langs if lang not in (target, UNKNOWN)), ENGLISH)
    found: list[Segment] = []
    for place, line in enumerate(lines(text)):
        if place:
            found.append(Segment(text="\n", source=None))
        found += _of_line(line, langs=langs, main=main, target=target, by_sentence=by_sentence)
    return found


def _cut(part: str, *, langs: Sequence[Lang], main: Lang, target: Lang) -> list[Segment]:
    lead, body, tail = _core(part)
    here = line_languages(body, prior=langs)
    source = _source(here, main=main, target=target)
    runs = runs_inside(body, of=source) if source is not None and target in here else []
    if not runs:
        told = [(lead, None), (body, source), (tail, None)]
    else:
        ends = [0, *(end for _, end in runs)]
        told = [(lead, None)]
        for after, (start, end) in zip(ends, runs, strict=False):
            told += [(body[after:start], None), (body[start:end], source)]
        told += [(body[ends[-1] :], None), (tail, None)]
    return [
        Segment(text=text, source=lang, inside=bool(runs) and lang is not None)
        for text, lang in told
        if text
    ]


def _of_line(
    line: str, *, langs: Sequence[Lang], main: Lang, target: Lang, by_sentence: bool
) -> list[Segment]:
    """A line whole, or its sentences.

    Engines that take whole lines get a long one by the sentence too, and of one in two languages
    only the foreign sentences.
    """
    parts = sentences(line)
    if len(parts) == 1:
        return _cut(line, langs=langs, main=main, target=target)
    cut = [_cut(part, langs=langs, main=main, target=target) for part in parts]
    if not by_sentence and len(line) <= PARAGRAPH_CHARS:
        foreign = [
            [one for one in found if one.source is not None]
            for part, found in zip(parts, cut, strict=True)
            if line_languages(part, prior=langs)
        ]
        if not any(foreign) or all(found and not found[0].inside for found in foreign):
            return _cut(line, langs=langs, main=main, target=target)
    return [segment for found in cut for segment in found]


def joined(parts: Sequence[str], cut: Sequence[Segment], *, target: Lang) -> str:
    """A translation put together from what its segments became, spaced as ``target`` is.

    Chinese puts no space between sentences, so where English needs one there is none to keep, and
    the other way round there is one too many. Only beside what was translated is it touched.
    """
    whole = ""
    for place, (part, segment) in enumerate(zip(parts, cut, strict=True)):
        said = segment.source is not None
        if segment.inside or (place and cut[place - 1].inside):
            whole, part = _met(whole, _without_stop(part, segment), target=target)  # noqa: PLW2901
        elif target in UNSPACED:
            follows = place + 1 < len(cut) and cut[place + 1].source is not None
            if follows and not said and not part.strip(" ") and _ENDS_WIDE.search(whole):
                continue
        elif (said or (place and cut[place - 1].source is not None)) and (
            _ENDS_TIGHT.search(whole) and _BEGINS.match(part)
        ):
            whole += " "
        whole += part
    return whole


def _without_stop(part: str, segment: Segment) -> str:
    """What was said of a run, which engines end like a sentence though it is none."""
    if segment.inside and not segment.text.endswith(tuple(_STOPS)):
        return part.rstrip(_STOPS)
    return part


def _met(whole: str, part: str, *, target: Lang) -> tuple[str, str]:
    """Both sides of a run's edge, spaced as the words of ``target`` are."""
    if target in UNSPACED:
        if _ENDS_HAN.search(whole) and _BEGINS_HAN.match(part):
            return whole.rstrip(" "), part.lstrip(" ")
    elif _ENDS_WORD.search(whole) and _BEGINS_WORD.match(part):
        return whole + " ", part
    return whole, part


def _core(part: str) -> tuple[str, str, str]:
    """A part without the spaces and spans at its ends, which no engine needs to see.

    A tag or mention that begins a sentence is often its subject, so only what is called or
    laughed at the beginning goes, and everything that trails.
    """
    start, end = 0, len(part)
    for a, b, kind in placed(part):
        if part[start:a].strip() or kind not in _LEADING:
            break
        start = b
    for a, b, kind in reversed(placed(part)):
        if a < start or part[b:end].strip() or kind not in _TRAILING:
            break
        end = a
    body = part[start:end]
    start += len(body) - len(body.lstrip())
    end -= len(body) - len(body.rstrip())
    return (part[:start], part[start:end], part[end:]) if start < end else (part, "", "")


def _source(here: Sequence[Lang], *, main: Lang, target: Lang) -> Lang | None:
    foreign = [lang for lang in here if lang not in (target, UNKNOWN)]
    if foreign:
        return foreign[0]
    if tuple(here) == (UNKNOWN,) and main != target:
        # Too short to name by itself: it is most likely what the rest of the text is.
        return main
    return None


def key_of(
    text: str, *, source: Lang, target: Lang, engine: str, version: str, terms: str = ""
) -> SegmentKey:
    """What makes two translations of a segment the same: words, pair, engine, glossary terms."""
    told = f"{text}\x1f{source}\x1f{target}\x1f{engine}\x1f{version}\x1f{terms}"
    digest = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return SegmentKey(base64.urlsafe_b64encode(digest).decode().rstrip("="))
