"""Changing people: joining, describing oneself, following, blocking, muting, leaving."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Tx, UniqueViolated
from catflap.ground.errors import NotFound, TextTooLong, TooMany
from catflap.ground.statements import Instant, Json, Statement
from catflap.people import handles
from catflap.people.errors import HandleTaken, NotYourself
from catflap.people.events import PersonFollowed, PersonJoined, PersonLeft
from catflap.people.model import (
    BIO_MAX_CHARS,
    HOME_MAX_CHARS,
    NAME_MAX_CHARS,
    READS_MAX,
    PersonId,
)
from catflap.people.tables import blocks, follows, mutes, people

_i64 = sa.BigInteger
_CODES = Json(tuple[str, ...])

_JOIN = Statement(
    people.insert().values({name: sa.bindparam(name) for name in people.c.keys()})
)
_DESCRIBE = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(
        name=sa.bindparam("new_name"), bio=sa.bindparam("new_bio"),
        bio_key=sa.bindparam("new_bio_key"), bio_lang=sa.bindparam("new_bio_lang"),
        home=sa.bindparam("new_home"), revision=people.c.revision + 1,
    )
)
_WEAR = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(avatar=sa.bindparam("url"), revision=people.c.revision + 1)
)
_READ_IN = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(
        locale=sa.bindparam("new_locale"), reads=sa.bindparam("codes", type_=_CODES),
        translate=sa.bindparam("on", type_=sa.Boolean),
        never_translate=sa.bindparam("never", type_=_CODES),
    )
)
_LEAVE = Statement(people.delete().where(people.c.id == sa.bindparam("person", type_=_i64)))


def _put(table: sa.Table) -> Statement[None]:
    one, other = table.primary_key.columns
    return Statement(
        table.insert().values(
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


_PUT = {table.name: _put(table) for table in (follows, blocks, mutes)}
_TAKE = {table.name: _take(table) for table in (follows, blocks, mutes)}
_HAS = {table.name: _has(table) for table in (follows, blocks, mutes)}
_EXISTS = Statement(
    sa.select(people.c.id).where(people.c.id == sa.bindparam("person", type_=_i64)), int
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


def text_within(field: str, text: str, limit_chars: int) -> str:
    """A text after NFC, within its limit.

    Raises:
        TextTooLong: it is longer.
    """
    text = unicodedata.normalize("NFC", text.strip())
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
) -> PersonId:
    """A new person, unlocked and public.

    Raises:
        HandleInvalid, HandleConfusable, HandleTaken: see `handles.checked`.
    """
    kept = handles.checked(handle)
    at = joined_at or clock.now()
    person = PersonId(ids.new(shard=ids.random_shard(), at=joined_at))
    row: Mapping[str, Any] = {
        "id": person, "handle": kept, "handle_skeleton": handles.skeleton(kept),
        "handle_folded": handles.folded(kept),
        "name": text_within("name", name, NAME_MAX_CHARS) or kept,
        "bio": "", "bio_key": "", "bio_lang": "zxx", "home": "", "avatar": "", "locale": locale,
        "reads": tuple(reads), "translate": True, "never_translate": (), "joined_at": at,
        "notes_count": 0, "comments_count": 0, "followers_count": 0, "following_count": 0,
        "likes_count": 0, "revision": 0,
    }
    try:
        await tx.run(_JOIN, **row)
    except UniqueViolated as error:
        raise HandleTaken(handle) from error
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
    tx: Tx, person: PersonId, *, name: str, bio: str, bio_key: str, bio_lang: str, home: str
) -> None:
    """Say who one is. ``bio_key`` and ``bio_lang`` come from translation, which knows texts.

    Raises:
        TextTooLong: naming the field.
    """
    await tx.run(
        _DESCRIBE,
        person=person,
        new_name=text_within("name", name, NAME_MAX_CHARS) or "…",
        new_bio=text_within("bio", bio, BIO_MAX_CHARS),
        new_bio_key=bio_key,
        new_bio_lang=bio_lang,
        new_home=text_within("home", home, HOME_MAX_CHARS),
    )


async def wear(tx: Tx, person: PersonId, *, avatar_url: str) -> None:
    """Show another avatar."""
    await tx.run(_WEAR, person=person, url=avatar_url)


async def read_in(
    tx: Tx,
    person: PersonId,
    *,
    locale: str,
    reads: Sequence[str],
    translate: bool,
    never_translate: Sequence[str],
) -> None:
    """Choose the interface's language, the languages one reads, and what is never translated.

    Raises:
        TooMany: more languages than `READS_MAX`.
    """
    if len(reads) > READS_MAX:
        raise TooMany("languages", count=len(reads), limit=READS_MAX)
    await tx.run(
        _READ_IN, person=person, new_locale=locale, codes=tuple(dict.fromkeys(reads)),
        on=translate, never=tuple(dict.fromkeys(never_translate)),
    )


async def adjust(tx: Tx, person: PersonId, counter: str, *, by: int) -> None:
    """Move one of a person's public counters (``notes_count``, ``likes_count`` …)."""
    await tx.run(_COUNTERS[counter], person=person, by=by)


