"""What somebody thinks of others: remarks for themselves, endorsements, whom not to suggest.

Also who may no longer follow them, and whose servers they want nothing of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotAllowed, TooMany
from catflap.ground.statements import Instant, Statement, insert_unless_there
from catflap.people import actions, queries
from catflap.people.errors import DomainInvalid
from catflap.people.model import DOMAINS_MAX, REMARK_MAX_CHARS, PersonId
from catflap.people.tables import (
    blocked_domains,
    endorsements,
    passed_over,
    remarks,
)

_i64 = sa.BigInteger
_DOMAIN_MAX_CHARS = 253
_DOMAIN = re.compile(r"(?!-)[^\s/@:?#.]{1,63}(?:\.[^\s/@:?#.]{1,63})+")


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """A server that somebody wants nothing of."""

    id: int
    domain: str


def _pair(table: sa.Table) -> tuple[Statement[None], Statement[None]]:
    one, other = table.primary_key.columns
    put = insert_unless_there(table).values(
        {
            one.name: sa.bindparam("by"), other.name: sa.bindparam("person"),
            "at": sa.bindparam("now", type_=Instant),
        }
    )
    take = table.delete().where(
        one == sa.bindparam("by", type_=_i64), other == sa.bindparam("person", type_=_i64)
    )
    return Statement(put), Statement(take)


_ENDORSE, _UNENDORSE = _pair(endorsements)
_PASS_OVER, _ = _pair(passed_over)
_REMARK = Statement(
    remarks.insert().values(
        author_id=sa.bindparam("by"), about_id=sa.bindparam("person"),
        at=sa.bindparam("now", type_=Instant), text=sa.bindparam("words"),
    )
)
_FORGET = Statement(
    remarks.delete().where(
        remarks.c.author_id == sa.bindparam("by", type_=_i64),
        remarks.c.about_id == sa.bindparam("person", type_=_i64),
    )
)
_PASSED = Statement(
    sa.select(passed_over.c.person_id).where(
        passed_over.c.viewer_id == sa.bindparam("viewer", type_=_i64)
    ),
    int,
)
_WITHIN = (
    sa.select(blocked_domains.c.id, blocked_domains.c.domain)
    .where(
        blocked_domains.c.person_id == sa.bindparam("person", type_=_i64),
        blocked_domains.c.id > sa.bindparam("above", type_=_i64),
        blocked_domains.c.id < sa.bindparam("below", type_=_i64),
    )
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_DOWN = Statement(_WITHIN.order_by(blocked_domains.c.id.desc()), Domain)
_UP = Statement(_WITHIN.order_by(blocked_domains.c.id), Domain)
_COUNT = Statement(
    sa.select(sa.func.count()).where(
        blocked_domains.c.person_id == sa.bindparam("person", type_=_i64)
    ),
    int,
)
_BLOCK = Statement(
    insert_unless_there(blocked_domains).values(
        id=sa.bindparam("id"), person_id=sa.bindparam("person"), domain=sa.bindparam("name")
    )
)
_UNBLOCK = Statement(
    blocked_domains.delete().where(
        blocked_domains.c.person_id == sa.bindparam("person", type_=_i64),
        blocked_domains.c.domain == sa.bindparam("name"),
    )
)


async def remark(tx: Tx, *, by: PersonId, person: PersonId, text: str) -> None:
    """Write down what only oneself reads of somebody; nothing forgets what was there.

    Raises:
        NotFound: nobody is there.
        TextTooLong: longer than `REMARK_MAX_CHARS`.
    """
    await queries.by_id(tx, person, viewer=by)
    await actions.hold(tx, by)
    words = actions.text_within("remark", text, REMARK_MAX_CHARS)
    await tx.run(_FORGET, by=by, person=person)
    if words:
        await tx.run(_REMARK, by=by, person=person, now=clock.now(), words=words)


async def endorse(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Show on one's profile that one finds somebody worth following.

    Raises:
        NotAllowed: one does not follow them oneself.
    """
    if person not in await queries.followed_among(tx, by, [person]):
        raise NotAllowed("endorse")
    await tx.run(_ENDORSE, by=by, person=person, now=clock.now())


async def unendorse(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Take an endorsement back."""
    await tx.run(_UNENDORSE, by=by, person=person)


async def pass_over(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Do not be told of somebody again.

    Raises:
        NotFound: nobody is there.
    """
    await queries.by_id(tx, person, viewer=by)
    await tx.run(_PASS_OVER, by=by, person=person, now=clock.now())


async def passed(reads: Reads, viewer: PersonId) -> set[int]:
    """Whom the viewer does not want to be told of."""
    return set(await reads.all(_PASSED, viewer=viewer))


def checked_domain(text: str) -> str:
    """A server's name as it is kept: lower case, in letters.

    Raises:
        DomainInvalid: it cannot be one.
    """
    name = text.strip().rstrip(".").casefold()
    if len(name) > _DOMAIN_MAX_CHARS or not _DOMAIN.fullmatch(name) or not name.isprintable():
        raise DomainInvalid(text[:80])
    return name


async def block_domain(tx: Tx, *, by: PersonId, domain: str) -> None:
    """Want nothing of a server; once is enough.

    Raises:
        DomainInvalid
        TooMany: more than `DOMAINS_MAX`.
    """
    name = checked_domain(domain)
    await actions.hold(tx, by)
    count = await tx.one(_COUNT, person=by) or 0
    if count >= DOMAINS_MAX:
        raise TooMany("domains", count=count + 1, limit=DOMAINS_MAX)
    await tx.run(_BLOCK, id=ids.new(shard=ids.shard_of(by)), person=by, name=name)


async def unblock_domain(tx: Tx, *, by: PersonId, domain: str) -> None:
    """Take that back.

    Raises:
        DomainInvalid
    """
    await tx.run(_UNBLOCK, person=by, name=checked_domain(domain))


async def domains(
    reads: Reads, viewer: PersonId, *, above: int, below: int, count: int, upward: bool = False
) -> Sequence[Domain]:
    """Servers that the viewer wants nothing of, last blocked first."""
    rows = await reads.all(
        _UP if upward else _DOWN, person=viewer, above=above, below=below, count=count
    )
    return rows[::-1] if upward else rows


async def shake_off(tx: Tx, *, by: PersonId, person: PersonId) -> None:
    """Have somebody follow one no more; they are not told.

    Raises:
        NotFound: nobody is there.
    """
    if not await actions.unfollow(tx, by=person, person=by):
        await queries.by_id(tx, person, viewer=by)
