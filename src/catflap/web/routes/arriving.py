"""The operator's page of coming over: the way in, who waits, how soon newcomers are answered."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.access import queries as access
from catflap.arrivals import answering, entering, invitations, valve
from catflap.arrivals.model import REASON_MAX_CHARS, Entrance
from catflap.arrivals.valve import Bounds
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound, TextTooLong
from catflap.people import queries as people
from catflap.people.model import Person, PersonId
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.routes.norms import operators_only, path_id
from catflap.web.routes.threshold import likely, way_in
from catflap.web.visit import Visit
from catflap.words.catalogue import LOCALES, Words

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
    operators_only(visit)
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


async def approve(door: Door, visit: Visit) -> Response:
    """Let in somebody who waits, by an operator's word."""
    operators_only(visit)
    async with door.house.database.tx() as tx:
        await valve.approve(tx, _person_id(visit), is_operator=visit.is_operator)
    return RedirectResponse("/operator/arrivals?done=in", status_code=303)


async def confirm(door: Door, visit: Visit) -> Response:
    """Ask before somebody who waits is turned away, and for a word to them."""
    return await _confirm(door, visit)


async def _confirm(
    door: Door, visit: Visit, *, word: str = "", error: str = "", status: int = 200
) -> Response:
    operators_only(visit)
    id_ = _person_id(visit)
    async with door.house.database.reads() as reads:
        found = await valve.entrance(reads, id_)
        if found is None or found.let_in_at is not None:
            raise NotFound("page")
        credential = await access.credential(reads, id_)
        reader = await people.reader(reads, id_)
        if reader is None:
            raise NotFound("person")
        has_address = credential is not None and bool(credential.email)
        return rendering.page(
            visit, "turn_away.html", status=status, error=error, word=word, one=found,
            person=await people.by_id(reads, id_, viewer=visit.viewer),
            is_told=has_address and bool(door.house.settings.smtp_url),
            language=LOCALES.get(reader.locale, reader.locale), most_chars=REASON_MAX_CHARS,
            unread=await unread(reads, visit),
        )


async def turn_away(door: Door, visit: Visit) -> Response:
    """Delete the account of somebody who waits, and tell them; whoever is in meanwhile stays."""
    operators_only(visit)
    async with form(visit.request) as fields:
        word = fields.text("word")
        try:
            async with door.house.database.tx() as tx:
                is_gone = await valve.turn_away(
                    tx, _person_id(visit), is_operator=visit.is_operator, seal=door.house.seal,
                    word=word,
                )
        except TextTooLong as error:
            return await _confirm(
                door, visit, word=word, error=problems.sentence(visit.words, error),
                status=problems.status_of(error),
            )
    done = "away" if is_gone else "late"
    return RedirectResponse(f"/operator/arrivals?done={done}", status_code=303)


def _person_id(visit: Visit) -> PersonId:
    return PersonId(path_id(visit, "person"))
