"""Passing notes on, and the deeds on a note that all look alike: liking, pinning, hushing."""

from __future__ import annotations

from typing import Any

from catflap.ground.errors import NotFound
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, endpoint
from catflap.mastodon.entities.account import Account, account
from catflap.mastodon.entities.status import Status
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.rendered import Rendered
from catflap.mastodon.routes.statuses import Which, one, standing
from catflap.notes import actions, boards, boosting, pinning
from catflap.notes import queries as notes
from catflap.notes.timelines import Entry
from catflap.people import queries as people


class Boosted(Which, kw_only=True):
    """A note to be passed on. ``visibility`` is taken and not kept: who sees it, sees the boost."""

    visibility: str | None = None


@endpoint("POST", "/api/v1/statuses/{id}/reblog", takes=Boosted, gives=Status,
          scopes=("write:statuses",))
async def reblog(door: Door, call: Call, asked: Boosted) -> Rendered:
    """Pass a note on to those who follow one; the answer is the boost around it."""
    door.posts.spend(str(call.me))
    async with door.house.database.tx() as tx:
        boost = await boosting.boost(tx, await standing(tx, asked.id), by=call.me)
    async with door.house.database.reads() as reads:
        found = await notes.note(reads, boost.note_id, viewer=call.viewer)
        shown = await door.presenting.entries(
            reads, call, [Entry(id=boost.id, note=found, boost=boost)]
        )
    if not shown:
        raise NotFound("note")
    return shown[0]


@endpoint("POST", "/api/v1/statuses/{id}/unreblog", takes=Which, gives=Status,
          scopes=("write:statuses",))
async def unreblog(door: Door, call: Call, asked: Which) -> Rendered:
    """Take it back that one passed a note on."""
    async with door.house.database.tx() as tx:
        id_ = await standing(tx, asked.id)
        await boosting.unboost(tx, id_, by=call.me)
    async with door.house.database.reads() as reads:
        return await one(door, reads, call, id_)


class Boosters(Paged, kw_only=True):
    """A page of those who passed a status on."""

    id: str


@endpoint("GET", "/api/v1/statuses/{id}/reblogged_by", takes=Boosters, gives=list[Account],
          needs=Needs.NOBODY, scopes=("read:accounts",))
async def reblogged_by(door: Door, call: Call, asked: Boosters) -> list[Account]:
    """Who passed a status on, latest first."""
    place = span(asked, usual=40, most=80)
    async with door.house.database.reads() as reads:
        found = await notes.note(reads, await standing(reads, asked.id), viewer=call.viewer)
        boosts = await boosting.of_note(
            reads, found.id, above=place.above, below=place.below, count=place.count,
            upward=place.upward,
        )
        known = await people.by_ids(reads, [boost.person_id for boost in boosts])
        hidden = await people.hidden_from(reads, call.viewer)
    link(call, [boost.id for boost in boosts], count=place.count)
    return [
        account(known[boost.person_id], base=call.base)
        for boost in boosts
        if boost.person_id in known and boost.person_id not in hidden.blocked
    ]


def _deed(path: str, words: str, scope: str, deed: Any) -> None:
    """Declare one of the deeds on a note: they all look alike."""

    async def act(door: Door, call: Call, asked: Which) -> Rendered:
        async with door.house.database.tx() as tx:
            id_ = await standing(tx, asked.id)
            await deed(tx, id_, by=call.me)
        async with door.house.database.reads() as reads:
            return await one(door, reads, call, id_)

    act.__doc__ = words
    endpoint(
        "POST", f"/api/v1/statuses/{{id}}/{path}", takes=Which, gives=Status, scopes=(scope,)
    )(act)


_deed("favourite", "Like a status.", "write:favourites", actions.like)
_deed("unfavourite", "Take a like back.", "write:favourites", actions.unlike)
_deed(
    "unbookmark", "Take a status off every board of one's own.", "write:bookmarks",
    boards.uncollect,
)
_deed("pin", "Have a status stand first on one's page.", "write:accounts", pinning.pin)
_deed("unpin", "Have a status stand by its time again.", "write:accounts", pinning.unpin)
_deed("mute", "Hear nothing more of a thread.", "write:mutes", pinning.hush)
_deed("unmute", "Hear of a thread again.", "write:mutes", pinning.unhush)
