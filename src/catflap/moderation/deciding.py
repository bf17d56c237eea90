"""What operators do with a case: take it on, resolve it with a remark, open it again.

Each deed stays with the case. Doing what is done already changes nothing. Measures against people
are not here yet.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Tx
from catflap.ground.statements import Instant, Statement
from catflap.moderation import cases as reading
from catflap.moderation.model import REMARK_MAX_CHARS, Case, CaseId, Deed, State
from catflap.moderation.tables import case_steps, cases
from catflap.people import actions as people
from catflap.people.model import PersonId
from catflap.translation import actions as translation

_i64 = sa.BigInteger
_THIS = cases.c.id == sa.bindparam("case", type_=_i64)
_ASSIGN = Statement(
    cases.update()
    .where(_THIS)
    .values(
        assigned_to_id=sa.bindparam("operator", type_=_i64),
        changed_at=sa.bindparam("now", type_=Instant),
    )
)
_RESOLVE = Statement(
    cases.update()
    .where(_THIS, cases.c.state == State.OPEN.value)
    .values(
        state=State.RESOLVED.value, resolved_by_id=sa.bindparam("operator", type_=_i64),
        resolved_at=sa.bindparam("now", type_=Instant),
        changed_at=sa.bindparam("now", type_=Instant),
    )
)
_REOPEN = Statement(
    cases.update()
    .where(_THIS, cases.c.state == State.RESOLVED.value)
    .values(
        state=State.OPEN.value, resolved_by_id=None, resolved_at=None,
        changed_at=sa.bindparam("now", type_=Instant),
    )
)
_STEP = Statement(
    case_steps.insert().values({name: sa.bindparam(name) for name in case_steps.c.keys()})
)


async def _held(tx: Tx, id_: int, *, by: PersonId) -> Case:
    """A case while nobody else decides it: two could open one each of the same person."""
    found = await reading.one(tx, id_, viewer=by)
    await people.hold(tx, found.about_id)
    return await reading.one(tx, id_, viewer=by)


async def _note_down(
    tx: Tx, case: CaseId, deed: Deed, *, by: PersonId, remark: str = "",
    prior: Sequence[str] = (),
) -> None:
    words = people.text_within("remark", remark, REMARK_MAX_CHARS)
    await tx.run(
        _STEP, id=ids.new(shard=ids.shard_of(case)), case_id=case, by_id=by, deed=deed,
        remark_key=await translation.keep(tx, words, prior=prior, public=False), at=clock.now(),
    )


async def assign(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Take a case on oneself, from whoever has it.

    Raises:
        NotFound: there is none, or it is about oneself.
    """
    case = await _held(tx, id_, by=by)
    if case.assigned_to_id != by:
        await tx.run(_ASSIGN, case=case.id, operator=by, now=clock.now())
        await _note_down(tx, case.id, Deed.ASSIGNED, by=by)


async def unassign(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Leave a case to whoever takes it.

    Raises:
        NotFound: there is none, or it is about oneself.
    """
    case = await _held(tx, id_, by=by)
    if case.assigned_to_id is not None:
        await tx.run(_ASSIGN, case=case.id, operator=None, now=clock.now())
        await _note_down(tx, case.id, Deed.UNASSIGNED, by=by)


async def resolve(
    tx: Tx, id_: int, *, by: PersonId, remark: str = "", prior: Sequence[str] = ()
) -> None:
    """Say that a case is dealt with; the remark is for other operators, in any language.

    Raises:
        NotFound: there is none, or it is about oneself.
        TextTooLong: of ``remark``.
    """
    case = await _held(tx, id_, by=by)
    if await tx.run(_RESOLVE, case=case.id, operator=by, now=clock.now()):
        await _note_down(tx, case.id, Deed.RESOLVED, by=by, remark=remark, prior=prior)


async def reopen(tx: Tx, id_: int, *, by: PersonId) -> CaseId:
    """Look at a case again; where another about the same person is open, that one is the answer.

    Raises:
        NotFound: there is none, or it is about oneself.
    """
    case = await _held(tx, id_, by=by)
    other = await reading.open_about(tx, case.about_id)
    if other is not None:
        return other
    await tx.run(_REOPEN, case=case.id, now=clock.now())
    await _note_down(tx, case.id, Deed.REOPENED, by=by)
    return case.id
