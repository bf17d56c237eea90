"""People: who they are, what they wrote, whom they follow."""

from __future__ import annotations

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, endpoint
from catflap.mastodon.entities import account as entity
from catflap.mastodon.entities.account import Account
from catflap.mastodon.entities.status import Status
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.rendered import Rendered
from catflap.notes import pinning, timelines
from catflap.notes.actions import checked_tag
from catflap.notes.filters import Place
from catflap.people import circles
from catflap.people import queries as people
from catflap.people.circles import Circle
from catflap.people.model import Person, PersonId


class Whom(msgspec.Struct, kw_only=True):
    """Somebody, by id."""

    id: str


def person_id(text: str) -> PersonId:
    """An account's id.

    Raises:
        NotFound: it is none.
    """
    found = from_text(text)
    if found is None:
        raise NotFound("person")
    return PersonId(found)


async def person(reads: Reads, call: Call, text: str) -> Person:
    """Somebody whom the caller may see.

    Raises:
        NotFound: they are absent, or blocked the caller.
    """
    return await people.by_id(reads, person_id(text), viewer=call.viewer)


class Handle(msgspec.Struct, kw_only=True):
    """Somebody by handle, with or without this server's name."""

    acct: str = ""


@endpoint("GET", "/api/v1/accounts/lookup", takes=Handle, gives=Account, needs=Needs.NOBODY,
          scopes=("read:accounts",))
async def lookup(door: Door, call: Call, asked: Handle) -> Account:
    """Somebody by handle."""
    name, _, host = asked.acct.strip().lstrip("@").partition("@")
    if host and host.casefold() != call.host.casefold():
        raise NotFound("person")
    async with door.house.database.reads() as reads:
        found = await people.by_handle(reads, name, viewer=call.viewer)
        return await door.presenting.profile(reads, call, found)


class Several(msgspec.Struct, kw_only=True):
    """Several people, by id."""

    id: list[str] | str = msgspec.field(default_factory=list)

    def ids(self) -> list[PersonId]:
        """Their ids, those that are none left out."""
        texts = [self.id] if isinstance(self.id, str) else self.id
        found = [from_text(text) for text in texts[:80]]
        return [PersonId(one) for one in found if one is not None]


@endpoint("GET", "/api/v1/accounts", takes=Several, gives=list[Account], needs=Needs.NOBODY,
          scopes=("read:accounts",))
async def several(door: Door, call: Call, asked: Several) -> list[Account]:
    """Several people at once."""
    async with door.house.database.reads() as reads:
        known = await people.by_ids(reads, asked.ids())
        hidden = await people.hidden_from(reads, call.viewer)
    return [
        entity.account(known[id_], base=call.base)
        for id_ in asked.ids()
        if id_ in known and id_ not in hidden.blocked
    ]


@endpoint("GET", "/api/v1/accounts/{id}", takes=Whom, gives=Account, needs=Needs.NOBODY,
          scopes=("read:accounts",))
async def show(door: Door, call: Call, asked: Whom) -> Account:
    """Somebody."""
    async with door.house.database.reads() as reads:
        return await door.presenting.profile(reads, call, await person(reads, call, asked.id))


class Statuses(Paged, kw_only=True):
    """What of somebody's is asked for."""

    id: str
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    pinned: bool = False
    tagged: str = ""


@endpoint(
    "GET", "/api/v1/accounts/{id}/statuses", takes=Statuses, gives=list[Status],
    needs=Needs.NOBODY, scopes=("read:statuses",), is_kept=True,
)
async def statuses(door: Door, call: Call, asked: Statuses) -> list[Rendered]:
    """What somebody wrote and passed on, newest first; or what stands first on their page."""
    place = span(asked)
    async with door.house.database.reads() as reads:
        found = await person(reads, call, asked.id)
        if asked.pinned:
            ids = await pinning.pinned(reads, found.id)
        else:
            ids = await timelines.of_author(
                reads, found.id, place, with_comments=not asked.exclude_replies,
                with_boosts=not asked.exclude_reblogs, only_media=asked.only_media,
                tag=checked_tag(asked.tagged) if asked.tagged else "",
            )
            link(call, ids, count=place.count)
        listed = await timelines.entries(reads, ids, viewer=call.viewer)
        return await door.presenting.entries(reads, call, listed, where=Place.PROFILE)


class Circled(Paged, kw_only=True):
    """A page of somebody's followers, or of whom they follow."""

    id: str


async def circle(
    door: Door, call: Call, asked: Paged, which: Circle, of: int | None = None
) -> list[Person]:
    """A page of one's people, or of those of ``of``, with where it goes on."""
    place = span(asked, usual=40, most=80)
    async with door.house.database.reads() as reads:
        listed = await circles.within(
            reads, which, of or call.me, viewer=call.viewer, above=place.above,
            below=place.below, count=place.count, upward=place.upward,
        )
    link(call, [one.id for one in listed], count=place.count)
    return listed


async def _circle_of(door: Door, call: Call, asked: Circled, which: Circle) -> list[Account]:
    async with door.house.database.reads() as reads:
        found = await person(reads, call, asked.id)
    if found.hides_circles and found.id != call.viewer:
        return []
    return [
        entity.account(one, base=call.base)
        for one in await circle(door, call, asked, which, found.id)
    ]


@endpoint(
    "GET", "/api/v1/accounts/{id}/followers", takes=Circled, gives=list[Account],
    needs=Needs.NOBODY, scopes=("read:accounts",),
)
async def followers(door: Door, call: Call, asked: Circled) -> list[Account]:
    """Who follows somebody."""
    return await _circle_of(door, call, asked, Circle.FOLLOWERS)


@endpoint(
    "GET", "/api/v1/accounts/{id}/following", takes=Circled, gives=list[Account],
    needs=Needs.NOBODY, scopes=("read:accounts",),
)
async def following(door: Door, call: Call, asked: Circled) -> list[Account]:
    """Whom somebody follows."""
    return await _circle_of(door, call, asked, Circle.FOLLOWING)
