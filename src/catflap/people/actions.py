"""Changing people: joining, describing oneself, following, blocking, muting, leaving."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.characters import on_one_line, writable
from catflap.ground.database import Tx, UniqueViolated
from catflap.ground.errors import NotFound, TextTooLong, TooMany
from catflap.ground.sealing import Seal
from catflap.ground.statements import Instant, Json, Statement, insert_unless_there
from catflap.people import closing, handles, left_handles, waiting
from catflap.people.errors import HandleTaken, NotYourself
from catflap.people.events import (
    FollowRequested,
    FollowRequestEnded,
    PersonDescribed,
    PersonFollowed,
    PersonJoined,
    PersonLeft,
)
from catflap.people.model import (
    BIO_MAX_CHARS,
    HOME_MAX_CHARS,
    NAME_MAX_CHARS,
    READS_MAX,
    PersonId,
    Wishes,
)
from catflap.people.tables import (
    blocks,
    endorsements,
    follows,
    list_members,
    lists,
    mutes,
    people,
    requests,
)

_i64 = sa.BigInteger
_CODES = Json(tuple[str, ...])

_LEFT_AS_USUAL = {
    "home_key", "header", "fields", "locked", "automated", "discoverable", "indexable",
    "hides_circles",
    "post_visibility", "post_sensitive", "post_lang", "post_quotable_by",
    "credited_by", "wrote_at", "waits",
}
_JOIN = Statement(
    people.insert().values(
        {name: sa.bindparam(name) for name in people.c.keys() if name not in _LEFT_AS_USUAL}
    )
)
_DESCRIBE = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(
        name=sa.bindparam("new_name"), bio=sa.bindparam("new_bio"),
        bio_key=sa.bindparam("new_bio_key"), bio_lang=sa.bindparam("new_bio_lang"),
        home=sa.bindparam("new_home"), home_key=sa.bindparam("new_home_key"),
        revision=people.c.revision + 1,
    )
)
def _wear(column: str) -> Statement[None]:
    return Statement(
        people.update()
        .where(people.c.id == sa.bindparam("person", type_=_i64))
        .values({column: sa.bindparam("url"), "revision": people.c.revision + 1})
    )


_WEAR, _HANG = _wear("avatar"), _wear("header")
SCRIPTS = ("Hans", "Hant")

_READ_IN = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(
        locale=sa.bindparam("new_locale"), reads=sa.bindparam("codes", type_=_CODES),
        translate=sa.bindparam("on", type_=sa.Boolean),
        never_translate=sa.bindparam("never", type_=_CODES), script=sa.bindparam("new_script"),
    )
)
_LEAVE = Statement(people.delete().where(people.c.id == sa.bindparam("person", type_=_i64)))


def _put(table: sa.Table) -> Statement[None]:
    one, other = table.primary_key.columns
    return Statement(
        insert_unless_there(table).values(
            {
                one.name: sa.bindparam("one", type_=_i64),
                other.name: sa.bindparam("other", type_=_i64),
                "at": sa.bindparam("at", type_=Instant),
            }
        )
    )


def _take(table: sa.Table) -> Statement[None]:
    one, other = table.primary_key.columns
    return Statement(
        table.delete().where(
            one == sa.bindparam("one", type_=_i64), other == sa.bindparam("other", type_=_i64)
        )
    )


def _has(table: sa.Table) -> Statement[int]:
    one, other = table.primary_key.columns
    return Statement(
        sa.select(one).where(
            one == sa.bindparam("one", type_=_i64), other == sa.bindparam("other", type_=_i64)
        ),
        int,
    )


_PAIRS = (follows, requests, blocks, mutes, endorsements)
_PUT = {table.name: _put(table) for table in _PAIRS}
_TAKE = {table.name: _take(table) for table in _PAIRS}
_HAS = {table.name: _has(table) for table in (follows, blocks)}
_WISH = {
    table.name: Statement(
        table.update()
        .where(
            *(
                column == sa.bindparam(name, type_=_i64)
                for column, name in zip(table.primary_key.columns, ("one", "other"), strict=True)
            )
        )
        .values(
            with_boosts=sa.bindparam("boosts", type_=sa.Boolean),
            notify=sa.bindparam("hear", type_=sa.Boolean),
            langs=sa.bindparam("wanted", type_=_CODES),
        )
    )
    for table in (follows, requests)
}
_MUTE_SO = Statement(
    mutes.update()
    .where(
        mutes.c.muter_id == sa.bindparam("one", type_=_i64),
        mutes.c.muted_id == sa.bindparam("other", type_=_i64),
    )
    .values(
        with_notices=sa.bindparam("silent", type_=sa.Boolean),
        until=sa.bindparam("until_at", type_=Instant),
    )
)
_IS_LOCKED = Statement(
    sa.select(people.c.locked).where(people.c.id == sa.bindparam("person", type_=_i64)), bool
)
_OFF_LISTS = Statement(
    list_members.delete().where(
        list_members.c.person_id == sa.bindparam("person", type_=_i64),
        list_members.c.list_id.in_(
            sa.select(lists.c.id).where(lists.c.owner_id == sa.bindparam("owner", type_=_i64))
        ),
    )
)
_EXISTS = Statement(
    sa.select(people.c.id).where(people.c.id == sa.bindparam("person", type_=_i64)), int
)

_HOLD = Statement(
    sa.select(people.c.id)
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .with_for_update(key_share=True),
    int,
)


def _counter(column: str) -> Statement[None]:
    return Statement(
        people.update()
        .where(people.c.id == sa.bindparam("person", type_=_i64))
        .values({column: people.c[column] + sa.bindparam("by", type_=sa.Integer)})
    )


_COUNTERS = {
    name: _counter(name)
    for name in (
        "notes_count", "comments_count", "followers_count", "following_count", "likes_count"
    )
}


_AT = sa.bindparam("at", type_=Instant)
_WROTE = {
    name: Statement(
        people.update()
        .where(people.c.id == sa.bindparam("person", type_=_i64))
        .values({
            name: people.c[name] + 1,
            "wrote_at": sa.case(
                (people.c.wrote_at.is_(None) | (people.c.wrote_at < _AT), _AT),
                else_=people.c.wrote_at,
            ),
        })
    )
    for name in ("notes_count", "comments_count")
}


def text_within(field: str, text: str, limit_chars: int) -> str:
    """A writable text after NFC, within its limit.

    Raises:
        TextTooLong: it is longer.
    """
    text = unicodedata.normalize("NFC", writable(text).strip())
    if len(text) > limit_chars:
        raise TextTooLong(field, length_chars=len(text), limit_chars=limit_chars)
    return text


async def join(
    tx: Tx,
    *,
    handle: str,
    locale: str,
    reads: Sequence[str],
    name: str = "",
    joined_at: datetime | None = None,
    seal: Seal | None = None,
) -> PersonId:
    """A new person, unlocked and public.

    With ``seal``, which every door that strangers come through gives, nobody takes the handle of
    somebody who left; without it, it is an operator who says so.

    Raises:
        HandleInvalid, HandleConfusable, HandleTaken: see `handles.checked`.
    """
    kept = handles.checked(handle)
    at = joined_at or clock.now()
    person = PersonId(ids.new(shard=ids.random_shard(), at=joined_at))
    row: Mapping[str, Any] = {
        "id": person, "handle": kept, "handle_skeleton": handles.skeleton(kept),
        "handle_folded": handles.folded(kept),
        "name": text_within("name", on_one_line(name), NAME_MAX_CHARS) or kept,
        "bio": "", "bio_key": "", "bio_lang": "zxx", "home": "", "avatar": "", "locale": locale,
        "reads": tuple(reads), "translate": True, "never_translate": (), "joined_at": at,
        "script": "",
        "notes_count": 0, "comments_count": 0, "followers_count": 0, "following_count": 0,
        "likes_count": 0, "revision": 0,
    }
    try:
        await tx.run(_JOIN, **row)
    except UniqueViolated as error:
        raise HandleTaken(handle) from error
    if seal is not None:
        # Asked after the row stands, which waits for whoever leaves with the handle meanwhile.
        await left_handles.refuse(tx, kept, seal=seal)
    await events.emit(tx, PersonJoined(person=person))
    return person


_ARRIVED = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(joined_at=sa.bindparam("at", type_=Instant))
)


async def arrived_at(tx: Tx, person: PersonId, *, at: datetime) -> None:
    """Set when somebody came, for imports and the demo."""
    await tx.run(_ARRIVED, person=person, at=at)


async def describe(
    tx: Tx, person: PersonId, *, name: str, bio: str, bio_key: str, bio_lang: str, home: str,
    home_key: str = "",
) -> None:
    """Say who one is. The keys and ``bio_lang`` come from translation, which knows texts.

    Raises:
        TextTooLong: naming the field.
        StillWaiting: ``person`` is not let in yet, and a profile is seen by everybody.
    """
    await waiting.must_be_in(tx, person)
    await tx.run(
        _DESCRIBE,
        person=person,
        new_name=text_within("name", on_one_line(name), NAME_MAX_CHARS) or "…",
        new_bio=text_within("bio", bio, BIO_MAX_CHARS),
        new_bio_key=bio_key,
        new_bio_lang=bio_lang,
        new_home=text_within("home", on_one_line(home), HOME_MAX_CHARS),
        new_home_key=home_key,
    )
    await events.emit(tx, PersonDescribed(person=person))


async def hold(tx: Tx, person: PersonId) -> None:
    """Let nobody else change a person until this transaction ends; SQLite has one writer anyway.

    For whoever reads what a person has, and lets go of it: two who read the same would both.
    """
    await tx.one(_HOLD, person=person)


async def wear(tx: Tx, person: PersonId, *, avatar_url: str) -> None:
    """Show another avatar, or none."""
    await tx.run(_WEAR, person=person, url=avatar_url)
    await events.emit(tx, PersonDescribed(person=person))


async def hang(tx: Tx, person: PersonId, *, header_url: str) -> None:
    """Show another picture across one's profile, or none."""
    await tx.run(_HANG, person=person, url=header_url)
    await events.emit(tx, PersonDescribed(person=person))


