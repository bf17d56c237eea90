"""Search and trends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from catflap.feed import queries as feed
from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, endpoint
from catflap.mastodon.entities.account import Account, account
from catflap.mastodon.entities.card import TrendingCard
from catflap.mastodon.entities.card import trending as trending_card
from catflap.mastodon.entities.status import Status
from catflap.mastodon.entities.tag import Tag, tag
from catflap.mastodon.rendered import Rendered, Shown
from catflap.mastodon.routes.accounts import person_id
from catflap.mastodon.routes.tags import marked, told
from catflap.notes import linking, trending
from catflap.notes import queries as notes
from catflap.notes.model import NoteId
from catflap.people import queries as people
from catflap.people.model import Person
from catflap.search import queries as search
from catflap.search.asking import QUERY_MAX_CHARS

MOST = 40
DEEPEST = 400
TREND_DAYS = 7


class Query(msgspec.Struct, kw_only=True):
    """What is looked for; ``type`` is accounts, hashtags or statuses, empty for all."""

    q: str = ""
    type: str = ""
    resolve: bool = False
    limit: int = 20
    offset: int = 0
    account_id: str = ""

    def wants(self, kind: str) -> bool:
        """Whether results of a kind are asked for."""
        return self.type in ("", kind)

    @property
    def start(self) -> int:
        """Which result of a kind is asked for first; how far is bounded."""
        return max(0, min(self.offset, DEEPEST))

    @property
    def count(self) -> int:
        """How many results of a kind are asked for."""
        return max(1, min(self.limit, MOST))

    def cut(self, found: list[Any]) -> list[Any]:
        """The page that is asked for."""
        return found[self.start : self.start + self.count]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    accounts: list[Account]
    statuses: list[Shown]
    hashtags: list[Tag]


@endpoint("GET", "/api/v2/search", takes=Query, gives=Found, needs=Needs.NOBODY,
          scopes=("read:search",))
async def find(door: Door, call: Call, asked: Query) -> Found:
    """Look for people, notes and tags, whatever language they are in."""
    text = asked.q.strip()[:QUERY_MAX_CHARS]
    glossary = await door.house.glossaries.current(door.house.database)
    async with door.house.database.reads() as reads:
        by_address = await _at_address(reads, call, text)
        if by_address is not None:
            shown = await door.presenting.statuses(reads, call, [by_address])
            return Found(accounts=[], statuses=shown, hashtags=[])
        last = asked.start + asked.count
        who = await _people(reads, call, text, limit=last) if asked.wants("accounts") else []
        hashtags: list[Tag] = []
        if asked.wants("hashtags"):
            tags = await search.tags(
                reads, text.lstrip("#＃"), viewer=call.viewer, limit=last
            )
            hashtags = await told(reads, call, [one.tag for one in asked.cut(tags)])
        statuses: list[Rendered] = []
        if asked.wants("statuses"):
            meant = await search.understood(reads, text, glossary=glossary)
            ids = await search.some_notes(
                reads, meant, viewer=call.viewer, offset=asked.start, count=asked.count,
                by=person_id(asked.account_id) if asked.account_id else None,
            )
            found = await notes.shown(reads, ids, viewer=call.viewer)
            statuses = await door.presenting.statuses(reads, call, found)
    return Found(
        accounts=[account(person, base=call.base) for person in asked.cut(who)],
        statuses=statuses, hashtags=hashtags,
    )


async def _at_address(reads: Reads, call: Call, text: str) -> Any | None:
    """The note whose address a query is."""
    if not text.startswith(f"{call.base}/"):
        return None
    id_ = from_text(text.rstrip("/").rpartition("/")[2])
    if id_ is None:
        return None
    try:
        return await notes.note(reads, NoteId(id_), viewer=call.viewer)
    except NotFound:
        return None


async def _people(reads: Reads, call: Call, text: str, *, limit: int) -> list[Person]:
    """People by handle, with or without this server's name, by profile's address, or by name."""
    name = text.removeprefix(f"{call.base}/@").lstrip("@").removesuffix(f"@{call.host}")
    found = await search.people(reads, name, viewer=call.viewer, limit=limit)
    try:
        exact = await people.by_handle(reads, name, viewer=call.viewer)
    except NotFound:
        return found
    return [exact, *(person for person in found if person.id != exact.id)]


class FoundBefore(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, in the form of Mastodon's first search."""

    accounts: list[Account]
    statuses: list[Shown]
    hashtags: list[str]


