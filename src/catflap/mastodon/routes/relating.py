"""How one stands to others: following, asking, muting, blocking, remarks, endorsements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from catflap.ground import clock
from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, Nothing, endpoint
from catflap.mastodon.entities import account as entity
from catflap.mastodon.entities.account import (
    Account,
    FamiliarFollowers,
    MutedAccount,
    Relationship,
)
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.routes.accounts import Several, Whom, circle, person, person_id
from catflap.people import actions, circles, relations, remarking, requests
from catflap.people import queries as people
from catflap.people.circles import Circle
from catflap.people.model import PersonId, Wishes
from catflap.translation.codes import NO_WORDS, UNKNOWN, canonical

MUTE_MAX_S = 10 * 365 * 86_400


class Related(Several, kw_only=True):
    """Several people; with ``with_suspended`` also those who were shut out, of whom none are."""

    with_suspended: bool = False


@endpoint(
    "GET", "/api/v1/accounts/relationships", takes=Related, gives=list[Relationship],
    scopes=("read:follows",),
)
async def relationships(door: Door, call: Call, asked: Related) -> list[Relationship]:
    """How one stands to several people. Two queries, whatever their number."""
    async with door.house.database.reads() as reads:
        known = await people.by_ids(reads, asked.ids())
        found = await relations.among(reads, call.viewer, asked.ids())
    ids = dict.fromkeys(id_ for id_ in asked.ids() if id_ in known)
    return [entity.relationship(id_, found[id_]) for id_ in ids]


@endpoint(
    "GET", "/api/v1/accounts/familiar_followers", takes=Several, gives=list[FamiliarFollowers],
    scopes=("read:follows",),
)
async def familiar(door: Door, call: Call, asked: Several) -> list[FamiliarFollowers]:
    """Whom one follows among the followers of several people."""
    async with door.house.database.reads() as reads:
        found = await circles.familiar(reads, call.me, asked.ids())
    return [
        FamiliarFollowers(
            id=str(id_), accounts=[entity.account(one, base=call.base) for one in friends]
        )
        for id_, friends in found.items()
    ]


async def _changed(door: Door, call: Call, whom: PersonId) -> Relationship:
    async with door.house.database.reads() as reads:
        found = await people.relation(reads, viewer=call.viewer, person=whom)
    return entity.relationship(whom, found)


class Followed(Whom, kw_only=True):
    """Whom to follow, and what one wants of them; what is left out stays as it is."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: list[str] | str | None = None

    def langs(self) -> tuple[str, ...] | None:
        """The languages one wants, canonical; () for any, None where it stays."""
        if self.languages is None:
            return None
        texts = [self.languages] if isinstance(self.languages, str) else self.languages
        found = [canonical(text) for text in texts if text]
        if any(lang in (UNKNOWN, NO_WORDS) for lang in found):
            raise ParameterInvalid("Languages is invalid")
        return tuple(dict.fromkeys(found))


@endpoint("POST", "/api/v1/accounts/{id}/follow", takes=Followed, gives=Relationship,
          scopes=("write:follows",))
async def follow(door: Door, call: Call, asked: Followed) -> Relationship:
    """Follow somebody, or ask to; or want something else of whom one follows."""
    whom = person_id(asked.id)
    langs = asked.langs()
    async with door.house.database.tx() as tx:
        await people.by_id(tx, whom, viewer=call.viewer)
        before = (await people.relation(tx, viewer=call.viewer, person=whom)).wishes or Wishes()
        wishes = Wishes(
            with_boosts=before.with_boosts if asked.reblogs is None else asked.reblogs,
            notify=before.notify if asked.notify is None else asked.notify,
            langs=before.langs if langs is None else langs,
        )
        await actions.follow(tx, by=call.me, person=whom, wishes=wishes)
    return await _changed(door, call, whom)


class Muted(Whom, kw_only=True):
    """Whom to mute; ``duration`` in seconds, 0 for good."""

    notifications: bool = True
    duration: int = 0


@endpoint("POST", "/api/v1/accounts/{id}/mute", takes=Muted, gives=Relationship,
          scopes=("write:mutes",))
async def mute(door: Door, call: Call, asked: Muted) -> Relationship:
    """Mute somebody, for a while or for good."""
    whom = person_id(asked.id)
    if not 0 <= asked.duration <= MUTE_MAX_S:
        raise ParameterInvalid("Duration is not included in the list")
    until = clock.now() + timedelta(seconds=asked.duration) if asked.duration else None
    async with door.house.database.tx() as tx:
        await people.by_id(tx, whom, viewer=call.viewer)
        await actions.mute(
            tx, by=call.me, person=whom, with_notices=asked.notifications, until=until
        )
    return await _changed(door, call, whom)


class Remark(Whom, kw_only=True):
    """What one thinks of somebody; nothing forgets what was there."""

    comment: str = ""


@endpoint("POST", "/api/v1/accounts/{id}/note", takes=Remark, gives=Relationship,
          scopes=("write:accounts",))
async def remark(door: Door, call: Call, asked: Remark) -> Relationship:
    """Write down what only oneself reads of somebody."""
    whom = person_id(asked.id)
    async with door.house.database.tx() as tx:
        await remarking.remark(tx, by=call.me, person=whom, text=asked.comment)
    return await _changed(door, call, whom)


