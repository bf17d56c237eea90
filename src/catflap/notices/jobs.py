"""From facts to notices. A second run finds the notice given and gives none."""

from __future__ import annotations

from typing import Protocol

import msgspec

from catflap.ground.database import Database, Tx
from catflap.ground.errors import NotFound
from catflap.ground.jobs import Job
from catflap.notes import queries as notes
from catflap.notes.events import CommentPosted, NoteCollected, NoteLiked
from catflap.notes.model import Note, NoteId
from catflap.notices import actions
from catflap.notices.model import Kind
from catflap.people.events import PersonFollowed
from catflap.people.model import PersonId


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What the jobs need of `NotePosted` and `NoteEdited`."""

    note: int


async def _visible_to(tx: Tx, note: int, person: PersonId) -> Note | None:
    try:
        return await notes.note(tx, NoteId(note), viewer=person)
    except NotFound:
        return None


async def liked(context: Context, fact: NoteLiked) -> None:
    """Tell an author that somebody likes their note."""
    async with context.database.tx() as tx:
        found = (await notes.by_ids(tx, [fact.note])).get(fact.note)
        if found is not None:
            await actions.give(
                tx, to=found.author_id, kind=Kind.LIKE, actor=PersonId(fact.person),
                note=fact.note,
            )


async def collected(context: Context, fact: NoteCollected) -> None:
    """Tell an author that somebody collected their note."""
    async with context.database.tx() as tx:
        found = (await notes.by_ids(tx, [fact.note])).get(fact.note)
        if found is not None:
            await actions.give(
                tx, to=found.author_id, kind=Kind.COLLECT, actor=PersonId(fact.person),
                note=fact.note,
            )


async def commented(context: Context, fact: CommentPosted) -> None:
    """Tell the note's author of a comment, and whom it answers of a reply."""
    actor = PersonId(fact.author)
    async with context.database.tx() as tx:
        found = await notes.by_ids(tx, [fact.note, fact.root, fact.parent])
        told: set[PersonId] = set()
        if fact.note not in found:
            return
        for id_, kind in ((fact.parent, Kind.REPLY), (fact.root, Kind.COMMENT)):
            about = found.get(id_)
            if about is None or about.author_id in told or about.withdrawn:
                continue
            told.add(about.author_id)
            said = Kind.COMMENT if id_ == fact.root else kind
            if await _visible_to(tx, fact.note, about.author_id):
                await actions.give(
                    tx, to=about.author_id, kind=said, actor=actor, note=fact.note
                )
        await _tell_mentioned(tx, fact.note, actor, told)


async def posted(context: Context, fact: Posted) -> None:
    """Tell whom a note mentions."""
    async with context.database.tx() as tx:
        found = (await notes.by_ids(tx, [fact.note])).get(fact.note)
        if found is not None:
            await _tell_mentioned(tx, fact.note, found.author_id, set())


async def _tell_mentioned(tx: Tx, note: int, actor: PersonId, told: set[PersonId]) -> None:
    for person in await notes.mentioned_in(tx, NoteId(note)):
        if person not in told and await _visible_to(tx, note, person):
            await actions.give(tx, to=person, kind=Kind.MENTION, actor=actor, note=note)


async def followed(context: Context, fact: PersonFollowed) -> None:
    """Tell somebody of a new follower."""
    async with context.database.tx() as tx:
        await actions.give(
            tx, to=PersonId(fact.followed), kind=Kind.FOLLOW, actor=PersonId(fact.follower),
            note=None,
        )


JOBS = (
    Job("notices.liked", NoteLiked, liked),
    Job("notices.collected", NoteCollected, collected),
    Job("notices.commented", CommentPosted, commented),
    Job("notices.posted", Posted, posted),
    Job("notices.followed", PersonFollowed, followed),
)
SUBSCRIPTIONS = {
    "NoteLiked": "notices.liked",
    "NoteCollected": "notices.collected",
    "CommentPosted": "notices.commented",
    "NotePosted": "notices.posted",
    "NoteEdited": "notices.posted",
    "PersonFollowed": "notices.followed",
}
