"""What is held back from whom, and those who wait for a decision."""

from __future__ import annotations

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.mastodon.entities import notification as entity
from catflap.mastodon.entities.account import account
from catflap.mastodon.entities.written import instant
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.routes.notifications import READ, WRITE, Which, listed
from catflap.notes import queries as notes
from catflap.notices import model, sifting
from catflap.notices.model import Choice
from catflap.people import queries as people

SEVERAL_MAX = 200


class NewPolicy(msgspec.Struct, kw_only=True):
    """What is to be held back; what is not said stays."""

    for_not_following: str = ""
    for_not_followers: str = ""
    for_new_accounts: str = ""
    for_private_mentions: str = ""
    for_limited_accounts: str = ""

    def over(self, held: model.Policy) -> model.Policy:
        """The policy with what is asked for in it.

        Raises:
            ParameterInvalid: something is none of the three choices.
        """
        said = {
            "not_following": self.for_not_following, "not_followers": self.for_not_followers,
            "new_accounts": self.for_new_accounts,
            "private_mentions": self.for_private_mentions, "limited": self.for_limited_accounts,
        }
        try:
            made = {name: Choice(text) for name, text in said.items() if text}
        except ValueError as error:
            raise ParameterInvalid(str(error)) from error
        return msgspec.structs.replace(held, **made)


class NewOldPolicy(msgspec.Struct, kw_only=True):
    """`NewPolicy`, as version 1 of it asks."""

    filter_not_following: bool | None = None
    filter_not_followers: bool | None = None
    filter_new_accounts: bool | None = None
    filter_private_mentions: bool | None = None

    def over(self, held: model.Policy) -> model.Policy:
        """The policy with what is asked for in it."""
        said = {
            "not_following": self.filter_not_following,
            "not_followers": self.filter_not_followers,
            "new_accounts": self.filter_new_accounts,
            "private_mentions": self.filter_private_mentions,
        }
        made = {
            name: Choice.FILTER if on else Choice.ACCEPT
            for name, on in said.items() if on is not None
        }
        return msgspec.structs.replace(held, **made)


async def _summary(reads: Reads, call: Call) -> entity.Summary:
    waiting = await sifting.pending(reads, call.me)
    return entity.Summary(
        pending_requests_count=waiting.requests, pending_notifications_count=waiting.notices
    )


async def _policy(reads: Reads, call: Call) -> entity.Policy:
    held = await sifting.policy(reads, call.me)
    return entity.Policy(
        for_not_following=held.not_following, for_not_followers=held.not_followers,
        for_new_accounts=held.new_accounts, for_private_mentions=held.private_mentions,
        for_limited_accounts=held.limited, summary=await _summary(reads, call),
    )


async def _old_policy(reads: Reads, call: Call) -> entity.OldPolicy:
    held = await sifting.policy(reads, call.me)
    return entity.OldPolicy(
        filter_not_following=held.not_following is not Choice.ACCEPT,
        filter_not_followers=held.not_followers is not Choice.ACCEPT,
        filter_new_accounts=held.new_accounts is not Choice.ACCEPT,
        filter_private_mentions=held.private_mentions is not Choice.ACCEPT,
        summary=await _summary(reads, call),
    )


async def _choose(door: Door, call: Call, asked: NewPolicy | NewOldPolicy) -> None:
    async with door.house.database.tx() as tx:
        await sifting.choose(tx, call.me, asked.over(await sifting.policy(tx, call.me)))


@endpoint("GET", "/api/v2/notifications/policy", gives=entity.Policy, scopes=READ)
async def policy(door: Door, call: Call, asked: Nothing) -> entity.Policy:
    """What one has held back."""
    async with door.house.database.reads() as reads:
        return await _policy(reads, call)


@endpoint("PATCH", "/api/v2/notifications/policy", takes=NewPolicy, gives=entity.Policy,
          scopes=WRITE)
async def choose(door: Door, call: Call, asked: NewPolicy) -> entity.Policy:
    """Have something else held back from now on."""
    await _choose(door, call, asked)
    async with door.house.database.reads() as reads:
        return await _policy(reads, call)


@endpoint("GET", "/api/v1/notifications/policy", gives=entity.OldPolicy, scopes=READ)
async def old_policy(door: Door, call: Call, asked: Nothing) -> entity.OldPolicy:
    """What one has held back, as older apps ask."""
    async with door.house.database.reads() as reads:
        return await _old_policy(reads, call)


