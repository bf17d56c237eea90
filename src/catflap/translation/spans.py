"""Spans that must survive translation, set aside and put back.

Mentions, tags, links, addresses, code, custom emoji and stickers, emoji, emoticons, and numbers
with their units are replaced by numbered placeholders; afterwards each must stand exactly once in
the answer. Where an engine loses one, the text is translated piecewise around its spans instead.
"""

from __future__ import annotations

from collections import Counter

import msgspec
import regex

from catflap.translation.errors import SpansLost

OPEN, CLOSE = "⟦", "⟧"

_EMOJI = (
    r"(?:\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F?)\p{Emoji_Modifier}?"
    r"(?:\u200D(?:\p{Emoji_Presentation}|\p{Extended_Pictographic})\uFE0F?\p{Emoji_Modifier}?)*"
    r"[\U000E0020-\U000E007F]*)"
)
_SPAN = regex.compile(
    r"(?P<own>[⟦⟧])"
    r"|(?P<code>```.*?```|`[^`\n]+`)"
    r"|(?P<link>(?:https?://|www\.)[^\s<>\"'（）【】《》，。；！？、]+)"
    # Possessive and only from a word's start: 5,000 letters without an @ must stay linear.
    r"|(?P<mail>(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+)"
    r"|(?P<mention>@[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}\p{M}_])?"
    r"(?:@[\w-]+(?:\.[\w-]+)+)?)"
    r"|(?P<tag>[#＃][\p{L}\p{M}\p{N}_]*[\p{L}\p{M}_][\p{L}\p{M}\p{N}_]*)"
    r"|(?P<custom>:[a-zA-Z0-9_]{2,}:)"
    r"|(?P<sticker>\[[\p{Han}A-Za-z]{1,10}\](?!\())"
    rf"|(?P<emoji>{_EMOJI}+)"
    r"|(?P<kaomoji>[(（][^()（）\n\p{Han}A-Za-z]{0,4}[°•ω´`^≧≦><Tㅠ;・ᴗ︶▽д][^()（）\n]{0,12}[)）])"
    r"|(?P<emoticon>(?<![\w:])[:;=8][-o^']?[)(DPpOo3/\\|](?!\w)|<3(?!\d)|\^_\^|T_T|QAQ)"
    r"|(?P<number>(?:[$¥€£]\s?)?\d[\d.,:/]*\d(?:\s?(?:%|°[CF]?))?|(?:[$¥€£]\s?)\d)",
    regex.DOTALL,
)
_PLACEHOLDER = regex.compile(rf"{OPEN}\s?(\d+)\s?{CLOSE}")


class Masked(msgspec.Struct, frozen=True, kw_only=True):
    """A text with placeholders, and what they stand for, in order."""

    text: str
    spans: tuple[str, ...]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a text: a span that stays, or words between spans."""

    text: str
    stays: bool


def mask(text: str) -> Masked:
    """The text with each span replaced by a placeholder."""
    spans: list[str] = []

    def aside(match: regex.Match[str]) -> str:
        spans.append(match.group())
        return f"{OPEN}{len(spans) - 1}{CLOSE}"

    return Masked(text=_SPAN.sub(aside, text), spans=tuple(spans))


def unmask(translated: str, masked: Masked) -> str:
    """The translation with its spans back.

    Raises:
        SpansLost: a placeholder is missing, repeated or invented.
    """
    found = Counter(int(number) for number in _PLACEHOLDER.findall(translated) if len(number) < 6)
    wanted = range(len(masked.spans))
    missing = tuple(masked.spans[n] for n in wanted if not found[n])
    repeated = tuple(str(n) for n, times in found.items() if times > 1 or n not in wanted)
    loose = translated.count(OPEN) + translated.count(CLOSE) - 2 * sum(found.values())
    if missing or repeated or loose:
        raise SpansLost(missing=missing, repeated=repeated)
    return str(_PLACEHOLDER.sub(lambda match: masked.spans[int(match.group(1))], translated))


def pieces(text: str) -> list[Piece]:
    """The text cut at its spans; joined, the pieces are the text again."""
    cut: list[Piece] = []
    end = 0
    for match in _SPAN.finditer(text):
        if match.start() > end:
            cut.append(Piece(text=text[end : match.start()], stays=False))
        cut.append(Piece(text=match.group(), stays=True))
        end = match.end()
    if end < len(text):
        cut.append(Piece(text=text[end:], stays=False))
    return cut


def words_only(text: str) -> str:
    """The text without its spans, for finding its language."""
    return str(_SPAN.sub(" ", text))


def mentioned(text: str) -> list[str]:
    """Handles mentioned in a text, without ``@``, in order, each once."""
    found = [m.group("mention")[1:] for m in _SPAN.finditer(text) if m.group("mention")]
    return list(dict.fromkeys(found))


def tagged(text: str) -> list[str]:
    """Tags in a text, without ``#``, in order, each once."""
    found = [m.group("tag")[1:] for m in _SPAN.finditer(text) if m.group("tag")]
    return list(dict.fromkeys(found))


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a text and what it links to: "" for plain words."""

    text: str
    kind: str


def linked(text: str) -> list[Linked]:
    """The text cut into plain words, links, mentions and tags, for the doors to render."""
    cut: list[Linked] = []
    end = 0
    for match in _SPAN.finditer(text):
        if match.lastgroup not in ("link", "mention", "tag"):
            continue
        if match.start() > end:
            cut.append(Linked(text=text[end : match.start()], kind=""))
        cut.append(Linked(text=match.group(), kind=match.lastgroup))
        end = match.end()
    if end < len(text):
        cut.append(Linked(text=text[end:], kind=""))
    return cut
