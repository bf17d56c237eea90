"""Spans that must survive translation, set aside and put back.

Mentions, tags, links, addresses, code, custom emoji and stickers, emoji, emoticons, and numbers
with their units are replaced by numbered placeholders; afterwards each must stand exactly once in
the answer. Where an engine loses one, the text is translated piecewise around its spans instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

import msgspec
import regex

from catflap.translation.errors import SpansLost

OPEN, CLOSE = "⟦", "⟧"
REMEMBERED_CHARS = 400
"""Longer texts are looked at each time: what is remembered stays below a few megabytes."""

_EMOJI = (
    r"(?:\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F?)\p{Emoji_Modifier}?"
    r"(?:\u200D(?:\p{Emoji_Presentation}|\p{Extended_Pictographic})\uFE0F?\p{Emoji_Modifier}?)*"
    r"[\U000E0020-\U000E007F]*)"
)
# What makes a face of a bracket, and what stands beside it as its arms.
_FACE = r"[°•ω´`≧≦ᴗ︶▽∀Дд□ﾟ﹏︿╥ಥ◕‿╯╰ᴥ￣✿❀◡˘ヮ益皿ツ╹ロㅂ༎ຶ♡♥⌒∇ㅠㅜˊˋ๑⊙・^><_]"
_ARMS_BEFORE = (
    r"(?:(?:[ヽヾ╰╭╮ᕕᕙ٩ლ┌└┏┗\\＼／Σ♪～¯乁凸]|(?<![A-Za-z])[oO]|(?<![A-Za-z0-9:/])/){1,3}_?)?"
)
_ARMS_AFTER = (
    r"(?:_?(?:[ノﾉ╯╭╮╰ゞっつづ۶وงᕗᕤシ彡／\\＼～☆✧♪♡︵┘┐┛┓¯]|/(?![A-Za-z0-9])|[oO](?![A-Za-z])){1,5}"
    r"(?:\s?[┻┳]━+[┻┳])?)?"
)
_UNIT_TOLD = (
    r"\s?(?:[%‰€£]|°[CF]?|℃|(?:kg|mg|km|cm|mm|ml|lbs?|oz|mph|[KMGT]B|kWh|USD|EUR|GBP|CNY|RMB)"
    r"(?![A-Za-z0-9]))"
)
_UNIT = rf"(?:{_UNIT_TOLD})?"
_SPAN = (
    r"(?P<own>[⟦⟧])"
    r"|(?P<code>```.*?```|`[^`\n]+`)"
    r"|(?P<link>(?:https?://|www\.)[^\s<>\"'（）【】《》，。；！？、]+)"
    # Possessive and only from a word's start: 5,000 letters without an @ must stay linear.
    r"|(?P<mail>(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+)"
    r"|(?P<mention>@[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}\p{M}_])?"
    r"(?:@[\w-]+(?:\.[\w-]+)+)?)"
    # What must not leave the house even though no link or number holds it: bank accounts,
    # identity numbers, keys and other long codes. Bounded, so that it stays linear.
    r"|(?P<secret>\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,8}\b|(?<!\d)\d{17}[\dXx](?!\d)"
    r"|\b(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{20,}+\b"
    # Telephones and cards, whose groups of digits must stay together.
    r"|(?<![A-Za-z0-9.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)[ .-]?)?(?=(?:[ .-]?\d){7})"
    r"\d{2,}+(?:[ .-]\d{2,}+){1,5}"
    # An address without its scheme: what follows the slash may be a token.
    r"|(?<![\w.@/-])(?:[\w-]++\.)+[A-Za-z]{2,}+/[^\s<>\"'（）【】《》，。；！？、]*)"
    r"|(?P<tag>[#＃][\p{L}\p{M}\p{N}_]*[\p{L}\p{M}_][\p{L}\p{M}\p{N}_]*)"
    r"|(?P<custom>:[a-zA-Z0-9_]{2,}:)"
    r"|(?P<sticker>\[[\p{Han}A-Za-z]{1,10}\](?!\())"
    rf"|(?P<emoji>{_EMOJI}+)"
    rf"|(?P<kaomoji>{_ARMS_BEFORE}[(（](?=[^()（）\n]{{0,12}}{_FACE})"
    r"(?![^()（）\n]{0,14}[\p{Han}A-Za-z]{3})[^()（）\n]{1,16}[)）]"
    rf"{_ARMS_AFTER}|ʕ[^ʔ\n]{{1,12}}ʔ|[╥ಥ][_﹏‿][╥ಥ]|[┻┳]━+[┻┳])"
    # Beside a Han character a face may stand without a space, beside a letter not.
    r"|(?P<emoticon>(?<![A-Za-z0-9_:])[:;=8][-o^']?[)(DPpOo3/\\|](?![A-Za-z0-9_])|<3(?!\d)|\^_*\^"
    r"|(?<![A-Za-z0-9_])(?:[>=xXoOuUTQ;-][_.]+[<=xXoOuUTQ;-]|QAQ|Q[wW]Q|TAT|[xX]D|orz|OTZ)"
    r"(?![A-Za-z0-9_]))"
    rf"|(?P<number>(?:(?<![\w.])[-−+])?(?:(?:[$¥€£￥]\s?)?\d[\d.,:/]*\d{_UNIT}|(?:[$¥€£￥]\s?)\d|\d{_UNIT_TOLD}))"
)
_SIGN = regex.compile(
    r"[^\p{L}\p{M}\p{Nd}\s.,;!?'’\"“”，。；！？、…]|\p{Extended_Pictographic}|www"
    r"|;[-o^']?[)(DPpOo3/\\|]|(?<![A-Za-z0-9_])(?:[xXoOuUTQ;]\.+[xXoOuUTQ;]|QAQ|Q[wW]Q|TAT|[xX]D|orz|OTZ)"
)
_DIGIT = regex.compile(r"(?<![\p{L}\p{M}])[\p{L}\p{M}]*+\p{Nd}")
"""What every span has somewhere: a sign, or a digit in the word that it begins with or stands in.

