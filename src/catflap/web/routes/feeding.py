"""What one asks of one's feed, and how it stands: less like this, politics, floor, versions."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.arrivals import places
from catflap.feed import owing, versions, wishes
from catflap.feed.errors import VersionUnknown
from catflap.feed.model import POLITICS_RATIOS
from catflap.ground.errors import NotFound
from catflap.notes import queries as notes
from catflap.notes.model import NoteId
from catflap.people import queries as people
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.entities import shown
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.routes.notes import note_id
from catflap.web.routes.threshold import place_choices
from catflap.web.visit import Visit

REFUSED_SHOWN = 50


async def less(door: Door, visit: Visit) -> Response:
    """Show the reader less like a note."""
    return await _less(door, visit, wanted=True)


async def as_before(door: Door, visit: Visit) -> Response:
    """Take that back."""
    return await _less(door, visit, wanted=False)


async def _less(door: Door, visit: Visit, *, wanted: bool) -> Response:
    assert visit.viewer is not None
    id_ = note_id(visit)
    async with door.house.database.tx() as tx:
        if wanted:
            await wishes.less(tx, id_, by=visit.viewer)
        else:
            await wishes.as_before(tx, id_, by=visit.viewer)
    if wanted:
        door.feeding.less(visit.viewer, id_)
    if visit.wants_json:
        _ = visit.words.gettext
        return rendering.json({
            "said": _("You will be shown less like this."), "label": _("Take it back"),
            "action": f"/n/{id_}/as-before",
        })
    return visit.back("/" if wanted else "/settings/feed")


async def settings_page(door: Door, visit: Visit) -> Response:
    """Which places, how much politics, and of which notes one wanted less."""
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        ratio = await wishes.politics_ratio(reads, visit.viewer)
        refused = (await wishes.refused_by(reads, visit.viewer))[:REFUSED_SHOWN]
        found = await notes.seen(reads, [one.note_id for one in refused], viewer=visit.viewer)
        authors = await people.by_ids(reads, [note.author_id for note in found.values()])
        keys = [note.title_key or note.body_key for note in found.values()]
        texts = await door.presenting.texts(reads, visit, keys, with_aid=False)
        rows = [
            (note.id, shown.href(note.id, authors[note.author_id].handle),
             texts.get(note.title_key or note.body_key), authors[note.author_id])
            for note in (found[NoteId(one.note_id)] for one in refused if one.note_id in found)
            if note.author_id in authors
        ]
        return rendering.page(
            visit, "feed_settings.html", ratio=ratio, ratios=POLITICS_RATIOS, rows=rows,
            places=place_choices(door, visit.locale, await places.of(reads, visit.viewer)),
            unread=await unread(reads, visit),
        )


async def change_settings(door: Door, visit: Visit) -> Response:
    """Other places, another budget for politics."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        given, near = fields.text("politics"), fields.texts("near")
    if given in {str(ratio) for ratio in POLITICS_RATIOS}:
        async with door.house.database.tx() as tx:
            await places.choose(tx, visit.viewer, near)
            await wishes.allow_politics(tx, visit.viewer, float(given))
        door.feeding.forget(visit.viewer)
    return RedirectResponse("/settings/feed?saved=1", status_code=303)


async def status(door: Door, visit: Visit) -> Response:
    """What this house manages to give everybody just now; for all to see."""
    async with door.house.database.reads() as reads:
        hours = await owing.hours(reads)
        outcome = await owing.outcome(reads)
        if visit.wants_json:
            return rendering.json({"floor": hours, "first_notes_of_the_week": outcome})
        return rendering.page(
            visit, "status.html", hours=hours, now=hours[0] if hours else None, outcome=outcome,
            target=owing.TARGET, unread=await unread(reads, visit),
        )


async def operator_page(door: Door, visit: Visit) -> Response:
    """The floor by the hour, and versions of what was learned."""
    if not visit.is_operator:
        raise NotFound("page")
    async with door.house.database.reads() as reads:
        hours = await owing.hours(reads)
        found = await versions.every(reads)
        chosen = await versions.in_force(reads)
        if visit.wants_json:
            return rendering.json({"floor": hours, "versions": found})
        return rendering.page(
            visit, "operator_feed.html", hours=hours, versions=found, in_force=chosen,
            unread=await unread(reads, visit),
        )


async def revert(door: Door, visit: Visit) -> Response:
    """Put another version in force."""
    if not visit.is_operator:
        raise NotFound("page")
    async with form(visit.request) as fields:
        given = fields.text("to")
    try:
        async with door.house.database.tx() as tx:
            await versions.revert(tx, to=int(given) if given.isdecimal() and len(given) < 9 else 0)
    except VersionUnknown as error:
        raise NotFound("page") from error
    return RedirectResponse("/operator/feed", status_code=303)
