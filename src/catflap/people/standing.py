"""How many people stand to one: the other way round from `queries`, for telling many at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.statements import Instant, Statement, among
from catflap.people import closing, queries
from catflap.people.model import NOBODY_HIDDEN, Hidden, PersonId, Reader
from catflap.people.tables import blocks, follows, mutes, people

_i64 = sa.BigInteger


class _AwayRow(msgspec.Struct, frozen=True, kw_only=True):
    viewer: int
    why: str
    silenced: bool
    until: datetime | None


_NO_END = sa.cast(sa.null(), Instant).label("until")
_AWAY = Statement(
    sa.union_all(
        sa.select(
            blocks.c.blocker_id.label("viewer"), sa.literal_column("'b'", sa.Text).label("why"),
            sa.true().label("silenced"), _NO_END,
        ).where(
            blocks.c.blocked_id == sa.bindparam("person", type_=_i64),
            among(blocks.c.blocker_id, "viewers"),
        ),
        sa.select(
            blocks.c.blocked_id, sa.literal_column("'b'", sa.Text), sa.true(), _NO_END
        ).where(
            blocks.c.blocker_id == sa.bindparam("person", type_=_i64),
            among(blocks.c.blocked_id, "viewers"),
        ),
        sa.select(
            mutes.c.muter_id, sa.literal_column("'m'", sa.Text), mutes.c.with_notices,
            mutes.c.until,
        ).where(
            mutes.c.muted_id == sa.bindparam("person", type_=_i64),
            among(mutes.c.muter_id, "viewers"),
        ),
    ),
    _AwayRow,
)
_FOLLOWERS_AMONG = Statement(
    sa.select(follows.c.follower_id).where(
        follows.c.followed_id == sa.bindparam("person", type_=_i64),
        among(follows.c.follower_id, "viewers"),
    ),
    int,
)
_BOOSTED_TO_AMONG = Statement(
    sa.select(follows.c.follower_id).where(
        follows.c.followed_id == sa.bindparam("person", type_=_i64),
        among(follows.c.follower_id, "viewers"), follows.c.with_boosts == sa.true(),
    ),
    int,
)
_SINCE = Statement(
    sa.select(follows.c.at).where(
        follows.c.follower_id == sa.bindparam("follower", type_=_i64),
        follows.c.followed_id == sa.bindparam("followed", type_=_i64),
    ),
    datetime,
)
_READERS = Statement(queries.EVERY_READER.where(among(people.c.id, "ids")), Reader)


async def follows_since(
    reads: Reads, follower: PersonId, followed: PersonId
) -> datetime | None:
    """Since when somebody follows another, None where they do not. One query."""
    return await reads.one(_SINCE, follower=follower, followed=followed)


async def hidden_from_each(
    reads: Reads, person: PersonId, viewers: Collection[int]
) -> dict[int, Hidden]:
    """`queries.hidden_from` for many viewers, as far as one person goes. Two queries."""
    made = dict.fromkeys(viewers, NOBODY_HIDDEN)
    if not viewers:
        return made
    one = frozenset({int(person)})
    if await closing.is_closed(reads, person):
        gone = Hidden(blocked=one, muted=frozenset(), silenced=one)
        return {viewer: NOBODY_HIDDEN if viewer == person else gone for viewer in viewers}
    for row in await reads.all(_AWAY, person=person, viewers=sorted(viewers)):
        if row.until is not None and row.until <= clock.now():
            continue
        held = made[row.viewer]
        made[row.viewer] = Hidden(
            blocked=one if row.why == "b" else held.blocked,
            muted=one if row.why == "m" else held.muted,
            silenced=one if row.silenced else held.silenced,
        )
    return made


async def followers_among(reads: Reads, person: int, viewers: Collection[int]) -> set[int]:
    """Which of these follow a person. One query."""
    if not viewers:
        return set()
    return set(await reads.all(_FOLLOWERS_AMONG, person=person, viewers=sorted(viewers)))


async def boosted_to_among(reads: Reads, person: int, viewers: Collection[int]) -> set[int]:
    """Which of these follow a person and want what they pass on. One query."""
    if not viewers:
        return set()
    return set(await reads.all(_BOOSTED_TO_AMONG, person=person, viewers=sorted(viewers)))


async def readers(reads: Reads, ids: Collection[int]) -> dict[int, Reader]:
    """Several people as they read, by id; those who left are not there. One query."""
    if not ids:
        return {}
    return {reader.id: reader for reader in await reads.all(_READERS, ids=sorted(ids))}
