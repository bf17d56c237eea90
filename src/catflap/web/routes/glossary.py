"""The glossary: slang explained in both languages, edited by hosts."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.translation import glossing
from catflap.translation.codes import NAMES, Lang, canonical
from catflap.translation.errors import HostsOnly
from catflap.translation.glossary import Entry, Meaning
from catflap.web import problems, rendering
from catflap.web.door import Door
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
    entry = await _entry(door, visit)
    target = visit.reading.target
    if visit.request.query_params.get("fragment"):
        return rendering.html(
            visit, rendering.fragment(visit, "gloss.html", entry=entry, target=target)
        )
    async with door.house.database.reads() as reads:
        return rendering.page(
            visit, "term.html", entry=entry, target=target, may_edit=visit.is_host,
            unread=await unread(reads, visit),
        )


async def _entry(door: Door, visit: Visit) -> Entry:
    id_ = from_text(visit.request.path_params["id"])
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
