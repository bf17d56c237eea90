"""Finding people: by name, in the directory, by suggestion."""

from __future__ import annotations

import msgspec

from catflap.ground.errors import NotFound
from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, Nothing, endpoint
from catflap.mastodon.entities import account as entity
from catflap.mastodon.entities.account import Account
from catflap.mastodon.routes.accounts import Whom, person_id
from catflap.notes import acquainting
from catflap.notes.acquainting import Acquaintance, Way
from catflap.people import queries as people
from catflap.people import remarking
from catflap.people.model import Person
from catflap.search import queries as finding

SOURCES = {
    Way.FRIENDS: "friends_of_friends", Way.TAGS: "similar_to_recently_followed",
    Way.NEWCOMER: "featured",
}
"""Why somebody is suggested, in Mastodon's words; ``ways`` of `More` says it in ours."""
OLD_SOURCES = {
    Way.FRIENDS: "past_interactions", Way.TAGS: "past_interactions", Way.NEWCOMER: "staff",
}
SKIPPED_MAX = 10_000


class Search(msgspec.Struct, kw_only=True):
    """Who is looked for. ``resolve`` asks nobody elsewhere: nothing comes from there yet."""

    q: str = ""
    limit: int = 40
    offset: int = 0
    resolve: bool = False
    following: bool = False


@endpoint("GET", "/api/v1/accounts/search", takes=Search, gives=list[Account],
          scopes=("read:accounts",))
async def search(door: Door, call: Call, asked: Search) -> list[Account]:
    """People by the beginning of a word of their name or handle."""
    name, _, host = asked.q.strip().lstrip("@").partition("@")
    if host and host.casefold() != call.host.casefold():
        return []
    start = _skipped(asked.offset)
    async with door.house.database.reads() as reads:
        found = await finding.people(reads, name, viewer=call.viewer, limit=finding.NAMES_READ)
        followed = await people.followed_among(reads, call.viewer, [one.id for one in found])
    if asked.following:
        found = [one for one in found if one.id in followed]
    return _told(call, found[start : start + _count(asked.limit)])


def _told(call: Call, found: list[Person]) -> list[Account]:
    return [entity.account(one, base=call.base) for one in found]


def _count(limit: int) -> int:
    return max(1, min(limit, 80))


def _skipped(offset: int) -> int:
    return max(0, min(offset, SKIPPED_MAX))


class Directory(msgspec.Struct, kw_only=True):
    """A page of those who want to be known. ``local`` says nothing: all are."""

    offset: int = 0
    limit: int = 40
    order: str = "active"
    local: bool = False


@endpoint("GET", "/api/v1/directory", takes=Directory, gives=list[Account], needs=Needs.NOBODY)
async def directory(door: Door, call: Call, asked: Directory) -> list[Account]:
    """Who is here, who wrote last or came last first."""
    if asked.order not in ("active", "new"):
        raise ParameterInvalid("Order is not included in the list")
    async with door.house.database.reads() as reads:
        found = await people.directory(
            reads, viewer=call.viewer, newest=asked.order == "new",
            skipped=_skipped(asked.offset), count=_count(asked.limit),
        )
    return _told(call, found)


class Suggested(msgspec.Struct, kw_only=True):
    """How many suggestions are asked for."""

    limit: int = 40


class More(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody is suggested: ``friends``, ``tags`` or ``newcomer``."""

    ways: tuple[str, ...]


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to follow, and why."""

    source: str
    sources: tuple[str, ...]
    account: Account
    catflap: More


def _suggestion(call: Call, one: Acquaintance) -> Suggestion:
    return Suggestion(
        source=OLD_SOURCES[one.ways[0]], sources=tuple(SOURCES[way] for way in one.ways),
        account=entity.account(one.person, base=call.base),
        catflap=More(ways=tuple(way.value for way in one.ways)),
    )


async def _suggested(door: Door, call: Call, asked: Suggested) -> list[Acquaintance]:
    async with door.house.database.reads() as reads:
        return await acquainting.suggested(reads, call.me, count=_count(asked.limit))


@endpoint("GET", "/api/v2/suggestions", takes=Suggested, gives=list[Suggestion],
          scopes=("read",))
async def suggestions(door: Door, call: Call, asked: Suggested) -> list[Suggestion]:
    """People to follow, and why."""
    return [_suggestion(call, one) for one in await _suggested(door, call, asked)]


@endpoint("GET", "/api/v1/suggestions", takes=Suggested, gives=list[Account], scopes=("read",))
async def suggestions_v1(door: Door, call: Call, asked: Suggested) -> list[Account]:
    """People to follow, as older apps ask."""
    return _told(call, [one.person for one in await _suggested(door, call, asked)])


async def _pass_over(door: Door, call: Call, asked: Whom) -> Nothing:
    try:
        async with door.house.database.tx() as tx:
            await remarking.pass_over(tx, by=call.me, person=person_id(asked.id))
    except NotFound:
        return Nothing()  # who is not here is not suggested either
    return Nothing()


@endpoint("DELETE", "/api/v1/suggestions/{id}", takes=Whom, scopes=("read", "write"))
async def pass_over(door: Door, call: Call, asked: Whom) -> Nothing:
    """Be told of somebody no more."""
    return await _pass_over(door, call, asked)


@endpoint("DELETE", "/api/v2/suggestions/{id}", takes=Whom, scopes=("read", "write"))
async def pass_over_v2(door: Door, call: Call, asked: Whom) -> Nothing:
    """Be told of somebody no more, as some apps ask."""
    return await _pass_over(door, call, asked)
