"""Handles of people who left: nobody comes as one of them, and none can be read.

A stranger under a known handle would be taken for whoever had it. What is kept are two marks
(`Seal.mark`) under a key that is not in the database, without a date or whose they were: of what
the handle looks like and of what it folds to, which are what two people cannot share either.
"""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import Reads, Tx
from catflap.ground.sealing import Seal
from catflap.ground.statements import Statement, insert_unless_there
from catflap.people import handles
from catflap.people.errors import HandleTaken
from catflap.people.model import PersonId
from catflap.people.tables import left_handles, people

_HAD = Statement(
    sa.select(people.c.handle).where(
        people.c.id == sa.bindparam("person", type_=sa.BigInteger), ~people.c.waits
    ),
    str,
)
_KEEP = Statement(
    insert_unless_there(left_handles).values(
        looks=sa.bindparam("looks"), folded=sa.bindparam("folded")
    )
)
_IS_LEFT = Statement(
    sa.select(left_handles.c.looks).where(
        (left_handles.c.looks == sa.bindparam("looks"))
        | (left_handles.c.folded == sa.bindparam("folded"))
    ),
    str,
)


def _marks(handle: str, seal: Seal) -> dict[str, str]:
    return {
        "looks": seal.mark(handles.skeleton(handle), purpose="left handle, as it looks"),
        "folded": seal.mark(handles.folded(handle), purpose="left handle, folded"),
    }


async def keep(tx: Tx, person: PersonId, *, seal: Seal) -> None:
    """Keep marks of the handle of somebody who is about to be deleted.

    Whoever was never let in was seen by nobody: their handle is free again.
    """
    handle = await tx.one(_HAD, person=person)
    if handle is not None:
        await tx.run(_KEEP, **_marks(handle, seal))


async def refuse(reads: Reads, handle: str, *, seal: Seal) -> None:
    """Let nobody have the handle of somebody who left, or one that looks like it. One query.

    Raises:
        HandleTaken: as where somebody has it, so that nobody learns who left.
    """
    if await reads.one(_IS_LEFT, **_marks(handle, seal)) is not None:
        raise HandleTaken(handle)
