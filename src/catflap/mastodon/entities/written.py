"""How values are written at this door: instants, ids, HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup, escape

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
    made = []
    for paragraph in text.split("\n\n"):
        if paragraph.strip():
            inside = Markup("").join(_linked(part, base) for part in spans.linked(paragraph))
            made.append(Markup("<p>{}</p>").format(inside))
    return str(Markup("").join(made))


def one_line(text: str, *, base: str) -> str:
    """`html` without paragraphs, for a line of a profile."""
    return str(Markup("").join(_linked(part, base) for part in spans.linked(text)))


def _linked(part: spans.Linked, base: str) -> Markup:
    if part.kind == "link":
        return _link(part.text)
    if part.kind == "mention" and "@" not in part.text[1:]:
        return Markup(
            '<span class="h-card" translate="no"><a href="{}/@{}" class="u-url mention">'
            "@<span>{}</span></a></span>"
        ).format(base, part.text[1:], part.text[1:])
    if part.kind == "tag":
        return tag_link(part.text[1:], base=base)
    return Markup("<br />").join(escape(line) for line in part.text.split("\n"))


def tag_link(tag: str, *, base: str) -> Markup:
    """A tag as apps recognise it."""
    return Markup(
        '<a href="{}/tags/{}" class="mention hashtag" rel="tag">#<span>{}</span></a>'
    ).format(base, tag, tag)


def _link(text: str) -> Markup:
    address = text if text.startswith("http") else f"https://{text}"
    scheme, _, rest = address.partition("://")
    www = "www." if rest.startswith("www.") else ""
    shown = rest[len(www):]
    cut, hidden = shown[:LINK_SHOWN_CHARS], shown[LINK_SHOWN_CHARS:]
    return Markup(
        '<a href="{}" target="_blank" rel="nofollow noopener" translate="no">'
        '<span class="invisible">{}</span><span class="{}">{}</span>'
        '<span class="invisible">{}</span></a>'
    ).format(address, f"{scheme}://{www}", "ellipsis" if hidden else "", cut, hidden)


def quote_html(url: str) -> str:
    """A line that names what a note quotes, for apps that show no quotes."""
    return str(Markup('<p class="quote-inline">RE: {}</p>').format(_link(url)))


def note_html(
    *, title: str, body: str, place: str, tags: Sequence[str], base: str
) -> str:
    """A note as one text: title in bold, body, place, and the tags that the body doesn't name."""
    parts = []
    if title:
        parts.append(str(Markup("<p><strong>{}</strong></p>").format(title)))
    parts.append(html(body, base=base))
    if place:
        parts.append(str(Markup("<p>📍 {}</p>").format(place)))
    named = {tag.casefold() for tag in spans.tagged(body)}
    rest = [tag_link(tag, base=base) for tag in tags if tag.casefold() not in named]
    if rest:
        parts.append(str(Markup("<p>{}</p>").format(Markup(" ").join(rest))))
    return "".join(parts)
