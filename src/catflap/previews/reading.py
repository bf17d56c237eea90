"""From a page's bytes to what it says of itself: plain text, within limits, and nothing else.

Nothing here runs a page or keeps its markup. The bytes are hostile: the tags of its head are looked
for in one walk that never goes back, past comments and scripts, and only so many; what they say
becomes text on one line, without markup or characters that turn text round.

Source: the Open Graph protocol (ogp.me); Twitter's cards; HTML, section 4.2.5 (metadata).
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import urljoin, urlsplit

import regex

from catflap.ground import clock
from catflap.ground.characters import on_one_line
from catflap.previews.model import (
    ALT_MAX_CHARS,
    DESCRIPTION_MAX_CHARS,
    NAME_MAX_CHARS,
    TAGS_MAX,
    TITLE_MAX_CHARS,
    URL_MAX_CHARS,
    Page,
)
from catflap.translation.codes import UNKNOWN
from catflap.translation.codes import canonical as language

_BEGINS = regex.compile(
    r"<(?:!--|(script|style|template|svg|title|meta|link|html)\b)", regex.IGNORECASE
)
_ENDS = {
    name: regex.compile(f"</{name}", regex.IGNORECASE)
    for name in ("script", "style", "template", "svg", "title")
}
# Possessive and bounded, so that no page can be made to be slow.
_REST = regex.compile(r"(?:[^<>\"']++|\"[^\"]{0,5000}+\"|'[^']{0,5000}+'){0,40}+>")
_ATTRIBUTE = regex.compile(
    r"([a-zA-Z][a-zA-Z:._-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))"
)
_MARKUP = regex.compile(r"<[/!a-zA-Z][^<>]{0,500}>")
_DECLARED = regex.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?([a-zA-Z0-9_:-]{2,30})", regex.I)
_DECLARED_WITHIN_BYTES = 4096
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# The labels of the Encoding Standard that are in use, by the codec that takes all of each.
_CODECS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "windows-31j"), "cp932"),
    "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp",
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252"), "cp1252"),
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{f"windows-125{n}": f"cp125{n}" for n in (0, 1, 3, 4, 5, 6, 7, 8)},
    "koi8-r": "koi8_r", "koi8-u": "koi8_u", "utf-16": "utf-16-le", "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)


def decoded(body: bytes, *, kind: str) -> str:
    """A page's text; ``kind`` is its Content-Type. What cannot be read is replaced."""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body[len(mark):].decode(codec, "replace")
    told = regex.search(r"charset\s*=\s*[\"']?([\w:-]+)", kind, regex.IGNORECASE)
    named = told[1] if told else ""
    if named.lower() not in _CODECS:
        inside = _DECLARED.search(body[:_DECLARED_WITHIN_BYTES])
        named = inside[1].decode("ascii") if inside else ""
    return body.decode(_CODECS.get(named.lower(), "utf-8"), "replace")


def page(text: str, *, url: str) -> Page | None:
    """What a page at ``url`` says of itself; None where it has no title."""
    said, title, lang = _said(text)
    title = _plain(_first(said, "og:title", "twitter:title") or title, TITLE_MAX_CHARS)
    if not title:
        return None
    author = _first(said, "author", "article:author", "dc.creator", "parsely-author")
    at = _address(author, url) if author.startswith(("http://", "https://")) else ""
    site = _plain(_first(said, "og:site_name", "application-name"), NAME_MAX_CHARS)
    return Page(
        title=title,
        description=_plain(
            _first(said, "og:description", "twitter:description", "description"),
            DESCRIPTION_MAX_CHARS,
        ),
        site=site or (urlsplit(url).hostname or "").removeprefix("www.")[:NAME_MAX_CHARS],
        author_name="" if at else _plain(author, NAME_MAX_CHARS),
        author_url=at or _address(_first(said, "article:author"), url),
        creator=_plain(_first(said, "fediverse:creator"), NAME_MAX_CHARS).lstrip("@"),
        lang=_language(lang or _first(said, "og:locale", "content-language")),
        published_at=_instant(
            _first(said, "article:published_time", "og:published_time", "datepublished", "date")
        ),
        image_url=_address(
            _first(said, "og:image:secure_url", "og:image", "og:image:url", "twitter:image",
                   "twitter:image:src", "image_src"), url
        ),
        image_alt=_plain(_first(said, "og:image:alt", "twitter:image:alt"), ALT_MAX_CHARS),
    )


def _said(text: str) -> tuple[dict[str, str], str, str]:
    """What meta tags say by name, the first of each; the title; the language."""
    said: dict[str, str] = {}
    title, lang = "", ""
    for name, inside in islice(_tags(text), TAGS_MAX):
        if name == "title":
            title = title or inside.partition(">")[2]
            continue
        given = {
            key.lower(): double or single or bare
            for key, double, single, bare in _ATTRIBUTE.findall(inside)
        }
        if name == "html":
            lang = lang or given.get("lang", "")
        elif name == "link" and given.get("rel", "").lower() == "image_src":
            said.setdefault("image_src", given.get("href", ""))
        elif name == "meta" and given.get("content"):
            for attribute in ("property", "name", "itemprop", "http-equiv"):
                if key := given.get(attribute, "").lower():
                    said.setdefault(key, given["content"])
    return said, title, lang


def _tags(text: str) -> Iterator[tuple[str, str]]:
    """The tags that count, in order, each with what stands in it; one cut short ends the walk."""
    at = 0
    while (begins := _BEGINS.search(text, at)) is not None:
        name, at = (begins[1] or "").lower(), begins.end()
        if not name:
            at = text.find("-->", at)
            if at < 0:
                return
        elif name in _ENDS:
            ends = _ENDS[name].search(text, at)
            if ends is None:
                return
            if name == "title":
                yield name, text[at : ends.start()]
            at = ends.end()
        else:
            rest = _REST.match(text, at)
            at = rest.end() if rest is not None else at
            yield name, rest[0] if rest is not None else ""


def _first(said: Mapping[str, str], *names: str) -> str:
    return next((text for name in names if (text := said.get(name, "").strip())), "")


def _plain(text: str, limit_chars: int) -> str:
    """Text on one line without markup, cut with an ellipsis where it is long."""
    # Some sites escape twice; markup that shows after unescaping goes as well.
    words = on_one_line(_MARKUP.sub(" ", html.unescape(html.unescape(text[: 20 * limit_chars]))))
    return words if len(words) <= limit_chars else words[: limit_chars - 1].rstrip() + "…"


def _address(text: str, base: str) -> str:
    """An absolute address of the web, "" for anything else."""
    if not text:
        return ""
    try:
        found = urljoin(base, html.unescape(text.strip()))
        parts = urlsplit(found)
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    return found if is_web and len(found) <= URL_MAX_CHARS and found.isprintable() else ""


def _language(code: str) -> str:
    found = language(code.replace("_", "-"))
    return "" if found == UNKNOWN else found


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _OLDEST <= found <= clock.now() + timedelta(days=1) else None
