"""Lists of people whom one reads apart, and their timelines."""

from __future__ import annotations

import msgspec

from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.mastodon.entities import account as entity
from catflap.mastodon.entities.account import Account
from catflap.mastodon.entities.status import Status
from catflap.mastodon.paging import LAST, Paged, link, span
from catflap.mastodon.rendered import Rendered
from catflap.mastodon.routes.accounts import Whom, circle, person_id
from catflap.notes import homing
from catflap.notes import queries as notes
from catflap.notes.filters import Place
from catflap.people import circles, lists
from catflap.people import queries as people
from catflap.people.circles import Circle
from catflap.people.model import LIST_MEMBERS_MAX, Answers, PeopleList

OUTWARD = {Answers.NONE: "none", Answers.MEMBERS: "list", Answers.FOLLOWED: "followed"}
"""Whose comments come into a list, in Mastodon's words."""
INWARD = {name: answers for answers, name in OUTWARD.items()}


class List(msgspec.Struct, frozen=True, kw_only=True):
    """A list of people."""

    id: str
    title: str
    replies_policy: str
    exclusive: bool


class Asked(msgspec.Struct, kw_only=True):
    """A list to be made or changed; what is left out stays, or is as usual."""

    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None

    def answers(self) -> Answers | None:
        """Whose comments come into it, None where that stays.

        Raises:
            ParameterInvalid: it is a policy that is none.
        """
        if not self.replies_policy:
            return None
        if self.replies_policy not in INWARD:
            raise ParameterInvalid("Replies policy is not included in the list")
        return INWARD[self.replies_policy]


class Which(msgspec.Struct, kw_only=True):
    """A list, by id."""

    id: str


def list_id(text: str) -> int:
    """A list's id.

    Raises:
        NotFound: it is none.
    """
    found = from_text(text)
    if found is None:
        raise NotFound("list")
    return found


def _told(found: PeopleList) -> List:
    return List(
        id=str(found.id), title=found.title, replies_policy=OUTWARD[found.answers],
        exclusive=found.exclusive,
    )


@endpoint("GET", "/api/v1/lists", gives=list[List], scopes=("read:lists",))
async def every(door: Door, call: Call, asked: Nothing) -> list[List]:
    """One's lists."""
    async with door.house.database.reads() as reads:
        return [_told(one) for one in await lists.mine(reads, call.me)]


@endpoint("POST", "/api/v1/lists", takes=Asked, gives=List, scopes=("write:lists",))
async def make(door: Door, call: Call, asked: Asked) -> List:
    """Make a list."""
    async with door.house.database.tx() as tx:
        id_ = await lists.make(
            tx, by=call.me, title=asked.title or "",
            answers=asked.answers() or Answers.MEMBERS, exclusive=bool(asked.exclusive),
        )
        return _told(await lists.one(tx, id_, viewer=call.me))


@endpoint("GET", "/api/v1/lists/{id}", takes=Which, gives=List, scopes=("read:lists",))
async def show(door: Door, call: Call, asked: Which) -> List:
    """One of one's lists."""
    async with door.house.database.reads() as reads:
        return _told(await lists.one(reads, list_id(asked.id), viewer=call.me))


class Changed(Asked, kw_only=True):
    """A list's changes."""

    id: str


@endpoint("PUT", "/api/v1/lists/{id}", takes=Changed, gives=List, scopes=("write:lists",))
async def change(door: Door, call: Call, asked: Changed) -> List:
    """Change a list."""
    async with door.house.database.tx() as tx:
        await lists.change(
            tx, list_id(asked.id), by=call.me, title=asked.title, answers=asked.answers(),
            exclusive=asked.exclusive,
        )
        return _told(await lists.one(tx, list_id(asked.id), viewer=call.me))


@endpoint("DELETE", "/api/v1/lists/{id}", takes=Which, scopes=("write:lists",))
async def drop(door: Door, call: Call, asked: Which) -> Nothing:
    """Delete a list."""
    async with door.house.database.tx() as tx:
        await lists.drop(tx, list_id(asked.id), by=call.me)
    return Nothing()


class Members(Paged, kw_only=True):
    """A page of a list's people; with a limit of 0 it has all of them."""

    id: str
    limit: int = 40


@endpoint("GET", "/api/v1/lists/{id}/accounts", takes=Members, gives=list[Account],
          scopes=("read:lists",))
async def members(door: Door, call: Call, asked: Members) -> list[Account]:
    """Who is on a list."""
    async with door.house.database.reads() as reads:
        found = await lists.one(reads, list_id(asked.id), viewer=call.me)
        if asked.limit == 0:
            everybody = await circles.within(
                reads, Circle.LISTED, found.id, viewer=call.viewer, above=0, below=LAST,
                count=LIST_MEMBERS_MAX,
            )
            return [entity.account(one, base=call.base) for one in everybody]
    page = await circle(door, call, asked, Circle.LISTED, found.id)
    return [entity.account(one, base=call.base) for one in page]


class Put(msgspec.Struct, kw_only=True):
    """People to be put on a list, or taken off."""

    id: str
    account_ids: list[str] | str = msgspec.field(default_factory=list)

    def people(self) -> list[int]:
        """Their ids.

        Raises:
            NotFound: one of them is none.
        """
        texts = [self.account_ids] if isinstance(self.account_ids, str) else self.account_ids
        return [person_id(text) for text in texts]


@endpoint("POST", "/api/v1/lists/{id}/accounts", takes=Put, scopes=("write:lists",))
async def put(door: Door, call: Call, asked: Put) -> Nothing:
    """Put people whom one follows on a list."""
    async with door.house.database.tx() as tx:
        await lists.put(tx, list_id(asked.id), asked.people(), by=call.me)
    return Nothing()


@endpoint("DELETE", "/api/v1/lists/{id}/accounts", takes=Put, scopes=("write:lists",))
async def take(door: Door, call: Call, asked: Put) -> Nothing:
    """Take people off a list."""
    async with door.house.database.tx() as tx:
        await lists.take(tx, list_id(asked.id), asked.people(), by=call.me)
    return Nothing()


@endpoint("GET", "/api/v1/accounts/{id}/lists", takes=Whom, gives=list[List],
          scopes=("read:lists",))
async def holding(door: Door, call: Call, asked: Whom) -> list[List]:
    """Which of one's lists somebody is on."""
    async with door.house.database.reads() as reads:
        found = await people.by_id(reads, person_id(asked.id), viewer=call.viewer)
        return [_told(one) for one in await lists.holding(reads, found.id, viewer=call.me)]


class Timeline(Paged, kw_only=True):
    """A page of what the people on a list wrote."""

    list_id: str


@endpoint("GET", "/api/v1/timelines/list/{list_id}", takes=Timeline, gives=list[Status],
          scopes=("read:lists",), is_kept=True)
async def timeline(door: Door, call: Call, asked: Timeline) -> list[Rendered]:
    """What the people on a list wrote, newest first."""
    place = span(asked)
    async with door.house.database.reads() as reads:
        found = await lists.one(reads, list_id(asked.list_id), viewer=call.me)
        ids = await homing.of_list(reads, found, place)
        link(call, ids, count=place.count)
        shown = await notes.shown(reads, ids, viewer=call.viewer)
        kept = await homing.answering(reads, found, shown)
        fitting = await homing.in_wanted_languages(reads, call.me, kept)
        return await door.presenting.statuses(reads, call, fitting, where=Place.HOME)
