"""Reading people. Every read takes the viewer; who blocked the viewer is not found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.paging import Page, cursor, position
from catflap.ground.statements import Instant, Statement, among
from catflap.people import handles
from catflap.people.model import NOBODY_HIDDEN, Hidden, Person, PersonId, Reader, Relation
from catflap.people.tables import blocks, follows, mutes, people

_i64 = sa.BigInteger
_PERSON = tuple(people.c[name] for name in Person.__struct_fields__)

_BY_ID = Statement(sa.select(*_PERSON).where(people.c.id == sa.bindparam("id", type_=_i64)), Person)
_BY_IDS = Statement(sa.select(*_PERSON).where(among(people.c.id, "ids")), Person)
_BY_HANDLE = Statement(
    sa.select(*_PERSON).where(people.c.handle_folded == sa.bindparam("handle")), Person
)
_READER = Statement(
    sa.select(
        people.c.id, people.c.handle, people.c.name, people.c.avatar, people.c.locale,
        people.c.reads, people.c.translate, people.c.never_translate, people.c.joined_at,
        (people.c.notes_count + people.c.comments_count).label("published_count"),
    ).where(people.c.id == sa.bindparam("id", type_=_i64)),
    Reader,
)


class _HiddenRow(msgspec.Struct, frozen=True, kw_only=True):
    other: int
    why: str


_HIDDEN = Statement(
    sa.union_all(
        sa.select(blocks.c.blocked_id.label("other"), sa.literal("b").label("why")).where(
            blocks.c.blocker_id == sa.bindparam("id", type_=_i64)
        ),
        sa.select(blocks.c.blocker_id, sa.literal("b")).where(
            blocks.c.blocked_id == sa.bindparam("id", type_=_i64)
        ),
        sa.select(mutes.c.muted_id, sa.literal("m")).where(
            mutes.c.muter_id == sa.bindparam("id", type_=_i64)
        ),
    ),
    _HiddenRow,
)


def _is_pair(table: sa.Table, one: str, other: str, left: str, right: str) -> sa.Label[bool]:
    return (
        sa.exists()
        .where(
            table.c[one] == sa.bindparam(left, type_=_i64),
            table.c[other] == sa.bindparam(right, type_=_i64),
        )
        .label(f"{table.name}_{left}")
    )


class _RelationRow(msgspec.Struct, frozen=True, kw_only=True):
    follows_viewer: bool
    follows_person: bool
    blocks_viewer: bool
    mutes_viewer: bool
    blocks_person: bool


_RELATION = Statement(
    sa.select(
        _is_pair(follows, "follower_id", "followed_id", "viewer", "person"),
        _is_pair(follows, "follower_id", "followed_id", "person", "viewer"),
        _is_pair(blocks, "blocker_id", "blocked_id", "viewer", "person"),
        _is_pair(blocks, "blocker_id", "blocked_id", "person", "viewer"),
        _is_pair(mutes, "muter_id", "muted_id", "viewer", "person"),
    ),
    _RelationRow,
)
_FOLLOWED_AMONG = Statement(
    sa.select(follows.c.followed_id).where(
        follows.c.follower_id == sa.bindparam("viewer", type_=_i64),
        among(follows.c.followed_id, "ids"),
    ),
    int,
)
_NEWCOMERS_AMONG = Statement(
    sa.select(people.c.id).where(
        among(people.c.id, "ids"), people.c.joined_at > sa.bindparam("since", type_=Instant)
    ),
    int,
)
_FOLLOWED = Statement(
    sa.select(follows.c.followed_id).where(
        follows.c.follower_id == sa.bindparam("viewer", type_=_i64)
    ),
    int,
)


def _listed(table: sa.Table, of: str, listed: str) -> Statement[Person]:
    return Statement(
        sa.select(*_PERSON)
        .join(table, table.c[listed] == people.c.id)
        .where(
            table.c[of] == sa.bindparam("of", type_=_i64),
            people.c.id < sa.bindparam("before", type_=_i64),
        )
        .order_by(people.c.id.desc())
        .limit(sa.bindparam("count", type_=sa.Integer)),
        Person,
    )


_FOLLOWERS = _listed(follows, "followed_id", "follower_id")
_FOLLOWING = _listed(follows, "follower_id", "followed_id")
_BLOCKED = _listed(blocks, "blocker_id", "blocked_id")
_MUTED = _listed(mutes, "muter_id", "muted_id")
_READ_HERE = Statement(
    sa.select(people.c.reads, sa.func.count().label("readers"))
    .group_by(people.c.reads)
    .order_by(sa.func.count().desc())
    .limit(100),
    None,
)
_COUNT = Statement(sa.select(sa.func.count()).select_from(people), int)

PAGE = 40


async def reader(reads: Reads, person: PersonId) -> Reader | None:
    """The person who looks, or None where the account is gone."""
    return await reads.one(_READER, id=person)


async def by_handle(reads: Reads, handle: str, *, viewer: PersonId | None) -> Person:
    """The person with a handle.

    Raises:
        NotFound: nobody has it, or they blocked the viewer.
    """
    person = await reads.one(_BY_HANDLE, handle=handles.folded(handle))
    if person is None or await _has_blocked(reads, person.id, viewer):
        raise NotFound("person")
    return person


async def by_id(reads: Reads, person: PersonId, *, viewer: PersonId | None) -> Person:
    """The person with an id; raises like `by_handle`."""
    found = await reads.one(_BY_ID, id=person)
    if found is None or await _has_blocked(reads, found.id, viewer):
        raise NotFound("person")
    return found


async def by_ids(reads: Reads, ids: Sequence[int]) -> dict[int, Person]:
    """Several people at once, for hydrating; hiding is the caller's next step. One query."""
    if not ids:
        return {}
    return {person.id: person for person in await reads.all(_BY_IDS, ids=sorted(set(ids)))}


