"""Sending pushes: who wants which notice, one job for each app, tried again where it failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import msgspec
import structlog

from catflap.ground import clock, jobs
from catflap.ground.addresses import AddressRefused
from catflap.ground.database import Database, Reads
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.jobs import Job
from catflap.ground.sealing import Seal
from catflap.ground.settings import Settings
from catflap.notices import pushing, queries
from catflap.notices.model import Kind, Notice
from catflap.notices.pushing import From, Subscription
from catflap.people import queries as people
from catflap.people.model import PersonId

PUSH_ONE = "notices.push_one"
TOO_LATE = timedelta(days=1)
TTL_S = 172_800

log = structlog.get_logger("catflap.pushing")


class PushFailed(CatflapError):
    """A push service is busy or broken; it is asked again later."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Letters(Protocol):
    """Writes what is pushed. The words and the form are the doors'."""

    def name_of(self, kind: Kind) -> str | None:
        """What apps call a kind of notice, None where they have no word for it."""

    async def letter(
        self, reads: Reads, notice: Notice, *, to: PersonId, token: str
    ) -> bytes | None:
        """What is told of a notice; None where its person cannot see it any more."""


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def seal(self) -> Seal:
        """What opens apps' tokens."""

    @property
    def letters(self) -> Letters:
        """What writes."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the job needs of `NoticeGiven`."""

    person: int
    notice: int


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """One notice for one app."""

    subscription: int
    notice: int


async def push(context: Context, fact: Given) -> None:
    """Want a push for each app that wants this notice; a second one shows as the same."""
    person = PersonId(fact.person)
    async with context.database.reads() as reads:
        subscriptions = await pushing.of_person(reads, person)
        if not subscriptions:
            return
        notice = await _notice(reads, fact.notice, person)
        if notice is None:
            return
        wanting = [
            one for one in subscriptions
            if one.alerts.get(context.letters.name_of(notice.kind) or "")
            and await _is_wanted(reads, one, notice)
        ]
    async with context.database.tx() as tx:
        for one in wanting:
            await jobs.enqueue(
                tx, PUSH_ONE, Push(subscription=one.id, notice=notice.id),
                key=f"push:{one.id}:{notice.id}",
            )


async def _notice(reads: Reads, id_: int, person: PersonId) -> Notice | None:
    try:
        return await queries.notice(reads, id_, viewer=person)
    except NotFound:
        return None


async def _is_wanted(reads: Reads, one: Subscription, notice: Notice) -> bool:
    if one.policy is From.ALL:
        return True
    if one.policy is From.NONE:
        return False
    here, there = PersonId(one.person_id), PersonId(notice.actor_id)
    if one.policy is From.FOLLOWED:
        return bool(await people.followed_among(reads, here, [there]))
    return bool(await people.followed_among(reads, there, [here]))


async def push_one(context: Context, payload: Push) -> None:
    """Send one push; an endpoint that is gone is forgotten.

    Raises:
        PushFailed, PeerUnreachable: it is worth another try.
    """
    # 20 MB of cryptography and a client, for communities where an app wants pushes.
    from catflap.ground import outward
    from catflap.notices import encrypting

    async with context.database.reads() as reads:
        found = await pushing.by_id(reads, payload.subscription)
        vapid = await pushing.vapid(reads)
        if found is None or vapid is None:
            return
        person = PersonId(found.person_id)
        notice = await _notice(reads, payload.notice, person)
        if notice is None or clock.now() - notice.made_at > TOO_LATE:
            return
        text = await context.letters.letter(
            reads, notice, to=person, token=context.seal.open(found.secret) or ""
        )
    if text is None:
        return
    sealed = encrypting.sealed(
        text, endpoint=found.endpoint, p256dh=found.p256dh, auth=found.auth,
        is_standard=found.standard, vapid=vapid, subject=_subject(context.settings),
    )
    try:
        answer = await outward.post(
            found.endpoint, content=sealed.body, privately=context.settings.push_privately,
            headers={
                **sealed.headers, "ttl": str(TTL_S), "urgency": "normal",
                "content-type": "application/octet-stream",
            },
        )
    except AddressRefused:
        await _forget(context, found)
        return
    log.info("push", status=answer.status, person=person, subscription=found.id)
    if answer.status in (404, 410):
        await _forget(context, found)
    elif answer.status == 429 or answer.status >= 500:
        raise PushFailed(answer.status)


async def _forget(context: Context, found: Subscription) -> None:
    async with context.database.tx() as tx:
        await pushing.gone(tx, found)


def _subject(settings: Settings) -> str:
    """Whom a push service can ask about us (RFC 8292, 2.1)."""
    return f"mailto:{settings.mail_from}" if settings.mail_from else settings.address()


JOBS = (
    Job("notices.push", Given, push),
    Job(PUSH_ONE, Push, push_one, attempts=6),
)
SUBSCRIPTIONS = {"NoticeGiven": "notices.push"}
