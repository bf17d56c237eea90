"""Signing up, in and out; ending sessions; resetting passwords."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from catflap.access import apps, passwords
from catflap.access.errors import EmailInvalid, EmailTaken, ResetInvalid
from catflap.access.model import EMAIL_MAX_CHARS, RESET_VALID_S, Credential, Opened, SessionId
from catflap.access.tables import credentials, resets, sessions
from catflap.ground import clock, ids, jobs
from catflap.ground.database import Tx, UniqueViolated
from catflap.ground.errors import NotFound
from catflap.ground.sealing import Seal
from catflap.ground.statements import Instant, Statement
from catflap.people import actions as people
from catflap.people.model import PersonId

MAIL_RESET = "access.mail_reset"

_i64 = sa.BigInteger
# Deliberately loose: whether an address works is known only when mail arrives.
_EMAIL = re.compile(r"[^@\s<>\"'(),:;\\]{1,64}@[^@\s<>\"'(),:;\\]+\.[^@\s<>\"'(),:;\\.]{2,}")

DEVICE_MAX_CHARS = 200

_ADD = Statement(
    credentials.insert().values({name: sa.bindparam(name) for name in credentials.c.keys()})
)
_OPEN = Statement(
    sessions.insert().values({name: sa.bindparam(name) for name in sessions.c.keys()})
)
_END = Statement(
    sessions.delete().where(
        sessions.c.id == sa.bindparam("session", type_=_i64),
        sessions.c.person_id == sa.bindparam("person", type_=_i64),
    )
)
_END_OTHERS = Statement(
    sessions.delete().where(
        sessions.c.person_id == sa.bindparam("person", type_=_i64),
        sessions.c.id != sa.bindparam("kept", type_=_i64),
    )
)
_TOUCH = Statement(
    sessions.update()
    .where(sessions.c.id == sa.bindparam("session", type_=_i64))
    .values(seen_at=sa.bindparam("at", type_=Instant))
)
_FORGET = Statement(
    sessions.delete().where(sessions.c.seen_at < sa.bindparam("before", type_=Instant))
)
_NEW_PASSWORD = Statement(
    credentials.update()
    .where(credentials.c.person_id == sa.bindparam("person", type_=_i64))
    .values(password_hash=sa.bindparam("new_hash"))
)
_NEW_EMAIL = Statement(
    credentials.update()
    .where(credentials.c.person_id == sa.bindparam("person", type_=_i64))
    .values(email=sa.bindparam("address"), email_folded=sa.bindparam("folded"))
)
_BY_EMAIL = Statement(
    sa.select(credentials.c.person_id, credentials.c.password_hash, credentials.c.email).where(
        credentials.c.email_folded == sa.bindparam("folded")
    ),
    Credential,
)
_WANT_RESET = Statement(
    resets.insert().values({name: sa.bindparam(name) for name in resets.c.keys()})
)
_RESET_FOR = Statement(
    sa.select(resets.c.person_id).where(
        resets.c.token_hash == sa.bindparam("token_hash"),
        resets.c.valid_until > sa.bindparam("now", type_=Instant),
    ),
    int,
)
_NO_RESETS = Statement(
    resets.delete().where(resets.c.person_id == sa.bindparam("person", type_=_i64))
)


class MailReset(msgspec.Struct, frozen=True, kw_only=True):
    """A reset link to be mailed. The token stands in the job's row until the mail is sent."""

    to: str
    token: str
    locale: str


def checked_email(email: str) -> str | None:
    """An address, or None for none given.

    Raises:
        EmailInvalid: the text cannot be an address.
    """
    text = email.strip()
    if not text:
        return None
    if len(text) > EMAIL_MAX_CHARS or not _EMAIL.fullmatch(text) or not text.isprintable():
        raise EmailInvalid(text)
    return text