def _deed(path: str, words: str, scope: str, deed: Any) -> None:
    """Declare one of the deeds between two people: they all look alike."""

    async def act(door: Door, call: Call, asked: Whom) -> Relationship:
        whom = person_id(asked.id)
        async with door.house.database.tx() as tx:
            await people.by_id(tx, whom, viewer=call.viewer)
            await deed(tx, by=call.me, person=whom)
        return await _changed(door, call, whom)

    act.__doc__ = words
    endpoint(
        "POST", f"/api/v1/accounts/{{id}}/{path}", takes=Whom, gives=Relationship, scopes=(scope,)
    )(act)


_deed("unfollow", "Follow somebody no more, or ask no more.", "write:follows", actions.unfollow)
_deed("block", "Block somebody.", "write:blocks", actions.block)
_deed("unblock", "Block somebody no more.", "write:blocks", actions.unblock)
_deed("unmute", "Mute somebody no more.", "write:mutes", actions.unmute)
_deed(
    "remove_from_followers", "Have somebody follow one no more.", "write:follows",
    remarking.shake_off,
)
_deed("endorse", "Show somebody on one's profile.", "write:accounts", remarking.endorse)
_deed("unendorse", "Show somebody no more.", "write:accounts", remarking.unendorse)
_deed("pin", "Show somebody on one's profile, as older apps ask.", "write:accounts",
      remarking.endorse)
_deed("unpin", "Show somebody no more, as older apps ask.", "write:accounts", remarking.unendorse)


@endpoint("GET", "/api/v1/blocks", takes=Paged, gives=list[Account], scopes=("read:blocks",))
async def blocks(door: Door, call: Call, asked: Paged) -> list[Account]:
    """Whom one blocked."""
    found = await circle(door, call, asked, Circle.BLOCKED)
    return [entity.account(one, base=call.base) for one in found]


@endpoint("GET", "/api/v1/mutes", takes=Paged, gives=list[MutedAccount], scopes=("read:mutes",))
async def mutes(door: Door, call: Call, asked: Paged) -> list[MutedAccount]:
    """Whom one muted, and until when; mutes that ended are left out."""
    found = await circle(door, call, asked, Circle.MUTED)
    async with door.house.database.reads() as reads:
        stands = await relations.among(reads, call.viewer, [one.id for one in found])
    return [
        entity.muted_account(one, until=stands[one.id].muted_until, base=call.base)
        for one in found
        if stands[one.id].muted
    ]


@endpoint("GET", "/api/v1/endorsements", takes=Paged, gives=list[Account],
          scopes=("read:accounts",))
async def endorsements(door: Door, call: Call, asked: Paged) -> list[Account]:
    """Whom one shows on one's profile."""
    found = await circle(door, call, asked, Circle.ENDORSED)
    return [entity.account(one, base=call.base) for one in found]


class Circled(Paged, kw_only=True):
    """A page of somebody's people."""

    id: str


@endpoint("GET", "/api/v1/accounts/{id}/endorsements", takes=Circled, gives=list[Account],
          needs=Needs.NOBODY, scopes=("read:accounts",))
async def endorsed_by(door: Door, call: Call, asked: Circled) -> list[Account]:
    """Whom somebody shows on their profile."""
    async with door.house.database.reads() as reads:
        whose = await person(reads, call, asked.id)
    found = await circle(door, call, asked, Circle.ENDORSED, whose.id)
    return [entity.account(one, base=call.base) for one in found]


@endpoint("GET", "/api/v1/follow_requests", takes=Paged, gives=list[Account],
          scopes=("read:follows",))
async def asking(door: Door, call: Call, asked: Paged) -> list[Account]:
    """Who asks to follow one."""
    found = await circle(door, call, asked, Circle.ASKING)
    return [entity.account(one, base=call.base) for one in found]


def _answer(path: str, words: str, deed: Any) -> None:
    async def act(door: Door, call: Call, asked: Whom) -> Relationship:
        whom = person_id(asked.id)
        async with door.house.database.tx() as tx:
            await deed(tx, by=call.me, person=whom)
        return await _changed(door, call, whom)

    act.__doc__ = words
    endpoint(
        "POST", f"/api/v1/follow_requests/{{id}}/{path}", takes=Whom, gives=Relationship,
        scopes=("write:follows",),
    )(act)


_answer("authorize", "Let somebody follow who asked to.", requests.accept)
_answer("reject", "Do not let somebody follow who asked to.", requests.decline)


@endpoint("GET", "/api/v1/domain_blocks", takes=Paged, gives=list[str], scopes=("read:blocks",))
async def domain_blocks(door: Door, call: Call, asked: Paged) -> list[str]:
    """Servers that one wants nothing of."""
    place = span(asked, usual=100, most=200)
    async with door.house.database.reads() as reads:
        found = await remarking.domains(
            reads, call.me, above=place.above, below=place.below, count=place.count,
            upward=place.upward,
        )
    link(call, [one.id for one in found], count=place.count)
    return [one.domain for one in found]


class Server(msgspec.Struct, kw_only=True):
    """A server, by name."""

    domain: str = ""


@endpoint("POST", "/api/v1/domain_blocks", takes=Server, scopes=("write:blocks",))
async def block_domain(door: Door, call: Call, asked: Server) -> Nothing:
    """Want nothing of a server."""
    async with door.house.database.tx() as tx:
        await remarking.block_domain(tx, by=call.me, domain=asked.domain)
    return Nothing()


@endpoint("DELETE", "/api/v1/domain_blocks", takes=Server, scopes=("write:blocks",))
async def unblock_domain(door: Door, call: Call, asked: Server) -> Nothing:
    """Want something of a server again."""
    async with door.house.database.tx() as tx:
        await remarking.unblock_domain(tx, by=call.me, domain=asked.domain)
    return Nothing()
