"""PreviewCard. Source: docs.joinmastodon.org, Entities, PreviewCard (4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from catflap.mastodon.entities.account import Account
from catflap.mastodon.entities.tag import History, history
from catflap.mastodon.entities.written import instant
from catflap.notes.trending import DayUse
from catflap.previews.model import Preview


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote a page. Somebody here did where they let its site say so."""

    name: str
    url: str
    account: Account | None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of itself. Nothing of it is markup, and nothing is shown from elsewhere."""

    url: str
    title: str
    description: str
    language: str | None
    type: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    html: str
    width: int
    height: int
    image: str | None
    image_description: str
    embed_url: str
    blurhash: str | None
    published_at: str | None
    authors: tuple[Author, ...]


class TrendingCard(Card, frozen=True, kw_only=True):
    """A page that many link to, with how many on each day."""

    history: tuple[History, ...]


def card(
    found: Preview, *, title: str, description: str, author: Account | None, base: str
) -> Card:
    """A page as a card, its texts as they are to be shown; ``author`` is who here wrote it."""
    parts = urlsplit(found.url)
    image = found.image
    is_named = bool(found.author_name or found.author_url or author)
    name = found.author_name or (author.display_name if author else "")
    at = found.author_url or (author.url if author else "")
    return Card(
        url=found.url, title=title, description=description, language=found.lang or None,
        type="link", author_name=name, author_url=at,
        provider_name=found.site, provider_url=f"{parts.scheme}://{parts.netloc}", html="",
        width=image.width if image else 0, height=image.height if image else 0,
        image=f"{base}/files/{found.folder}/{image.sizes[-1].webp}" if image else None,
        image_description=found.image_alt, embed_url="",
        blurhash=(image.blurhash or None) if image else None,
        published_at=instant(found.published_at) if found.published_at else None,
        authors=(
            (Author(name=name, url=at, account=author),)
            if is_named else ()
        ),
    )


def trending(shown: Card, days: Sequence[DayUse]) -> TrendingCard:
    """A card with its days, newest first."""
    fields = {name: getattr(shown, name) for name in shown.__struct_fields__}
    return TrendingCard(**fields, history=history(days))
