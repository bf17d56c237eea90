"""Tag, with how it was used day by day. Source: docs.joinmastodon.org, Entities, Tag (4.4)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catflap.notes.trending import DayUse


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A day's use: ``day`` in seconds since 1970; all of them texts, as Mastodon has them."""

    day: str
    uses: str
    accounts: str


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag."""

    id: str
    name: str
    url: str
    history: tuple[History, ...]
    following: bool
    featuring: bool


def tag(
    name: str, *, base: str, days: Sequence[DayUse], following: bool = False,
    featuring: bool = False,
) -> Tag:
    """A tag; ``days`` newest first."""
    return Tag(
        id=name, name=name, url=f"{base}/tags/{name}", following=following, featuring=featuring,
        history=history(days),
    )


def history(days: Sequence[DayUse]) -> tuple[History, ...]:
    """How something was used day by day, in the order of ``days``."""
    return tuple(
        History(day=str(int(day.at.timestamp())), uses=str(day.notes), accounts=str(day.people))
        for day in days
    )
