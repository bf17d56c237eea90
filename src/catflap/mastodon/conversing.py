"""Talks between few as conversations, for lists of them and for streams."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catflap.ground.database import Reads
from catflap.mastodon.call import Call
from catflap.mastodon.entities.account import Account, account
from catflap.mastodon.presenting import Presenting
from catflap.mastodon.rendered import Shown
from catflap.notes import queries as notes
from catflap.notes.model import Talk
from catflap.people import queries as people


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A thread between the caller and a few others; ``accounts`` are the others."""

    id: str
    unread: bool
    accounts: tuple[Account, ...]
    last_status: Shown | None


async def presented(
    presenting: Presenting, reads: Reads, call: Call, talks: Sequence[Talk]
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
    shown = await presenting.statuses(
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
