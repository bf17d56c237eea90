"""Statuses for later: what waits, when, and never."""

from __future__ import annotations

from collections.abc import Sequence

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.asking import instant_of
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.mastodon.entities.scheduled import Scheduled, scheduled
from catflap.mastodon.entities.status import attachment
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.routes.statuses import Which
from catflap.media import queries as media
from catflap.media.model import MediaId
from catflap.notes import planning
from catflap.notes.model import Planned, PlannedId
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN


async def presented(reads: Reads, call: Call, found: Sequence[Planned]) -> list[Scheduled]:
    """Planned notes of the caller's as apps see them. Two queries, whatever their number.

    A file that is gone meanwhile is left out.
    """
    ids = [MediaId(int(text)) for one in found for text in one.content.media]
    items = {item.id: item for item in await media.still_mine(reads, ids, viewer=call.me)}
    texts = await translation.kept(
        reads, [item.alt_key for item in items.values()], target=UNKNOWN
    )
    told = {str(key): kept.text for key, kept in texts.items()}
    return [
        scheduled(
            one, app_id=call.token.app_id if call.token else None,
            items=tuple(
                attachment(item, alt=told.get(item.alt_key, ""), base=call.base)
                for text in one.content.media
                if (item := items.get(MediaId(int(text)))) is not None
            ),
        )
        for one in found
    ]


def _id(text: str) -> PlannedId:
    found = from_text(text)
    if found is None:
        raise NotFound("planned")
    return PlannedId(found)


@endpoint("GET", "/api/v1/scheduled_statuses", takes=Paged, gives=list[Scheduled],
          scopes=("read:statuses",))
async def listed(door: Door, call: Call, asked: Paged) -> list[Scheduled]:
    """What one planned, newest plan first."""
    place = span(asked)
    async with door.house.database.reads() as reads:
        found = await planning.of_viewer(
            reads, call.me, above=place.above, below=place.below, count=place.count,
            upward=place.upward,
        )
        link(call, [one.id for one in found], count=place.count)
        return await presented(reads, call, found)


@endpoint("GET", "/api/v1/scheduled_statuses/{id}", takes=Which, gives=Scheduled,
          scopes=("read:statuses",))
async def show(door: Door, call: Call, asked: Which) -> Scheduled:
    """One planned status."""
    async with door.house.database.reads() as reads:
        found = await planning.one(reads, _id(asked.id), viewer=call.me)
        return (await presented(reads, call, [found]))[0]


class Moved(Which, kw_only=True):
    """Another time for a planned status."""

    scheduled_at: str


@endpoint("PUT", "/api/v1/scheduled_statuses/{id}", takes=Moved, gives=Scheduled,
          scopes=("write:statuses",))
async def move(door: Door, call: Call, asked: Moved) -> Scheduled:
    """Publish a planned status at another time."""
    id_ = _id(asked.id)
    async with door.house.database.tx() as tx:
        await planning.replan(tx, id_, by=call.me, due_at=instant_of(asked.scheduled_at))
    async with door.house.database.reads() as reads:
        found = await planning.one(reads, id_, viewer=call.me)
        return (await presented(reads, call, [found]))[0]


@endpoint("DELETE", "/api/v1/scheduled_statuses/{id}", takes=Which, gives=Nothing,
          scopes=("write:statuses",))
async def cancel(door: Door, call: Call, asked: Which) -> Nothing:
    """Publish a planned status never."""
    async with door.house.database.tx() as tx:
        await planning.cancel(tx, _id(asked.id), by=call.me)
    return Nothing()
