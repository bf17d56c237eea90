"""Finding one's people again: lists that were brought, against handles that people claim.

Who is shown to whom, and what nobody can learn:

- Only those meet who both want to be found. Whoever does not is as if they were not here.
- A list shows its owner that *somebody* here says they are one of its handles, never who, unless
  the claim is proven (then the old profile itself says so in public) or both let each other know:
  each then had the other's handle in a list, and each said yes.
- A claim shows its maker nothing at all by itself. So claiming handles tells nobody who follows
  whom, and a forged list leads to nobody who does not say yes.
- Who is shown somebody by a proven claim is asked whether they may know too. Whoever says yes is
  named to them, and both heard of it; whoever says nothing is not even counted. A yes to a claim
  that nothing proved then was one to meeting somebody who says yes as well, and is asked anew once
  the claim is proven. What such a yes costs whom it reaches is less than a follow does, and whom
  they block is not named to them.
- A handle that two people claim leads to neither, until one of them proves it; except between two
  who say yes to each other. Any account can claim any handle, so a mere rival takes nothing from
  people who found each other, for as long as their lists stand. Which of two came first decides
  nothing either, as an impostor may be quick: a doubted claim is shown, without a face, to whom
  its maker waved at, and who waves back sees who it is. So whoever was taken in by an impostor with
  a made-up list hears of the real one too, and judges by two faces. Waving needs the other's handle
  in one's lists, and showing it tells no more than waving back does; that lists name each other is
  not enough to be shown, or a false claim and a rival of one's own making would read it off.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from catflap.arrivals import claiming, limits
from catflap.arrivals.events import PersonFound
from catflap.arrivals.model import ClaimState, Greeting, HandleKind, Meeting, MeetingKind
from catflap.arrivals.tables import brought_handles, claims, imports, meetings, seekers
from catflap.ground import clock, events
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.statements import Statement, insert_unless_there
from catflap.people import queries as people
from catflap.people.model import PersonId

KINDS = {
    HandleKind.FOLLOWED: MeetingKind.KNOWN, HandleKind.FOLLOWER: MeetingKind.KNOWN,
    HandleKind.BLOCKED: MeetingKind.BLOCKED, HandleKind.MUTED: MeetingKind.MUTED,
}

_i64 = sa.BigInteger
_PERSON = sa.bindparam("person", type_=_i64)
_CLAIM = sa.bindparam("claim", type_=_i64)


class _Met(msgspec.Struct, frozen=True, kw_only=True):
    viewer_id: int
    claim_id: int
    import_id: int
    kind: HandleKind


_NAMED = Statement(
    sa.select(
        imports.c.owner_id.label("viewer_id"), claims.c.id.label("claim_id"),
        imports.c.id.label("import_id"), brought_handles.c.kind,
    )
    .select_from(imports)
    .join(brought_handles, brought_handles.c.import_id == imports.c.id)
    .join(claims, claims.c.handle_hash == brought_handles.c.handle_hash)
    .where(
        imports.c.owner_id == _PERSON, claims.c.person_id != _PERSON,
        brought_handles.c.place < limits.SOUGHT_MAX,
    ),
    _Met,
)
_NAMING = Statement(
    sa.select(
        imports.c.owner_id.label("viewer_id"), claims.c.id.label("claim_id"),
        imports.c.id.label("import_id"), brought_handles.c.kind,
    )
    .select_from(claims)
    .join(brought_handles, brought_handles.c.handle_hash == claims.c.handle_hash)
    .join(imports, imports.c.id == brought_handles.c.import_id)
    .join(seekers, seekers.c.person_id == imports.c.owner_id)
    .where(
        claims.c.person_id == _PERSON, imports.c.owner_id != _PERSON,
        seekers.c.seeks == sa.true(), brought_handles.c.place < limits.SOUGHT_MAX,
    ),
    _Met,
)
_MEET = Statement(
    insert_unless_there(meetings).values({name: sa.bindparam(name) for name in meetings.c.keys()})
)


def _rivalled(claim: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether somebody else claims the same handle."""
    rival = claims.alias()
    return sa.exists().where(
        rival.c.handle_hash == claim.c.handle_hash, rival.c.person_id != claim.c.person_id
    )


