"""Work about coming over: first notes and answers, seals, letting in whoever waits."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from catflap.access import letters
from catflap.access import queries as access
from catflap.access.jobs import Post
from catflap.arrivals import answering, entering, proving, stamping, valve
from catflap.arrivals.entering import OpenCases
from catflap.arrivals.errors import StampRefused, TaxPaid
from catflap.arrivals.valve import LetInDue, TellLetIn, TellTurnedAway
from catflap.ground.database import Database
from catflap.ground.jobs import TOGETHER, Job
from catflap.ground.settings import Settings
from catflap.notes import queries as notes
from catflap.notes.events import CommentPosted
from catflap.people import queries as people
from catflap.people.model import PersonId

LET_IN_EVERY = timedelta(minutes=1)
"""Where a turn was lost. While somebody waits, each turn wants the next (`valve.turn_in`)."""


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def post(self) -> Post:
        """The mail."""

    @property
    def open_cases(self) -> OpenCases:
        """Counts what waits for a moderator."""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of `NotePosted`."""

    note: int
    author: int


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of `NoteWithdrawn`."""

    note: int


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of `PersonLeft`."""

    person: int


async def posted(context: Context, facts: Sequence[Posted]) -> None:
    """Note first notes, and take tagged photos of newcomers as their cat tax."""
    async with context.database.tx(durable=False) as tx:
        found = await notes.by_ids(tx, [fact.note for fact in facts])
        await answering.wrote(tx, found.values())
        for _, note in sorted(found.items()):
            if not stamping.TAX_TAGS.isdisjoint(note.tags):
                with contextlib.suppress(StampRefused, TaxPaid):
                    await stamping.pay(tx, note.id, by=note.author_id)


async def commented(context: Context, fact: CommentPosted) -> None:
    """Note that a newcomer's note was answered by somebody else."""
    async with context.database.tx() as tx:
        found = await notes.by_ids(tx, [fact.root, fact.note])
        root, comment = found.get(fact.root), found.get(fact.note)
        if root is not None and comment is not None and root.author_id != fact.author:
            await answering.answered(tx, root.author_id, at=comment.made_at)


async def note_gone(context: Context, fact: Withdrawn) -> None:
    """Let go of the seals of a note that was taken back; a second run finds none."""
    async with context.database.tx() as tx:
        await stamping.forget_note(tx, fact.note)


async def person_gone(context: Context, fact: Left) -> None:
    """Let go of the seals of somebody who left; a second run finds none."""
    async with context.database.tx() as tx:
        await stamping.forget_person(tx, PersonId(fact.person))


async def let_in_due(context: Context, payload: LetInDue) -> None:
    """Let in whoever's turn it is; a second run finds the rate full."""
    del payload
    async with context.database.reads() as reads:
        if not await valve.waiting_count(reads):
            return
        now = await entering.threshold(
            reads, context.settings, open_cases=context.open_cases
        )
    async with context.database.tx() as tx:
        await valve.let_in_due(tx, way=now.way, per_hour=now.per_hour)
        await proving.forget_old(tx)
        free_s = await valve.free_in_s(tx, way=now.way, per_hour=now.per_hour)
        if free_s is not None:
            await valve.turn_in(tx, min(free_s, valve.TURNS_S))


async def tell_let_in(context: Context, payload: TellLetIn) -> None:
    """Mail somebody that they are in; a second run sends the same again, which does no harm."""
    if not context.settings.smtp_url:
        return
    async with context.database.reads() as reads:
        person = PersonId(payload.person)
        reader = await people.reader(reads, person)
        credential = await access.credential(reads, person)
    if reader is not None and credential is not None and credential.email:
        await letters.counted(context.database, context.post.let_in(
            to=credential.email, handle=reader.handle, locale=reader.locale
        ), to_newcomer=True)


async def tell_turned_away(context: Context, payload: TellTurnedAway) -> None:
    """Mail somebody that they were turned away; a second run sends the same again."""
    if context.settings.smtp_url:
        await letters.counted(context.database, context.post.turned_away(
            to=payload.to, handle=payload.handle, locale=payload.locale, word=payload.word
        ))


JOBS = (
    Job("arrivals.posted", Posted, posted, batch=TOGETHER),
    Job("arrivals.commented", CommentPosted, commented),
    Job("arrivals.note_gone", Withdrawn, note_gone),
    Job("arrivals.person_gone", Left, person_gone),
    Job(valve.LET_IN, LetInDue, let_in_due, every=LET_IN_EVERY),
    Job(valve.TELL, TellLetIn, tell_let_in, attempts=6),
    Job(valve.TELL_AWAY, TellTurnedAway, tell_turned_away, attempts=6),
)
SUBSCRIPTIONS = {
    "NotePosted": "arrivals.posted",
    "CommentPosted": "arrivals.commented",
    "NoteWithdrawn": "arrivals.note_gone",
    "PersonLeft": "arrivals.person_gone",
}