async def sign_up(
    tx: Tx,
    *,
    handle: str,
    password_hash: str,
    email: str | None,
    locale: str,
    reads: Sequence[str],
    seal: Seal | None = None,
) -> PersonId:
    """A new person with a password that `passwords.hashed` made; ``seal`` as `people.join` says.

    Raises:
        HandleInvalid, HandleConfusable, HandleTaken, EmailTaken
    """
    person = await people.join(tx, handle=handle, locale=locale, reads=reads, seal=seal)
    try:
        await tx.run(
            _ADD, person_id=person, password_hash=password_hash, email=email,
            email_folded=email.casefold() if email else None,
        )
    except UniqueViolated as error:
        raise EmailTaken from error
    return person


async def open_session(tx: Tx, person: PersonId, *, device: str, address: str) -> str:
    """A new session; the answer is the token for the cookie, which is kept nowhere else."""
    token = passwords.new_token()
    now = clock.now()
    await tx.run(
        _OPEN, id=ids.new(shard=ids.shard_of(person)), person_id=person,
        token_hash=passwords.token_hash(token), device=device[:DEVICE_MAX_CHARS],
        address=address, made_at=now, seen_at=now,
    )
    return token


async def touch(tx: Tx, opened: Opened) -> None:
    """Note that a session was used now; the door asks only every `SESSION_TOUCH_S`."""
    await tx.run(_TOUCH, session=opened.id, at=clock.now())


async def end_session(tx: Tx, session: SessionId, *, by: PersonId) -> None:
    """End one of one's own sessions.

    Raises:
        NotFound: it is nobody's, or somebody else's.
    """
    if not await tx.run(_END, session=session, person=by):
        raise NotFound("session")


async def forget_idle_sessions(tx: Tx, *, days: int) -> int:
    """End sessions that were not used for so many days."""
    return await tx.run(_FORGET, before=clock.now() - timedelta(days=days))


async def change_password(
    tx: Tx, person: PersonId, *, password_hash: str, keep: SessionId | None
) -> None:
    """Another password; every other session ends, and reset links are void."""
    await tx.run(_NEW_PASSWORD, person=person, new_hash=password_hash)
    await tx.run(_END_OTHERS, person=person, kept=keep or 0)
    await tx.run(_NO_RESETS, person=person)


async def sign_out_everywhere(tx: Tx, person: PersonId) -> None:
    """End every session and every app, and void reset links."""
    await tx.run(_END_OTHERS, person=person, kept=0)
    await tx.run(_NO_RESETS, person=person)
    await apps.revoke_all(tx, person)


async def change_email(tx: Tx, person: PersonId, *, email: str | None) -> None:
    """Another address, or none.

    Raises:
        EmailTaken: another account has it.
    """
    try:
        await tx.run(
            _NEW_EMAIL, person=person, address=email, folded=email.casefold() if email else None
        )
    except UniqueViolated as error:
        raise EmailTaken from error


async def want_reset(tx: Tx, *, email: str, locale: str) -> None:
    """Have a link mailed to an address, where an account has it; silent where none has."""
    found = await tx.one(_BY_EMAIL, folded=email.strip().casefold())
    if found is None or found.email is None:
        return
    token = await reset_token(tx, PersonId(found.person_id))
    await jobs.enqueue(
        tx, MAIL_RESET, MailReset(to=found.email, token=token, locale=locale), priority=1
    )


async def reset_token(tx: Tx, person: PersonId) -> str:
    """What the address of a reset ends in: good once, and for `RESET_VALID_S`."""
    token = passwords.new_token()
    until = clock.now() + timedelta(seconds=RESET_VALID_S)
    await tx.run(
        _WANT_RESET, token_hash=passwords.token_hash(token), person_id=person, valid_until=until
    )
    return token


async def reset_password(tx: Tx, *, token: str, password_hash: str) -> PersonId:
    """Another password through a link, which then is spent; every session and app ends.

    Raises:
        ResetInvalid: the link was used, is too old, or never was.
    """
    found = await tx.one(_RESET_FOR, token_hash=passwords.token_hash(token), now=clock.now())
    if found is None:
        raise ResetInvalid
    person = PersonId(found)
    await change_password(tx, person, password_hash=password_hash, keep=None)
    await apps.revoke_all(tx, person)
    return person