Most sentences have none, which is told forty times as fast; many have a number near their end.
"""
_CALLING = frozenset({"link", "mail", "mention", "tag", "custom"})
_DIGITS = regex.compile(r"\d+(?:[.:/]\d+)*")
_PLACEHOLDER = regex.compile(rf"{OPEN}\s*(\d+)\s*{CLOSE}")
# Engines like other brackets: [0], 【０】, ((0)), {{0}}.
_OTHER_PLACEHOLDER = regex.compile(
    r"[\[【〔〖「『《〈({｛（［<⟨⟪〚]{1,2}\s*(\d{1,4})\s*[\]】〕〗」』》〉)}｝）］>⟩⟫〛]{1,2}"
)
_SPELLED = {
    "0": "零〇|zero|no|cero",
    "1": "一|one|an?|first|once|single|uno|une?|una",
    "2": "二两兩双雙|two|second|twice|both|pair|dos|deux",
    "3": "三|three|third|tres|trois",
    "4": "四|four|fourth|cuatro|quatre",
    "5": "五|five|fifth|cinco|cinq",
    "6": "六|six|sixth|seis",
    "7": "七|seven|seventh|siete|sept",
    "8": "八|eight|eighth|ocho|huit",
    "9": "九|nine|ninth|nueve|neuf",
}
"""How one digit may be written in words: Han characters, then Latin words."""


class _Span(msgspec.Struct, frozen=True, gc=False):
    """A span as found: where, of which kind, and its text."""

    start: int
    end: int
    kind: str
    text: str


class Masked(msgspec.Struct, frozen=True, kw_only=True):
    """A text with placeholders, and what they stand for, in order."""

    text: str
    spans: tuple[str, ...]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a text: a span that stays, or words between spans."""

    text: str
    stays: bool


@cache
def _span() -> regex.Pattern[str]:
    """Compiled when it is wanted: that takes 40 ms, and most processes look for no spans."""
    return regex.compile(_SPAN, regex.DOTALL)


def _found(text: str) -> tuple[_Span, ...]:
    """The spans of a text, in order.

    Looking costs some 40 µs a line, and a line that is translated is looked at a dozen times, so
    short ones are looked at once.
    """
    return _found_before(text) if len(text) <= REMEMBERED_CHARS else _look(text)


def _look(text: str) -> tuple[_Span, ...]:
    start = 0
    if not _SIGN.search(text):
        numbered = _DIGIT.search(text)
        if numbered is None:
            return ()
        start = numbered.start()
    return tuple(
        _Span(match.start(), match.end(), match.lastgroup or "", match.group())
        for match in _span().finditer(text, start)
    )


_found_before = lru_cache(maxsize=1024)(_look)


def mask(
    text: str, *, with_numbers: bool = True, also: Sequence[tuple[int, int, str]] = ()
) -> Masked:
    """The text with each span replaced by a placeholder.

    Without numbers they stay where they are, for engines that copy them well; whether they did
    is for `same_numbers` to say. ``also`` are further stretches that lie over no span but
    numbers, from where to where, each with what is to stand there afterwards.
    """
    spans = [
        span for span in _found(text)
        if (with_numbers or span.kind != "number")
        and not any(start < span.end and span.start < end for start, end, _ in also)
    ]
    spans += [_Span(start, end, "also", words) for start, end, words in also]
    spans.sort(key=lambda span: span.start)
    return Masked(
        text=_replaced(text, spans, [f"{OPEN}{n}{CLOSE}" for n in range(len(spans))]),
        spans=tuple(span.text for span in spans),
    )


def _replaced(text: str, spans: Sequence[_Span], by: Sequence[str]) -> str:
    if not spans:
        return text
    parts, end = [], 0
    for span, words in zip(spans, by, strict=True):
        parts += [text[end : span.start], words]
        end = span.end
    return "".join([*parts, text[end:]])


