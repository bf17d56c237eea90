"""Texts of other platforms as plain text."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import ClassVar

from catflap.arrivals import limits
from catflap.ground.characters import writable


def plain(text: object) -> str:
    """A text that a draft can hold, cut to `limits.POST_TEXT_MAX_CHARS`; "" for no text."""
    if not isinstance(text, str):
        return ""
    return writable(text.replace("\r\n", "\n")).strip()[: limits.POST_TEXT_MAX_CHARS]


def unscrambled(text: str) -> str:
    """A text whose UTF-8 was written out as Latin-1, as Instagram's exports do, in its own letters.

    One that could not have come about so stays as it is.
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


class _Words(HTMLParser):
    BREAKS: ClassVar[dict[str, str]] = {"br": "\n", "p": "\n\n", "li": "\n", "blockquote": "\n\n"}
    UNSAID: ClassVar[frozenset[str]] = frozenset({"script", "style"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unsaid = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._unsaid += tag in self.UNSAID
        if tag in self.BREAKS and self.parts:
            self.parts.append(self.BREAKS[tag])

    def handle_endtag(self, tag: str) -> None:
        if tag in self.UNSAID and self._unsaid:
            self._unsaid -= 1

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            self.parts.append(data)


def from_html(html: object) -> str:
    """The words of a small piece of HTML, paragraphs apart, links as they read."""
    if not isinstance(html, str):
        return ""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return plain("".join(reader.parts))
