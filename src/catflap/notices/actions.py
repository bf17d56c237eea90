"""Giving notices and reading them."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Tx
from catflap.ground.statements import Statement
from catflap.notices.events import NoticeGiven
from catflap.notices.model import Kind
from catflap.notices.tables import notices
from catflap.people import queries as people
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_ADD = Statement(
    notices.insert().values({name: sa.bindparam(name) for name in notices.c.keys()})
)
_HAS = Statement(sa.select(notices.c.id).where(notices.c.deed == sa.bindparam("deed")), int)
_READ = Statement(
    notices.update()
    .where(
        notices.c.person_id == sa.bindparam("viewer", type_=_i64), notices.c.read == sa.false()
    )
    .values(read=True)
)


async def give(
    tx: Tx, *, to: PersonId, kind: Kind, actor: PersonId, note: int | None
) -> None:
    """Tell somebody of a deed, once; not of their own, nor of people they hide."""
    if to == actor:
        return
    hidden = await people.hidden_from(tx, to)
    if actor in hidden.blocked or actor in hidden.muted:
        return
    deed = f"{kind}:{to}:{actor}:{note or 0}"
    if await tx.one(_HAS, deed=deed) is not None:
        return
    await tx.run(
        _ADD, id=ids.new(shard=ids.shard_of(to)), person_id=to, kind=kind, actor_id=actor,
        note_id=note, deed=deed, made_at=clock.now(), read=False,
    )
    await events.emit(tx, NoticeGiven(person=to))


async def read_all(tx: Tx, viewer: PersonId) -> int:
    """Mark everything as read."""
    return await tx.run(_READ, viewer=viewer)
