"""Reading sessions and credentials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from catflap.access import passwords
from catflap.access.model import Credential, Opened, Session
from catflap.access.tables import credentials, sessions, tokens
from catflap.ground import clock, ids
from catflap.ground.database import Reads
from catflap.ground.statements import Instant, Statement, among
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_OPENED = Statement(
    sa.select(sessions.c.id, sessions.c.person_id, sessions.c.seen_at).where(
        sessions.c.token_hash == sa.bindparam("token_hash"),
        sessions.c.seen_at > sa.bindparam("since", type_=Instant),
    ),
    Opened,
)
_MINE = Statement(
    sa.select(
        sessions.c.id, sessions.c.device, sessions.c.address, sessions.c.made_at,
        sessions.c.seen_at,
    )
    .where(sessions.c.person_id == sa.bindparam("person", type_=_i64))
    .order_by(sessions.c.seen_at.desc())
    .limit(100),
    Session,
)
_CREDENTIAL = Statement(
    sa.select(credentials.c.person_id, credentials.c.password_hash, credentials.c.email).where(
        credentials.c.person_id == sa.bindparam("person", type_=_i64)
    ),
    Credential,
)


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody signed in from, and when that sign-in was used last."""

    person_id: int
    address: str
    seen_at: datetime


class _Email(msgspec.Struct, frozen=True, kw_only=True):
    person_id: int
    email: str | None


_EMAILS = Statement(
    sa.select(credentials.c.person_id, credentials.c.email).where(
        among(credentials.c.person_id, "people")
    ),
    _Email,
)
_OF_EMAIL = Statement(
    sa.select(credentials.c.person_id).where(
        credentials.c.email_folded == sa.bindparam("email")
    ),
    int,
)
_ADDRESSES = Statement(
    sa.select(sessions.c.person_id, sessions.c.address, sessions.c.seen_at)
    .where(among(sessions.c.person_id, "people"))
    .order_by(sessions.c.seen_at.desc()),
    Address,
)
_SEEN = sa.union_all(
    sa.select(sessions.c.person_id).where(
        sessions.c.seen_at > sa.bindparam("since", type_=Instant)
    ),
    sa.select(tokens.c.person_id).where(
        tokens.c.seen_at > sa.bindparam("since", type_=Instant), tokens.c.person_id.is_not(None)
    ),
).subquery()
_SEEN_AMONG = Statement(
    sa.select(sessions.c.person_id)
    .where(
        among(sessions.c.person_id, "people"),
        sessions.c.seen_at > sa.bindparam("since", type_=Instant),
    )
    .distinct(),
    int,
)
_BEGUN = Statement(
    sa.select(
        sa.select(sa.func.count())
        .where(
            sessions.c.id >= sa.bindparam("since", type_=_i64),
            sessions.c.id < sa.bindparam("until", type_=_i64),
        )
        .scalar_subquery()
        + sa.select(sa.func.count())
        .where(
            tokens.c.id >= sa.bindparam("since", type_=_i64),
            tokens.c.id < sa.bindparam("until", type_=_i64),
            tokens.c.person_id.is_not(None),
        )
        .scalar_subquery()
    ),
    int,
)
_ACTIVE = Statement(sa.select(sa.func.count(_SEEN.c.person_id.distinct())), int)


async def opened(reads: Reads, token: str, *, days: int) -> Opened | None:
    """Whose session a token opens, None where it has ended or was idle for ``days``."""
    # To the hour: the same parameter keeps the same answer for a while.
    since = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=days)
    return await reads.one(_OPENED, token_hash=passwords.token_hash(token), since=since)


async def sessions_of(reads: Reads, viewer: PersonId) -> list[Session]:
    """The viewer's own sessions, last used first."""
    return await reads.all(_MINE, person=viewer)


async def credential(reads: Reads, person: PersonId) -> Credential | None:
    """How a person proves who they are; for the sign-in itself, never for showing."""
    return await reads.one(_CREDENTIAL, person=person)


async def emails_among(reads: Reads, people: Sequence[int]) -> dict[int, str]:
    """Addresses of those of these people who gave one; for operators alone."""
    rows = await reads.all(_EMAILS, people=list(people))
    return {row.person_id: row.email for row in rows if row.email}


async def of_email(reads: Reads, email: str) -> int | None:
    """Whose an e-mail address is; for operators alone."""
    return await reads.one(_OF_EMAIL, email=email.strip().casefold())


async def addresses_among(reads: Reads, people: Sequence[int]) -> list[Address]:
    """Where these people's sign-ins came from, the last used first; for operators alone."""
    return await reads.all(_ADDRESSES, people=list(people))


async def seen_among(
    reads: Reads, found: Sequence[PersonId], *, since: datetime
) -> set[PersonId]:
    """Which of these people used the web since an instant. One query."""
    rows = await reads.all(_SEEN_AMONG, people=list(found), since=since) if found else []
    return {PersonId(row) for row in rows}


async def active(reads: Reads, *, since: datetime) -> int:
    """How many people used the web or an app since an instant."""
    return await reads.one(_ACTIVE, since=since) or 0


async def begun_between(reads: Reads, since: datetime, until: datetime) -> int:
    """How many sign-ins of a span of time, on the web or of apps, were not ended since."""
    return await reads.one(_BEGUN, since=ids.first_at(since), until=ids.first_at(until)) or 0
