"""The operator's page of coming over: the way in, who waits, how soon newcomers are answered."""

from __future__ import annotations

from starlette.responses import Response

from catflap.arrivals import answering, entering, invitations, valve
from catflap.arrivals.model import Entrance
from catflap.arrivals.valve import Bounds
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.people import queries as people
from catflap.people.model import Person, PersonId
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.routes.explore import unread
from catflap.web.routes.threshold import likely, way_in
from catflap.web.visit import Visit
from catflap.words.catalogue import Words

SLOWER_SAID = 1.005
"""What slows the valve by less is not worth a line."""


async def _rows(
    reads: Reads, found: list[Entrance]
) -> list[tuple[Entrance, Person, Person | None]]:
    """Those who wait, and who invited them. Two queries and one each."""
    known = await people.by_ids(reads, [one.person_id for one in found])
    inviters = {
        one.person_id: await invitations.inviter(reads, PersonId(one.person_id)) for one in found
    }
    hosts = await people.by_ids(reads, [id_ for id_ in inviters.values() if id_])
    return [
        (one, known[one.person_id], hosts.get(inviters[one.person_id] or 0))
        for one in found if one.person_id in known
    ]


def why_so_many(words: Words, bounds: Bounds) -> list[tuple[str, str]]:
    """What makes the valve's rate, line by line: each with what it comes to."""
    _ = words.gettext
    lines = [(_("Operators who were here this week can look after"), f"{bounds.bearable}")]
    for said, slower in (
        (_("Open cases slow that"), bounds.by_cases),
        (_("Work that waits slows that"), bounds.by_backlog),
        (_("Letters that fail slow that"), bounds.by_failing_mail),
    ):
        if slower >= SLOWER_SAID:
            lines.append((said, f"÷ {slower:.2f}"))
    if bounds.letters is not None:
        lines.append((_("The letters that this hour has left are enough for"), f"{bounds.letters}"))
    if bounds.ceiling is not None:
        lines.append((_("The settings allow at most"), f"{bounds.ceiling}"))
    return lines


async def page(door: Door, visit: Visit) -> Response:
    """The way in, who waits, and how soon newcomers of the last week were answered."""
    if not visit.is_operator:
        raise NotFound("page")
    async with door.house.database.reads() as reads:
        now = await entering.threshold(
            reads, door.house.settings, open_cases=door.house.open_cases
        )
        times = await answering.times(reads)
        if visit.wants_json:
            return rendering.json({"threshold": now, "first_answers": times})
        return rendering.page(
            visit, "arriving.html", now=now, way=way_in(visit.words, now), times=times,
            because=why_so_many(visit.words, now.bounds) if now.bounds else [],
            for_hosts=await _rows(reads, await valve.for_hosts(reads)),
            next_in=await _rows(reads, await valve.next_in_line(reads, count=50)),
            likely=lambda seconds: likely(visit.words, seconds) if seconds is not None else "–",
            unread=await unread(reads, visit),
        )