async def _pair(tx: Tx, table: sa.Table, one: PersonId, other: PersonId) -> bool:
    """Put a pair into a table; false where it stood there."""
    if one == other:
        raise NotYourself(table.name)
    if await tx.one(_EXISTS, person=other) is None:
        raise NotFound("person")
    if await tx.one(_HAS[table.name], one=one, other=other) is not None:
        return False
    await tx.run(_PUT[table.name], one=one, other=other, at=clock.now())
    return True


async def follow(tx: Tx, *, by: PersonId, person: PersonId) -> bool:
    """Follow somebody; false where one did already.

    Raises:
        NotYourself: one follows oneself.
        NotFound: nobody is there, or one of the two blocked the other.
    """
    for one, other in ((by, person), (person, by)):
        if await tx.one(_HAS["blocks"], one=one, other=other) is not None:
            raise NotFound("person")
    if not await _pair(tx, follows, by, person):
        return False
    await adjust(tx, by, "following_count", by=1)
    await adjust(tx, person, "followers_count", by=1)
    await events.emit(tx, PersonFollowed(follower=by, followed=person))
    return True


async def unfollow(tx: Tx, *, by: PersonId, person: PersonId) -> bool:
    """Stop following somebody; false where one did not."""
    if not await tx.run(_TAKE["follows"], one=by, other=person):
        return False
    await adjust(tx, by, "following_count", by=-1)
    await adjust(tx, person, "followers_count", by=-1)
    return True


async def block(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Neither sees the other from now on, and neither follows the other."""
    await _pair(tx, blocks, by, person)
    await unfollow(tx, by=by, person=person)
    await unfollow(tx, by=person, person=by)


async def unblock(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Take a block back."""
    await tx.run(_TAKE["blocks"], one=by, other=person)


async def mute(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Do not see somebody, without their knowing."""
    await _pair(tx, mutes, by, person)


async def unmute(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Take a mute back."""
    await tx.run(_TAKE["mutes"], one=by, other=person)


_FOLLOW_ENDS = Statement(
    sa.select(follows.c.follower_id, follows.c.followed_id).where(
        (follows.c.follower_id == sa.bindparam("person", type_=_i64))
        | (follows.c.followed_id == sa.bindparam("person", type_=_i64))
    )
)


async def leave(tx: Tx, person: PersonId, *, handle: str) -> None:
    """Delete a person for real; the tables that point at them cascade, counters are set right."""
    for follower, followed in await tx.all(_FOLLOW_ENDS, person=person):
        if follower == person:
            await adjust(tx, PersonId(followed), "followers_count", by=-1)
        else:
            await adjust(tx, PersonId(follower), "following_count", by=-1)
    await tx.run(_LEAVE, person=person)
    await events.emit(tx, PersonLeft(person=person, handle=handle))
