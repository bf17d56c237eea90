"""Texts of other platforms as plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from catflap.arrivals import limits
from catflap.ground.characters import writable

# Up to the next bracket of either kind, so that no letter is looked at twice.
_TAG = re.compile(r"<(?:(/?)([a-zA-Z][a-zA-Z0-9]*+)|[!?])[^<>]*+>")
_BREAKS: Mapping[str, str] = {"br": "\n", "p": "\n\n", "li": "\n", "blockquote": "\n\n"}
_UNSAID = frozenset({"script", "style"})


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


def from_html(written: object) -> str:
    """The words of a small piece of HTML, paragraphs apart, links as they read.

    Python's own parser takes a second for 40 kB of ``<!--`` and raises at ``<![<![``; this reads
    any text once from left to right, and what is no tag stays as it is.
    """
    if not isinstance(written, str):
        return ""
    parts: list[str] = []
    at, unsaid = 0, ""
    for tag in _TAG.finditer(written):
        if not unsaid:
            parts.append(written[at : tag.start()])
        at = tag.end()
        is_end, name = bool(tag[1]), (tag[2] or "").lower()
        if unsaid:
            unsaid = "" if is_end and name == unsaid else unsaid
        elif name in _UNSAID and not is_end:
            unsaid = name
        elif name in _BREAKS and not is_end:
            parts.append(_BREAKS[name])
    if not unsaid:
        parts.append(written[at:])
    return plain(unescape("".join(parts)))
