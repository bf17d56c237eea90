"""Saying which handles elsewhere were one's own, and wanting to be found by them.

A claim gives its maker nothing: it shows them to others, and only as `finding` allows. So whoever
claims a famous handle learns neither that somebody else claims it, nor who brought lists that name
it. A handle that two people claim shows neither of them, but to those with whom they said yes to
each other, until one of them proves it. Handles are kept under keyed hashes, as brought ones are;
how many one may claim is counted in the database, so that neither taking claims back nor a restart
makes room for guesses.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from math import ceil

import msgspec
import sqlalchemy as sa

from catflap.arrivals import limits
from catflap.arrivals.errors import NotProvable, OldHandleInvalid
from catflap.arrivals.handles import canonical_handle, handle_hash
from catflap.arrivals.model import Claim, ClaimId, ClaimState, Network
from catflap.arrivals.tables import claims, meetings, seekers
from catflap.ground import clock, ids, jobs
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TooFast, TooMany
from catflap.ground.sealing import Seal
from catflap.ground.statements import Instant, Statement, insert_unless_there
from catflap.people import actions as people
from catflap.people import waiting
from catflap.people.model import PersonId

FIND = "arrivals.find"
TELL = "arrivals.tell_found"
PROVE = "arrivals.prove"
CODE_CHARS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that are taken for each other: people type it on phones."""
PROVABLE = frozenset({Network.FEDIVERSE})

_i64 = sa.BigInteger
_CLAIM = tuple(claims.c[name] for name in Claim.__struct_fields__)
_PERSON = sa.bindparam("person", type_=_i64)
_ID = sa.bindparam("claim", type_=_i64)


