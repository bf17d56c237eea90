"""Polls: looking and voting."""

from __future__ import annotations

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, endpoint
from catflap.mastodon.entities.poll import Poll
from catflap.mastodon.routes.statuses import Which, one
from catflap.notes import polls
from catflap.notes.model import NoteId, PollId


def _id(text: str) -> PollId:
    found = from_text(text)
    if found is None:
        raise NotFound("poll")
    return PollId(found)


async def _shown(door: Door, reads: Reads, call: Call, note: NoteId) -> Poll:
    found = (await one(door, reads, call, note)).whole().poll
    if found is None:
        raise NotFound("poll")
    return found


@endpoint("GET", "/api/v1/polls/{id}", takes=Which, gives=Poll, needs=Needs.NOBODY,
          scopes=("read:statuses",))
async def show(door: Door, call: Call, asked: Which) -> Poll:
    """A poll as it stands."""
    async with door.house.database.reads() as reads:
        found = await polls.by_id(reads, _id(asked.id))
        return await _shown(door, reads, call, found.note_id)


class Vote(Which, kw_only=True):
    """What one votes for: the options' places, from 0."""

    choices: list[int] | int = msgspec.field(default_factory=list)


@endpoint("POST", "/api/v1/polls/{id}/votes", takes=Vote, gives=Poll,
          scopes=("write:statuses",))
async def vote(door: Door, call: Call, asked: Vote) -> Poll:
    """Vote, once and for good."""
    choices = [asked.choices] if isinstance(asked.choices, int) else asked.choices
    async with door.house.database.tx() as tx:
        note = await polls.vote(tx, _id(asked.id), choices, by=call.me)
    async with door.house.database.reads() as reads:
        return await _shown(door, reads, call, note)