def unmask(translated: str, masked: Masked) -> str:
    """The translation with its spans back; placeholders in other brackets are taken for ours.

    Raises:
        SpansLost: a placeholder is missing, repeated or invented.
    """
    translated = _mended(translated, masked)
    found = Counter(int(number) for number in _PLACEHOLDER.findall(translated) if len(number) < 6)
    wanted = range(len(masked.spans))
    missing = tuple(masked.spans[n] for n in wanted if not found[n])
    repeated = tuple(str(n) for n, times in found.items() if times > 1 or n not in wanted)
    loose = translated.count(OPEN) + translated.count(CLOSE) - 2 * sum(found.values())
    if missing or repeated or loose:
        raise SpansLost(missing=missing, repeated=repeated)
    return str(_PLACEHOLDER.sub(lambda match: masked.spans[int(match.group(1))], translated))


def _mended(translated: str, masked: Masked) -> str:
    """An answer whose placeholders came back in other brackets, where no other reading is."""
    if not _OTHER_PLACEHOLDER.search(translated):
        return translated
    if _OTHER_PLACEHOLDER.search(_PLACEHOLDER.sub("", masked.text)):
        return translated
    return str(_OTHER_PLACEHOLDER.sub(lambda match: f"{OPEN}{int(match[1])}{CLOSE}", translated))


def pieces(text: str) -> list[Piece]:
    """The text cut at its spans; joined, the pieces are the text again."""
    cut: list[Piece] = []
    end = 0
    for span in _found(text):
        if span.start > end:
            cut.append(Piece(text=text[end : span.start], stays=False))
        cut.append(Piece(text=span.text, stays=True))
        end = span.end
    if end < len(text):
        cut.append(Piece(text=text[end:], stays=False))
    return cut


def placed(text: str) -> list[tuple[int, int, str]]:
    """Where the spans of a text begin and end, and of which kind they are."""
    return [(span.start, span.end, span.kind) for span in _found(text)]


def is_faithful(source: str, answer: str) -> bool:
    """Whether an answer has every number of its source, and no link, tag or mention of its own.

    More numbers are no fault: what one language writes in words another writes in digits; a
    single digit may be written in words.
    """
    called, calling = (
        sorted(span.text for span in _found(text) if span.kind in _CALLING)
        for text in (source, answer)
    )
    if called != calling:
        return False
    numbers = _DIGITS.findall(source.replace(",", ""))
    if not numbers:
        return True
    left = Counter(numbers) - Counter(_DIGITS.findall(answer.replace(",", "")))
    return all(_is_spelled(number, answer) for number in left)


def _is_spelled(number: str, answer: str) -> bool:
    han, _, words = _SPELLED.get(number, "").partition("|")
    if any(character in answer for character in han):
        return True
    return bool(words) and bool(regex.search(rf"\b(?:{words})", answer, regex.IGNORECASE))


def lines(text: str) -> list[str]:
    """The text's lines; joined by line ends they are the text again. A block of code is one."""
    if "```" not in text:
        return text.split("\n")
    inside = [(a, b) for a, b, kind in placed(text) if kind == "code" and "\n" in text[a:b]]
    cut, start = [], 0
    for place, character in enumerate(text):
        if character == "\n" and not any(a < place < b for a, b in inside):
            cut.append(text[start:place])
            start = place + 1
    return [*cut, text[start:]]


def words_only(text: str) -> str:
    """The text without its spans, for finding its language."""
    spans = _found(text)
    return _replaced(text, spans, [" "] * len(spans))


def blanked(text: str) -> str:
    """`words_only` with every character at its place: each span is as many spaces."""
    spans = _found(text)
    return _replaced(text, spans, [" " * len(span.text) for span in spans])


def background(text: str) -> str:
    """The text's words and those of its tags on one line, without any other span.

    A tag says what a text is about, so its words are kept; a number in one is taken out with all
    other numbers.
    """
    tags = [span for span in _found(text) if span.kind == "tag"]
    opened = _replaced(text, tags, [f" {span.text[1:].replace('_', ' ')} " for span in tags])
    return " ".join(words_only(opened).split())


def mentioned(text: str) -> list[str]:
    """Handles mentioned in a text, without ``@``, in order, each once."""
    found = [span.text[1:] for span in _found(text) if span.kind == "mention"]
    return list(dict.fromkeys(found))


def tagged(text: str) -> list[str]:
    """Tags in a text, without ``#``, in order, each once."""
    found = [span.text[1:] for span in _found(text) if span.kind == "tag"]
    return list(dict.fromkeys(found))


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a text and what it links to: "" for plain words."""

    text: str
    kind: str


def linked(text: str) -> list[Linked]:
    """The text cut into plain words, links, mentions and tags, for the doors to render."""
    cut: list[Linked] = []
    end = 0
    for span in _found(text):
        if span.kind not in ("link", "mention", "tag"):
            continue
        if span.start > end:
            cut.append(Linked(text=text[end : span.start], kind=""))
        cut.append(Linked(text=span.text, kind=span.kind))
        end = span.end
    if end < len(text):
        cut.append(Linked(text=text[end:], kind=""))
    return cut
