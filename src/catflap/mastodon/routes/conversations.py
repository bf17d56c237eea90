"""Talks between few as conversations, by the id of the status at the top."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.mastodon.entities.account import Account, account
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.rendered import Shown
from catflap.mastodon.routes.statuses import Which, note_id
from catflap.notes import queries as notes
from catflap.notes import talking
from catflap.notes.model import Talk
from catflap.people import queries as people


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A thread between the caller and a few others; ``accounts`` are the others."""

    id: str
    unread: bool
    accounts: tuple[Account, ...]
    last_status: Shown | None


async def _presented(
    door: Door, reads: Reads, call: Call, talks: Sequence[Talk]
) -> list[Conversation]:
    """Talks as conversations; those whose notes the caller sees no more are left out."""
    tops = [talk.root_id for talk in talks]
    seen = await notes.shown(
        reads, list(dict.fromkeys([*tops, *(talk.last_id for talk in talks)])), viewer=call.viewer
    )
    roots = {note.id: note for note in seen if note.id in tops}
    mentioned = await notes.mentioned_among(reads, tops)
    others = {
        root: [
            person
            for person in dict.fromkeys([note.author_id, *sorted(mentioned.get(root, ()))])
            if person != call.viewer
        ]
        for root, note in roots.items()
    }
    known = await people.by_ids(reads, list({one for row in others.values() for one in row}))
    last_ids = {talk.last_id for talk in talks}
    shown = await door.presenting.statuses(
        reads, call, [note for note in seen if note.id in last_ids]
    )
    statuses = {status.id: status for status in shown}
    return [
        Conversation(
            id=str(talk.root_id), unread=talk.unread,
            accounts=tuple(
                account(known[one], base=call.base) for one in others[talk.root_id] if one in known
            ),
            last_status=statuses.get(str(talk.last_id)),
        )
        for talk in talks
        if talk.root_id in roots
    ]


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
        return await _presented(door, reads, call, talks)


@endpoint("POST", "/api/v1/conversations/{id}/read", takes=Which, gives=Conversation,
          scopes=("write:conversations",))
async def read(door: Door, call: Call, asked: Which) -> Conversation:
    """Mark a conversation as read."""
    id_ = note_id(asked.id)
    async with door.house.database.tx() as tx:
        await talking.read(tx, id_, by=call.me)
    async with door.house.database.reads() as reads:
        talk = await talking.one(reads, id_, viewer=call.me)
        shown = await _presented(door, reads, call, [talk])
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
