"""A status in another language. Source: docs.joinmastodon.org, Entities, Translation (4.4)."""

from __future__ import annotations

import msgspec

from catflap.mastodon.entities.poll import Title


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What a photo or video shows, said in the other language."""

    id: str
    description: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A poll's choices in their order."""

    id: str
    options: tuple[Title, ...]


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """What a status says in another language; ``provider`` is who or what translated it."""

    content: str
    spoiler_text: str
    language: str
    detected_source_language: str
    provider: str
    media_attachments: tuple[Described, ...]
    poll: Asked | None
