"""The house's own texts: privacy and terms for everybody, and the page where operators write."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.ground import clock
from catflap.ground.errors import CatflapError, NotFound
from catflap.moderation import charter
from catflap.moderation.model import Page
from catflap.translation import queries as translation
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities.said import marked_up
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.routes.norms import operators_only
from catflap.web.visit import Visit


async def privacy(door: Door, visit: Visit) -> Response:
    """What this place does with data: its operators' words, or else what the software does."""
    async with door.house.database.reads() as reads:
        own = await charter.current(reads, Page.PRIVACY)
        texts = await door.presenting.texts(reads, visit, [own.text_key] if own else [])
        return rendering.page(
            visit, "charter.html", title=visit.words.gettext("Privacy"), version=own, later="",
            said=texts.get(own.text_key) if own else None, past=[],
            usual=marked_up(door.house.privacy_words(visit.locale)),
            unread=await unread(reads, visit),
        )


async def terms(door: Door, visit: Visit) -> Response:
    """The terms that count, or those that count from a day on."""
    day = visit.request.path_params.get("day", "")
    async with door.house.database.reads() as reads:
        found, later = await charter.terms(reads, day)
        texts = await door.presenting.texts(reads, visit, [found.text_key])
        every = await charter.versions(reads, Page.TERMS)
        return rendering.page(
            visit, "charter.html", title=visit.words.gettext("Terms of service"), version=found,
            said=texts.get(found.text_key), usual="", later=later,
            past=[v.effective_on for v in every if v.text_key and v.id != found.id],
            unread=await unread(reads, visit),
        )


async def texts_page(door: Door, visit: Visit) -> Response:
    """The form for all three texts."""
    operators_only(visit)
    return await _form(door, visit)


async def _form(
    door: Door, visit: Visit, *, error: str = "", page: str = "", text: str = "", day: str = "",
    status: int = 200,
) -> Response:
    async with door.house.database.reads() as reads:
        written: dict[str, str] = {}
        days: dict[str, str] = {}
        for one in Page:
            # Of terms the latest is written on, though its day may be to come.
            newest = next(iter(await charter.versions(reads, one)), None)
            written[one] = await translation.text(reads, newest.text_key) if newest else ""
            days[one] = newest.effective_on if newest else ""
        if page:
            written[page], days[page] = text, day
        return rendering.page(
            visit, "texts.html", status=status, error=error, written=written,
            day=days[Page.TERMS] or clock.now().date().isoformat(), error_at=page,
            unread=await unread(reads, visit),
        )


async def write(door: Door, visit: Visit) -> Response:
    """Write one of the three anew; what cannot be taken stays in the form."""
    prior = operators_only(visit)
    name = visit.request.path_params["page"]
    if name not in set(Page):
        raise NotFound("page")
    async with form(visit.request) as fields:
        text, day = fields.text("text"), fields.text("effective_on")
    try:
        async with door.house.database.tx() as tx:
            await charter.write(tx, Page(name), text=text, effective_on=day, prior=prior)
    except CatflapError as error:
        return await _form(
            door, visit, error=problems.sentence(visit.words, error), page=name, text=text,
            day=day, status=problems.status_of(error),
        )
    return RedirectResponse("/operator/texts?saved=1", status_code=303)
