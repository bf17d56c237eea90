"""Pushing notices to apps that sleep: who wants what, and the key that they know us by.

One subscription an app's token. The endpoint is a stranger's address: it is gone to by
`ground.outward` only. What an app proves itself with is kept sealed, as its pushes name it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.statements import Json, Statement, insert_unless_there
from catflap.notices.tables import push_keys, push_subscriptions
from catflap.people.model import PersonId

_i64 = sa.BigInteger
VAPID = "vapid"
ENDPOINT_MAX_CHARS = 2000


class PushKeysInvalid(CatflapError):
    """The keys of a subscription are none that anything can be sealed with."""


class From(StrEnum):
    """From whom somebody wants to be pushed."""

    ALL = "all"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    NONE = "none"


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Where an app is pushed to, and what. ``secret`` is its token, sealed."""

    id: int
    token_id: int
    person_id: int
    endpoint: str
    p256dh: str
    auth: str
    standard: bool
    alerts: dict[str, bool]
    policy: From
    secret: str
    made_at: datetime


_COLUMNS = tuple(push_subscriptions.c[name] for name in Subscription.__struct_fields__)
_KEY = Statement(
    sa.select(push_keys.c.value).where(push_keys.c.name == sa.bindparam("name")), str
)
_NEW_KEY = Statement(
    insert_unless_there(push_keys).values(
        {name: sa.bindparam(name) for name in push_keys.c.keys()}
    )
)
_SUBSCRIBE = Statement(
    push_subscriptions.insert().values(
        {name: sa.bindparam(name) for name in push_subscriptions.c.keys() if name != "id"}
    )
)
_OF_TOKEN = Statement(
    sa.select(*_COLUMNS).where(
        push_subscriptions.c.token_id == sa.bindparam("token", type_=_i64)
    ),
    Subscription,
)
_OF_PERSON = Statement(
    sa.select(*_COLUMNS).where(
        push_subscriptions.c.person_id == sa.bindparam("person", type_=_i64)
    ),
    Subscription,
)
_BY_ID = Statement(
    sa.select(*_COLUMNS).where(push_subscriptions.c.id == sa.bindparam("subscription", type_=_i64)),
    Subscription,
)
_CHANGE = Statement(
    push_subscriptions.update()
    .where(push_subscriptions.c.token_id == sa.bindparam("token", type_=_i64))
    .values(
        alerts=sa.bindparam("new_alerts", type_=Json(dict[str, bool])),
        policy=sa.bindparam("new_policy"),
    )
)
_END = Statement(
    push_subscriptions.delete().where(
        push_subscriptions.c.token_id == sa.bindparam("token", type_=_i64)
    )
)
_GONE = Statement(
    push_subscriptions.delete().where(
        push_subscriptions.c.id == sa.bindparam("subscription", type_=_i64),
        push_subscriptions.c.endpoint == sa.bindparam("at_endpoint"),
    )
)


async def vapid(reads: Reads) -> str | None:
    """The private key that pushes are signed with, None where none was made yet."""
    return await reads.one(_KEY, name=VAPID)


async def made_vapid(tx: Tx) -> str:
    """The private key that pushes are signed with, made the first time; of two makers one wins."""
    held = await vapid(tx)
    if held is None:
        from catflap.notices import encrypting

        await tx.run(
            _NEW_KEY, name=VAPID, value=encrypting.new_private(), made_at=clock.now()
        )
        held = await vapid(tx)
    assert held is not None
    return held


def checked_keys(p256dh: str, auth: str) -> tuple[str, str]:
    """An app's keys in the form they are kept in.

    Raises:
        PushKeysInvalid: they are no point on the curve, or no secret of the right length.
    """
    from catflap.notices import encrypting

    try:
        theirs, secret = encrypting.decoded(p256dh), encrypting.decoded(auth)
    except (ValueError, UnicodeError) as error:
        raise PushKeysInvalid from error
    if not encrypting.is_point(theirs) or len(secret) != encrypting.AUTH_BYTES:
        raise PushKeysInvalid
    return encrypting.encoded(theirs), encrypting.encoded(secret)


async def subscribe(
    tx: Tx, *, token: int, person: PersonId, endpoint: str, p256dh: str, auth: str,
    standard: bool, alerts: dict[str, bool], policy: From, secret: str,
) -> Subscription:
    """Push to an app from now on, in the place of where it was pushed to before.

    ``endpoint`` was checked by `ground.outward.checked`.

    Raises:
        PushKeysInvalid: nothing can be sealed with these keys.
    """
    key, word = checked_keys(p256dh, auth)
    await tx.run(_END, token=token)
    await tx.run(
        _SUBSCRIBE, token_id=token, person_id=person, endpoint=endpoint, p256dh=key, auth=word,
        standard=standard, alerts=alerts, policy=policy, secret=secret, made_at=clock.now(),
    )
    return await subscription(tx, token)


async def subscription(reads: Reads, token: int) -> Subscription:
    """An app's subscription.

    Raises:
        NotFound: it has none.
    """
    found = await reads.one(_OF_TOKEN, token=token)
    if found is None:
        raise NotFound("subscription")
    return found


async def change(
    tx: Tx, token: int, *, alerts: dict[str, bool], policy: From
) -> Subscription:
    """Push something else from now on.

    Raises:
        NotFound: the app has no subscription.
    """
    await tx.run(_CHANGE, token=token, new_alerts=alerts, new_policy=policy)
    return await subscription(tx, token)


async def end(tx: Tx, token: int) -> None:
    """Push to an app no more."""
    await tx.run(_END, token=token)


async def gone(tx: Tx, found: Subscription) -> None:
    """Forget a subscription whose endpoint is no more, unless it has another by now."""
    await tx.run(_GONE, subscription=found.id, at_endpoint=found.endpoint)


async def of_person(reads: Reads, person: int) -> list[Subscription]:
    """Every subscription in somebody's name."""
    return await reads.all(_OF_PERSON, person=person)


async def by_id(reads: Reads, id_: int) -> Subscription | None:
    """A subscription, None where it is gone."""
    return await reads.one(_BY_ID, subscription=id_)
