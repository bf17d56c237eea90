"""Reading people. Every read takes the viewer; who blocked the viewer is not found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.paging import Page, cursor, position
from catflap.ground.statements import Instant, Statement, among
from catflap.people import handles, relations
from catflap.people.model import (
    NOBODY_HIDDEN,
    Hidden,
    Person,
    PersonId,
    Reader,
    Relation,
    Tally,
    is_newcomer,
)
from catflap.people.tables import blocks, closings, follows, mutes, people

_i64 = sa.BigInteger
_PERSON = tuple(people.c[name] for name in Person.__struct_fields__)

_IS_OPEN = ~sa.exists().where(closings.c.person_id == people.c.id)
# Who left and may come back is there for nobody but themselves.
_IS_THERE = sa.or_(_IS_OPEN, people.c.id == sa.bindparam("viewer", type_=_i64))
_BY_ID = Statement(
    sa.select(*_PERSON).where(people.c.id == sa.bindparam("id", type_=_i64), _IS_THERE), Person
)
_BY_IDS = Statement(sa.select(*_PERSON).where(among(people.c.id, "ids")), Person)
_WITH_HANDLE = sa.select(*_PERSON).where(people.c.handle_folded == sa.bindparam("handle"))
_BY_HANDLE = Statement(_WITH_HANDLE.where(_IS_THERE), Person)
_ANYONE_BY_HANDLE = Statement(_WITH_HANDLE, Person)
EVERY_READER = sa.select(
    people.c.id, people.c.handle, people.c.name, people.c.avatar, people.c.locale,
    people.c.reads, people.c.translate, people.c.never_translate, people.c.script,
    people.c.joined_at, people.c.post_visibility, people.c.post_sensitive, people.c.post_lang,
    people.c.post_quotable_by, people.c.credited_by, people.c.waits,
    (people.c.notes_count + people.c.comments_count).label("published_count"),
).where(_IS_OPEN)
"""What a `Reader` is made of, for statements to say which."""
class _Credited(msgspec.Struct, frozen=True, kw_only=True):
    id: PersonId
    handle_folded: str
    credited_by: tuple[str, ...]


_CREDITED = Statement(
    sa.select(people.c.id, people.c.handle_folded, people.c.credited_by).where(
        among(people.c.handle_folded, "handles"), _IS_OPEN
    ),
    _Credited,
)
_READER = Statement(
    EVERY_READER.where(people.c.id == sa.bindparam("id", type_=_i64)), Reader
)


class _ReadingRow(msgspec.Struct, frozen=True, kw_only=True):
    reads: tuple[str, ...]
    count: int


_READING = Statement(
    sa.select(people.c.reads, sa.func.count().label("count")).group_by(people.c.reads), _ReadingRow
)


class _HiddenRow(msgspec.Struct, frozen=True, kw_only=True):
    other: int
    why: str
    silenced: bool
    until: datetime | None


_NO_END = sa.cast(sa.null(), Instant).label("until")
_HIDDEN = Statement(
    sa.union_all(
        sa.select(
            blocks.c.blocked_id.label("other"), sa.literal_column("'b'", sa.Text).label("why"),
            sa.true().label("silenced"), _NO_END,
        ).where(blocks.c.blocker_id == sa.bindparam("id", type_=_i64)),
        sa.select(blocks.c.blocker_id, sa.literal_column("'b'", sa.Text), sa.true(), _NO_END).where(
            blocks.c.blocked_id == sa.bindparam("id", type_=_i64)
        ),
        sa.select(
            mutes.c.muted_id, sa.literal_column("'m'", sa.Text), mutes.c.with_notices,
            mutes.c.until,
        ).where(mutes.c.muter_id == sa.bindparam("id", type_=_i64)),
        sa.select(
            closings.c.person_id, sa.literal_column("'b'", sa.Text), sa.true(), _NO_END
        ).where(
            closings.c.person_id > 0, closings.c.person_id != sa.bindparam("id", type_=_i64)
        ),
    ),
    _HiddenRow,
)
# A condition that holds for all: the plan then goes by the key.
_CLOSED = Statement(sa.select(closings.c.person_id).where(closings.c.person_id > 0), int)
_HAS_BLOCKED = Statement(
    sa.select(blocks.c.blocker_id).where(
        blocks.c.blocker_id == sa.bindparam("person", type_=_i64),
        blocks.c.blocked_id == sa.bindparam("viewer", type_=_i64),
    ),
    int,
)
_FOLLOWED_AMONG = Statement(
    sa.select(follows.c.followed_id).where(
        follows.c.follower_id == sa.bindparam("viewer", type_=_i64),
        among(follows.c.followed_id, "ids"),
    ),
    int,
)


class _Followed(msgspec.Struct, frozen=True, kw_only=True):
    followed_id: int
    at: datetime


_FOLLOWED_SINCE = Statement(
    sa.select(follows.c.followed_id, follows.c.at).where(
        follows.c.follower_id == sa.bindparam("follower", type_=_i64),
        follows.c.at > sa.bindparam("since", type_=Instant),
    ),
    _Followed,
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
_BETWEEN = (
    sa.select(people.c.id)
    .where(
        people.c.id > sa.bindparam("above", type_=_i64),
        people.c.id < sa.bindparam("below", type_=_i64),
    )
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_DOWNWARD = Statement(_BETWEEN.order_by(people.c.id.desc()), int)
_UPWARD = Statement(_BETWEEN.order_by(people.c.id), int)
_IDS_AFTER = Statement(
    sa.select(people.c.id)
    .where(people.c.id > sa.bindparam("after", type_=_i64))
    .order_by(people.c.id)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)
_ACTIVE = Statement(
    sa.select(*_PERSON)
    .where(
        people.c.discoverable == sa.true(),
        people.c.wrote_at < sa.bindparam("now", type_=Instant),
    )
    .order_by(people.c.wrote_at.desc())
    .limit(sa.bindparam("count", type_=sa.Integer))
    .offset(sa.bindparam("skipped", type_=sa.Integer)),
    Person,
)
_NEW = Statement(
    sa.select(*_PERSON)
    .where(
        people.c.discoverable == sa.true(),
        people.c.joined_at < sa.bindparam("now", type_=Instant),
        people.c.waits == sa.false(),
    )
    .order_by(people.c.joined_at.desc())
    .limit(sa.bindparam("count", type_=sa.Integer))
    .offset(sa.bindparam("skipped", type_=sa.Integer)),
    Person,
)
_COUNT = Statement(sa.select(sa.func.count()).select_from(people), int)
_TALLY = Statement(
    sa.select(
        sa.func.count().label("people"),
        sa.func.coalesce(sa.func.sum(people.c.notes_count), 0).label("notes"),
        sa.func.coalesce(sa.func.sum(people.c.comments_count), 0).label("comments"),
    ),
    Tally,
)
_JOINED = Statement(
    sa.select(sa.func.count()).where(
        people.c.joined_at >= sa.bindparam("since", type_=Instant),
        people.c.joined_at < sa.bindparam("until", type_=Instant),
    ),
    int,
)

PAGE = 40


async def credited(reads: Reads, named: Mapping[str, str]) -> dict[str, PersonId]:
    """Who wrote pages, by the page's site: ``named`` has the handle that each site names.

    Only whoever lets that site, or one that it is part of, say so. One query.
    """
    if not named:
        return {}
    folded = {site: handles.folded(handle) for site, handle in named.items()}
    rows = await reads.all(_CREDITED, handles=sorted(set(folded.values())))
    known = {row.handle_folded: row for row in rows}
    return {
        site: known[handle].id for site, handle in folded.items()
        if handle in known and any(
            site == domain or site.endswith(f".{domain}") for domain in known[handle].credited_by
        )
    }


async def reader(reads: Reads, person: PersonId) -> Reader | None:
    """The person who looks, or None where the account is gone or closed."""
    return await reads.one(_READER, id=person)


async def by_handle(reads: Reads, handle: str, *, viewer: PersonId | None) -> Person:
    """The person with a handle.

    Raises:
        NotFound: nobody has it, or they blocked the viewer.
    """
    if not handles.could_be(handle):
        raise NotFound("person")
    person = await reads.one(_BY_HANDLE, handle=handles.folded(handle), viewer=viewer or 0)
    if person is None or await _has_blocked(reads, person.id, viewer):
        raise NotFound("person")
    return person


async def anyone_by_handle(reads: Reads, handle: str) -> Person | None:
    """The person with a handle, though they left and may come back; for signing in alone."""
    if not handles.could_be(handle):
        return None
    return await reads.one(_ANYONE_BY_HANDLE, handle=handles.folded(handle))


async def by_id(reads: Reads, person: PersonId, *, viewer: PersonId | None) -> Person:
    """The person with an id; raises like `by_handle`."""
    found = await reads.one(_BY_ID, id=person, viewer=viewer or 0)
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
    return await reads.one(_HAS_BLOCKED, viewer=viewer, person=person) is not None


async def hidden_from(reads: Reads, viewer: PersonId | None) -> Hidden:
    """Whom the viewer does not see: blocked, muted, or gone with a way back. One query."""
    if viewer is None:
        closed = frozenset(await reads.all(_CLOSED))
        return Hidden(blocked=closed, muted=frozenset(), silenced=closed) if closed else (
            NOBODY_HIDDEN
        )
    # What has ended is left out here: an instant among the parameters would keep no answer.
    rows = [
        row for row in await reads.all(_HIDDEN, id=viewer)
        if row.until is None or row.until > clock.now()
    ]
    if not rows:
        return NOBODY_HIDDEN
    return Hidden(
        blocked=frozenset(row.other for row in rows if row.why == "b"),
        muted=frozenset(row.other for row in rows if row.why == "m"),
        silenced=frozenset(row.other for row in rows if row.silenced),
    )


async def relation(reads: Reads, *, viewer: PersonId | None, person: PersonId) -> Relation:
    """How the viewer stands to a person. One query."""
    return (await relations.among(reads, viewer, [person])).get(person, Relation())


async def followed_among(reads: Reads, viewer: PersonId | None, ids: Sequence[int]) -> set[int]:
    """Which of these people the viewer follows. One query."""
    if viewer is None or not ids:
        return set()
    return set(await reads.all(_FOLLOWED_AMONG, viewer=viewer, ids=sorted(set(ids))))


async def is_host(reads: Reads, person: PersonId, *, now: datetime) -> bool:
    """Whether somebody is here and no newcomer any more."""
    found = await reader(reads, person)
    return found is not None and not is_newcomer(
        joined_at=found.joined_at, published_count=found.published_count, now=now
    )


async def first_languages(reads: Reads) -> dict[str, int]:
    """How many people read each language first, most read first."""
    rows = await reads.all(_READING)
    counts: Counter[str] = Counter()
    for row in rows:
        if row.reads:
            counts[row.reads[0]] += row.count
    return dict(counts.most_common())


async def newcomers_among(reads: Reads, ids: Sequence[int], *, since: datetime) -> set[int]:
    """Which of these people joined after ``since``. One query."""
    if not ids:
        return set()
    return set(await reads.all(_NEWCOMERS_AMONG, ids=sorted(set(ids)), since=since))


async def followed_since(
    reads: Reads, follower: PersonId, *, since: datetime
) -> dict[int, datetime]:
    """Whom somebody follows since after an instant, and since when. One query."""
    rows = await reads.all(_FOLLOWED_SINCE, follower=follower, since=since)
    return {row.followed_id: row.at for row in rows}


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


async def directory(
    reads: Reads, *, viewer: PersonId | None, newest: bool, skipped: int, count: int
) -> list[Person]:
    """People who want to be known, who wrote last or came last first. Two queries.

    Those whom the viewer blocked or who blocked the viewer are left out.
    """
    # To the minute, and over it, so that a page is kept for a while and nobody is missing.
    until = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=2)
    found = await reads.all(
        _NEW if newest else _ACTIVE, now=until, count=count, skipped=skipped
    )
    hidden = await hidden_from(reads, viewer)
    return [person for person in found if person.id not in hidden.blocked]


async def count(reads: Reads) -> int:
    """How many people there are."""
    return await reads.one(_COUNT) or 0


async def tally(reads: Reads) -> Tally:
    """How many people there are, and what they wrote; one pass over all of them."""
    return await reads.one(_TALLY) or Tally(people=0, notes=0, comments=0)


async def joined_between(reads: Reads, since: datetime, until: datetime) -> int:
    """How many people came in a span of time and are still here, those who wait among them."""
    return await reads.one(_JOINED, since=since, until=until) or 0


async def ids_within(
    reads: Reads, *, above: int, below: int, count: int, upward: bool
) -> list[int]:
    """Of everybody between two ids the newest, newest first; ``upward``: those next above."""
    statement = _UPWARD if upward else _DOWNWARD
    rows = await reads.all(statement, above=above, below=below, count=count)
    return rows[::-1] if upward else rows


async def ids_after(reads: Reads, after: int, *, count: int) -> list[int]:
    """Ids of people in their order, for jobs that go through all; never for showing."""
    return await reads.all(_IDS_AFTER, after=after, count=count)
