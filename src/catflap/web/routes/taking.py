"""Taking everything that is one's own: asking for it, how far it is, the private address."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.arrivals import exports
from catflap.arrivals.model import Export, State
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.routes import site
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit
from catflap.words.sentences import size

HERE = "/settings/export"


async def page(door: Door, visit: Visit) -> Response:
    """What is in it, how far it is, where it is."""
    return await _page(door, visit)


async def _page(door: Door, visit: Visit, *, error: str = "", status: int = 200) -> Response:
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        found = await exports.newest(reads, viewer=visit.viewer)
        return rendering.page(
            visit, "export.html", status=status, error=error, export=found,
            is_ready=found is not None and found.state is State.READY,
            address=_address(door, visit, found) if found else "",
            size=size(found.size_bytes if found else 0),
            days=exports.KEPT_FOR.days, unread=await unread(reads, visit),
        )


def _address(door: Door, visit: Visit, found: Export) -> str:
    assert visit.reader is not None
    return f"/exports/{found.id}/{exports.token_of(door.house.seal, found.id)}.zip"


async def want(door: Door, visit: Visit) -> Response:
    """Have it put together."""
    assert visit.viewer is not None
    try:
        async with door.house.database.tx() as tx:
            await exports.want(tx, by=visit.viewer)
    except CatflapError as error:
        page = await _page(
            door, visit, error=problems.sentence(visit.words, error),
            status=problems.status_of(error),
        )
        return problems.timed(page, error)
    return RedirectResponse(HERE, status_code=303)


async def download(door: Door, visit: Visit) -> Response:
    """The file, whole or in part, for whoever has its private address."""
    id_ = from_text(visit.request.path_params["id"])
    token = visit.request.path_params["token"]
    if id_ is None or not token.isascii():
        raise NotFound("export")
    async with door.house.database.reads() as reads:
        found = await exports.at_address(reads, id_, token, seal=door.house.seal)
    return await site.sent(
        door, visit, exports.path_of(found.owner_id, found.id),
        headers={
            "cache-control": "private, no-store", "content-type": "application/zip",
            "content-disposition": f'attachment; filename="catflap-{found.id}.zip"',
            "referrer-policy": "no-referrer", "etag": f'"{found.id}-{found.size_bytes}"',
        },
    )