async def read_in(
    tx: Tx,
    person: PersonId,
    *,
    locale: str,
    reads: Sequence[str],
    translate: bool,
    never_translate: Sequence[str],
    script: str = "",
) -> None:
    """Choose the interface's language, the languages one reads, and what is never translated.

    ``script`` is the one Chinese is shown in: ``Hans``, ``Hant``, or "" for as it was written.

    Raises:
        TooMany: more languages than `READS_MAX`.
    """
    if len(reads) > READS_MAX:
        raise TooMany("languages", count=len(reads), limit=READS_MAX)
    await tx.run(
        _READ_IN, person=person, new_locale=locale, codes=tuple(dict.fromkeys(reads)),
        on=translate, never=tuple(dict.fromkeys(never_translate)),
        new_script=script if script in SCRIPTS else "",
    )


async def wrote(tx: Tx, person: PersonId, counter: str, *, at: datetime) -> None:
    """Count one more of what somebody published (``notes_count`` or ``comments_count``)."""
    await tx.run(_WROTE[counter], person=person, at=at)


async def adjust(tx: Tx, person: PersonId, counter: str, *, by: int) -> None:
    """Move one of a person's public counters (``notes_count``, ``likes_count`` …)."""
    await tx.run(_COUNTERS[counter], person=person, by=by)


