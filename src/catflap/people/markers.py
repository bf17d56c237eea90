"""How far somebody has read, so that another of their devices goes on there."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import Overtaken
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.people.model import Marker, PersonId
from catflap.people.tables import markers

_i64 = sa.BigInteger
_MINE = Statement(
    sa.select(*(markers.c[name] for name in Marker.__struct_fields__)).where(
        markers.c.person_id == sa.bindparam("person", type_=_i64), among(markers.c.of, "of")
    ),
    Marker,
)
_BEGIN = Statement(
    insert_unless_there(markers).values(
        {
            "person_id": sa.bindparam("person"), "of": sa.bindparam("what"),
            "last_id": sa.bindparam("id"), "version": 1,
            "at": sa.bindparam("now", type_=Instant),
        }
    )
)
_MOVE = Statement(
    markers.update()
    .where(
        markers.c.person_id == sa.bindparam("person", type_=_i64),
        markers.c.of == sa.bindparam("what"),
        markers.c.version == sa.bindparam("known", type_=sa.Integer),
    )
    .values(
        last_id=sa.bindparam("id", type_=_i64), version=markers.c.version + 1,
        at=sa.bindparam("now", type_=Instant),
    )
)


async def mine(reads: Reads, viewer: PersonId, of: Sequence[str]) -> dict[str, Marker]:
    """How far the viewer has read each of these; what they never marked is absent."""
    rows = await reads.all(_MINE, person=viewer, of=list(of)) if of else []
    return {row.of: row for row in rows}


async def move(tx: Tx, *, by: PersonId, of: str, to: int, known: int | None = None) -> None:
    """Mark ``of`` as read up to and with ``to``, also where that is further back.

    ``known`` is the version that the caller saw; None for whichever is there.

    Raises:
        Overtaken: another device moved it since.
    """
    found = (await mine(tx, by, [of])).get(of)
    before = found.version if found is not None else 0
    if known is not None and known != before:
        raise Overtaken
    if found is None:
        moved = await tx.run(_BEGIN, person=by, what=of, id=to, now=clock.now())
    else:
        moved = await tx.run(
            _MOVE, person=by, what=of, known=before, id=to, now=clock.now()
        )
    if not moved:
        raise Overtaken
