"""Places that somebody wants to hear from, named on the way in or in the settings.

Nobody has to name one. They are what the person writes and not where they are: nothing is asked of
a browser or read out of an address, and nobody else is shown them.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from catflap.arrivals.model import Place
from catflap.arrivals.tables import places
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Statement
from catflap.notes import placing
from catflap.people.model import PersonId

MOST = 6

_i64 = sa.BigInteger
_PERSON = places.c.person_id == sa.bindparam("person", type_=_i64)
_OF = Statement(
    sa.select(places.c.place, places.c.written).where(_PERSON).order_by(places.c.place), Place
)
_NONE = Statement(places.delete().where(_PERSON))
_PUT = Statement(
    places.insert().values(
        person_id=sa.bindparam("person"), place=sa.bindparam("key"), written=sa.bindparam("text")
    )
)


async def of(reads: Reads, person: PersonId) -> tuple[Place, ...]:
    """The places somebody chose, () for none. One query."""
    return tuple(await reads.all(_OF, person=person))


def read(written: Iterable[str]) -> tuple[Place, ...]:
    """What somebody wrote as places, the first `MOST`; one in two languages counts once."""
    found: dict[str, Place] = {}
    for text in written:
        said = " ".join(text.split())[: placing.PLACE_MAX_CHARS]
        if keys := placing.levels(said):
            found.setdefault(keys[0], Place(place=keys[0], written=said))
    return tuple(found.values())[:MOST]


async def choose(tx: Tx, person: PersonId, written: Iterable[str]) -> None:
    """Choose anew what `read` makes of it."""
    await tx.run(_NONE, person=person)
    await tx.run_many(_PUT, [
        {"person": person, "key": one.place, "text": one.written} for one in read(written)
    ])
