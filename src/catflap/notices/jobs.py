"""From facts to notices. A second run finds the notice given and gives none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from catflap.arrivals.events import NoteStamped, PersonFound
from catflap.ground.database import Database, Tx
from catflap.ground.errors import NotFound
from catflap.ground.jobs import TOGETHER, Job
from catflap.notes import polls, quoting
from catflap.notes import queries as notes
from catflap.notes.events import (
    CommentPosted,
    NoteBoosted,
    NoteCollected,
    NoteLiked,
    NoteQuoted,
    PollClosed,
    TranslationAccepted,
    TranslationSuggested,
)
from catflap.notes.model import Note, NoteId, PollId
from catflap.notices import actions
from catflap.notices.model import Kind
from catflap.people import circles
from catflap.people import queries as people
from catflap.people.events import FollowRequested, FollowRequestEnded, PersonFollowed
from catflap.people.model import PersonId

TOLD_MAX = 200
"""Of those who quote an edited note the latest are told."""


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


async def _tell_authors(
    context: Context, facts: Sequence[NoteLiked | NoteCollected | NoteBoosted], kind: Kind
) -> None:
    async with context.database.tx() as tx:
        found = await notes.by_ids(tx, sorted({fact.note for fact in facts}))
        for fact in facts:
            if fact.note in found:
                await actions.give(
                    tx, to=found[fact.note].author_id, kind=kind, actor=PersonId(fact.person),
                    note=fact.note,
                )


async def liked(context: Context, facts: Sequence[NoteLiked]) -> None:
    """Tell authors who likes their notes."""
    await _tell_authors(context, facts, Kind.LIKE)


async def collected(context: Context, facts: Sequence[NoteCollected]) -> None:
    """Tell authors who collected their notes."""
    await _tell_authors(context, facts, Kind.COLLECT)


async def boosted(context: Context, facts: Sequence[NoteBoosted]) -> None:
    """Tell authors who passed their notes on."""
    await _tell_authors(context, facts, Kind.BOOST)


async def poll_closed(context: Context, fact: PollClosed) -> None:
    """Tell who asked and who voted that a poll has ended."""
    async with context.database.tx() as tx:
        found = (await notes.by_ids(tx, [fact.note])).get(fact.note)
        if found is None:
            return
        for person in [found.author_id, *await polls.voters(tx, PollId(fact.poll))]:
            if await _visible_to(tx, fact.note, person):
                await actions.give(
                    tx, to=person, kind=Kind.POLL, actor=found.author_id, note=fact.note
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
        mentioned = await notes.mentioned_in(tx, NoteId(fact.note))
        await _tell(tx, fact.note, set(mentioned) - told, kind=Kind.MENTION, actor=actor)


async def posted(context: Context, facts: Sequence[Posted]) -> None:
    """Tell whom notes mention, and of new ones who wants to hear of their authors.

    Three queries where nobody is to be told, however many notes.
    """
    async with context.database.tx(durable=False) as tx:
        found = await notes.by_ids(tx, [fact.note for fact in facts])
        mentioned = await notes.mentioned_among(tx, list(found))
        new = [note.author_id for note in found.values() if note.edited_at is None]
        hearing = await circles.wanting_to_hear(tx, new)
        for id_, note in sorted(found.items()):
            told = [PersonId(person) for person in mentioned.get(id_, ())]
            await _tell(tx, id_, told, kind=Kind.MENTION, actor=note.author_id)
            if note.edited_at is None:
                hear = hearing.get(note.author_id, ())
                await _tell(tx, id_, hear, kind=Kind.WROTE, actor=note.author_id)


async def _tell(
    tx: Tx, note: int, people: Iterable[PersonId], *, kind: Kind, actor: PersonId
) -> None:
    """Give people a notice of a note, those of them who see it."""
    for person in people:
        if await _visible_to(tx, note, person):
            await actions.give(tx, to=person, kind=kind, actor=actor, note=note)


async def quoted(context: Context, fact: NoteQuoted) -> None:
    """Tell an author that somebody quotes their note."""
    async with context.database.tx() as tx:
        to = PersonId(fact.of)
        if await _visible_to(tx, fact.note, to):
            await actions.give(
                tx, to=to, kind=Kind.QUOTE, actor=PersonId(fact.author), note=fact.note
            )


async def edited(context: Context, fact: Posted) -> None:
    """Tell whom a note mentions now, and those who quote it that it reads differently."""
    await posted(context, [fact])
    async with context.database.tx() as tx:
        found = (await notes.by_ids(tx, [fact.note])).get(fact.note)
        if found is None or not found.quotes_count:
            return
        ids = await quoting.quoting(tx, found.id, count=TOLD_MAX)
        for quote in (await notes.by_ids(tx, ids)).values():
            if await _visible_to(tx, found.id, quote.author_id):
                await actions.give(
                    tx, to=quote.author_id, kind=Kind.QUOTED_UPDATE, actor=found.author_id,
                    note=quote.id,
                )


async def followed(context: Context, fact: PersonFollowed) -> None:
    """Tell somebody of a new follower; or, where they let them, tell the follower."""
    follower, person = PersonId(fact.follower), PersonId(fact.followed)
    to, kind, actor = (
        (follower, Kind.GRANTED, person) if fact.was_asked else (person, Kind.FOLLOW, follower)
    )
    async with context.database.tx() as tx:
        await actions.give(tx, to=to, kind=kind, actor=actor, note=None)


async def requested(context: Context, fact: FollowRequested) -> None:
    """Tell somebody that somebody asks to follow them, where they still ask."""
    follower, person = PersonId(fact.follower), PersonId(fact.followed)
    async with context.database.tx() as tx:
        if (await people.relation(tx, viewer=follower, person=person)).requested:
            await actions.give(tx, to=person, kind=Kind.ASKS, actor=follower, note=None)


async def request_ended(context: Context, fact: FollowRequestEnded) -> None:
    """Show a request no more that was answered or taken back, unless it was made anew."""
    follower, person = PersonId(fact.follower), PersonId(fact.followed)
    async with context.database.tx() as tx:
        if not (await people.relation(tx, viewer=follower, person=person)).requested:
            await actions.take_back(tx, of=person, kind=Kind.ASKS, actor=follower)


async def suggested(context: Context, fact: TranslationSuggested) -> None:
    """Tell an author that somebody translated their words better."""
    async with context.database.tx() as tx:
        await actions.give(
            tx, to=PersonId(fact.author), kind=Kind.SUGGESTION, actor=PersonId(fact.by),
            note=fact.note,
        )


async def accepted(context: Context, fact: TranslationAccepted) -> None:
    """Tell somebody that their translation stands."""
    async with context.database.tx() as tx:
        await actions.give(
            tx, to=PersonId(fact.writer), kind=Kind.ACCEPTED, actor=PersonId(fact.by),
            note=fact.note,
        )


async def stamped(context: Context, fact: NoteStamped) -> None:
    """Tell a newcomer that a host put a seal on their cat tax."""
    async with context.database.tx() as tx:
        await actions.give(
            tx, to=PersonId(fact.author), kind=Kind.STAMP, actor=PersonId(fact.by),
            note=fact.note,
        )


async def found(context: Context, fact: PersonFound) -> None:
    """Tell somebody that a person whom they knew elsewhere is here."""
    async with context.database.tx() as tx:
        await actions.give(
            tx, to=PersonId(fact.viewer), kind=Kind.FOUND, actor=PersonId(fact.person), note=None
        )


JOBS = (
    Job("notices.liked", NoteLiked, liked, batch=TOGETHER),
    Job("notices.collected", NoteCollected, collected, batch=TOGETHER),
    Job("notices.boosted", NoteBoosted, boosted, batch=TOGETHER),
    Job("notices.poll_closed", PollClosed, poll_closed),
    Job("notices.commented", CommentPosted, commented),
    Job("notices.posted", Posted, posted, batch=TOGETHER),
    Job("notices.edited", Posted, edited),
    Job("notices.quoted", NoteQuoted, quoted),
    Job("notices.followed", PersonFollowed, followed),
    Job("notices.requested", FollowRequested, requested),
    Job("notices.request_ended", FollowRequestEnded, request_ended),
    Job("notices.suggested", TranslationSuggested, suggested),
    Job("notices.accepted", TranslationAccepted, accepted),
    Job("notices.stamped", NoteStamped, stamped),
    Job("notices.found", PersonFound, found),
)
SUBSCRIPTIONS = {
    "NoteLiked": "notices.liked",
    "NoteCollected": "notices.collected",
    "NoteBoosted": "notices.boosted",
    "PollClosed": "notices.poll_closed",
    "CommentPosted": "notices.commented",
    "NotePosted": "notices.posted",
    "NoteEdited": "notices.edited",
    "NoteQuoted": "notices.quoted",
    "PersonFollowed": "notices.followed",
    "FollowRequested": "notices.requested",
    "FollowRequestEnded": "notices.request_ended",
    "TranslationSuggested": "notices.suggested",
    "TranslationAccepted": "notices.accepted",
    "NoteStamped": "notices.stamped",
    "PersonFound": "notices.found",
}
