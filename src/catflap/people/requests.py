"""Requests to follow a locked person: they accept or decline."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground import clock, events
from catflap.ground.database import Tx
from catflap.ground.errors import NotFound
from catflap.ground.statements import Instant, Json, Statement, insert_unless_there
from catflap.people import actions
from catflap.people.events import FollowRequestEnded
from catflap.people.model import PersonId, Wishes
from catflap.people.tables import follows, requests

_i64 = sa.BigInteger
_THIS = (
    requests.c.asker_id == sa.bindparam("asker", type_=_i64),
    requests.c.asked_id == sa.bindparam("asked", type_=_i64),
)
_WISHED = Statement(
    sa.select(requests.c.with_boosts, requests.c.notify, requests.c.langs).where(*_THIS), Wishes
)
_END = Statement(requests.delete().where(*_THIS))
_BEGIN = Statement(
    insert_unless_there(follows).values(
        follower_id=sa.bindparam("asker"), followed_id=sa.bindparam("asked"),
        at=sa.bindparam("now", type_=Instant), with_boosts=sa.bindparam("boosts"),
        notify=sa.bindparam("hear"), langs=sa.bindparam("wanted", type_=Json(tuple[str, ...])),
    )
)
_ASKING = Statement(
    sa.select(requests.c.asker_id).where(requests.c.asked_id == sa.bindparam("asked", type_=_i64)),
    int,
)


async def _taken(tx: Tx, *, by: PersonId, person: PersonId) -> Wishes:
    found = await tx.one(_WISHED, asker=person, asked=by)
    if found is None or not await tx.run(_END, asker=person, asked=by):
        raise NotFound("request")
    await events.emit(tx, FollowRequestEnded(follower=person, followed=by))
    return found


async def accept(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Let somebody follow who asked to.

    Raises:
        NotFound: they did not ask, or took it back.
    """
    wishes = await _taken(tx, by=by, person=person)
    begun = await tx.run(
        _BEGIN, asker=person, asked=by, now=clock.now(), boosts=wishes.with_boosts,
        hear=wishes.notify, wanted=wishes.langs,
    )
    if begun:
        await actions.began(tx, by=person, person=by, was_asked=True)


async def decline(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Do not let somebody follow who asked to; they are not told.

    Raises:
        NotFound: they did not ask, or took it back.
    """
    await _taken(tx, by=by, person=person)


async def accept_all(tx: Tx, *, by: PersonId) -> None:
    """Let everybody follow who asked to: who unlocks has no more to say to them."""
    for asker in await tx.all(_ASKING, asked=by):
        await accept(tx, by=by, person=PersonId(asker))
