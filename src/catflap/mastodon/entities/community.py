"""Rule, ExtendedDescription, PrivacyPolicy, TermsOfService, Announcement.

Source: docs.joinmastodon.org, Entities (4.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class RuleTranslation(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in one other language."""

    text: str
    hint: str


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it was written, with what it is in other languages."""

    id: str
    text: str
    hint: str
    translations: Mapping[str, RuleTranslation]


class ExtendedDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What this place is, in its operators' words; empty where they wrote none."""

    updated_at: str
    content: str


class PrivacyPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What this place does with data."""

    updated_at: str
    content: str


class TermsOfService(msgspec.Struct, frozen=True, kw_only=True):
    """Terms, the day they count from, and the day that others take their place."""

    effective_date: str
    effective: bool
    content: str
    succeeded_by: str | None


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """How many reacted with one emoji."""

    name: str
    count: int
    me: bool


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """Something said to everybody. ``read`` means dismissed."""

    id: str
    content: str
    starts_at: str | None
    ends_at: str | None
    all_day: bool
    published: bool
    published_at: str
    updated_at: str
    read: bool
    mentions: tuple[Any, ...]
    statuses: tuple[Any, ...]
    tags: tuple[Any, ...]
    emojis: tuple[Any, ...]
    reactions: list[Reaction]


class ReactionTold(msgspec.Struct, frozen=True, kw_only=True):
    """A reaction as streams tell of it; a count of 0 takes it away."""

    name: str
    count: int
    announcement_id: str