class Seeker(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody wants to be found, and how many handles they claimed since an instant."""

    seeks: bool
    claims_count: int
    counted_since: datetime


class Find(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose lists and claims may have met somebody's."""

    person: int


class Prove(msgspec.Struct, frozen=True, kw_only=True):
    """A claim whose old profile is to be looked at, for whom, and where they are here."""

    claim: int
    profile: str


_SEEKER = Statement(
    sa.select(*(seekers.c[name] for name in Seeker.__struct_fields__)).where(
        seekers.c.person_id == _PERSON
    ),
    Seeker,
)
_SEEK = Statement(
    insert_unless_there(seekers).values(
        {name: sa.bindparam(name) for name in seekers.c.keys()}
    )
)
_SET = Statement(
    seekers.update().where(seekers.c.person_id == _PERSON)
    .values(seeks=sa.bindparam("now_seeks", type_=sa.Boolean))
)
_COUNT = Statement(
    seekers.update().where(seekers.c.person_id == _PERSON)
    .values(
        claims_count=sa.bindparam("count", type_=sa.Integer),
        counted_since=sa.bindparam("since", type_=Instant),
    )
)
_FORGET_MEETINGS = Statement(meetings.delete().where(meetings.c.viewer_id == _PERSON))
_MINE = Statement(
    sa.select(*_CLAIM).where(claims.c.person_id == _PERSON).order_by(claims.c.id), Claim
)
_ONE = Statement(sa.select(*_CLAIM).where(claims.c.id == _ID), Claim)
_ADD = Statement(
    insert_unless_there(claims).values({name: sa.bindparam(name) for name in claims.c.keys()})
)
_DROP = Statement(claims.delete().where(claims.c.id == _ID))
_LOOKED = Statement(
    claims.update().where(claims.c.id == _ID).values(looked_at=sa.bindparam("at", type_=Instant))
)
_OUTRANK = Statement(
    claims.update()
    .where(
        claims.c.handle_hash == sa.bindparam("hash"), claims.c.state == ClaimState.PROVEN.value,
        claims.c.id != _ID,
    )
    .values(state=ClaimState.SAID.value)
)
_back, _own = meetings.alias("back"), claims.alias("own")
_UNWAVE = Statement(
    meetings.update()
    .where(
        meetings.c.claim_id == _ID,
        ~sa.exists().where(
            _back.c.viewer_id == _PERSON, _back.c.waved == sa.true(),
            _own.c.id == _back.c.claim_id, _own.c.person_id == meetings.c.viewer_id,
        ),
    )
    .values(waved=False)
)
_STATE = Statement(
    claims.update().where(claims.c.id == _ID).values(state=sa.bindparam("new_state"))
)


async def seeks(reads: Reads, person: PersonId) -> bool:
    """Whether somebody wants to find their people, and be found by them. One query."""
    found = await reads.one(_SEEKER, person=person)
    return found is not None and found.seeks


async def mine(reads: Reads, *, viewer: PersonId) -> list[Claim]:
    """The viewer's claims; nothing in them says whether somebody else claims the same."""
    return await reads.all(_MINE, person=viewer)


async def anyone(reads: Reads, id_: int) -> Claim | None:
    """A claim, whoever's; for jobs."""
    return await reads.one(_ONE, claim=id_)


async def one(reads: Reads, id_: int, *, viewer: PersonId) -> Claim:
    """One of the viewer's claims.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    found = await anyone(reads, id_)
    if found is None or found.person_id != viewer:
        raise NotFound("claim")
    return found


async def seek(tx: Tx, *, by: PersonId) -> None:
    """Want to find one's people, and be found by them."""
    await waiting.must_be_in(tx, by)
    await tx.run(
        _SEEK, person_id=by, seeks=True, claims_count=0, counted_since=clock.now()
    )
    await tx.run(_SET, person=by, now_seeks=True)
    await find(tx, by)


async def hide(tx: Tx, *, by: PersonId) -> None:
    """Be found no more, and find nobody; what one claims stays for when one wants to again."""
    await tx.run(_SET, person=by, now_seeks=False)
    await tx.run(_FORGET_MEETINGS, person=by)


async def find(tx: Tx, person: PersonId) -> None:
    """Have a job look whom somebody meets."""
    await jobs.enqueue(tx, FIND, Find(person=person), key=f"{FIND}:{person}")


async def tell_later(tx: Tx, viewer: int) -> None:
    """Have a job tell somebody whom they see since now."""
    await jobs.enqueue(tx, TELL, Find(person=viewer), key=f"{TELL}:{viewer}")


async def claim(
    tx: Tx, network: Network, written: str, *, by: PersonId, seal: Seal
) -> ClaimId:
    """Say that a handle elsewhere was one's own; the same again is the same claim.

    Raises:
        OldHandleInvalid: no handle of that network.
        TooMany, TooFast: more than `limits.CLAIMS_MAX`, at a time or lately.
        NotFound: one does not want to be found.
    """
    handle = canonical_handle(network, written)
    if handle is None:
        raise OldHandleInvalid(written)
    await people.hold(tx, by)
    hashed = handle_hash(seal, network, handle)
    standing = await mine(tx, viewer=by)
    for known in standing:
        if known.handle_hash == hashed:
            return known.id
    if len(standing) >= limits.CLAIMS_MAX:
        raise TooMany("old handles", count=len(standing) + 1, limit=limits.CLAIMS_MAX)
    await _spend(tx, by)
    id_ = ClaimId(ids.new(shard=ids.shard_of(by)))
    await tx.run(
        _ADD, id=id_, person_id=by, network=network.value, handle_hash=hashed,
        sealed=seal.close(handle), state=ClaimState.SAID.value, code=_code(),
        made_at=clock.now(), looked_at=None,
    )
    await find(tx, by)
    return id_


def _code() -> str:
    return "catflap-" + "".join(secrets.choice(CODE_CHARS) for _ in range(16))


async def _spend(tx: Tx, by: PersonId) -> None:
    now = clock.now()
    seeker = await tx.one(_SEEKER, person=by)
    if seeker is None or not seeker.seeks:
        raise NotFound("seeker")
    ends_at = seeker.counted_since + limits.CLAIMS_WITHIN
    if now >= ends_at:
        await tx.run(_COUNT, person=by, count=1, since=now)
        return
    if seeker.claims_count >= limits.CLAIMS_MAX:
        raise TooFast("claim", retry_after_s=ceil((ends_at - now).total_seconds()))
    await tx.run(_COUNT, person=by, count=seeker.claims_count + 1, since=seeker.counted_since)


async def unclaim(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Take a claim back, and all it met with it.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    await one(tx, id_, viewer=by)
    await tx.run(_DROP, claim=id_)


async def ask_for_proof(tx: Tx, id_: int, *, by: PersonId, profile: str) -> None:
    """Have the old profile looked at; ``profile`` is the address one has here.

    Raises:
        NotFound: the claim is absent, or somebody else's.
        NotProvable: profiles of its network cannot be looked at.
        TooFast: it was looked at less than `limits.LOOK_EVERY_S` ago.
    """
    found = await one(tx, id_, viewer=by)
    if found.network not in PROVABLE:
        raise NotProvable
    now = clock.now()
    if found.looked_at is not None:
        left_s = limits.LOOK_EVERY_S - (now - found.looked_at).total_seconds()
        if left_s > 0:
            raise TooFast("proof", retry_after_s=ceil(left_s))
    await tx.run(_LOOKED, claim=id_, at=now)
    await jobs.enqueue(
        tx, PROVE, Prove(claim=id_, profile=profile), key=f"{PROVE}:{id_}"
    )


async def prove(tx: Tx, found: Claim) -> None:
    """A claim is proven; whoever proved the same before had the handle before, and says so now.

    Who let its maker know while nothing proved it, and was not let know by them, is asked anew:
    that was no yes to being named to them.
    """
    await tx.run(_OUTRANK, hash=found.handle_hash, claim=found.id)
    if found.state is not ClaimState.PROVEN:
        await tx.run(_UNWAVE, claim=found.id, person=found.person_id)
    await tx.run(_STATE, claim=found.id, new_state=ClaimState.PROVEN.value)
    await find(tx, PersonId(found.person_id))


async def named_each_other(tx: Tx, id_: int) -> None:
    """Whoever claims it and somebody who knew them let each other know."""
    found = await anyone(tx, id_)
    if found is not None and found.state is ClaimState.SAID:
        await tx.run(_STATE, claim=id_, new_state=ClaimState.MUTUAL.value)
