"""Holding back the notices of those one does not know: policies, requests, passes.

What a policy filters is kept and stands under a request of whoever did it; accepting the request
gives it and everything to come, dismissing deletes it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.notes import queries as notes
from catflap.notes.model import NoteId, Visibility
from catflap.notices.events import NoticesMerged
from catflap.notices.model import (
    FOLLOWER_AFTER,
    NEW_FOR,
    TAKES_ALL,
    Choice,
    Kind,
    Policy,
    Request,
)
from catflap.notices.tables import notice_passes, notice_policies, notice_requests, notices
from catflap.people import queries as people
from catflap.people import standing
from catflap.people.model import PersonId

_i64 = sa.BigInteger
ALWAYS = frozenset({"poll", "accepted"})
"""Kinds that answer what one did oneself, which no policy holds back."""
MENTIONS = frozenset({Kind.MENTION, Kind.COMMENT, Kind.REPLY})

_POLICY = Statement(
    sa.select(*(notice_policies.c[name] for name in Policy.__struct_fields__)).where(
        notice_policies.c.person_id == sa.bindparam("person", type_=_i64)
    ),
    Policy,
)
_NEW_POLICY = Statement(
    insert_unless_there(notice_policies).values(
        {name: sa.bindparam(name) for name in notice_policies.c.keys()}
    )
)
_CHANGE_POLICY = Statement(
    notice_policies.update()
    .where(notice_policies.c.person_id == sa.bindparam("person", type_=_i64))
    .values({name: sa.bindparam(f"new_{name}") for name in Policy.__struct_fields__})
)
_PASS = Statement(
    insert_unless_there(notice_passes).values(
        {name: sa.bindparam(name) for name in notice_passes.c.keys()}
    )
)
_HAS_PASS = Statement(
    sa.select(notice_passes.c.actor_id).where(
        notice_passes.c.person_id == sa.bindparam("person", type_=_i64),
        notice_passes.c.actor_id == sa.bindparam("actor", type_=_i64),
    ),
    int,
)
_ASK = Statement(
    insert_unless_there(notice_requests).values(
        {name: sa.bindparam(name) for name in notice_requests.c.keys()}
    )
)
_ASK_AGAIN = Statement(
    notice_requests.update()
    .where(
        notice_requests.c.person_id == sa.bindparam("person", type_=_i64),
        notice_requests.c.actor_id == sa.bindparam("actor", type_=_i64),
    )
    .values(
        notices_count=notice_requests.c.notices_count + 1,
        last_note_id=sa.func.coalesce(
            sa.bindparam("note", type_=_i64), notice_requests.c.last_note_id
        ),
        updated_at=sa.bindparam("now", type_=Instant),
    )
)
_REQUEST = tuple(notice_requests.c[name] for name in Request.__struct_fields__)
_OF_VIEWER = notice_requests.c.person_id == sa.bindparam("viewer", type_=_i64)
_WITHIN = (
    sa.select(*_REQUEST)
    .where(
        _OF_VIEWER,
        notice_requests.c.id > sa.bindparam("above", type_=_i64),
        notice_requests.c.id < sa.bindparam("below", type_=_i64),
    )
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_DOWN = Statement(_WITHIN.order_by(notice_requests.c.id.desc()), Request)
_UP = Statement(_WITHIN.order_by(notice_requests.c.id), Request)
_THESE = Statement(
    sa.select(*_REQUEST).where(_OF_VIEWER, among(notice_requests.c.id, "ids")), Request
)
_SETTLED = Statement(
    notice_requests.delete().where(_OF_VIEWER, among(notice_requests.c.id, "ids"))
)
_HELD_BACK = (
    notices.c.person_id == sa.bindparam("viewer", type_=_i64),
    among(notices.c.actor_id, "actors"),
    notices.c.filtered == sa.true(),
)
_GIVE = Statement(notices.update().where(*_HELD_BACK).values(filtered=False))
_DROP = Statement(notices.delete().where(*_HELD_BACK))


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a decision: from how many people, how many notices."""

    requests: int
    notices: int


_PENDING = Statement(
    sa.select(
        sa.func.count().label("requests"),
        sa.func.coalesce(sa.func.sum(notice_requests.c.notices_count), 0).label("notices"),
    ).where(_OF_VIEWER),
    Pending,
)


async def policy(reads: Reads, viewer: PersonId) -> Policy:
    """What the viewer wants held back."""
    return await reads.one(_POLICY, person=viewer) or TAKES_ALL