async def _pair(tx: Tx, table: sa.Table, one: PersonId, other: PersonId) -> bool:
    """Put a pair into a table; false where it stood there."""
    if one == other:
        raise NotYourself(table.name)
    if await tx.one(_EXISTS, person=other) is None:
        raise NotFound("person")
    return bool(await tx.run(_PUT[table.name], one=one, other=other, at=clock.now()))


async def may_meet(tx: Tx, one: PersonId, other: PersonId) -> None:
    """Let nobody past where one of two blocked the other.

    Raises:
        NotFound: so it is, or the other left and may come back.
    """
    if await closing.is_closed(tx, other):
        raise NotFound("person")
    for by, person in ((one, other), (other, one)):
        if await tx.one(_HAS["blocks"], one=by, other=person) is not None:
            raise NotFound("person")


async def follow(
    tx: Tx, *, by: PersonId, person: PersonId, wishes: Wishes | None = None
) -> bool:
    """Follow somebody, or ask to where they are locked; false where one did already.

    With ``wishes``, those of a follow or request that stands already change too.

    Raises:
        NotYourself: one follows oneself.
        NotFound: nobody is there, or one of the two blocked the other.
        StillWaiting: ``by`` is not let in yet.
    """
    await waiting.must_be_in(tx, by)
    await may_meet(tx, by, person)
    # Whoever unlocks at this moment answers all who ask: held, this is one of them or is not.
    await hold(tx, person)
    is_locked = await tx.one(_IS_LOCKED, person=person)
    stands = await tx.one(_HAS["follows"], one=by, other=person) is not None
    table = requests if is_locked and not stands else follows
    is_new = await _pair(tx, table, by, person)
    if wishes is not None:
        await tx.run(
            _WISH[table.name], one=by, other=person, boosts=wishes.with_boosts,
            hear=wishes.notify, wanted=wishes.langs,
        )
    if is_new and table is follows:
        await began(tx, by=by, person=person)
    elif is_new:
        await events.emit(tx, FollowRequested(follower=by, followed=person))
    return is_new


