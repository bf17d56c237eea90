"""Tags: following them, showing them on one's profile, how much they are used."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catflap.ground.database import Reads
from catflap.ground.ids import from_text
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, Nothing, endpoint
from catflap.mastodon.entities.tag import Tag, tag
from catflap.mastodon.entities.written import day
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.routes.accounts import Whom, person
from catflap.notes import tagging
from catflap.notes.actions import checked_tag
from catflap.people.model import PersonId


class FeaturedTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag on somebody's profile. ``statuses_count`` is a text, and a day the last use."""

    id: str
    name: str
    url: str
    statuses_count: str
    last_status_at: str | None


class Named(msgspec.Struct, kw_only=True):
    """A tag, by name."""

    name: str


async def told(reads: Reads, call: Call, names: Sequence[str]) -> list[Tag]:
    """Tags as apps see them, in order. Three queries, whatever their number."""
    used = await tagging.used(reads, names)
    own = await marked(reads, call, names)
    return [tag(name, base=call.base, days=used[name], **own[name]) for name in names]


async def marked(reads: Reads, call: Call, names: Sequence[str]) -> dict[str, dict[str, bool]]:
    """What the caller did with tags, by name. Two queries."""
    followed = await tagging.followed_among(reads, call.viewer, names)
    shown = (
        {one.tag for one in await tagging.featured(reads, call.viewer)}
        if call.viewer is not None and names else set()
    )
    return {
        name: {"following": name in followed, "featuring": name in shown} for name in names
    }


async def _one(door: Door, call: Call, name: str) -> Tag:
    async with door.house.database.reads() as reads:
        return (await told(reads, call, [name]))[0]


@endpoint("GET", "/api/v1/tags/{name}", takes=Named, gives=Tag, needs=Needs.NOBODY)
async def show(door: Door, call: Call, asked: Named) -> Tag:
    """A tag, used or not."""
    return await _one(door, call, checked_tag(asked.name))


@endpoint("POST", "/api/v1/tags/{name}/follow", takes=Named, gives=Tag,
          scopes=("write:follows",))
async def follow(door: Door, call: Call, asked: Named) -> Tag:
    """Have a tag's statuses come home."""
    async with door.house.database.tx() as tx:
        name = await tagging.follow(tx, asked.name, by=call.me)
    return await _one(door, call, name)


@endpoint("POST", "/api/v1/tags/{name}/unfollow", takes=Named, gives=Tag,
          scopes=("write:follows",))
async def unfollow(door: Door, call: Call, asked: Named) -> Tag:
    """Have a tag's statuses come home no more."""
    async with door.house.database.tx() as tx:
        name = await tagging.unfollow(tx, asked.name, by=call.me)
    return await _one(door, call, name)


@endpoint("POST", "/api/v1/tags/{name}/feature", takes=Named, gives=Tag,
          scopes=("write:accounts",))
async def feature(door: Door, call: Call, asked: Named) -> Tag:
    """Show a tag on one's profile."""
    async with door.house.database.tx() as tx:
        shown = await tagging.feature(tx, asked.name, by=call.me)
    return await _one(door, call, shown.tag)


@endpoint("POST", "/api/v1/tags/{name}/unfeature", takes=Named, gives=Tag,
          scopes=("write:accounts",))
async def unfeature(door: Door, call: Call, asked: Named) -> Tag:
    """Show a tag no more."""
    async with door.house.database.tx() as tx:
        name = await tagging.unfeature(tx, asked.name, by=call.me)
    return await _one(door, call, name)


@endpoint("GET", "/api/v1/followed_tags", takes=Paged, gives=list[Tag],
          scopes=("read:follows",))
async def followed(door: Door, call: Call, asked: Paged) -> list[Tag]:
    """The tags that one follows, last followed first."""
    place = span(asked, usual=100, most=200)
    async with door.house.database.reads() as reads:
        rows = await tagging.followed_within(
            reads, call.me, above=place.above, below=place.below, count=place.count,
            upward=place.upward,
        )
        link(call, [row.id for row in rows], count=place.count)
        return await told(reads, call, [row.tag for row in rows])


def _featured(call: Call, one: tagging.Featured) -> FeaturedTag:
    return FeaturedTag(
        id=str(one.id), name=one.tag, url=f"{call.base}/tags/{one.tag}",
        statuses_count=str(one.notes_count),
        last_status_at=day(one.last_at) if one.last_at else None,
    )


async def _listed(reads: Reads, call: Call, whose: PersonId) -> list[FeaturedTag]:
    return [_featured(call, one) for one in await tagging.featured(reads, whose)]


@endpoint("GET", "/api/v1/featured_tags", gives=list[FeaturedTag], scopes=("read:accounts",))
async def featured(door: Door, call: Call, asked: Nothing) -> list[FeaturedTag]:
    """The tags on one's profile."""
    async with door.house.database.reads() as reads:
        return await _listed(reads, call, call.me)


@endpoint("POST", "/api/v1/featured_tags", takes=Named, gives=FeaturedTag,
          scopes=("write:accounts",))
async def add_featured(door: Door, call: Call, asked: Named) -> FeaturedTag:
    """Show a tag on one's profile, as it is told there."""
    async with door.house.database.tx() as tx:
        return _featured(call, await tagging.feature(tx, asked.name, by=call.me))


class Which(msgspec.Struct, kw_only=True):
    """A tag on one's profile, by id."""

    id: str


@endpoint("DELETE", "/api/v1/featured_tags/{id}", takes=Which, scopes=("write:accounts",))
async def drop_featured(door: Door, call: Call, asked: Which) -> Nothing:
    """Show a tag no more."""
    async with door.house.database.tx() as tx:
        await tagging.unfeature_by_id(tx, from_text(asked.id) or 0, by=call.me)
    return Nothing()


@endpoint("GET", "/api/v1/featured_tags/suggestions", gives=list[Tag],
          scopes=("read:accounts",))
async def suggested(door: Door, call: Call, asked: Nothing) -> list[Tag]:
    """The tags that one uses most, and does not show yet."""
    async with door.house.database.reads() as reads:
        shown = {one.tag for one in await tagging.featured(reads, call.me)}
        often = await tagging.often(reads, call.me, count=tagging.SUGGESTED_MAX + len(shown))
        names = [name for name in often if name not in shown][: tagging.SUGGESTED_MAX]
        return await told(reads, call, names)


@endpoint("GET", "/api/v1/accounts/{id}/featured_tags", takes=Whom, gives=list[FeaturedTag],
          needs=Needs.NOBODY)
async def featured_by(door: Door, call: Call, asked: Whom) -> list[FeaturedTag]:
    """The tags on somebody's profile."""
    async with door.house.database.reads() as reads:
        found = await person(reads, call, asked.id)
        return await _listed(reads, call, found.id)