async def choose(tx: Tx, viewer: PersonId, wanted: Policy) -> None:
    """Want something else held back from now on."""
    row = {name: str(getattr(wanted, name)) for name in Policy.__struct_fields__}
    await tx.run(_NEW_POLICY, person_id=viewer, **row)
    await tx.run(
        _CHANGE_POLICY, person=viewer, **{f"new_{name}": value for name, value in row.items()}
    )


async def verdict(
    tx: Reads, *, to: PersonId, kind: Kind, actor: PersonId, note: int | None
) -> Choice:
    """What their policy does with a notice. One query where they have none, else seven."""
    held = await policy(tx, to)
    if held == TAKES_ALL or kind in ALWAYS:
        return Choice.ACCEPT
    if await tx.one(_HAS_PASS, person=to, actor=actor) is not None:
        return Choice.ACCEPT
    now = clock.now()
    is_followed = bool(await people.followed_among(tx, to, [actor]))
    since = await standing.follows_since(tx, actor, to)
    is_follower = since is not None and now - since >= FOLLOWER_AFTER
    is_new = bool(await people.newcomers_among(tx, [actor], since=now - NEW_FOR))
    choices = {
        held.not_following if not is_followed else Choice.ACCEPT,
        held.not_followers if not is_follower else Choice.ACCEPT,
        held.new_accounts if is_new and not is_followed else Choice.ACCEPT,
    }
    if not is_followed and await _is_out_of_the_blue(tx, to, kind, note):
        choices.add(held.private_mentions)
    for choice in (Choice.DROP, Choice.FILTER):
        if choice in choices:
            return choice
    return Choice.ACCEPT


async def _is_out_of_the_blue(
    tx: Reads, to: PersonId, kind: Kind, note: int | None
) -> bool:
    """Whether somebody writes to one alone, and not in answer to one's own words."""
    if kind not in MENTIONS or note is None:
        return False
    found = (await notes.by_ids(tx, [note])).get(note)
    if found is None or found.visibility != Visibility.MENTIONED:
        return False
    if found.parent_id is None:
        return True
    parent = (await notes.by_ids(tx, [found.parent_id])).get(NoteId(found.parent_id))
    return parent is None or parent.author_id != to


async def hold_back(tx: Tx, *, to: PersonId, actor: PersonId, note: int | None) -> None:
    """Count a notice that was filtered under its request."""
    now = clock.now()
    made = await tx.run(
        _ASK, id=ids.new(shard=ids.shard_of(to)), person_id=to, actor_id=actor,
        last_note_id=note, notices_count=1, made_at=now, updated_at=now,
    )
    if not made:
        await tx.run(_ASK_AGAIN, person=to, actor=actor, note=note, now=now)


async def requests(
    reads: Reads, viewer: PersonId, *, above: int, below: int, count: int, upward: bool
) -> list[Request]:
    """The viewer's requests, newest first."""
    rows = await reads.all(
        _UP if upward else _DOWN, viewer=viewer, above=above, below=below, count=count
    )
    return rows[::-1] if upward else rows


async def request(reads: Reads, id_: int, *, viewer: PersonId) -> Request:
    """One of the viewer's requests.

    Raises:
        NotFound: it is absent, settled, or somebody else's.
    """
    found = await reads.all(_THESE, viewer=viewer, ids=[id_])
    if not found:
        raise NotFound("request")
    return found[0]


async def pending(reads: Reads, viewer: PersonId) -> Pending:
    """What waits for the viewer's decision."""
    return await reads.one(_PENDING, viewer=viewer) or Pending(requests=0, notices=0)


async def accept(tx: Tx, asked: Sequence[int], *, by: PersonId) -> None:
    """Give what was held back, and hear of these people from now on.

    Raises:
        NotFound: one of the requests is absent, or somebody else's.
    """
    actors = await _settle(tx, asked, by=by)
    now = clock.now()
    for actor in actors:
        await tx.run(_PASS, person_id=by, actor_id=actor, at=now)
    await tx.run(_GIVE, viewer=by, actors=actors)
    await events.emit(tx, NoticesMerged(person=by))


async def dismiss(tx: Tx, asked: Sequence[int], *, by: PersonId) -> None:
    """Forget what was held back; the same people may ask again.

    Raises:
        NotFound: one of the requests is absent, or somebody else's.
    """
    await tx.run(_DROP, viewer=by, actors=await _settle(tx, asked, by=by))


async def _settle(tx: Tx, asked: Sequence[int], *, by: PersonId) -> list[int]:
    found = await tx.all(_THESE, viewer=by, ids=list(asked))
    if len(found) != len(set(asked)):
        raise NotFound("request")
    await tx.run(_SETTLED, viewer=by, ids=list(asked))
    return [one.actor_id for one in found]
