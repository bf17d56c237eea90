"""The glossary: slang explained in both languages, edited by hosts."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.people import queries as people
from catflap.translation import glossing, term_history
from catflap.translation.codes import NAMES, Lang, canonical
from catflap.translation.errors import HostsOnly, TermTaken
from catflap.translation.glossary import Entry
from catflap.translation.model import Meaning
from catflap.translation.term_history import Standing
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities.terms import changes
from catflap.web.forms import Form, form
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit

PAGE = 60
FIELDS = ("lang", "term", "variants", "note", "target", "rendering", "meaning")


async def show(door: Door, visit: Visit) -> Response:
    """Every term, those of other languages than the reader's first."""
    return await _page(door, visit)


async def _page(
    door: Door, visit: Visit, *, error: str = "", written: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    glossary = await door.house.glossaries.current(door.house.database)
    asked = visit.request.query_params.get("q", "").strip()[:60]
    found = [entry for entry in glossary.entries if _matches(entry, asked.casefold())]
    found.sort(key=lambda entry: (entry.lang in visit.reading.reads[:1], entry.term[0].isdigit()))
    text = visit.request.query_params.get("start", "")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    end = start + PAGE
    async with door.house.database.reads() as reads:
        return rendering.page(
            visit, "glossary.html", status=status, entries=found[start:end], asked=asked,
            next_start=end if end < len(found) else 0, error=error, languages=NAMES,
            written=written or dict.fromkeys(FIELDS, ""), target=visit.reading.target,
            may_edit=visit.is_host,
            unread=await unread(reads, visit),
        )


def _matches(entry: Entry, asked: str) -> bool:
    forms = (entry.term, *entry.variants, *(meaning.rendering for meaning in entry.meanings))
    return any(asked in form.casefold() for form in forms)


async def term(door: Door, visit: Visit) -> Response:
    """One term; its explanation alone for a page on which somebody tapped it."""
    if visit.request.query_params.get("fragment"):
        entry = await _entry(door, visit)
        return rendering.html(
            visit, rendering.fragment(
                visit, "gloss.html", entry=entry, target=_target(entry, visit)
            ),
        )
    return await _term_page(door, visit)


def _target(entry: Entry, visit: Visit) -> Lang:
    """The language a term is told in: the first of the reader's in which it is explained."""
    meaning = entry.told(visit.reading.reads)
    return meaning.target if meaning is not None else visit.reading.target


async def _term_page(
    door: Door, visit: Visit, *, error: str = "", status: int = 200
) -> Response:
    """A term with its history. One that was taken out is there for hosts, who may bring it back."""
    async with door.house.database.reads() as reads:
        found = await term_history.standing(reads, _id(visit))
        if found.removed and not visit.is_host:
            raise NotFound("term")
        versions = await term_history.of_term(reads, found.id)
        writers = await people.by_ids(reads, [one.by_id for one in versions if one.by_id])
        names = {id_: (person.name, person.handle) for id_, person in writers.items()}
        history = changes(versions, lang=found.lang, words=visit.words, names=names)
        entry = _as_entry(found)
        return rendering.page(
            visit, "term.html", status=status, entry=entry, removed=found.removed,
            target=_target(entry, visit), may_edit=visit.is_host, history=history, error=error,
            unread=await unread(reads, visit),
        )


def _as_entry(found: Standing) -> Entry:
    return Entry(
        id=found.id, lang=found.lang, term=found.term, variants=found.variants, note=found.note,
        meanings=found.meanings, by_id=found.by_id, changed_at=found.changed_at,
    )


def _id(visit: Visit) -> int:
    id_ = from_text(visit.request.path_params["id"])
    if id_ is None:
        raise NotFound("term")
    return id_


async def restore(door: Door, visit: Visit) -> Response:
    """Go back to what a term was after an earlier change."""
    assert visit.viewer is not None
    version = from_text(visit.request.path_params["version"])
    if version is None:
        raise NotFound("version")
    try:
        async with door.house.database.tx() as tx:
            await glossing.restore(tx, _id(visit), version, by=visit.viewer)
    except TermTaken as error:
        return await _term_page(
            door, visit, error=problems.sentence(visit.words, error),
            status=problems.status_of(error),
        )
    door.house.glossaries.outdated()
    return RedirectResponse(f"/glossary/{_id(visit)}", status_code=303)


async def _entry(door: Door, visit: Visit) -> Entry:
    id_ = _id(visit)
    glossary = await door.house.glossaries.current(door.house.database)
    found = next((entry for entry in glossary.entries if entry.id == id_), None)
    if found is None:
        raise NotFound("term")
    return found


def _written(fields: Form, *, lang: str, term: str) -> glossing.Written:
    return glossing.Written(
        lang=lang, term=term, note=fields.text("note"),
        variants=[part.strip() for part in fields.text("variants").replace("，", ",").split(",")],
        meanings=[
            Meaning(
                target=Lang(canonical(fields.text("target"))), rendering=fields.text("rendering"),
                note=fields.text("meaning"),
            )
        ],
    )


async def add(door: Door, visit: Visit) -> Response:
    """Write a term down; what cannot be taken stays in the form."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        values = {name: fields.text(name) for name in FIELDS}
        written = _written(fields, lang=values["lang"], term=values["term"])
    try:
        async with door.house.database.tx() as tx:
            id_ = await glossing.add(tx, written, by=visit.viewer)
    except CatflapError as error:
        return await _page(
            door, visit, error=problems.sentence(visit.words, error), written=values,
            status=problems.status_of(error),
        )
    door.house.glossaries.outdated()
    return RedirectResponse(f"/glossary/{id_}", status_code=303)


async def edit_page(door: Door, visit: Visit) -> Response:
    """The form for writing a term's meaning anew."""
    if not visit.is_host:
        raise HostsOnly
    entry = await _entry(door, visit)
    first = next(iter(entry.meanings), None)
    meaning = entry.meaning(visit.reading.target) or first
    return await _edit_page(door, visit, entry, {
        "variants": ", ".join(entry.variants), "note": entry.note,
        "target": meaning.target if meaning else visit.reading.target,
        "rendering": meaning.rendering if meaning else "",
        "meaning": meaning.note if meaning else "",
    })


async def _edit_page(
    door: Door, visit: Visit, entry: Entry, written: dict[str, str], *, error: str = "",
    status: int = 200,
) -> Response:
    async with door.house.database.reads() as reads:
        return rendering.page(
            visit, "term_edit.html", status=status, entry=entry, written=written, error=error,
            unread=await unread(reads, visit),
        )


async def change(door: Door, visit: Visit) -> Response:
    """Write a term's meaning anew, or take the term out; what cannot be taken stays in the form."""
    assert visit.viewer is not None
    entry = await _entry(door, visit)
    async with form(visit.request) as fields:
        is_removal = bool(fields.text("remove"))
        values = {name: fields.text(name) for name in FIELDS}
        written = _written(fields, lang=entry.lang, term=entry.term)
    # The form shows one language; what stands in others stays.
    others = [m for m in entry.meanings if m.target not in {n.target for n in written.meanings}]
    kept = glossing.Written(
        lang=written.lang, term=written.term, variants=written.variants, note=written.note,
        meanings=[*written.meanings, *others],
    )
    try:
        async with door.house.database.tx() as tx:
            if is_removal:
                await glossing.remove(tx, entry.id, by=visit.viewer)
            else:
                await glossing.change(tx, entry.id, kept, by=visit.viewer)
    except CatflapError as error:
        return await _edit_page(
            door, visit, entry, values, error=problems.sentence(visit.words, error),
            status=problems.status_of(error),
        )
    door.house.glossaries.outdated()
    place = "" if is_removal else f"/{entry.id}"
    return RedirectResponse(f"/glossary{place}", status_code=303)