async def choose_old(door: Door, call: Call, asked: NewOldPolicy) -> entity.OldPolicy:
    """Have something else held back from now on, as older apps ask."""
    await _choose(door, call, asked)
    async with door.house.database.reads() as reads:
        return await _old_policy(reads, call)


for _method in ("PATCH", "PUT"):
    endpoint(_method, "/api/v1/notifications/policy", takes=NewOldPolicy, gives=entity.OldPolicy,
             scopes=WRITE)(choose_old)


async def _presented(
    door: Door, reads: Reads, call: Call, found: list[model.Request]
) -> list[entity.Request]:
    actors = await people.by_ids(reads, [one.actor_id for one in found])
    ids = [one.last_note_id for one in found if one.last_note_id is not None]
    shown = await notes.shown(reads, list(dict.fromkeys(ids)), viewer=call.viewer)
    statuses = {
        int(status.id): status for status in await door.presenting.statuses(reads, call, shown)
    }
    return [
        entity.Request(
            id=str(one.id), created_at=instant(one.made_at), updated_at=instant(one.updated_at),
            notifications_count=str(one.notices_count),
            account=account(actors[one.actor_id], base=call.base),
            last_status=statuses.get(one.last_note_id or 0),
        )
        for one in found
        if one.actor_id in actors
    ]


@endpoint("GET", "/api/v1/notifications/requests", takes=Paged, gives=list[entity.Request],
          scopes=READ)
async def several(door: Door, call: Call, asked: Paged) -> list[entity.Request]:
    """Those whose notifications are held back, newest first."""
    place = span(asked, usual=40, most=80)
    async with door.house.database.reads() as reads:
        found = await sifting.requests(
            reads, call.me, above=place.above, below=place.below, count=place.count,
            upward=place.upward,
        )
        link(call, [one.id for one in found], count=place.count)
        return await _presented(door, reads, call, found)


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """Whether what was accepted stands among the others yet."""

    merged: bool


@endpoint("GET", "/api/v1/notifications/requests/merged", gives=Merged, scopes=READ)
async def merged(door: Door, call: Call, asked: Nothing) -> Merged:
    """What was accepted stands among the others at once."""
    return Merged(merged=True)


class Several(msgspec.Struct, kw_only=True):
    """Requests, by id."""

    id: list[str] | str = msgspec.field(default_factory=list)

    def numbers(self) -> list[int]:
        """Their ids.

        Raises:
            NotFound: one of them is none.
        """
        found = [from_text(text) for text in listed(self.id)[:SEVERAL_MAX]]
        if None in found:
            raise NotFound("request")
        return [id_ for id_ in found if id_ is not None]


@endpoint("POST", "/api/v1/notifications/requests/accept", takes=Several, scopes=WRITE)
async def accept_several(door: Door, call: Call, asked: Several) -> Nothing:
    """Hear of several people from now on, and of what was held back."""
    async with door.house.database.tx() as tx:
        await sifting.accept(tx, asked.numbers(), by=call.me)
    return Nothing()


@endpoint("POST", "/api/v1/notifications/requests/dismiss", takes=Several, scopes=WRITE)
async def dismiss_several(door: Door, call: Call, asked: Several) -> Nothing:
    """Forget what was held back from several people."""
    async with door.house.database.tx() as tx:
        await sifting.dismiss(tx, asked.numbers(), by=call.me)
    return Nothing()


@endpoint("GET", "/api/v1/notifications/requests/{id}", takes=Which, gives=entity.Request,
          scopes=READ)
async def show(door: Door, call: Call, asked: Which) -> entity.Request:
    """Somebody whose notifications are held back."""
    async with door.house.database.reads() as reads:
        found = await sifting.request(reads, asked.number(), viewer=call.me)
        made = await _presented(door, reads, call, [found])
    if not made:
        raise NotFound("request")
    return made[0]


@endpoint("POST", "/api/v1/notifications/requests/{id}/accept", takes=Which, scopes=WRITE)
async def accept(door: Door, call: Call, asked: Which) -> Nothing:
    """Hear of somebody from now on, and of what was held back."""
    async with door.house.database.tx() as tx:
        await sifting.accept(tx, [asked.number()], by=call.me)
    return Nothing()


@endpoint("POST", "/api/v1/notifications/requests/{id}/dismiss", takes=Which, scopes=WRITE)
async def dismiss(door: Door, call: Call, asked: Which) -> Nothing:
    """Forget what was held back from somebody."""
    async with door.house.database.tx() as tx:
        await sifting.dismiss(tx, [asked.number()], by=call.me)
    return Nothing()
