"""Talks between few as conversations, by the id of the status at the top."""

from __future__ import annotations

from catflap.ground.errors import NotFound
from catflap.mastodon.call import Call
from catflap.mastodon.conversing import Conversation, presented
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.routes.statuses import Which, note_id
from catflap.notes import talking


@endpoint("GET", "/api/v1/conversations", takes=Paged, gives=list[Conversation],
          scopes=("read:statuses",))
async def listed(door: Door, call: Call, asked: Paged) -> list[Conversation]:
    """One's talks, the one with the newest status first."""
    place = span(asked)
    async with door.house.database.reads() as reads:
        talks = await talking.of_viewer(
            reads, call.me, above=place.above, below=place.below, count=place.count,
            upward=place.upward,
        )
        link(call, [talk.last_id for talk in talks], count=place.count)
        return await presented(door.presenting, reads, call, talks)


@endpoint("POST", "/api/v1/conversations/{id}/read", takes=Which, gives=Conversation,
          scopes=("write:conversations",))
async def read(door: Door, call: Call, asked: Which) -> Conversation:
    """Mark a conversation as read."""
    id_ = note_id(asked.id)
    async with door.house.database.tx() as tx:
        await talking.read(tx, id_, by=call.me)
    async with door.house.database.reads() as reads:
        talk = await talking.one(reads, id_, viewer=call.me)
        shown = await presented(door.presenting, reads, call, [talk])
    if not shown:
        raise NotFound("talk")
    return shown[0]


@endpoint("DELETE", "/api/v1/conversations/{id}", takes=Which, gives=Nothing,
          scopes=("write:conversations",))
async def drop(door: Door, call: Call, asked: Which) -> Nothing:
    """Take a conversation off one's list; the statuses stay."""
    async with door.house.database.tx() as tx:
        await talking.drop(tx, note_id(asked.id), by=call.me)
    return Nothing()
