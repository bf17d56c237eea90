"""Subtitles that people bring: SRT and WebVTT read into plain cues, and cues written as WebVTT.

Nothing of a file's markup outlives the reading. Who brings subtitles brings words and times; what
is shown beside a video is escaped anew by ``webvtt``, so no file can style, place or script
anything. Where a file is merely untidy it is read as its author meant it (SRT has no standard, and
players have always been lenient); where its times cannot be right it is refused with the line.

Every expression here either ends at a bounded length or stops at the character that would start
it again, so the worst file takes time in proportion to its size.

Sources: WebVTT (W3C, https://www.w3.org/TR/webvtt1/, sections 4 and 6) for WebVTT. SRT as players
read it: no blank line, no index and a blank line inside a cue are all met in the wild.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from html import entities, unescape

import msgspec

from catflap.ground import characters
from catflap.media.errors import Reason, SubtitlesInvalid

FILE_MAX_BYTES = 500_000
CUES_MAX = 2000
CUE_MAX_CHARS = 500
"""Unicode code points of one cue, after its markup went."""
LAST_MS = 5 * 60 * 60 * 1000
"""No cue ends later than this."""

_ARROW = "-->"
_TIME = r"(?:([0-9]{1,4}):)?([0-5]?[0-9]):([0-5][0-9])[.,]([0-9]{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]*{_ARROW}[ \t]*{_TIME}(?![0-9])")
_NEARLY_TIME = re.compile("[0-9]{1,4}:[0-9]")
_HEADER = re.compile(r"\s*WEBVTT(?![^ \t\r\n])")
_ASIDE = re.compile(r"NOTE(?!\S)|(?:STYLE|REGION)$")
_TAG = re.compile("<([^<>]*)>")
_TAG_NAME_ENDS = re.compile(r"[\s./]")
_PLACING = re.compile(r"\{\\[^{}]*\}")
_ENTITY = re.compile("&(?:#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{0,31}));")
_SRT_TAGS = frozenset({"b", "i", "u", "s", "font", "br", "c", "v", "lang", "ruby", "rt"})
"""SRT means these; any other ``<…>`` in it is what somebody wrote (“<sighs>”)."""


class Cue(msgspec.Struct, frozen=True, kw_only=True):
    """Words and when they show: milliseconds from the video's start, plain text on one line."""

    start_ms: int
    end_ms: int
    text: str


class _Draft(msgspec.Struct, kw_only=True):
    """A cue before its markup goes; ``line`` is the one of its times, from 1."""

    line: int
    start_ms: int
    end_ms: int
    lines: list[str]


_Block = list[tuple[int, str]]
"""Lines between two blank ones, each with its number from 1."""


def cues(raw: bytes) -> tuple[Cue, ...]:
    """The cues of an SRT or WebVTT file, by their start; as in the file where starts are equal.

    UTF-8, UTF-16 with its mark, else GB18030. Cues without words are left out. Time in proportion
    to the file, whatever is in it.

    Raises:
        SubtitlesInvalid: the file is over a limit, is no text, has no cue, or a time in it cannot
            be read or ends no later than it starts.
    """
    if len(raw) > FILE_MAX_BYTES:
        raise SubtitlesInvalid(line=0, reason=Reason.TOO_LONG)
    text = _decoded(raw)
    is_webvtt = _HEADER.match(text) is not None
    found: list[Cue] = []
    for draft in _drafts(list(_blocks(text)), is_webvtt=is_webvtt):
        words = _plain("\n".join(draft.lines), is_webvtt=is_webvtt)
        if not words:
            continue
        if len(words) > CUE_MAX_CHARS:
            raise SubtitlesInvalid(line=draft.line, reason=Reason.TOO_LONG)
        if len(found) == CUES_MAX:
            raise SubtitlesInvalid(line=draft.line, reason=Reason.TOO_MANY)
        found.append(Cue(start_ms=draft.start_ms, end_ms=draft.end_ms, text=words))
    if not found:
        raise SubtitlesInvalid(line=0, reason=Reason.NO_CUES)
    return tuple(sorted(found, key=lambda cue: cue.start_ms))


def webvtt(cues: Iterable[Cue]) -> str:
    """These cues as WebVTT, which ``cues`` reads back as they were.

    A line break in a cue's text becomes a space, for a blank line would end the cue and let its
    text pass for another one. The escapes can make it larger than ``FILE_MAX_BYTES``.
    """
    parts = ["WEBVTT\n"]
    for cue in cues:
        words = characters.on_one_line(cue.text)
        # The arrow, which no cue's text may hold, goes with its ">".
        words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        parts.append(f"\n{_clock(cue.start_ms)} {_ARROW} {_clock(cue.end_ms)}\n{words}\n")
    return "".join(parts)


def _clock(at_ms: int) -> str:
    """Hours, minutes, seconds and thousandths."""
    seconds, thousandths = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}"


