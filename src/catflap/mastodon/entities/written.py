"""How values are written at this door: instants, ids, HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import escape

from catflap.translation import spans

LINK_SHOWN_CHARS = 30


def instant(at: datetime) -> str:
    """An instant with milliseconds and ``Z``, which strict apps insist on."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def day(at: datetime) -> str:
    """The date alone."""
    return at.astimezone(UTC).date().isoformat()


def midnight(at: datetime) -> str:
    """The instant a day began: Mastodon tells no more of when an account was made."""
    return f"{day(at)}T00:00:00.000Z"


def html(text: str, *, base: str) -> str:
    """Plain text as Mastodon writes it: paragraphs, breaks, links, mentions, tags; escaped."""
    return "".join(
        f"<p>{one_line(paragraph, base=base)}</p>"
        for paragraph in text.split("\n\n") if paragraph.strip()
    )


def one_line(text: str, *, base: str) -> str:
    """`html` without paragraphs, for a line of a profile."""
    return "".join([_linked(part, base) for part in spans.linked(text)])


def _linked(part: spans.Linked, base: str) -> str:
    if part.kind == "link":
        return _link(part.text)
    if part.kind == "mention" and "@" not in part.text[1:]:
        at, handle = escape(base), escape(part.text[1:])
        return (
            f'<span class="h-card" translate="no"><a href="{at}/@{handle}" class="u-url mention">'
            f"@<span>{handle}</span></a></span>"
        )
    if part.kind == "tag":
        return _tag_link(part.text[1:], base=base)
    return str(escape(part.text)).replace("\n", "<br />")


def _tag_link(tag: str, *, base: str) -> str:
    """A tag as apps recognise it."""
    at, name = escape(base), escape(tag)
    return f'<a href="{at}/tags/{name}" class="mention hashtag" rel="tag">#<span>{name}</span></a>'


def _link(text: str) -> str:
    address = text if text.startswith("http") else f"https://{text}"
    scheme, _, rest = address.partition("://")
    www = "www." if rest.startswith("www.") else ""
    shown = rest[len(www):]
    cut, hidden = shown[:LINK_SHOWN_CHARS], shown[LINK_SHOWN_CHARS:]
    return (
        f'<a href="{escape(address)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(scheme)}://{www}</span>'
        f'<span class="{"ellipsis" if hidden else ""}">{escape(cut)}</span>'
        f'<span class="invisible">{escape(hidden)}</span></a>'
    )


def quote_html(url: str) -> str:
    """A line that names what a note quotes, for apps that show no quotes."""
    return f'<p class="quote-inline">RE: {_link(url)}</p>'


def note_html(
    *, title: str, body: str, place: str, tags: Sequence[str], base: str
) -> str:
    """A note as one text: title in bold, body, place, and the tags that the body doesn't name."""
    parts = []
    if title:
        parts.append(f"<p><strong>{escape(title)}</strong></p>")
    parts.append(html(body, base=base))
    if place:
        parts.append(f"<p>📍 {escape(place)}</p>")
    if tags:
        named = {tag.casefold() for tag in spans.tagged(body)}
        rest = [_tag_link(tag, base=base) for tag in tags if tag.casefold() not in named]
        if rest:
            parts.append(f"<p>{' '.join(rest)}</p>")
    return "".join(parts)
