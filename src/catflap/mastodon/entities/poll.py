"""A poll. Source: docs.joinmastodon.org, Entities, Poll (4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from catflap.mastodon.entities.written import instant
from catflap.notes import model


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One choice; ``votes_count`` is null while totals are hidden."""

    title: str
    votes_count: int | None


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as apps see it; ``voters_count`` is null where everybody has one vote."""

    id: str
    expires_at: str
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    options: tuple[Option, ...]
    emojis: tuple[Any, ...]
    voted: bool
    own_votes: tuple[int, ...]


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """One choice in words alone."""

    title: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll asked, in an earlier form of a status."""

    options: tuple[Title, ...]


def poll(
    found: model.Poll, *, texts: Mapping[str, str], own: Sequence[int], is_own: bool,
    now: datetime,
) -> Poll:
    """A poll for one reader; ``texts`` are its options by key as they are to be shown.

    Who asked counts as having voted, so that apps show them the results.
    """
    shows = found.shows_totals(now)
    return Poll(
        id=str(found.id), expires_at=instant(found.ends_at), expired=found.has_ended(now),
        multiple=found.is_multiple,
        votes_count=sum(option.votes_count for option in found.options),
        voters_count=found.voters_count if found.is_multiple else None,
        options=tuple(
            Option(
                title=texts.get(option.text_key, ""),
                votes_count=option.votes_count if shows else None,
            )
            for option in found.options
        ),
        emojis=(), voted=bool(own) or is_own, own_votes=tuple(own),
    )