def _decoded(raw: bytes) -> str:
    """The file's text; a refusal names the line that the best guess reached."""
    encodings: tuple[str, ...] = ("utf-8", "gb18030")
    if raw.startswith(codecs.BOM_UTF8):
        raw, encodings = raw.removeprefix(codecs.BOM_UTF8), ("utf-8",)
    elif raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ("utf-16",)
    reached = 1
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            readable = raw[: error.start].decode(encoding, "replace")
        else:
            # No text has NUL, while UTF-16 without its mark has one in every Latin letter.
            readable, nul, _ = text.partition("\0")
            if not nul:
                return text.removeprefix("\ufeff")
        reached = max(reached, len(_lines(readable)))
    raise SubtitlesInvalid(line=reached, reason=Reason.NOT_TEXT)


def _lines(text: str) -> list[str]:
    """Lines by the three line ends; ``splitlines`` would also cut at U+2028 and its like."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block = []
    for number, line in enumerate(_lines(text), start=1):
        if stripped := line.strip():
            block.append((number, stripped))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _drafts(blocks: list[_Block], *, is_webvtt: bool) -> list[_Draft]:
    """Every cue with its lines as they stand.

    What stands before a block's first times is WebVTT's header or the cue's name; in SRT, unless
    it is one line, it goes on with the cue before, cut by a blank line.
    """
    drafts: list[_Draft] = []
    if is_webvtt:
        blocks = [blocks[0][1:], *blocks[1:]]
        blocks = [block for block in blocks if block and not _ASIDE.match(block[0][1])]
    for place, block in enumerate(blocks):
        timed = _timed(block)
        first = next(iter(timed), len(block))
        is_name = first == 1 if timed else _is_index_of_next(blocks, place)
        if drafts and not is_webvtt and not is_name:
            drafts[-1].lines += _words(block[:first], is_before_times=bool(timed))
        ends = [*list(timed)[1:], len(block)]
        for (start, draft), end in zip(timed.items(), ends, strict=False):
            draft.lines += _words(block[start + 1 : end], is_before_times=end < len(block))
            drafts.append(draft)
    return drafts


def _is_index_of_next(blocks: list[_Block], place: int) -> bool:
    """Whether this block is an index that a blank line parts from its times."""
    if len(blocks[place]) > 1 or not _is_index(blocks[place][0][1]) or place + 1 == len(blocks):
        return False
    return _ARROW in blocks[place + 1][0][1]


def _words(block: _Block, *, is_before_times: bool) -> list[str]:
    """A cue's lines, without the next one's index where no blank line stands between them."""
    lines = [line for _, line in block]
    if is_before_times and lines and _is_index(lines[-1]):
        lines.pop()
    return lines


def _is_index(line: str) -> bool:
    return line.isascii() and line.isdigit()


def _timed(block: _Block) -> dict[int, _Draft]:
    """Where times stand in a block, in order.

    An arrow in the first line, or in the second under a name, has to be times; further down it is
    words, unless it starts as times do.
    """
    timed: dict[int, _Draft] = {}
    for place, (number, line) in enumerate(block):
        if _ARROW not in line:
            continue
        if draft := _timing(number, line):
            timed[place] = draft
        elif (place < 2 and not timed) or _NEARLY_TIME.match(line):
            raise SubtitlesInvalid(line=number, reason=Reason.BAD_TIME)
    return timed


def _timing(number: int, line: str) -> _Draft | None:
    """A cue without words yet, or None where the line is no times; settings after it go."""
    found = _TIMING.match(line)
    if found is None:
        return None
    parts = [int(part or 0) for part in found.groups()]
    start_ms, end_ms = (
        ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
        for hours, minutes, seconds, thousandths in (parts[:4], parts[4:])
    )
    if end_ms <= start_ms:
        raise SubtitlesInvalid(line=number, reason=Reason.ENDS_BEFORE_START)
    if end_ms > LAST_MS:
        raise SubtitlesInvalid(line=number, reason=Reason.TOO_LATE)
    return _Draft(line=number, start_ms=start_ms, end_ms=end_ms, lines=[])


def _plain(text: str, *, is_webvtt: bool) -> str:
    """The words alone. Entities go last: what they spell is words, never a tag."""
    if not is_webvtt:
        text = _PLACING.sub("", text)
    words = "".join(_untagged(text, is_webvtt=is_webvtt))
    return characters.on_one_line(_ENTITY.sub(_character, words))


def _untagged(text: str, *, is_webvtt: bool) -> Iterator[str]:
    """What stands between the tags, without a ruby's reading; a "<" left open is a character."""
    in_ruby = in_reading = False
    at = 0
    for tag in _TAG.finditer(text):
        opens = not tag[1].startswith("/")
        name = _TAG_NAME_ENDS.split(tag[1].removeprefix("/"), maxsplit=1)[0].lower()
        if not (is_webvtt or name in _SRT_TAGS or _NEARLY_TIME.match(name)):
            continue
        if not in_reading:
            yield text[at : tag.start()]
        at = tag.end()
        if name == "br":
            yield " "
        elif name == "ruby":
            in_ruby, in_reading = opens, False
        elif name == "rt":
            in_reading = opens and in_ruby
    if not in_reading:
        yield text[at:]


def _character(entity: re.Match[str]) -> str:
    """What an entity stands for; itself where it has no such name."""
    if entity[1] is None:
        return unescape(entity[0])
    return entities.html5.get(f"{entity[1]};", entity[0])
