"""Tags that somebody follows or shows on their profile, and how much tags are used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TooMany
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.notes.actions import checked_tag
from catflap.notes.model import Visibility
from catflap.notes.tables import featured_tags, note_tags, notes, tag_follows
from catflap.notes.trending import DayUse
from catflap.people import actions as people
from catflap.people.model import PersonId

FOLLOWED_MAX = 200
FEATURED_MAX = 10
SUGGESTED_MAX = 10
DAYS = 7
RECENT_NOTES = 400
"""Of somebody's, from which tags are suggested."""

_i64 = sa.BigInteger
_DAY_OF_IDS = 86_400_000 << 22
"""How far apart ids of one day are: their time stands above 22 bits (see `ground.ids`)."""


class TagFollow(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that somebody follows."""

    id: int
    tag: str


class Featured(msgspec.Struct, frozen=True, kw_only=True):
    """A tag on somebody's profile, and how they used it."""

    id: int
    tag: str
    notes_count: int
    last_at: datetime | None


def _within(*more: sa.ColumnElement[bool]) -> sa.Select[tuple[int, str]]:
    return (
        sa.select(tag_follows.c.id, tag_follows.c.tag)
        .where(tag_follows.c.person_id == sa.bindparam("person", type_=_i64), *more)
        .limit(sa.bindparam("count", type_=sa.Integer))
    )


_SPAN = (
    tag_follows.c.id > sa.bindparam("above", type_=_i64),
    tag_follows.c.id < sa.bindparam("below", type_=_i64),
)
_DOWN = Statement(_within(*_SPAN).order_by(tag_follows.c.id.desc()), TagFollow)
_UP = Statement(_within(*_SPAN).order_by(tag_follows.c.id), TagFollow)
_EVERY = Statement(
    sa.select(tag_follows.c.tag).where(
        tag_follows.c.person_id == sa.bindparam("person", type_=_i64)
    ),
    str,
)
_AMONG = Statement(
    sa.select(tag_follows.c.tag).where(
        tag_follows.c.person_id == sa.bindparam("person", type_=_i64),
        among(tag_follows.c.tag, "tags"),
    ),
    str,
)


def _put(table: sa.Table) -> tuple[Statement[None], Statement[None]]:
    put = insert_unless_there(table).values(
        id=sa.bindparam("id"), person_id=sa.bindparam("person"), tag=sa.bindparam("name")
    )
    take = table.delete().where(
        table.c.person_id == sa.bindparam("person", type_=_i64),
        table.c.tag == sa.bindparam("name"),
    )
    return Statement(put), Statement(take)


_FOLLOW, _UNFOLLOW = _put(tag_follows)
_FEATURE, _UNFEATURE = _put(featured_tags)
_FEATURED = Statement(
    sa.select(
        featured_tags.c.id, featured_tags.c.tag,
        sa.func.count(notes.c.id).label("notes_count"),
        sa.func.max(notes.c.made_at, type_=Instant).label("last_at"),
    )
    .outerjoin(note_tags, note_tags.c.tag == featured_tags.c.tag)
    .outerjoin(
        notes,
        sa.and_(
            notes.c.id == note_tags.c.note_id, notes.c.author_id == featured_tags.c.person_id
        ),
    )
    .where(featured_tags.c.person_id == sa.bindparam("person", type_=_i64))
    .group_by(featured_tags.c.id, featured_tags.c.tag)
    .order_by(featured_tags.c.id),
    Featured,
)
_RECENT = (
    sa.select(notes.c.id)
    .where(notes.c.author_id == sa.bindparam("person", type_=_i64), notes.c.root_id.is_(None))
    .order_by(notes.c.id.desc())
    .limit(RECENT_NOTES)
    .subquery()
)
_OFTEN = Statement(
    sa.select(note_tags.c.tag)
    .join(_RECENT, _RECENT.c.id == note_tags.c.note_id)
    .group_by(note_tags.c.tag)
    .order_by(sa.func.count().desc(), note_tags.c.tag)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    str,
)


class _UsedRow(msgspec.Struct, frozen=True, kw_only=True):
    tag: str
    day: int
    notes_count: int
    people_count: int


_DAY = note_tags.c.note_id // sa.literal_column(str(_DAY_OF_IDS), _i64)
_USED = Statement(
    sa.select(
        note_tags.c.tag, _DAY.label("day"), sa.func.count().label("notes_count"),
        sa.func.count(notes.c.author_id.distinct()).label("people_count"),
    )
    .join(notes, notes.c.id == note_tags.c.note_id)
    .where(
        among(note_tags.c.tag, "tags"),
        note_tags.c.note_id >= sa.bindparam("since", type_=_i64),
        notes.c.visibility == Visibility.PUBLIC.value,
    )
    .group_by(note_tags.c.tag, _DAY),
    _UsedRow,
)


async def follow(tx: Tx, tag: str, *, by: PersonId) -> str:
    """Have a tag's notes come home; once is enough. The answer is the tag as it is kept.

    Raises:
        TagInvalid
        TooMany: more than `FOLLOWED_MAX`.
    """
    name = checked_tag(tag)
    await people.hold(tx, by)
    followed_now = set(await followed(tx, by))
    if len(followed_now | {name}) > FOLLOWED_MAX:
        raise TooMany("tags", count=len(followed_now) + 1, limit=FOLLOWED_MAX)
    await tx.run(_FOLLOW, id=ids.new(shard=ids.shard_of(by)), person=by, name=name)
    return name


async def unfollow(tx: Tx, tag: str, *, by: PersonId) -> str:
    """Take that back; the answer is the tag as it is kept.

    Raises:
        TagInvalid
    """
    name = checked_tag(tag)
    await tx.run(_UNFOLLOW, person=by, name=name)
    return name


async def followed(reads: Reads, viewer: PersonId) -> list[str]:
    """Every tag that the viewer follows. One query."""
    return await reads.all(_EVERY, person=viewer)


async def followed_among(reads: Reads, viewer: PersonId | None, tags: Sequence[str]) -> set[str]:
    """Which of these tags the viewer follows. One query."""
    if viewer is None or not tags:
        return set()
    return set(await reads.all(_AMONG, person=viewer, tags=list(tags)))


async def followed_within(
    reads: Reads, viewer: PersonId, *, above: int, below: int, count: int, upward: bool = False
) -> list[TagFollow]:
    """A page of the tags that the viewer follows, last followed first."""
    rows = await reads.all(
        _UP if upward else _DOWN, person=viewer, above=above, below=below, count=count
    )
    return rows[::-1] if upward else rows


async def feature(tx: Tx, tag: str, *, by: PersonId) -> Featured:
    """Show a tag on one's profile; once is enough.

    Raises:
        TagInvalid
        TooMany: more than `FEATURED_MAX`.
    """
    name = checked_tag(tag)
    await people.hold(tx, by)
    shown = {one.tag for one in await featured(tx, by)}
    if len(shown | {name}) > FEATURED_MAX:
        raise TooMany("featured_tags", count=len(shown) + 1, limit=FEATURED_MAX)
    await tx.run(_FEATURE, id=ids.new(shard=ids.shard_of(by)), person=by, name=name)
    return next(one for one in await featured(tx, by) if one.tag == name)


async def unfeature(tx: Tx, tag: str, *, by: PersonId) -> str:
    """Show a tag no more; the answer is the tag as it is kept.

    Raises:
        TagInvalid
    """
    name = checked_tag(tag)
    await tx.run(_UNFEATURE, person=by, name=name)
    return name


async def unfeature_by_id(tx: Tx, id_: int, *, by: PersonId) -> None:
    """`unfeature` by the row's number.

    Raises:
        NotFound: it is none of one's own.
    """
    for one in await featured(tx, by):
        if one.id == id_:
            await tx.run(_UNFEATURE, person=by, name=one.tag)
            return
    raise NotFound("tag")


async def featured(reads: Reads, person: PersonId) -> list[Featured]:
    """The tags on a person's profile, with how they used them in public notes. One query."""
    return await reads.all(_FEATURED, person=person)


async def often(reads: Reads, person: PersonId, *, count: int = SUGGESTED_MAX) -> list[str]:
    """The tags that a person uses most in their recent public notes. One query."""
    return await reads.all(_OFTEN, person=person, count=count)


async def used(reads: Reads, tags: Sequence[str]) -> dict[str, list[DayUse]]:
    """How much each of these tags was used in the last `DAYS` days, today first. One query."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    newest = (today - ids.EPOCH).days
    since = max(0, newest - DAYS + 1) * _DAY_OF_IDS
    rows = await reads.all(_USED, tags=list(tags), since=since) if tags else []
    counted = {(row.tag, row.day): row for row in rows}
    made: dict[str, list[DayUse]] = {}
    for tag in tags:
        made[tag] = [
            DayUse(
                at=today - timedelta(days=back), notes=row.notes_count if row else 0,
                people=row.people_count if row else 0,
            )
            for back in range(DAYS)
            for row in (counted.get((tag, newest - back)),)
        ]
    return made
