"""Lists of people that somebody has: followers, followed, asking, blocked, muted, endorsed.

Each is paged by the people's ids, newest accounts first, from above or from below.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.people import queries
from catflap.people.model import Person, PersonId, Wishes
from catflap.people.tables import (
    blocks,
    endorsements,
    follows,
    list_members,
    mutes,
    people,
    requests,
)

_i64 = sa.BigInteger
_PERSON = tuple(people.c[name] for name in Person.__struct_fields__)
FAMILIAR_MAX = 40


class Circle(StrEnum):
    """Who somebody's people are."""

    FOLLOWERS = "followers"
    FOLLOWING = "following"
    ASKING = "asking"
    BLOCKED = "blocked"
    MUTED = "muted"
    ENDORSED = "endorsed"
    LISTED = "listed"


class _Both:
    """One list in both directions."""

    def __init__(self, table: sa.Table, of: str, listed: str) -> None:
        within = (
            sa.select(*_PERSON)
            .join(table, table.c[listed] == people.c.id)
            .where(
                table.c[of] == sa.bindparam("of", type_=_i64),
                table.c[listed] > sa.bindparam("above", type_=_i64),
                table.c[listed] < sa.bindparam("below", type_=_i64),
            )
            .limit(sa.bindparam("count", type_=sa.Integer))
        )
        self.down = Statement(within.order_by(table.c[listed].desc()), Person)
        self.up = Statement(within.order_by(table.c[listed]), Person)


_LISTS = {
    Circle.FOLLOWERS: _Both(follows, "followed_id", "follower_id"),
    Circle.FOLLOWING: _Both(follows, "follower_id", "followed_id"),
    Circle.ASKING: _Both(requests, "asked_id", "asker_id"),
    Circle.BLOCKED: _Both(blocks, "blocker_id", "blocked_id"),
    Circle.MUTED: _Both(mutes, "muter_id", "muted_id"),
    Circle.ENDORSED: _Both(endorsements, "endorser_id", "endorsed_id"),
    Circle.LISTED: _Both(list_members, "list_id", "person_id"),
}


class Familiar(msgspec.Struct, frozen=True, kw_only=True):
    """``friend_id``, whom the viewer follows, follows ``person_id``."""

    person_id: int
    friend_id: int


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is followed, and what is wanted of them."""

    person_id: int
    with_boosts: bool
    langs: tuple[str, ...]


_OTHERS = follows.alias("others")
_FAMILIAR = Statement(
    sa.select(
        _OTHERS.c.followed_id.label("person_id"), _OTHERS.c.follower_id.label("friend_id")
    )
    .join(follows, follows.c.followed_id == _OTHERS.c.follower_id)
    .where(
        follows.c.follower_id == sa.bindparam("viewer", type_=_i64),
        among(_OTHERS.c.followed_id, "ids"),
    ),
    Familiar,
)
_FOLLOWINGS = Statement(
    sa.select(
        follows.c.followed_id.label("person_id"), follows.c.with_boosts, follows.c.langs
    ).where(follows.c.follower_id == sa.bindparam("viewer", type_=_i64)),
    Following,
)
class _Wanting(msgspec.Struct, frozen=True, kw_only=True):
    followed_id: PersonId
    follower_id: PersonId


_WANTING = Statement(
    sa.select(follows.c.followed_id, follows.c.follower_id).where(
        among(follows.c.followed_id, "people"), follows.c.notify == sa.true()
    ),
    _Wanting,
)
_ASKING_COUNT = Statement(
    sa.select(sa.func.count()).where(requests.c.asked_id == sa.bindparam("viewer", type_=_i64)),
    int,
)
_FRIENDS_OF_FRIENDS = Statement(
    sa.select(_OTHERS.c.followed_id)
    .join(follows, follows.c.followed_id == _OTHERS.c.follower_id)
    .where(
        follows.c.follower_id == sa.bindparam("viewer", type_=_i64),
        _OTHERS.c.followed_id != sa.bindparam("viewer", type_=_i64),
    )
    .group_by(_OTHERS.c.followed_id)
    .order_by(sa.func.count().desc(), _OTHERS.c.followed_id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)


async def within(
    reads: Reads, circle: Circle, of: int, *, viewer: PersonId | None, above: int, below: int,
    count: int, upward: bool = False,
) -> list[Person]:
    """A page of somebody's people, newest accounts first, whichever way they were looked for.

    Those whom the viewer hides are left out (not of the viewer's own blocks), so fewer than
    ``count`` may come. ``of`` is a person, or a list's number for `Circle.LISTED`. Two queries.
    """
    both = _LISTS[circle]
    rows = await reads.all(
        both.up if upward else both.down, of=of, above=above, below=below, count=count
    )
    if circle is not Circle.BLOCKED:
        hidden = await queries.hidden_from(reads, viewer)
        rows = [row for row in rows if row.id not in hidden.blocked]
    return rows[::-1] if upward else rows


async def familiar(
    reads: Reads, viewer: PersonId, ids: Sequence[int]
) -> dict[int, list[Person]]:
    """Whom the viewer follows among the followers of these people; `FAMILIAR_MAX` of each at most.

    Whoever hides whom they follow is left out. Three queries.
    """
    rows = await reads.all(_FAMILIAR, viewer=viewer, ids=sorted(set(ids))) if ids else []
    friends: dict[int, list[int]] = {}
    for row in rows:
        friends.setdefault(row.person_id, []).append(row.friend_id)
    known = await queries.by_ids(reads, [row.friend_id for row in rows])
    hidden = await queries.hidden_from(reads, viewer)
    return {
        id_: [
            known[friend] for friend in sorted(friends.get(id_, ()), reverse=True)
            if friend in known and friend not in hidden.blocked and not known[friend].hides_circles
        ][:FAMILIAR_MAX]
        for id_ in ids
    }


async def followings(reads: Reads, viewer: PersonId) -> dict[int, Wishes]:
    """Everyone the viewer follows, and what they want of them. One query."""
    rows = await reads.all(_FOLLOWINGS, viewer=viewer)
    return {
        row.person_id: Wishes(with_boosts=row.with_boosts, langs=row.langs) for row in rows
    }


async def wanting_to_hear(
    reads: Reads, people: Iterable[PersonId]
) -> dict[PersonId, list[PersonId]]:
    """Who wants to be told of every note of each of these people; for telling them. One query."""
    found: dict[PersonId, list[PersonId]] = {}
    for row in await reads.all(_WANTING, people=sorted(set(people))):
        found.setdefault(row.followed_id, []).append(row.follower_id)
    return found


async def asking_count(reads: Reads, viewer: PersonId) -> int:
    """How many ask to follow the viewer."""
    return await reads.one(_ASKING_COUNT, viewer=viewer) or 0


async def friends_of_friends(reads: Reads, viewer: PersonId, *, count: int) -> list[int]:
    """Ids of people whom most of those follow whom the viewer follows; the viewer's own too."""
    return await reads.all(_FRIENDS_OF_FRIENDS, viewer=viewer, count=count)
