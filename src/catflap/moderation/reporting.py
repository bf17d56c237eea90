"""Reporting somebody to the operators: the one action behind every form and app.

Blocks and mutes do not matter here: whoever has seen something may report it, and nobody is kept
from reporting by being blocked. Whoever is reported is never told by whom, nor that they were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TooFast, TooMany
from catflap.ground.statements import Instant, Json, Statement
from catflap.moderation import cases as reading
from catflap.moderation import rules as norms
from catflap.moderation.events import CaseOpened
from catflap.moderation.model import (
    HOUR,
    REPORT_MESSAGE_MAX_CHARS,
    REPORT_NOTES_MAX,
    REPORTS_PER_HOUR,
    CaseId,
    Category,
    ReportId,
    State,
)
from catflap.moderation.tables import cases, reported_notes, reports
from catflap.notes import queries as notes
from catflap.notes.model import Note, NoteId
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people.errors import NotYourself
from catflap.people.model import NOBODY_HIDDEN, PersonId
from catflap.translation import actions as translation
from catflap.translation import queries as texts
from catflap.translation.codes import UNKNOWN

_i64 = sa.BigInteger
_RECENT = Statement(
    sa.select(reports.c.made_at)
    .where(
        reports.c.by_id == sa.bindparam("reporter", type_=_i64),
        reports.c.made_at > sa.bindparam("since", type_=Instant),
    )
    .order_by(reports.c.made_at.desc())
    .limit(REPORTS_PER_HOUR),
    datetime,
)
_OPEN = Statement(cases.insert().values({name: sa.bindparam(name) for name in cases.c.keys()}))
_JOIN = Statement(
    cases.update()
    .where(cases.c.id == sa.bindparam("case", type_=_i64))
    .values(
        reports_count=cases.c.reports_count + 1,
        changed_at=sa.bindparam("now", type_=Instant),
    )
)
_ADD = Statement(reports.insert().values({name: sa.bindparam(name) for name in reports.c.keys()}))
_NAME = Statement(
    reported_notes.insert().values({name: sa.bindparam(name) for name in reported_notes.c.keys()})
)
_FILE = Statement(
    reports.update()
    .where(reports.c.id == sa.bindparam("report", type_=_i64))
    .values(
        category=sa.bindparam("new_category"),
        rules=sa.bindparam("new_rules", type_=Json(tuple[int, ...])),
    )
)


async def report(
    tx: Tx, *, by: PersonId, about: PersonId, notes: Sequence[int] = (),
    rules: Sequence[int] = (), category: Category = Category.OTHER, message: str = "",
    forward: bool = False, prior: Sequence[str] = (),
) -> ReportId:
    """Report somebody; it opens a case, or joins the one that is open about them.

    ``notes`` are theirs, as they read now; with ``rules`` it is about those, whatever
    ``category`` says. The message stays in the house and is translated for operators.

    Raises:
        NotYourself: it is oneself.
        NotFound: nobody is there, or a note is not theirs or was never for ``by``, or a rule is
            none.
        TextTooLong: of ``message``. TooMany: of ``notes``.
        TooFast: more than `REPORTS_PER_HOUR` by one person.
    """
    if by == about:
        raise NotYourself("report")
    await people.by_id(tx, about, viewer=None)
    await _slowly(tx, by)
    words = people_actions.text_within("message", message, REPORT_MESSAGE_MAX_CHARS)
    kind, broken = await _broken(tx, category, rules)
    named = await _named(tx, notes, by=by, about=about)
    case = await _case(tx, by=by, about=about)
    id_ = ReportId(ids.new(shard=ids.shard_of(by)))
    await tx.run(
        _ADD, id=id_, case_id=case, by_id=by, category=kind, rules=broken, forward=forward,
        made_at=clock.now(),
        message_key=await translation.keep(tx, words, prior=prior, public=False),
    )
    await tx.run_many(_NAME, [
        {"report_id": id_, "note_id": note.id, "words": said, "held": False}
        for note, said in named
    ])
    return id_


async def reportable(reads: Reads, id_: int, *, viewer: PersonId) -> Note:
    """A note that a person may see, but for blocks and mutes.

    Raises:
        NotFound: there is none, or it was never for them.
    """
    found = (await notes.by_ids(reads, [id_])).get(NoteId(id_))
    if found is None or found.withdrawn:
        raise NotFound("note")
    if (await notes.hide(reads, [found], viewer=viewer, hidden=NOBODY_HIDDEN)).removed:
        raise NotFound("note")
    if found.root_id is not None:
        await reportable(reads, found.root_id, viewer=viewer)
    return found


async def file_under(
    tx: Tx, id_: int, *, by: PersonId, category: Category | None, rules: Sequence[int] | None
) -> None:
    """Say that a report is about something else than its reporter chose; None stays.

    Raises:
        NotFound: there is no such report or rule, or it is about oneself.
    """
    found = await reading.report(tx, id_, viewer=by)
    kind, broken = await _broken(
        tx, category or found.category,
        (found.rules if category in (None, Category.VIOLATION) else ()) if rules is None else rules,
    )
    await tx.run(_FILE, report=id_, new_category=kind, new_rules=broken)


async def _slowly(tx: Tx, by: PersonId) -> None:
    now = clock.now()
    recent = await tx.all(_RECENT, reporter=by, since=now - HOUR)
    if len(recent) >= REPORTS_PER_HOUR:
        left_s = math.ceil((recent[-1] + HOUR - now).total_seconds())
        raise TooFast("reports", retry_after_s=max(1, left_s))


async def _broken(
    tx: Tx, category: Category, rules: Sequence[int]
) -> tuple[Category, tuple[int, ...]]:
    wanted = tuple(dict.fromkeys(rules))
    if set(await norms.by_ids(tx, wanted)) != set(wanted):
        raise NotFound("rule")
    return (Category.VIOLATION if wanted else category), wanted


async def _named(
    tx: Tx, wanted: Sequence[int], *, by: PersonId, about: PersonId
) -> list[tuple[Note, tuple[str, ...]]]:
    """The notes that are reported and what they say: warning, title, text."""
    unique = list(dict.fromkeys(wanted))
    if len(unique) > REPORT_NOTES_MAX:
        raise TooMany("reported", count=len(unique), limit=REPORT_NOTES_MAX)
    rows = [await reportable(tx, id_, viewer=by) for id_ in unique]
    if any(note.author_id != about for note in rows):
        raise NotFound("note")
    keys = [key for note in rows for key in note.keys()]
    kept = await texts.kept(tx, keys, target=UNKNOWN)
    return [
        (note, tuple(
            kept[key].text for key in (note.warning_key, note.title_key, note.body_key)
            if key in kept
        ))
        for note in rows
    ]


async def _case(tx: Tx, *, by: PersonId, about: PersonId) -> CaseId:
    """The open case about somebody, opened where none is; of two who come at once one opens it."""
    await people_actions.hold(tx, about)
    now = clock.now()
    known = await reading.open_about(tx, about)
    if known is not None:
        await tx.run(_JOIN, case=known, now=now)
        return known
    id_ = CaseId(ids.new(shard=ids.shard_of(about)))
    await tx.run(
        _OPEN, id=id_, about_id=about, state=State.OPEN, assigned_to_id=None, opened_at=now,
        changed_at=now, resolved_at=None, resolved_by_id=None, reports_count=1,
    )
    await events.emit(tx, CaseOpened(case=id_, by=by))
    return id_
