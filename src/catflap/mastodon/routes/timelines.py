"""Lists of statuses by time, newest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, endpoint
from catflap.mastodon.entities.status import Status
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.rendered import Rendered
from catflap.notes import actions, deeds, homing, timelines
from catflap.notes import linking as links
from catflap.notes import queries as notes
from catflap.notes.deeds import Deed
from catflap.notes.filters import Place
from catflap.notes.timelines import Narrowing, Span
from catflap.people.model import PersonId

MODE_MAX_TAGS = 4
"""As Mastodon has it."""


class Public(Paged, kw_only=True):
    """The public timeline; with ``remote`` alone it is empty: nothing comes from elsewhere yet."""

    local: bool = False
    remote: bool = False
    only_media: bool = False


class Tagged(Public, kw_only=True):
    """The timeline of a tag: ``any`` adds other tags, ``all`` demands, ``none`` forbids them.

    Of each at most `MODE_MAX_TAGS` count.
    """

    hashtag: str
    any: list[str] | str = msgspec.field(default_factory=list)
    all: list[str] | str = msgspec.field(default_factory=list)
    none: list[str] | str = msgspec.field(default_factory=list)


def _checked(asked: list[str] | str) -> tuple[str, ...]:
    texts = [asked] if isinstance(asked, str) else asked[:MODE_MAX_TAGS]
    return tuple(dict.fromkeys(actions.checked_tag(text) for text in texts))


async def listed(
    door: Door, call: Call, asked: Paged,
    skeleton: Callable[[Reads, Span], Awaitable[list[int]]], *, where: Place | None = None,
) -> list[Rendered]:
    """A page of a timeline: which ids, hide, present; and where it goes on."""
    place = span(asked)
    async with door.house.database.reads() as reads:
        ids = await skeleton(reads, place)
        link(call, ids, count=place.count)
        shown = await notes.shown(reads, ids, viewer=call.viewer)
        return await door.presenting.statuses(reads, call, shown, where=where)


async def mixed(
    door: Door, reads: Reads, call: Call, ids: list[int], *, count: int
) -> list[Rendered]:
    """A page of what comes home: notes and boosts."""
    link(call, ids, count=count)
    entries = await timelines.entries(reads, ids, viewer=call.viewer)
    wanted = await homing.in_wanted_languages(reads, call.me, [one.note for one in entries])
    kept = {note.id for note in wanted}
    entries = [one for one in entries if one.note.id in kept]
    return await door.presenting.entries(reads, call, entries, where=Place.HOME)


@endpoint("GET", "/api/v1/timelines/home", takes=Paged, gives=list[Status],
          scopes=("read:statuses",), is_kept=True)
async def home(door: Door, call: Call, asked: Paged) -> list[Rendered]:
    """What those one follows wrote and passed on, what carries followed tags, and oneself."""
    place = span(asked)
    async with door.house.database.reads() as reads:
        ids = await homing.home(reads, call.me, place, with_answers=True)
        return await mixed(door, reads, call, ids, count=place.count)


@endpoint("GET", "/api/v1/timelines/public", takes=Public, gives=list[Status],
          needs=Needs.NOBODY, scopes=("read:statuses",), is_kept=True)
async def public(door: Door, call: Call, asked: Public) -> list[Rendered]:
    """What everybody here wrote for everybody."""
    if asked.remote and not asked.local:
        return []

    async def skeleton(reads: Reads, place: Span) -> list[int]:
        return await timelines.public(reads, place, only_media=asked.only_media)

    return await listed(door, call, asked, skeleton, where=Place.PUBLIC)


@endpoint("GET", "/api/v1/timelines/tag/{hashtag}", takes=Tagged, gives=list[Status],
          needs=Needs.NOBODY, scopes=("read:statuses",), is_kept=True)
async def tagged(door: Door, call: Call, asked: Tagged) -> list[Rendered]:
    """What carries a tag."""
    if asked.remote and not asked.local:
        return []
    tags = list(dict.fromkeys([actions.checked_tag(asked.hashtag), *_checked(asked.any)]))
    narrowed = Narrowing(
        every=_checked(asked.all), none=_checked(asked.none), only_media=asked.only_media
    )

    async def skeleton(reads: Reads, place: Span) -> list[int]:
        return await timelines.tagged_any(
            reads, tags, place, narrowed=narrowed if narrowed != Narrowing() else None
        )

    return await listed(door, call, asked, skeleton, where=Place.PUBLIC)


class Linking(Paged, kw_only=True):
    """The timeline of a page, by its address."""

    url: str


@endpoint("GET", "/api/v1/timelines/link", takes=Linking, gives=list[Status],
          needs=Needs.NOBODY, scopes=("read:statuses",), is_kept=True)
async def linking(door: Door, call: Call, asked: Linking) -> list[Rendered]:
    """What links to a page that has a card."""
    async with door.house.database.reads() as reads:
        found = await links.preview_at(reads, asked.url)
    if found is None or not door.house.settings.link_previews:
        raise NotFound("link")

    async def skeleton(reads: Reads, place: Span) -> list[int]:
        return await timelines.linking(reads, found.id, place)

    return await listed(door, call, asked, skeleton, where=Place.PUBLIC)


async def _by_deed(
    door: Door, call: Call, asked: Paged,
    skeleton: Callable[[Reads, PersonId, Span], Awaitable[list[Deed]]],
) -> list[Rendered]:
    """A page of notes in the order of what the caller did with them; it goes on by the deed."""
    place = span(asked, last=deeds.LAST)
    async with door.house.database.reads() as reads:
        found = await skeleton(reads, call.me, place)
        link(call, [one.place for one in found], count=place.count)
        shown = await notes.shown(reads, [one.id for one in found], viewer=call.viewer)
        return await door.presenting.statuses(reads, call, shown)


@endpoint("GET", "/api/v1/favourites", takes=Paged, gives=list[Status],
          scopes=("read:favourites",))
async def favourites(door: Door, call: Call, asked: Paged) -> list[Rendered]:
    """What one likes, liked last first."""
    return await _by_deed(door, call, asked, deeds.liked)


@endpoint("GET", "/api/v1/bookmarks", takes=Paged, gives=list[Status],
          scopes=("read:bookmarks",))
async def bookmarks(door: Door, call: Call, asked: Paged) -> list[Rendered]:
    """What stands on one's boards, collected last first."""
    return await _by_deed(door, call, asked, deeds.collected_by)
