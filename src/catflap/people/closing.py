"""Leaving with a way back: hidden at once, deleted for real once the way back has ended.

Whoever has closed their account is to others as if they had left already: every read of people
and of what they wrote goes through `queries.hidden_from`, `queries.by_id`, `by_handle` or
`reader`, and those know of `closings`.
"""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground import clock, events
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Instant, Statement, insert_unless_there
from catflap.people.events import PersonClosed, PersonReopened
from catflap.people.model import WAY_BACK_FOR, Person, PersonId
from catflap.people.tables import closings, people

_i64 = sa.BigInteger
_PERSON = sa.bindparam("person", type_=_i64)
_DUE_AT_ONCE = 20

_CLOSE = Statement(
    insert_unless_there(closings).values(
        person_id=sa.bindparam("person"), closed_at=sa.bindparam("at", type_=Instant)
    )
)
_REOPEN = Statement(closings.delete().where(closings.c.person_id == _PERSON))
_IS_CLOSED = Statement(
    sa.select(closings.c.person_id).where(closings.c.person_id == _PERSON), int
)
_DUE = Statement(
    sa.select(*(people.c[name] for name in Person.__struct_fields__))
    .join(closings, closings.c.person_id == people.c.id)
    .where(closings.c.closed_at < sa.bindparam("before", type_=Instant))
    .order_by(closings.c.closed_at)
    .limit(_DUE_AT_ONCE),
    Person,
)


async def close(tx: Tx, person: PersonId) -> None:
    """Hide somebody from everybody, until they come back or are deleted; closed stays closed."""
    if await tx.run(_CLOSE, person=person, at=clock.now()):
        await events.emit(tx, PersonClosed(person=person))


async def reopen(tx: Tx, person: PersonId) -> bool:
    """Take somebody back as they were; false where they had not left."""
    if not await tx.run(_REOPEN, person=person):
        return False
    await events.emit(tx, PersonReopened(person=person))
    return True


async def is_closed(reads: Reads, person: PersonId) -> bool:
    """Whether somebody left, and may still come back. One query."""
    return await reads.one(_IS_CLOSED, person=person) is not None


async def due(reads: Reads) -> list[Person]:
    """Some of those whose way back has ended, those who left first before the others."""
    return await reads.all(_DUE, before=clock.now() - WAY_BACK_FOR)
