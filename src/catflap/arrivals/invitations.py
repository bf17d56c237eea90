"""Invitations: codes that let so many people in until a day, and who invited whom.

Hosts and operators make them. The number of uses is taken by one statement, so that a code is
never used more often than it says, however many try at once. Who invited whom is kept, for
moderators to see where trouble came from; it is shown to nobody else.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from catflap.arrivals.errors import InvitationSpent
from catflap.arrivals.model import (
    INVITATION_DAYS_MAX,
    INVITATION_USES_MAX,
    INVITATIONS_MAX,
    Invitation,
)
from catflap.arrivals.tables import invitations, invited
from catflap.ground import chance, clock, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TooMany
from catflap.ground.statements import Instant, Statement, insert_unless_there
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.translation.errors import HostsOnly

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for each other when a code is read out."""
CODE_CHARS = 10

_i64 = sa.BigInteger
_ROW = tuple(invitations.c[name] for name in Invitation.__struct_fields__)
_ADD = Statement(
    invitations.insert().values({name: sa.bindparam(name) for name in invitations.c.keys()})
)
_STANDS = (
    invitations.c.code == sa.bindparam("the_code"),
    invitations.c.withdrawn == sa.false(),
    invitations.c.uses_count < invitations.c.uses_most,
    invitations.c.until > sa.bindparam("now", type_=Instant),
)
_STANDING = Statement(sa.select(*_ROW).where(*_STANDS), Invitation)
_USE = Statement(
    invitations.update()
    .where(*_STANDS)
    .values(uses_count=invitations.c.uses_count + 1)
    .returning(*_ROW),
    Invitation,
)
_OF = Statement(
    sa.select(*_ROW)
    .where(invitations.c.by_id == sa.bindparam("person", type_=_i64))
    .order_by(invitations.c.id.desc())
    .limit(INVITATIONS_MAX),
    Invitation,
)
_COUNT = Statement(
    sa.select(sa.func.count()).where(
        invitations.c.by_id == sa.bindparam("person", type_=_i64),
        invitations.c.withdrawn == sa.false(),
        invitations.c.until > sa.bindparam("now", type_=Instant),
    ),
    int,
)
_WITHDRAW = Statement(
    invitations.update()
    .where(
        invitations.c.id == sa.bindparam("invitation", type_=_i64),
        invitations.c.by_id == sa.bindparam("person", type_=_i64),
    )
    .values(withdrawn=True)
)
_CAME = Statement(
    insert_unless_there(invited).values({name: sa.bindparam(name) for name in invited.c.keys()})
)
_INVITER = Statement(
    sa.select(invited.c.by_id).where(invited.c.person_id == sa.bindparam("person", type_=_i64)),
    int,
)


async def make(
    tx: Tx, *, by: PersonId | None, uses: int, days: int, is_operator: bool = False
) -> Invitation:
    """A new invitation; ``by`` is None for one of the house's own, made at the command line.

    Raises:
        HostsOnly: ``by`` is a newcomer and no operator.
        TooMany: of uses, of days, or of invitations that stand.
    """
    for thing, count, limit in (
        ("uses", uses, INVITATION_USES_MAX), ("days", days, INVITATION_DAYS_MAX)
    ):
        if not 0 < count <= limit:
            raise TooMany(thing, count=count, limit=limit)
    now = clock.now()
    if by is not None:
        await people_actions.hold(tx, by)
        if not is_operator and not await people.is_host(tx, by, now=now):
            raise HostsOnly
        standing = await tx.one(_COUNT, person=by, now=now) or 0
        if standing >= INVITATIONS_MAX:
            raise TooMany("invitations", count=standing + 1, limit=INVITATIONS_MAX)
    made = Invitation(
        id=ids.new(shard=ids.shard_of(by) if by else ids.random_shard()),
        code=chance.code(LETTERS, chars=CODE_CHARS), by_id=by,
        uses_most=uses, uses_count=0, until=now + timedelta(days=days), made_at=now,
        withdrawn=False,
    )
    await tx.run(_ADD, **{name: getattr(made, name) for name in Invitation.__struct_fields__})
    return made


async def standing(reads: Reads, code: str) -> Invitation:
    """An invitation that still lets somebody in.

    Raises:
        InvitationSpent: nobody gave it out, or it was used up, taken back or is too old.
    """
    found = await reads.one(_STANDING, the_code=code.strip().casefold(), now=clock.now())
    if found is None:
        raise InvitationSpent
    return found


async def use(tx: Tx, code: str, *, person: PersonId) -> Invitation:
    """Let a person who just signed up in by an invitation, and keep who invited them.

    Raises:
        InvitationSpent: see `standing`; of two who take the last use at once, one.
    """
    now = clock.now()
    found = await tx.one(_USE, the_code=code.strip().casefold(), now=now)
    if found is None:
        raise InvitationSpent
    await tx.run(_CAME, person_id=person, invitation_id=found.id, by_id=found.by_id, at=now)
    return found


async def mine(reads: Reads, viewer: PersonId) -> list[Invitation]:
    """The viewer's own invitations, newest first."""
    return await reads.all(_OF, person=viewer)


async def withdraw(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Take an invitation of one's own back; whom it let in stays.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    if not await tx.run(_WITHDRAW, invitation=id_, person=by):
        raise NotFound("invitation")


async def inviter(reads: Reads, person: PersonId) -> PersonId | None:
    """Who invited a person, for moderators; None for nobody, or somebody who left."""
    found = await reads.one(_INVITER, person=person)
    return PersonId(found) if found else None
