"""Cases, for operators: who was reported for what, in the operator's own language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.moderation import cases, deciding, rules
from catflap.moderation.model import Case, CaseId, Report, ReportedNote, State
from catflap.notes import queries as notes
from catflap.notes.model import Note
from catflap.people import queries as people
from catflap.people.model import Person, PersonId
from catflap.translation.model import TextKey, key_of, normalised
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.entities.said import Said
from catflap.web.entities.shown import PersonLink, person_link
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.routes.norms import operators_only, path_id
from catflap.web.routes.notes import said_again
from catflap.web.visit import Visit


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A reported note: its texts as they were, each with its rendition where it is kept."""

    id: int
    stands: bool
    words: list[tuple[str, Said | None]]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One report as an operator reads it; ``by`` is None where its reporter has left."""

    report: Report
    by: PersonLink | None
    message: Said | None
    rules: list[Said]
    notes: list[Named]


def operator(visit: Visit) -> PersonId:
    """The operator who looks.

    Raises:
        NotFound: the reader is none.
    """
    operators_only(visit)
    assert visit.viewer is not None
    return visit.viewer


async def listed(door: Door, visit: Visit) -> Response:
    """Open cases, or resolved ones, newest first."""
    viewer = operator(visit)
    params = visit.request.query_params
    state = State.RESOLVED if params.get("state") == State.RESOLVED else State.OPEN
    before = from_text(params.get("before", "")) or 2**63 - 1
    async with door.house.database.reads() as reads:
        found = await cases.listed(reads, state, viewer=viewer, before=before)
        said = await cases.reports_of(reads, [case.id for case in found])
        keys = [row.message_key for rows in said.values() for row in rows if row.message_key]
        texts = await door.presenting.texts(reads, visit, keys, with_aid=False)
        known = await _known(reads, [
            *(case.about_id for case in found), *(case.assigned_to_id for case in found),
        ])
        rows = [
            (
                case, known[case.about_id], known.get(case.assigned_to_id or 0),
                [row.category for row in said[case.id]],
                next((texts[r.message_key] for r in said[case.id] if r.message_key in texts), None),
            )
            for case in found
            if case.about_id in known
        ]
        return rendering.page(
            visit, "cases.html", rows=rows, state=state,
            before=found[-1].id if len(found) == cases.CASES_SHOWN else 0,
            unread=await unread(reads, visit),
        )


async def _known(reads: Reads, ids: Sequence[int | None]) -> dict[int, PersonLink]:
    found: Mapping[int, Person] = await people.by_ids(reads, sorted({i for i in ids if i}))
    return {id_: person_link(person, now=clock.now()) for id_, person in found.items()}


def _key(words: str) -> TextKey:
    return key_of(normalised(words))


async def show(door: Door, visit: Visit) -> Response:
    """One case with all that was reported, and what operators did."""
    viewer = operator(visit)
    async with door.house.database.reads() as reads:
        case = await cases.one(reads, path_id(visit, "case"), viewer=viewer)
        said = (await cases.reports_of(reads, [case.id])).get(case.id, [])
        named = await cases.notes_of(reads, [row.id for row in said])
        steps = await cases.steps_of(reads, case.id)
        broken = await rules.by_ids(reads, [rule for row in said for rule in row.rules])
        texts = await door.presenting.texts(reads, visit, [
            *(row.message_key for row in said), *(step.remark_key for step in steps),
            *(rule.text_key for rule in broken.values()),
            *(_key(words) for rows in named.values() for row in rows for words in row.words),
        ])
        known = await _known(reads, [
            case.about_id, case.assigned_to_id, *(row.by_id for row in said),
            *(step.by_id for step in steps),
        ])
        if case.about_id not in known:
            raise NotFound("case")
        stands = await notes.by_ids(reads, [row.note_id for rows in named.values() for row in rows])
        told = [
            Told(
                report=row, by=known.get(row.by_id or 0), message=texts.get(row.message_key),
                rules=[texts[broken[rule].text_key] for rule in row.rules if rule in broken],
                notes=[_named(one, stands, texts) for one in named.get(row.id, [])],
            )
            for row in said
        ]
        return rendering.page(
            visit, "case.html", case=case, about=known[case.about_id], told=told,
            assigned=known.get(case.assigned_to_id or 0),
            steps=[(s, known.get(s.by_id or 0), texts.get(s.remark_key)) for s in steps],
            others=[one for one in await cases.about(reads, case.about_id) if one.id != case.id],
            unread=await unread(reads, visit),
        )


def _named(one: ReportedNote, stands: Mapping[int, Note], texts: Mapping[str, Said]) -> Named:
    note = stands.get(one.note_id)
    return Named(
        id=one.note_id, stands=note is not None and not note.withdrawn,
        words=[(words, texts.get(_key(words))) for words in one.words],
    )


async def text(door: Door, visit: Visit) -> Response:
    """A text of a case again, for a page that waits for its translation."""
    viewer = operator(visit)
    key = TextKey(visit.request.path_params["key"])
    async with door.house.database.reads() as reads:
        case = await cases.one(reads, path_id(visit, "case"), viewer=viewer)
        if key not in await _texts_of(reads, case):
            raise NotFound("text")
        return await said_again(
            door, visit, reads, key, name="case", at=f"/operator/cases/{case.id}/texts/{key}"
        )


async def _texts_of(reads: Reads, case: Case) -> set[TextKey]:
    said = (await cases.reports_of(reads, [case.id])).get(case.id, [])
    named = await cases.notes_of(reads, [row.id for row in said])
    return {
        *await cases.texts_of(reads, case.id),
        *(_key(words) for rows in named.values() for row in rows for words in row.words),
    }


async def decide(door: Door, visit: Visit) -> Response:
    """Take a case on, leave it, resolve it or open it again."""
    prior = operators_only(visit)
    assert visit.viewer is not None
    id_, verb = CaseId(path_id(visit, "case")), visit.request.path_params["verb"]
    async with form(visit.request) as fields:
        remark = fields.text("remark")
    async with door.house.database.tx() as tx:
        if verb == "assign":
            await deciding.assign(tx, id_, by=visit.viewer)
        elif verb == "unassign":
            await deciding.unassign(tx, id_, by=visit.viewer)
        elif verb == "resolve":
            await deciding.resolve(tx, id_, by=visit.viewer, remark=remark, prior=prior)
        elif verb == "reopen":
            id_ = await deciding.reopen(tx, id_, by=visit.viewer)
        else:
            raise NotFound("page")
    return RedirectResponse(f"/operator/cases/{id_}", status_code=303)