def _outranked(claim: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether somebody else proved that the handle is theirs."""
    rival = claims.alias()
    return sa.exists().where(
        rival.c.handle_hash == claim.c.handle_hash, rival.c.person_id != claim.c.person_id,
        rival.c.state == ClaimState.PROVEN.value,
    )


_back = meetings.alias("back")
_own = claims.alias("own")
# It does not ask whether the viewer's own claim is doubted: what is open was waved at from both
# sides, and then neither is in doubt to the other.
_WAVED_BACK = sa.exists().where(
    _back.c.viewer_id == claims.c.person_id, _back.c.waved == sa.true(),
    _back.c.passed == sa.false(),
    _back.c.kind == MeetingKind.KNOWN.value, _own.c.id == _back.c.claim_id,
    _own.c.person_id == meetings.c.viewer_id, ~_outranked(_own),
)
_STANDS = sa.and_(
    ~_outranked(claims),
    sa.or_(
        claims.c.state == ClaimState.PROVEN.value, ~_rivalled(claims),
        sa.and_(meetings.c.kind == MeetingKind.KNOWN.value, _WAVED_BACK),
    ),
)
_MEETINGS = Statement(
    sa.select(
        meetings.c.claim_id, claims.c.person_id, claims.c.network, claims.c.state,
        claims.c.sealed, meetings.c.kind, meetings.c.waved,
        _WAVED_BACK.label("waved_back"), meetings.c.told,
        _rivalled(claims).label("doubted"),
    )
    .join(claims, claims.c.id == meetings.c.claim_id)
    .join(seekers, seekers.c.person_id == claims.c.person_id)
    .where(
        meetings.c.viewer_id == _PERSON, meetings.c.passed == sa.false(),
        seekers.c.seeks == sa.true(), _STANDS,
    )
    .order_by(meetings.c.at.desc(), meetings.c.claim_id.desc())
    .limit(1000),
    Meeting,
)
_GREETINGS = Statement(
    sa.select(
        meetings.c.viewer_id.label("person_id"), claims.c.id.label("claim_id"),
        claims.c.network, claims.c.sealed,
    )
    .join(claims, claims.c.id == meetings.c.claim_id)
    .join(seekers, seekers.c.person_id == meetings.c.viewer_id)
    .where(
        claims.c.person_id == _PERSON, claims.c.state == ClaimState.PROVEN.value,
        meetings.c.kind == MeetingKind.KNOWN.value, meetings.c.waved == sa.true(),
        meetings.c.passed == sa.false(), seekers.c.seeks == sa.true(),
    )
    .order_by(meetings.c.at.desc(), meetings.c.viewer_id.desc())
    .limit(1000),
    Greeting,
)
_VIEWERS = Statement(
    sa.select(meetings.c.viewer_id)
    .join(claims, claims.c.id == meetings.c.claim_id)
    .where(claims.c.person_id == _PERSON)
    .distinct(),
    int,
)
_ONE = sa.and_(meetings.c.viewer_id == _PERSON, meetings.c.claim_id == _CLAIM)
_WAVE = Statement(
    meetings.update().where(_ONE, meetings.c.kind == MeetingKind.KNOWN.value).values(waved=True)
)
_PASS = Statement(meetings.update().where(_ONE).values(passed=True))
_TOLD = Statement(meetings.update().where(_ONE).values(told=True))


async def meet(tx: Tx, person: PersonId) -> None:
    """Keep whom somebody's lists name, and whose lists name them; a second run finds them kept.

    Raises nothing: who does not want to be found meets nobody.
    """
    if not await claiming.seeks(tx, person):
        return
    found = [*await tx.all(_NAMED, person=person), *await tx.all(_NAMING, person=person)]
    now = clock.now()
    await tx.run_many(
        _MEET,
        [
            {
                "viewer_id": row.viewer_id, "claim_id": row.claim_id, "import_id": row.import_id,
                "kind": KINDS[row.kind].value, "waved": False, "passed": False, "told": False,
                "at": now,
            }
            for row in found if row.kind in KINDS
        ],
    )
    for viewer in {int(person), *await tx.all(_VIEWERS, person=person)}:
        await claiming.tell_later(tx, viewer)


async def of_viewer(reads: Reads, *, viewer: PersonId) -> list[Meeting]:
    """Whom the viewer's lists met, the last first, without those blocked. Three queries.

    What is not `Meeting.is_open` says that somebody is here, and may not be shown as whom.
    """
    if not await claiming.seeks(reads, viewer):
        return []
    hidden = await people.hidden_from(reads, viewer)
    rows = await reads.all(_MEETINGS, person=viewer)
    return [row for row in rows if row.person_id not in hidden.blocked]


async def greetings(reads: Reads, *, viewer: PersonId) -> list[Greeting]:
    """Who had a proven handle of the viewer's in their lists and lets them know. Three queries."""
    if not await claiming.seeks(reads, viewer):
        return []
    hidden = await people.hidden_from(reads, viewer)
    rows = await reads.all(_GREETINGS, person=viewer)
    return [row for row in rows if row.person_id not in hidden.blocked]


async def tell(tx: Tx, viewer: PersonId) -> None:
    """Tell the house of everybody whom the viewer sees since now."""
    for one in await of_viewer(tx, viewer=viewer):
        if one.kind is MeetingKind.KNOWN and one.is_open and not one.told:
            await tx.run(_TOLD, person=viewer, claim=one.claim_id)
            await events.emit(tx, PersonFound(viewer=viewer, person=one.person_id))


async def wave(tx: Tx, claim_ids: Sequence[int], *, by: PersonId) -> None:
    """Let those who say that they are somebody know that one is here.

    Where they did too, both see each other from now on; whoever proved it is told at once. What
    does not meet the viewer is passed over without a word: an answer would tell who is here.
    """
    wanted = set(claim_ids)
    for one in await of_viewer(tx, viewer=by):
        if one.claim_id in wanted and one.kind is MeetingKind.KNOWN:
            await tx.run(_WAVE, person=by, claim=one.claim_id)
            if one.state is ClaimState.PROVEN and not one.waved:
                await events.emit(tx, PersonFound(viewer=one.person_id, person=by))
    for one in await of_viewer(tx, viewer=by):
        if one.claim_id in wanted and one.is_open:
            await claiming.named_each_other(tx, one.claim_id)
            for back in await of_viewer(tx, viewer=PersonId(one.person_id)):
                if back.person_id == by and back.is_open:
                    await claiming.named_each_other(tx, back.claim_id)
            await tell(tx, PersonId(one.person_id))
    await tell(tx, by)


async def pass_over(tx: Tx, claim_id: int, *, by: PersonId) -> None:
    """Hear no more of somebody: it is not them, or one does not care. A wave is taken back by it.

    Raises:
        NotFound: the viewer met no such claim.
    """
    if not await tx.run(_PASS, person=by, claim=claim_id):
        raise NotFound("meeting")


async def shown(reads: Reads, claim_id: int, *, viewer: PersonId) -> Meeting:
    """A meeting of which the viewer may see who it is.

    Raises:
        NotFound: there is none, or they may not.
    """
    for one in await of_viewer(reads, viewer=viewer):
        if one.claim_id == claim_id and one.is_open:
            return one
    raise NotFound("meeting")


