"""Asking twice publishes once: keys that an app makes up for what it is about to publish.

The row is written before the note, in its transaction: on PostgreSQL whoever comes second with
the same key waits for the first to end, on SQLite there is one writer anyway.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Tx
from catflap.ground.statements import Instant, Statement, insert_unless_there
from catflap.notes.model import NoteId, PlannedId
from catflap.notes.tables import repeats
from catflap.people.model import PersonId

KEPT_FOR = timedelta(hours=24)

_i64 = sa.BigInteger
_IS_IT = (
    repeats.c.person_id == sa.bindparam("person", type_=_i64),
    repeats.c.key_hash == sa.bindparam("hashed"),
)


class Repeat(msgspec.Struct, frozen=True, kw_only=True):
    """What was published under a key: a note, or one for later."""

    note_id: NoteId | None
    planned_id: PlannedId | None


_BEGIN = Statement(
    insert_unless_there(repeats).values(
        person_id=sa.bindparam("person"), key_hash=sa.bindparam("hashed"), note_id=None,
        planned_id=None, at=sa.bindparam("now", type_=Instant),
    )
)
_THERE = Statement(sa.select(repeats.c.note_id, repeats.c.planned_id).where(*_IS_IT), Repeat)
_OUTDATED = Statement(
    repeats.delete().where(*_IS_IT, repeats.c.at < sa.bindparam("before", type_=Instant))
)
_DONE = Statement(
    repeats.update()
    .where(*_IS_IT)
    .values(
        note_id=sa.bindparam("note", type_=_i64), planned_id=sa.bindparam("plan", type_=_i64)
    )
)
_FORGET = Statement(repeats.delete().where(repeats.c.at < sa.bindparam("before", type_=Instant)))


def _hash(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()


async def begin(tx: Tx, key: str, *, by: PersonId) -> Repeat | None:
    """What this person published under a key within a day; None to go on and publish.

    Who is given None calls `done` in the same transaction.
    """
    now, hashed = clock.now(), _hash(key)
    await tx.run(_OUTDATED, person=by, hashed=hashed, before=now - KEPT_FOR)
    if await tx.run(_BEGIN, person=by, hashed=hashed, now=now):
        return None
    return await tx.one(_THERE, person=by, hashed=hashed)


async def done(
    tx: Tx, key: str, *, by: PersonId, note: NoteId | None = None, planned: PlannedId | None = None
) -> None:
    """Remember what was published under a key that `begin` let pass."""
    await tx.run(_DONE, person=by, hashed=_hash(key), note=note, plan=planned)


async def forget_old(tx: Tx) -> int:
    """Let go of keys that are older than a day; how many went."""
    return await tx.run(_FORGET, before=clock.now() - KEPT_FOR)
