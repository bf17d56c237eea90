"""Whoever signed up and is not let in yet: they read, and publish nothing until they are.

Why somebody waits, and who lets them in, is `arrivals`' to know; here stands only that they do,
so that everything which others would see can ask.
"""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Statement
from catflap.people.errors import StillWaiting
from catflap.people.model import PersonId
from catflap.people.tables import people

_i64 = sa.BigInteger
_WAITS = Statement(
    sa.select(people.c.waits).where(people.c.id == sa.bindparam("person", type_=_i64)), bool
)
_SET = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(waits=sa.bindparam("now_waits", type_=sa.Boolean))
)


async def hold_back(tx: Tx, person: PersonId) -> None:
    """Have somebody who just signed up wait."""
    await tx.run(_SET, person=person, now_waits=True)


async def let_in(tx: Tx, person: PersonId) -> None:
    """Let somebody publish from now on."""
    await tx.run(_SET, person=person, now_waits=False)


async def must_be_in(reads: Reads, person: PersonId) -> None:
    """Let nobody past who still waits. One query.

    Raises:
        StillWaiting: they do.
    """
    if await reads.one(_WAITS, person=person):
        raise StillWaiting
