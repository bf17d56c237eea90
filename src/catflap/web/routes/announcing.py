"""Announcements: operators write them, readers dismiss them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.responses import RedirectResponse, Response

from catflap.ground import clock
from catflap.ground.errors import CatflapError
from catflap.ground.ids import from_text
from catflap.moderation import announcements
from catflap.moderation.errors import DateInvalid
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.routes.norms import operators_only, path_id
from catflap.web.visit import Visit

FIELDS = ("text", "starts_at", "ends_at", "all_day")


def instant(text: str, *, day_ends: bool = False) -> datetime | None:
    """An instant (UTC) of a form, None where nothing was written; ``day_ends``: its day's end.

    Raises:
        DateInvalid: it is none.
    """
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if day_ends:
            found = found.replace(hour=0, minute=0, second=0) + timedelta(days=1, seconds=-1)
    except (ValueError, OverflowError) as error:
        raise DateInvalid(text) from error
    return found


async def show(door: Door, visit: Visit) -> Response:
    """All announcements, and the form for one."""
    operators_only(visit)
    return await _page(door, visit)


async def _page(
    door: Door, visit: Visit, *, error: str = "", written: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    async with door.house.database.reads() as reads:
        found = await announcements.every(reads)
        texts = await translation.kept(reads, [one.text_key for one in found], target=UNKNOWN)
        edited = from_text(visit.request.query_params.get("edit", ""))
        values = dict.fromkeys(FIELDS, "")
        for one in found:
            if one.id == edited and written is None:
                values = {
                    "text": texts[one.text_key].text, "all_day": "yes" if one.all_day else "",
                    "starts_at": f"{one.starts_at:%Y-%m-%dT%H:%M}" if one.starts_at else "",
                    "ends_at": f"{one.ends_at:%Y-%m-%dT%H:%M}" if one.ends_at else "",
                }
        return rendering.page(
            visit, "announcements.html", status=status, error=error, written=written or values,
            rows=[(one, texts[one.text_key]) for one in found if one.text_key in texts],
            now=clock.now(), edited=edited or "", unread=await unread(reads, visit),
        )


async def write(door: Door, visit: Visit) -> Response:
    """Announce something, or say it differently; what cannot be taken stays in the form."""
    prior = operators_only(visit)
    async with form(visit.request) as fields:
        values = {name: fields.text(name) for name in FIELDS}
        edited = from_text(fields.text("id"))
    is_whole = values["all_day"] == "yes"
    try:
        starts, ends = instant(values["starts_at"]), instant(values["ends_at"], day_ends=is_whole)
        async with door.house.database.tx() as tx:
            if edited is None:
                await announcements.make(
                    tx, text=values["text"], starts_at=starts, ends_at=ends, all_day=is_whole,
                    prior=prior,
                )
            else:
                await announcements.write(
                    tx, edited, text=values["text"], starts_at=starts, ends_at=ends,
                    all_day=is_whole, prior=prior,
                )
    except CatflapError as error:
        return await _page(
            door, visit, error=problems.sentence(visit.words, error), written=values,
            status=problems.status_of(error),
        )
    return RedirectResponse("/operator/announcements", status_code=303)


async def drop(door: Door, visit: Visit) -> Response:
    """Say something no more."""
    operators_only(visit)
    async with door.house.database.tx() as tx:
        await announcements.drop(tx, path_id(visit, "announcement"))
    return RedirectResponse("/operator/announcements", status_code=303)


async def dismiss(door: Door, visit: Visit) -> Response:
    """Be shown an announcement no more."""
    assert visit.viewer is not None
    async with door.house.database.tx() as tx:
        await announcements.dismiss(tx, path_id(visit, "announcement"), by=visit.viewer)
    return visit.back("/")
