"""Search: one page of notes, people and tags; suggestions while one types."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.notes import queries as notes
from catflap.notes.queries import TagUse
from catflap.people import queries as people
from catflap.people.model import Person
from catflap.search import queries as search
from catflap.search.asking import QUERY_MAX_CHARS, Asked
from catflap.search.marking import Marker
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.entities.shown import person_link
from catflap.web.routes.explore import continued, more, unread
from catflap.web.visit import Visit

SUGGESTIONS_KEPT_S = 30


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """One suggestion: what it says, where it leads ("" to search for it), what stands beside."""

    kind: str
    text: str
    href: str
    beside: str


def _query(visit: Visit) -> str:
    return visit.request.query_params.get("q", "")[:QUERY_MAX_CHARS]


async def find(door: Door, visit: Visit) -> Response:
    """Search; a handle alone leads straight to its page."""
    query = _query(visit)
    glossary = await door.house.glossaries.current(door.house.database)
    async with door.house.database.reads() as reads:
        if person := await _named(reads, visit, query):
            return RedirectResponse(f"/@{quote(person.handle, safe='')}", status_code=303)
        asked = await search.understood(reads, query, glossary=glossary)
        after = visit.request.query_params.get("after")
        page = await search.notes(reads, asked, viewer=visit.viewer, after=after)
        found = await notes.shown(reads, page.items, viewer=visit.viewer)
        cards = await door.presenting.found_cards(reads, visit, found, marker=Marker(asked))
        cards += more(visit, continued(visit, page.next_cursor))
        if visit.request.query_params.get("fragment"):
            return rendering.html(visit, cards)
        others, tags = ([], []) if after else await _beside(reads, visit, asked)
        slots = rendering.frame(visit, unread=await unread(reads, visit))
    text = rendering.fragment(
        visit, "search.html", query=query.strip(), cards=rendering.slot("cards"),
        people=[person_link(person, now=clock.now()) for person in others], tags=tags,
        has_notes=bool(found), is_empty=asked.is_empty, number=visit.number,
    )
    return rendering.html(visit, rendering.Piece(text).filled(slots | {"cards": cards}))


async def _named(reads: Reads, visit: Visit, query: str) -> Person | None:
    """The person whom a query names and nothing else."""
    handle = query.strip()
    if not handle.startswith("@") or len(handle) < 2:
        return None
    try:
        return await people.by_handle(reads, handle, viewer=visit.viewer)
    except NotFound:
        return None


async def _beside(
    reads: Reads, visit: Visit, asked: Asked
) -> tuple[Sequence[Person], Sequence[TagUse]]:
    """People and tags that a query names."""
    who = asked.people[0] if asked.people else asked.whole
    what = asked.tag_names[0] if asked.tag_names else asked.whole
    return (
        await search.people(reads, who, viewer=visit.viewer),
        await search.tags(reads, what, viewer=visit.viewer),
    )


async def suggest(door: Door, visit: Visit) -> Response:
    """What a query begun so may become, as JSON; an empty one becomes nothing."""
    query = _query(visit)
    if not query.strip():
        return rendering.json({"suggestions": []}, kept_s=SUGGESTIONS_KEPT_S)
    door.suggestions.spend(str(visit.viewer or visit.household))
    async with door.house.database.reads() as reads:
        found = await search.suggestions(
            reads, query, viewer=visit.viewer, target=visit.reading.target
        )
    return rendering.json(
        {"suggestions": [_suggested(visit, one) for one in found]}, kept_s=SUGGESTIONS_KEPT_S
    )


def _suggested(visit: Visit, one: search.Suggestion) -> Suggested:
    if one.kind == "tag":
        return Suggested(
            kind="tag", text=f"#{one.text}", href=f"/tags/{quote(one.text, safe='')}",
            beside=visit.number(one.count),
        )
    if one.person is not None:
        handle = one.person.handle
        return Suggested(
            kind="person", text=one.person.name, href=f"/@{quote(handle, safe='')}",
            beside=f"@{handle}",
        )
    return Suggested(kind="word", text=one.text, href="", beside="")
