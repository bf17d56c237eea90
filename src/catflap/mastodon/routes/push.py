"""Being pushed to while an app sleeps: one subscription an app's token (Web Push)."""

from __future__ import annotations

import msgspec

from catflap.ground.addresses import checked
from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door, bearer
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.notices import pushing
from catflap.notices.pushing import ENDPOINT_MAX_CHARS, From, Subscription

SCOPES = ("push",)
ALERTS = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update",
    "quote", "quoted_update", "admin.sign_up", "admin.report",
)


class Keys(msgspec.Struct, kw_only=True):
    """What pushes are sealed for."""

    p256dh: str = ""
    auth: str = ""


class Where(msgspec.Struct, kw_only=True):
    """Where an app is pushed to; ``standard``: sealed as RFC 8291 says, not its draft."""

    endpoint: str = ""
    keys: Keys = msgspec.field(default_factory=Keys)
    standard: bool = False


class What(msgspec.Struct, kw_only=True):
    """Which notifications an app is pushed, and from whom."""

    alerts: dict[str, bool] = msgspec.field(default_factory=dict)
    policy: str = From.ALL

    def wanted(self) -> dict[str, bool]:
        """Every kind there is, and whether it is wanted."""
        return {name: self.alerts.get(name, False) for name in ALERTS}

    def whose(self) -> From:
        """From whom.

        Raises:
            ParameterInvalid: it is none of the four.
        """
        try:
            return From(self.policy)
        except ValueError as error:
            raise ParameterInvalid("Policy is not included in the list") from error


class Change(msgspec.Struct, kw_only=True):
    """What is to be pushed; the policy may stand beside ``data``, as it once did."""

    data: What = msgspec.field(default_factory=What)
    policy: str = ""

    def what(self) -> What:
        """What is to be pushed, wherever its policy stood."""
        return msgspec.structs.replace(self.data, policy=self.policy or self.data.policy)


class NewSubscription(Change, kw_only=True):
    """A subscription that an app asks for."""

    subscription: Where = msgspec.field(default_factory=Where)


class WebPushSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription. ``server_key`` is what pushes are signed with."""

    id: int
    endpoint: str
    standard: bool
    alerts: dict[str, bool]
    policy: str
    server_key: str


async def _told(door: Door, found: Subscription) -> WebPushSubscription:
    return WebPushSubscription(
        id=found.id, endpoint=found.endpoint, standard=found.standard, alerts=found.alerts,
        policy=found.policy, server_key=await door.server_key(),
    )


def _token(call: Call) -> int:
    assert call.token is not None
    return call.token.id


@endpoint("POST", "/api/v1/push/subscription", takes=NewSubscription, gives=WebPushSubscription,
          scopes=SCOPES)
async def subscribe(door: Door, call: Call, asked: NewSubscription) -> WebPushSubscription:
    """Have an app pushed to, in the place of where it was pushed to before."""
    where = asked.subscription
    if not where.endpoint or len(where.endpoint) > ENDPOINT_MAX_CHARS:
        raise ParameterInvalid("Endpoint is invalid")
    checked(where.endpoint, privately=door.house.settings.push_privately)
    what, secret = asked.what(), door.house.seal.close(bearer(call.request))
    async with door.house.database.tx() as tx:
        made = await pushing.subscribe(
            tx, token=_token(call), person=call.me, endpoint=where.endpoint,
            p256dh=where.keys.p256dh, auth=where.keys.auth, standard=where.standard,
            alerts=what.wanted(), policy=what.whose(), secret=secret,
        )
    return await _told(door, made)


@endpoint("GET", "/api/v1/push/subscription", gives=WebPushSubscription, scopes=SCOPES)
async def show(door: Door, call: Call, asked: Nothing) -> WebPushSubscription:
    """Where an app is pushed to, and what."""
    async with door.house.database.reads() as reads:
        found = await pushing.subscription(reads, _token(call))
    return await _told(door, found)


@endpoint("PUT", "/api/v1/push/subscription", takes=Change, gives=WebPushSubscription,
          scopes=SCOPES)
async def change(door: Door, call: Call, asked: Change) -> WebPushSubscription:
    """Have something else pushed from now on."""
    what = asked.what()
    async with door.house.database.tx() as tx:
        made = await pushing.change(
            tx, _token(call), alerts=what.wanted(), policy=what.whose()
        )
    return await _told(door, made)


@endpoint("DELETE", "/api/v1/push/subscription", scopes=SCOPES)
async def end(door: Door, call: Call, asked: Nothing) -> Nothing:
    """Have an app pushed to no more."""
    async with door.house.database.tx() as tx:
        await pushing.end(tx, _token(call))
    return Nothing()