@endpoint("GET", "/api/v1/search", takes=Query, gives=FoundBefore, needs=Needs.NOBODY,
          scopes=("read:search",))
async def find_v1(door: Door, call: Call, asked: Query) -> FoundBefore:
    """Search, as older apps ask."""
    found = await find(door, call, asked)
    return FoundBefore(
        accounts=found.accounts, statuses=found.statuses,
        hashtags=[one.name for one in found.hashtags],
    )


class Trends(msgspec.Struct, kw_only=True):
    """A page of what many like now."""

    limit: int = 10
    offset: int = 0


@endpoint("GET", "/api/v1/trends/statuses", takes=Trends, gives=list[Status], needs=Needs.NOBODY)
async def trending_statuses(door: Door, call: Call, asked: Trends) -> list[Rendered]:
    """What is warm here now, as the explore page has it."""
    count = max(1, min(asked.limit, MOST))
    start = max(0, min(asked.offset, 400))
    async with door.house.database.reads() as reads:
        warm = await feed.warm(reads, after=None, count=start + count, format=None)
        ids = [one.note_id for one in warm[start:]]
        found = await notes.shown(reads, ids, viewer=call.viewer)
        return await door.presenting.statuses(reads, call, found)


def _week_ago() -> datetime:
    """The beginning of the first day that trends count."""
    return (clock.now() - timedelta(days=TREND_DAYS - 1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )


async def _trending_tags(door: Door, call: Call, asked: Trends) -> list[Tag]:
    async with door.house.database.reads() as reads:
        hidden = await people.hidden_from(reads, call.viewer)
        found = await trending.tags(
            reads, since=_week_ago(), without=hidden.blocked | hidden.muted,
            limit=max(1, min(asked.limit, 20)), offset=max(0, asked.offset),
        )
        own = await marked(reads, call, [one.tag for one in found])
    return [tag(one.tag, base=call.base, days=one.days, **own[one.tag]) for one in found]


@endpoint("GET", "/api/v1/trends/tags", takes=Trends, gives=list[Tag], needs=Needs.NOBODY)
async def trending_tags(door: Door, call: Call, asked: Trends) -> list[Tag]:
    """Tags that most people used in the last week."""
    return await _trending_tags(door, call, asked)


@endpoint("GET", "/api/v1/trends", takes=Trends, gives=list[Tag], needs=Needs.NOBODY)
async def trends(door: Door, call: Call, asked: Trends) -> list[Tag]:
    """Trending tags, as older apps ask."""
    return await _trending_tags(door, call, asked)


@endpoint("GET", "/api/v1/trends/links", takes=Trends, gives=list[TrendingCard],
          needs=Needs.NOBODY)
async def trending_links(door: Door, call: Call, asked: Trends) -> list[TrendingCard]:
    """Pages that most people linked to in the last week."""
    if not door.house.settings.link_previews:
        return []
    async with door.house.database.reads() as reads:
        hidden = await people.hidden_from(reads, call.viewer)
        found = await linking.trends(
            reads, since=_week_ago(), without=hidden.blocked | hidden.muted,
            limit=max(1, min(asked.limit, 20)), offset=max(0, asked.offset),
        )
        cards = await door.presenting.cards(reads, call, [one.preview for one in found])
    return [trending_card(card, one.days) for card, one in zip(cards, found, strict=True)]
