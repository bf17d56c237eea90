"""Filter and what it found. Source: docs.joinmastodon.org, Entities, Filter (4.4)."""

from __future__ import annotations

import msgspec

from catflap.mastodon.entities.written import instant
from catflap.notes.filters import Deed, Filter, Found, Place

PLACES = {
    Place.HOME: "home", Place.NOTICES: "notifications", Place.PUBLIC: "public",
    Place.THREAD: "thread", Place.PROFILE: "account",
}
"""Where filters hold, in Mastodon's words."""
DEEDS = {Deed.WARN: "warn", Deed.HIDE: "hide", Deed.BLUR: "blur"}


class FilterKeyword(msgspec.Struct, frozen=True, kw_only=True):
    """A word of a filter."""

    id: str
    keyword: str
    whole_word: bool


class FilterStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A status of a filter."""

    id: str
    status_id: str


class FilterTold(msgspec.Struct, frozen=True, kw_only=True):
    """A filter."""

    id: str
    title: str
    context: tuple[str, ...]
    expires_at: str | None
    filter_action: str
    keywords: tuple[FilterKeyword, ...]
    statuses: tuple[FilterStatus, ...]


class FilterV1(msgspec.Struct, frozen=True, kw_only=True):
    """A word of a filter with what it shares with the others, as older apps know it."""

    id: str
    phrase: str
    context: tuple[str, ...]
    whole_word: bool
    expires_at: str | None
    irreversible: bool


class FilterResult(msgspec.Struct, frozen=True, kw_only=True):
    """That a filter found a status, and by what."""

    filter: FilterTold
    keyword_matches: tuple[str, ...] | None
    status_matches: tuple[str, ...] | None


def told(found: Filter) -> FilterTold:
    """A filter as apps see it."""
    return FilterTold(
        id=str(found.id), title=found.title,
        context=tuple(PLACES[Place(place)] for place in found.places),
        expires_at=instant(found.until) if found.until else None,
        filter_action=DEEDS[found.deed],
        keywords=tuple(
            FilterKeyword(id=str(word.id), keyword=word.word, whole_word=word.whole)
            for word in found.words
        ),
        statuses=tuple(
            FilterStatus(id=str(row.id), status_id=str(row.note_id)) for row in found.notes
        ),
    )


def told_v1(found: Filter) -> list[FilterV1]:
    """A filter's words as older apps see them, each as a filter of its own."""
    whole = told(found)
    return [
        FilterV1(
            id=word.id, phrase=word.keyword, context=whole.context, whole_word=word.whole_word,
            expires_at=whole.expires_at, irreversible=found.deed is Deed.HIDE,
        )
        for word in whole.keywords
    ]


def result(found: Found, *, status_id: str) -> FilterResult:
    """That a filter found a status."""
    return FilterResult(
        filter=told(found.filter), keyword_matches=found.words or None,
        status_matches=(status_id,) if found.is_named else None,
    )
