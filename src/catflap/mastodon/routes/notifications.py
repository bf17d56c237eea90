"""What happened to one: notices as notifications, one by one."""

from __future__ import annotations

import msgspec

from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon import notifying
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.mastodon.entities.notification import Count, Notification
from catflap.mastodon.paging import Paged, link, span
from catflap.notices import actions, pages
from catflap.notices import queries as notices
from catflap.notices.model import Kind
from catflap.notices.pages import Wanted as Page

READ, WRITE = ("read:notifications",), ("write:notifications",)
UNREAD_USUAL = 100
UNREAD_MOST = 1000


class Wanted(Paged, kw_only=True):
    """Which notifications are asked for."""

    types: list[str] | str = msgspec.field(default_factory=list)
    exclude_types: list[str] | str = msgspec.field(default_factory=list)
    account_id: str = ""
    include_filtered: bool = False

    def page(self, *, usual: int = 40) -> Page:
        """The same, in our words; of nobody where the account is none."""
        place = span(self, usual=usual, most=80)
        return Page(
            kinds=kinds(self), above=place.above, below=place.below, count=place.count,
            upward=place.upward, with_filtered=self.include_filtered,
            actor=(from_text(self.account_id) or 0) if self.account_id else None,
        )


def kinds(asked: Wanted | Unread) -> list[Kind]:
    """The kinds that are asked for and not left out."""
    return notifying.kinds(listed(asked.types), listed(asked.exclude_types))


def listed(value: list[str] | str) -> list[str]:
    """A list that may have come as one text."""
    return [value] if isinstance(value, str) else value


@endpoint("GET", "/api/v1/notifications", takes=Wanted, gives=list[Notification], scopes=READ,
          is_kept=True)
async def several(door: Door, call: Call, asked: Wanted) -> list[Notification]:
    """One's notifications, newest first."""
    page = asked.page()
    async with door.house.database.reads() as reads:
        found = await pages.within(reads, call.me, page)
        link(call, found.ids, count=page.count)
        return await notifying.presented(door.presenting, reads, call, found.kept)


class Unread(msgspec.Struct, kw_only=True):
    """What is to be counted."""

    types: list[str] | str = msgspec.field(default_factory=list)
    exclude_types: list[str] | str = msgspec.field(default_factory=list)
    limit: int = UNREAD_USUAL

    def most(self) -> int:
        """Up to where."""
        return max(1, min(self.limit, UNREAD_MOST))


@endpoint("GET", "/api/v1/notifications/unread_count", takes=Unread, gives=Count, scopes=READ)
async def unread_count(door: Door, call: Call, asked: Unread) -> Count:
    """How many notifications wait to be read."""
    async with door.house.database.reads() as reads:
        return Count(
            count=await pages.unread(reads, call.me, kinds=kinds(asked), count=asked.most())
        )


@endpoint("POST", "/api/v1/notifications/clear", scopes=WRITE)
async def clear(door: Door, call: Call, asked: Nothing) -> Nothing:
    """Delete all notifications."""
    async with door.house.database.tx() as tx:
        await actions.clear(tx, call.me)
    return Nothing()


class Which(msgspec.Struct, kw_only=True):
    """A notification, by id."""

    id: str

    def number(self) -> int:
        """Its id.

        Raises:
            NotFound: it is none.
        """
        found = from_text(self.id)
        if found is None:
            raise NotFound("notice")
        return found


async def _dismiss(door: Door, call: Call, asked: Which) -> Nothing:
    async with door.house.database.tx() as tx:
        await actions.dismiss(tx, asked.number(), by=call.me)
    return Nothing()


@endpoint("POST", "/api/v1/notifications/dismiss", takes=Which, scopes=WRITE)
async def dismiss_old(door: Door, call: Call, asked: Which) -> Nothing:
    """Delete one notification, as older apps ask."""
    return await _dismiss(door, call, asked)


@endpoint(
    "GET", "/api/v1/notifications/{id}", takes=Which, gives=Notification, scopes=READ
)
async def show(door: Door, call: Call, asked: Which) -> Notification:
    """A notification."""
    async with door.house.database.reads() as reads:
        found = await notices.notice(reads, asked.number(), viewer=call.me)
        made = await notifying.presented(door.presenting, reads, call, [found])
    if not made:
        raise NotFound("notice")
    return made[0]


@endpoint("POST", "/api/v1/notifications/{id}/dismiss", takes=Which, scopes=WRITE)
async def dismiss(door: Door, call: Call, asked: Which) -> Nothing:
    """Delete a notification."""
    return await _dismiss(door, call, asked)