async def began(tx: Tx, *, by: PersonId, person: PersonId, was_asked: bool = False) -> None:
    """Count a follow that stands since now, and tell the house."""
    await _count_follow(tx, by, person, by_count=1)
    await events.emit(tx, PersonFollowed(follower=by, followed=person, was_asked=was_asked))


async def unfollow(tx: Tx, *, by: PersonId, person: PersonId) -> bool:
    """Stop following somebody, or asking to; false where one did neither."""
    if await tx.run(_TAKE["follow_requests"], one=by, other=person):
        await events.emit(tx, FollowRequestEnded(follower=by, followed=person))
        return True
    if not await tx.run(_TAKE["follows"], one=by, other=person):
        return False
    await tx.run(_OFF_LISTS, owner=by, person=person)
    await tx.run(_TAKE["endorsements"], one=by, other=person)
    await _count_follow(tx, by, person, by_count=-1)
    return True


async def _count_follow(
    tx: Tx, follower: PersonId, followed: PersonId, *, by_count: int
) -> None:
    """Both counters, the lower id's first: two who follow each other must not wait in a circle."""
    ends = sorted([(follower, "following_count"), (followed, "followers_count")])
    for person, counter in ends:
        await adjust(tx, person, counter, by=by_count)


async def block(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Neither sees the other from now on, and neither follows the other."""
    await _pair(tx, blocks, by, person)
    await unfollow(tx, by=by, person=person)
    await unfollow(tx, by=person, person=by)


async def unblock(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Take a block back."""
    await tx.run(_TAKE["blocks"], one=by, other=person)


async def mute(
    tx: Tx, *, by: PersonId, person: PersonId, with_notices: bool = True,
    until: datetime | None = None,
) -> None:
    """Do not see somebody, without their knowing; of their deeds hear only if one wants to.

    A mute that stands is changed.
    """
    await _pair(tx, mutes, by, person)
    await tx.run(_MUTE_SO, one=by, other=person, silent=with_notices, until_at=until)


async def unmute(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Take a mute back."""
    await tx.run(_TAKE["mutes"], one=by, other=person)


_FOLLOW_ENDS = Statement(
    sa.select(follows.c.follower_id, follows.c.followed_id).where(
        (follows.c.follower_id == sa.bindparam("person", type_=_i64))
        | (follows.c.followed_id == sa.bindparam("person", type_=_i64))
    )
)


async def leave(tx: Tx, person: PersonId, *, seal: Seal) -> None:
    """Delete a person for real; the tables that point at them cascade, counters are set right.

    Marks of their handle stay, so that nobody comes as them.
    """
    await left_handles.keep(tx, person, seal=seal)
    for follower, followed in await tx.all(_FOLLOW_ENDS, person=person):
        if follower == person:
            await adjust(tx, PersonId(followed), "followers_count", by=-1)
        else:
            await adjust(tx, PersonId(follower), "following_count", by=-1)
    await tx.run(_LEAVE, person=person)
    await events.emit(tx, PersonLeft(person=person))
