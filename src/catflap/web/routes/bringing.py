"""Bringing what is one's own from elsewhere: upload, progress, report, choosing, deleting."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.arrivals import actions, queries, receiving, uploading
from catflap.arrivals.model import HandleKind, Import, ImportId, PostState, State
from catflap.ground.database import Reads
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities import brought
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit

FORM_SLACK_BYTES = 100_000
"""What a form's borders and fields take beside its file."""


async def bring_page(door: Door, visit: Visit) -> Response:
    """What may be brought, what is never read, and what was brought already."""
    return await _page(door, visit)


async def _page(door: Door, visit: Visit, *, error: str = "", status: int = 200) -> Response:
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        items = await queries.mine(reads, viewer=visit.viewer)
        return rendering.page(
            visit, "bring.html", status=status, error=error,
            archives=[_archive(visit, item) for item in items],
            limit_mb=door.house.settings.archive_max_mb, unread=await unread(reads, visit),
        )


def _archive(visit: Visit, item: Import) -> brought.Archive:
    refusal = ""
    if item.refusal is not None:
        refusal = problems.sentence(visit.words, receiving.refused(item.refusal))
    return brought.archive(item, refusal=refusal)


async def bring(door: Door, visit: Visit) -> Response:
    """Take an archive; what cannot be taken is said on the form's page."""
    assert visit.viewer is not None
    door.posts.spend(str(visit.viewer))
    limit_bytes = door.house.settings.archive_max_mb * 1_000_000
    try:
        async with form(
            visit.request, with_files=True, limit_bytes=limit_bytes + FORM_SLACK_BYTES
        ) as fields:
            chosen = fields.files("archive")
            if not chosen:
                raise problems.FormInvalid
            id_ = await uploading.take(
                door.house.database, door.house.store, chosen[0].file, owner=visit.viewer,
                file_name=chosen[0].filename or "", size_bytes=chosen[0].size or 0,
                limit_bytes=limit_bytes,
            )
    except CatflapError as error:
        return await _page(
            door, visit, error=problems.sentence(visit.words, error),
            status=problems.status_of(error),
        )
    return RedirectResponse(f"/arrive/bring/{id_}", status_code=303)


def _id(visit: Visit) -> ImportId:
    found = from_text(visit.request.path_params["id"])
    if found is None:
        raise NotFound("import")
    return ImportId(found)


async def show(door: Door, visit: Visit) -> Response:
    """One archive: how far it is, what was understood, what may be chosen."""
    return await _one(door, visit)


async def _one(door: Door, visit: Visit, *, error: str = "", status: int = 200) -> Response:
    assert visit.viewer is not None
    text = visit.request.query_params.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    async with door.house.database.reads() as reads:
        item = await queries.one(reads, _id(visit), viewer=visit.viewer)
        posts = await queries.posts(reads, item, after=after, count=queries.POSTS_PAGE + 1)
        page = posts[: queries.POSTS_PAGE]
        return rendering.page(
            visit, "brought.html", status=status, error=error, archive=_archive(visit, item),
            account=brought.account(item.report, visit.words) if item.report else None,
            handles=await _handles(door, visit, reads, item),
            choices=[brought.choice(post) for post in page],
            is_any_open=any(post.state is PostState.OPEN for post in page),
            more=page[-1].place if len(posts) > len(page) else 0,
            unread=await unread(reads, visit),
        )


async def _handles(
    door: Door, visit: Visit, reads: Reads, item: Import
) -> list[brought.Handles]:
    if item.state is not State.READY:
        return []
    counts = await queries.kinds(reads, item)
    shown: dict[HandleKind, list[str]] = {
        kind: await queries.handles(reads, item, kind, seal=door.house.seal)
        for kind in counts if kind is not HandleKind.OWN
    }
    return brought.handles(counts, shown, visit.words)


async def choose(door: Door, visit: Visit) -> Response:
    """Have drafts made of the chosen posts; nothing is published."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        written = fields.texts("post")
    places = [int(text) for text in written if from_text(text) is not None and len(text) < 7]
    try:
        async with door.house.database.tx() as tx:
            await actions.choose(tx, _id(visit), places, by=visit.viewer)
    except NotFound:
        raise
    except CatflapError as error:
        return await _one(
            door, visit, error=problems.sentence(visit.words, error),
            status=problems.status_of(error),
        )
    return RedirectResponse(f"/arrive/bring/{_id(visit)}?chosen=1", status_code=303)


async def delete(door: Door, visit: Visit) -> Response:
    """Delete everything that came with one archive."""
    assert visit.viewer is not None
    async with door.house.database.tx() as tx:
        await actions.delete(tx, _id(visit), by=visit.viewer)
    return RedirectResponse("/arrive/bring", status_code=303)
