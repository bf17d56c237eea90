"""A tag's page: notes of all tags that mean the same, and people's part in saying which do."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.notes import families, joining
from catflap.notes import queries as notes
from catflap.notes.actions import checked_tag
from catflap.notes.errors import TagInvalid
from catflap.notes.model import ProposalState
from catflap.people import queries as people
from catflap.web import problems
from catflap.web.door import Door
from catflap.web.forms import form
from catflap.web.routes.explore import many, stamped
from catflap.web.routes.notes import said_again
from catflap.web.visit import Visit


def _tag(visit: Visit) -> str:
    try:
        return checked_tag(visit.request.path_params["tag"])
    except TagInvalid as error:
        raise NotFound("tag") from error


async def show(door: Door, visit: Visit) -> Response:
    """Notes with a tag or one that means the same, newest first."""
    return await _page(door, visit)


async def _page(
    door: Door, visit: Visit, *, error: CatflapError | None = None, written: str = "",
    leaves: str = "", refused_id: int | None = None, reason: str = "",
) -> Response:
    """A tag's page. What could not be taken stands in its form again.

    ``written`` and ``leaves`` are of a proposal, ``reason`` of declining the one that is refused.
    """
    name, params = _tag(visit), visit.request.query_params
    async with door.house.database.reads() as reads:
        family = (await families.of_tags(reads, [name]))[name]
        page = await notes.tagged(reads, family.tags, after=params.get("after"))
        found = await notes.shown(reads, page.items, viewer=visit.viewer)
        hearing = await families.hearing(reads, family, viewer=visit.viewer)
        reasons = await door.presenting.texts(
            reads, visit, [one.reason_key for one in hearing.proposals if one.reason_key],
            with_aid=False,
        )
        return await many(
            door, visit, reads, await stamped(door, reads, found), template="tag.html",
            reasons=reasons,
            next_cursor=page.next_cursor, path=f"/tags/{name}", tag=name, family=family,
            waiting=[p for p in hearing.proposals if p.state is ProposalState.OPEN],
            decided=[p for p in hearing.proposals if p.state is not ProposalState.OPEN],
            agreed=hearing.agreed, named=await people.by_ids(reads, sorted(hearing.people)),
            langs={member.tag: member.lang for member in family.members},
            hosts_needed=joining.HOSTS_NEEDED, may_decide=visit.is_host, written=written,
            leaves=leaves, refused_id=refused_id, reason=reason,
            is_unfolded=error is not None or "same" in params,
            error=problems.sentence(visit.words, error) if error else "",
            status=problems.status_of(error) if error else 200,
        )


async def reason(door: Door, visit: Visit) -> Response:
    """Why a proposal was declined, for a page that waits for its translation."""
    id_, name = from_text(visit.request.path_params["id"]), _tag(visit)
    if id_ is None:
        raise NotFound("proposal")
    async with door.house.database.reads() as reads:
        return await said_again(
            door, visit, reads, await families.reason_key(reads, id_), name=f"r{id_}", inline=True,
            at=f"/tags/{quote(name)}/proposals/{id_}/reason",
        )


def _back(visit: Visit) -> Response:
    return RedirectResponse(f"/tags/{quote(_tag(visit))}?same=1#same", status_code=303)


async def propose(door: Door, visit: Visit) -> Response:
    """Propose that a tag means the same, or does not; what cannot be taken stays in the form."""
    assert visit.viewer is not None
    name = _tag(visit)
    async with form(visit.request) as fields:
        other, leaves = fields.text("other"), fields.text("leaves")
    try:
        door.posts.spend(str(visit.viewer))
        async with door.house.database.tx() as tx:
            if leaves:
                await joining.propose_leaving(tx, leaves, by=visit.viewer)
            else:
                await joining.propose(tx, name, joins=other, by=visit.viewer)
    except CatflapError as error:
        page = await _page(door, visit, error=error, written=other, leaves=leaves)
        return problems.timed(page, error)
    return _back(visit)


async def decide(door: Door, visit: Visit) -> Response:
    """Accept, decline or withdraw a proposal."""
    assert visit.viewer is not None
    id_, verb = from_text(visit.request.path_params["id"]), visit.request.path_params["verb"]
    if id_ is None or verb not in ("accept", "decline", "withdraw"):
        raise NotFound("proposal")
    _tag(visit)
    async with form(visit.request) as fields:
        reason = fields.text("reason")
    try:
        async with door.house.database.tx() as tx:
            if verb == "accept":
                await joining.accept(tx, id_, by=visit.viewer)
            elif verb == "decline":
                await joining.decline(tx, id_, by=visit.viewer, reason=reason)
            else:
                await joining.withdraw(tx, id_, by=visit.viewer)
    except NotFound:
        raise
    except CatflapError as error:
        return await _page(door, visit, error=error, refused_id=id_, reason=reason)
    return _back(visit)
