"""Telling operators of cases and newcomers; keeping what was reported; letting go of who left."""

from __future__ import annotations

import contextlib
from typing import Protocol

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Database, Tx
from catflap.ground.errors import NotFound
from catflap.ground.jobs import Job
from catflap.ground.settings import Settings
from catflap.ground.statements import Statement, among
from catflap.moderation import cases as reading
from catflap.moderation.events import CaseOpened
from catflap.moderation.model import CaseId, ReportedNote
from catflap.moderation.tables import case_steps, cases, reported_notes, reports
from catflap.notices import actions as notices
from catflap.notices.model import Kind
from catflap.people import queries as people
from catflap.people.events import PersonJoined
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.model import TextKey, key_of, normalised

_i64 = sa.BigInteger
_NAMED = Statement(
    sa.select(*(reported_notes.c[name] for name in ReportedNote.__struct_fields__)).where(
        reported_notes.c.note_id == sa.bindparam("note", type_=_i64)
    ),
    ReportedNote,
)
_HOLD_WORDS = Statement(
    reported_notes.update()
    .where(
        reported_notes.c.report_id == sa.bindparam("report", type_=_i64),
        reported_notes.c.note_id == sa.bindparam("note", type_=_i64),
        reported_notes.c.held == sa.false(),
    )
    .values(held=True)
)
_ABOUT = Statement(
    sa.select(cases.c.id).where(cases.c.about_id == sa.bindparam("person", type_=_i64)), int
)
_DROP = Statement(cases.delete().where(among(cases.c.id, "ids")))


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    message_key: str


_MESSAGES = Statement(
    sa.select(reports.c.id, reports.c.message_key).where(
        reports.c.by_id == sa.bindparam("person", type_=_i64)
    ),
    _Said,
)
_ANONYMOUS = Statement(
    reports.update()
    .where(reports.c.by_id == sa.bindparam("person", type_=_i64))
    .values(by_id=None, message_key="")
)


def _out_of(column: sa.Column[int]) -> Statement[None]:
    table = column.table
    assert isinstance(table, sa.Table)
    return Statement(
        table.update()
        .where(column == sa.bindparam("person", type_=_i64))
        .values({column.name: None})
    )


_OPERATOR_LEFT = tuple(
    _out_of(column)
    for column in (cases.c.assigned_to_id, cases.c.resolved_by_id, case_steps.c.by_id)
)


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The settings, which name the operators."""


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """What the job needs of `NoteWithdrawn`."""

    note: int


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What the job needs of `PersonLeft`."""

    person: int


async def opened(context: Context, fact: CaseOpened) -> None:
    """Tell every operator of a case."""
    async with context.database.tx() as tx:
        case = (await reading.by_ids(tx, [fact.case])).get(fact.case)
        if case is None:
            return
        for operator in await _operators(context, tx):
            if operator == case.about_id:
                continue  # nobody learns who reported them, nor that they were
            await notices.give(
                tx, to=operator, kind=Kind.CASE, actor=PersonId(fact.by), note=None,
                case=fact.case,
            )


async def signed_up(context: Context, fact: PersonJoined) -> None:
    """Tell every operator of somebody new; those of half a day are one notice to apps."""
    async with context.database.tx() as tx:
        for operator in await _operators(context, tx):
            await notices.give(
                tx, to=operator, kind=Kind.SIGNED_UP, actor=PersonId(fact.person), note=None
            )


async def _operators(context: Context, tx: Tx) -> list[PersonId]:
    """Those of the setting `operators` who are here."""
    found = []
    for handle in context.settings.operators:
        with contextlib.suppress(NotFound):
            found.append((await people.by_handle(tx, handle, viewer=None)).id)
    return found


async def hold_words(context: Context, fact: Withdrawn) -> None:
    """Keep what a reported note said now that its author took it back, for whoever judges it."""
    async with context.database.tx() as tx:
        for row in await tx.all(_NAMED, note=fact.note):
            if await tx.run(_HOLD_WORDS, report=row.report_id, note=row.note_id):
                for words in row.words:
                    await translation.keep(tx, words, prior=(), public=False)


async def forget_left(context: Context, fact: Left) -> None:
    """Delete what was reported of somebody who left, and whatever they said in reports."""
    async with context.database.tx() as tx:
        about = await tx.all(_ABOUT, person=fact.person)
        for case in about:
            await translation.release(tx, await _held_by(tx, CaseId(case)))
        await tx.run(_DROP, ids=about)
        messages = await tx.all(_MESSAGES, person=fact.person)
        await tx.run(_ANONYMOUS, person=fact.person)
        await translation.release(tx, [TextKey(row.message_key) for row in messages])
        for statement in _OPERATOR_LEFT:
            await tx.run(statement, person=fact.person)


async def _held_by(tx: Tx, case: CaseId) -> list[TextKey]:
    """The texts that a case holds, once for each use."""
    said = (await reading.reports_of(tx, [case])).get(case, [])
    named = await reading.notes_of(tx, [row.id for row in said])
    return [
        *(row.message_key for row in said),
        *(step.remark_key for step in await reading.steps_of(tx, case)),
        *(
            key_of(normalised(words))
            for rows in named.values() for row in rows if row.held for words in row.words
        ),
    ]


JOBS = (
    Job("moderation.opened", CaseOpened, opened),
    Job("moderation.signed_up", PersonJoined, signed_up),
    Job("moderation.hold_words", Withdrawn, hold_words),
    Job("moderation.forget_left", Left, forget_left),
)
SUBSCRIPTIONS = {
    "CaseOpened": "moderation.opened",
    "PersonJoined": "moderation.signed_up",
    "NoteWithdrawn": "moderation.hold_words",
    "PersonLeft": "moderation.forget_left",
}
