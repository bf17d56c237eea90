"""Reading cases and reports. They are for operators alone, which the doors check.

An operator never sees a case about themselves, or they would see who reported them: for them it
is not there. So a community with one operator has nobody to judge that one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.access import queries as access
from catflap.feed.model import Complaint
from catflap.ground import clock
from catflap.ground.addresses import network
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.statements import Instant, Statement, among
from catflap.moderation.model import (
    REPORTERS_ENOUGH,
    TOGETHER_CASES,
    TOGETHER_WITHIN,
    Case,
    CaseId,
    Report,
    ReportedNote,
    State,
    Step,
)
from catflap.moderation.tables import case_steps, cases, reported_notes, reports
from catflap.notes.timelines import Span
from catflap.people.model import PersonId
from catflap.translation.model import TextKey

_i64 = sa.BigInteger
CASES_SHOWN = 50

_CASE = tuple(cases.c[name] for name in Case.__struct_fields__)
_REPORT = tuple(reports.c[name] for name in Report.__struct_fields__)
_THESE = Statement(sa.select(*_CASE).where(among(cases.c.id, "ids")), Case)
_IN_STATE = Statement(
    sa.select(*_CASE)
    .where(
        cases.c.state == sa.bindparam("wanted"),
        cases.c.id < sa.bindparam("before", type_=_i64),
        cases.c.about_id != sa.bindparam("viewer", type_=_i64),
    )
    .order_by(cases.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Case,
)
_OPEN_ABOUT = Statement(
    sa.select(cases.c.id)
    .where(
        cases.c.about_id == sa.bindparam("about", type_=_i64), cases.c.state == State.OPEN.value
    )
    .limit(1),
    int,
)
_OPEN_CASES = Statement(
    sa.select(*_CASE).where(
        among(cases.c.about_id, "people"), cases.c.state == State.OPEN.value
    ),
    Case,
)


class _Complaint(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    by_id: int
    about_id: int
    at: datetime


_COMPLAINTS = Statement(
    sa.select(
        reports.c.id, reports.c.by_id, cases.c.about_id, reports.c.made_at.label("at"),
    )
    .join(cases, cases.c.id == reports.c.case_id)
    .where(
        among(reports.c.by_id, "reporters"),
        reports.c.made_at > sa.bindparam("since", type_=Instant),
    )
    .order_by(reports.c.id),
    _Complaint,
)
_OPEN = Statement(
    sa.select(sa.func.count()).select_from(cases).where(cases.c.state == State.OPEN.value), int
)
_OTHERS_ABOUT = Statement(
    sa.select(*_CASE)
    .where(cases.c.about_id == sa.bindparam("about", type_=_i64))
    .order_by(cases.c.id.desc())
    .limit(CASES_SHOWN),
    Case,
)
_REPORTS_OF = Statement(
    sa.select(*_REPORT).where(among(reports.c.case_id, "cases")).order_by(reports.c.id), Report
)
_REPORT_BY_ID = Statement(
    sa.select(*_REPORT).where(reports.c.id == sa.bindparam("id", type_=_i64)), Report
)
_ABOUT, _BY = sa.bindparam("about", type_=_i64), sa.bindparam("reporter", type_=_i64)
_WITHIN = (
    sa.select(*_REPORT)
    .join(cases, cases.c.id == reports.c.case_id)
    .where(
        reports.c.id > sa.bindparam("above", type_=_i64),
        reports.c.id < sa.bindparam("below", type_=_i64),
        cases.c.state == sa.bindparam("wanted"),
        cases.c.about_id != sa.bindparam("viewer", type_=_i64),
        # 0 for anybody's, and about anybody.
        sa.or_(_BY == 0, reports.c.by_id == _BY),
        sa.or_(_ABOUT == 0, cases.c.about_id == _ABOUT),
    )
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_DOWN = Statement(_WITHIN.order_by(reports.c.id.desc()), Report)
_UP = Statement(_WITHIN.order_by(reports.c.id), Report)
_NOTES_OF = Statement(
    sa.select(*(reported_notes.c[name] for name in ReportedNote.__struct_fields__))
    .where(among(reported_notes.c.report_id, "reports"))
    .order_by(reported_notes.c.report_id, reported_notes.c.note_id),
    ReportedNote,
)
_STEPS_OF = Statement(
    sa.select(*(case_steps.c[name] for name in Step.__struct_fields__))
    .where(case_steps.c.case_id == sa.bindparam("case", type_=_i64))
    .order_by(case_steps.c.id),
    Step,
)


async def listed(
    reads: Reads, state: State, *, viewer: PersonId, before: int = 2**63 - 1
) -> list[Case]:
    """Cases in a state, newest first, at most `CASES_SHOWN`."""
    return await reads.all(
        _IN_STATE, wanted=state, before=before, count=CASES_SHOWN, viewer=viewer
    )


async def by_ids(reads: Reads, wanted: Collection[int]) -> dict[int, Case]:
    """Cases by id. One query."""
    found = await reads.all(_THESE, ids=sorted(set(wanted))) if wanted else []
    return {case.id: case for case in found}


async def one(reads: Reads, id_: int, *, viewer: PersonId) -> Case:
    """One case.

    Raises:
        NotFound: there is none, or it is about the viewer.
    """
    found = (await by_ids(reads, [id_])).get(id_)
    if found is None or found.about_id == viewer:
        raise NotFound("case")
    return found


async def open_about(reads: Reads, person: PersonId) -> CaseId | None:
    """The open case about somebody, if any."""
    found = await reads.one(_OPEN_ABOUT, about=person)
    return CaseId(found) if found is not None else None


async def standing_among(reads: Reads, people: Collection[int]) -> set[int]:
    """Against which of these people something stands that is more than somebody's word.

    That is an open case which a moderator has taken on, or which `REPORTERS_ENOUGH` reported
    independently of each other: one tap of one hostile reader takes nothing from anybody. Three
    queries at most, and the last two only where a case has enough reporters.
    """
    found = await reads.all(_OPEN_CASES, people=sorted(set(people))) if people else []
    taken_on = {case.about_id for case in found if case.assigned_to_id is not None}
    unread = {
        case.id: case.about_id for case in found
        if case.about_id not in taken_on and case.reports_count >= REPORTERS_ENOUGH
    }
    reporters: dict[int, set[int]] = defaultdict(set)
    for id_, rows in (await reports_of(reads, list(unread))).items():
        reporters[unread[CaseId(id_)]] |= {row.by_id for row in rows if row.by_id is not None}
    counts = await _independent(reads, reporters)
    return taken_on | {one for one, count in counts.items() if count >= REPORTERS_ENOUGH}


async def _independent(reads: Reads, reporters: Mapping[int, set[int]]) -> dict[int, int]:
    """How many reporters of each person there are, where those who act together are one.

    People behind one network address do, and those who both reported `TOGETHER_CASES` others. Two
    queries.
    """
    every = sorted({by for some in reporters.values() for by in some})
    if not every:
        return {}
    networks: dict[int, str] = {}
    for row in await access.addresses_among(reads, every):
        networks[row.person_id] = network(row.address)
    named: dict[int, set[int]] = defaultdict(set)
    since = clock.now() - TOGETHER_WITHIN
    for said in await reads.all(_COMPLAINTS, reporters=every, since=since):
        named[said.by_id].add(said.about_id)
    return {
        about: _rings(some, networks, {by: named[by] - {about} for by in some})
        for about, some in reporters.items()
    }


def _rings(
    some: Collection[int], networks: Mapping[int, str], named: Mapping[int, set[int]]
) -> int:
    rings: list[set[int]] = []
    for by in sorted(some):
        own = {by}
        alike = [r for r in rings if any(_together(by, one, networks, named) for one in r)]
        for ring in alike:
            rings.remove(ring)
            own |= ring
        rings.append(own)
    return len(rings)


def _together(
    one: int, other: int, networks: Mapping[int, str], named: Mapping[int, set[int]]
) -> bool:
    at = networks.get(one, "")
    is_near = bool(at) and at == networks.get(other, "")
    return is_near or len(named[one] & named[other]) >= TOGETHER_CASES


async def complaints_of(
    reads: Reads, people: Collection[int], since: datetime
) -> list[Complaint]:
    """What these people reported since after an instant, the first first. Two queries.

    For the night's learning alone, which keeps nothing of who it was.
    """
    found = await reads.all(_COMPLAINTS, reporters=sorted(set(people)), since=since)
    named = await notes_of(reads, [row.id for row in found])
    return [
        Complaint(
            by_id=row.by_id, about_id=row.about_id, at=row.at,
            note_ids=tuple(note.note_id for note in named.get(row.id, ())),
        )
        for row in found
    ]


async def open_count(reads: Reads) -> int:
    """How many cases wait for somebody; people are let in more slowly the more there are."""
    return await reads.one(_OPEN) or 0


async def about(reads: Reads, person: PersonId) -> list[Case]:
    """Every case about somebody, newest first."""
    return await reads.all(_OTHERS_ABOUT, about=person)


async def reports_of(reads: Reads, wanted: Collection[int]) -> dict[int, list[Report]]:
    """What was reported in cases, by case, the first report first. One query."""
    made: dict[int, list[Report]] = defaultdict(list)
    for row in await reads.all(_REPORTS_OF, cases=sorted(set(wanted))) if wanted else []:
        made[row.case_id].append(row)
    return made


async def report(reads: Reads, id_: int, *, viewer: PersonId) -> Report:
    """One report. Two queries.

    Raises:
        NotFound: there is none, or it is about the viewer.
    """
    found = await reads.one(_REPORT_BY_ID, id=id_)
    if found is None:
        raise NotFound("report")
    await one(reads, found.case_id, viewer=viewer)
    return found


async def reports_within(
    reads: Reads, place: Span, *, viewer: PersonId, state: State, by: int = 0, about_id: int = 0
) -> list[Report]:
    """A page of reports, newest first; of one reporter, or about one person, where not 0."""
    rows = await reads.all(
        _UP if place.upward else _DOWN, above=place.above, below=place.below, count=place.count,
        wanted=state, reporter=by, about=about_id, viewer=viewer,
    )
    return rows[::-1] if place.upward else rows


async def notes_of(reads: Reads, wanted: Collection[int]) -> dict[int, list[ReportedNote]]:
    """The notes that reports name, as they read then, by report. One query."""
    made: dict[int, list[ReportedNote]] = defaultdict(list)
    for row in await reads.all(_NOTES_OF, reports=sorted(set(wanted))) if wanted else []:
        made[row.report_id].append(row)
    return made


async def steps_of(reads: Reads, case: CaseId) -> list[Step]:
    """What operators did with a case, in order."""
    return await reads.all(_STEPS_OF, case=case)


async def texts_of(reads: Reads, case: CaseId) -> set[TextKey]:
    """Every text on a case's page that stands in no note: messages and remarks. Two queries."""
    found = {row.message_key for row in (await reports_of(reads, [case])).get(case, ())}
    found |= {step.remark_key for step in await steps_of(reads, case)}
    return found - {TextKey("")}