async def _has_blocked(reads: Reads, person: PersonId, viewer: PersonId | None) -> bool:
    if viewer is None or viewer == person:
        return False
    found = await reads.one(_RELATION, viewer=viewer, person=person)
    return found is not None and found.blocks_person


async def hidden_from(reads: Reads, viewer: PersonId | None) -> Hidden:
    """Whom the viewer does not see. One query."""
    if viewer is None:
        return NOBODY_HIDDEN
    rows = await reads.all(_HIDDEN, id=viewer)
    if not rows:
        return NOBODY_HIDDEN
    return Hidden(
        blocked=frozenset(row.other for row in rows if row.why == "b"),
        muted=frozenset(row.other for row in rows if row.why == "m"),
    )


async def relation(reads: Reads, *, viewer: PersonId | None, person: PersonId) -> Relation:
    """How the viewer stands to a person."""
    nothing = Relation(
        is_self=viewer == person, following=False, followed_by=False, blocked=False, muted=False
    )
    if viewer is None or viewer == person:
        return nothing
    row = await reads.one(_RELATION, viewer=viewer, person=person)
    if row is None:
        return nothing
    return Relation(
        is_self=False,
        following=row.follows_viewer,
        followed_by=row.follows_person,
        blocked=row.blocks_viewer,
        muted=row.mutes_viewer,
    )


async def followed_among(reads: Reads, viewer: PersonId | None, ids: Sequence[int]) -> set[int]:
    """Which of these people the viewer follows. One query."""
    if viewer is None or not ids:
        return set()
    return set(await reads.all(_FOLLOWED_AMONG, viewer=viewer, ids=sorted(set(ids))))


async def newcomers_among(reads: Reads, ids: Sequence[int], *, since: datetime) -> set[int]:
    """Which of these people joined after ``since``. One query."""
    if not ids:
        return set()
    return set(await reads.all(_NEWCOMERS_AMONG, ids=sorted(set(ids)), since=since))


async def followed_by(reads: Reads, viewer: PersonId) -> list[int]:
    """Everyone the viewer follows."""
    return await reads.all(_FOLLOWED, viewer=viewer)


async def _list(
    reads: Reads, statement: Statement[Person], of: PersonId, after: str | None
) -> Page[Person]:
    place = position(after, size=1)
    before = int(place[0]) if place else 2**63 - 1
    rows = await reads.all(statement, of=of, before=before, count=PAGE + 1)
    more = cursor(rows[PAGE - 1].id) if len(rows) > PAGE else None
    return Page(items=rows[:PAGE], next_cursor=more)


async def followers(
    reads: Reads, person: PersonId, *, viewer: PersonId | None, after: str | None
) -> Page[Person]:
    """Who follows a person, newest accounts first, without those the viewer hides."""
    return await _without_blocked(reads, await _list(reads, _FOLLOWERS, person, after), viewer)


async def following(
    reads: Reads, person: PersonId, *, viewer: PersonId | None, after: str | None
) -> Page[Person]:
    """Whom a person follows, newest accounts first, without those the viewer hides."""
    return await _without_blocked(reads, await _list(reads, _FOLLOWING, person, after), viewer)


async def _without_blocked(
    reads: Reads, page: Page[Person], viewer: PersonId | None
) -> Page[Person]:
    hidden = await hidden_from(reads, viewer)
    kept = [person for person in page.items if person.id not in hidden.blocked]
    return Page(items=kept, next_cursor=page.next_cursor)


async def blocked(reads: Reads, viewer: PersonId, *, after: str | None = None) -> Page[Person]:
    """Whom the viewer blocked."""
    return await _list(reads, _BLOCKED, viewer, after)


async def muted(reads: Reads, viewer: PersonId, *, after: str | None = None) -> Page[Person]:
    """Whom the viewer muted."""
    return await _list(reads, _MUTED, viewer, after)


async def count(reads: Reads) -> int:
    """How many people there are."""
    return await reads.one(_COUNT) or 0
