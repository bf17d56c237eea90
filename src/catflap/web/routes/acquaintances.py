"""Finding one's people again: old handles, whom they led to, and what never leaves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.arrivals import actions, claiming, finding, limits, queries
from catflap.arrivals.model import Claim, ClaimState, Greeting, Meeting, MeetingKind, Network
from catflap.ground.database import Reads
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people.model import Person, PersonId
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities import brought
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit

HERE = "/arrive/people"


class Old(msgspec.Struct, frozen=True, kw_only=True):
    """An old handle of the viewer's own."""

    id: int
    network: str
    handle: str
    code: str
    state: str
    is_provable: bool
    was_looked_at: bool


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the viewer's lists; ``person`` is None where it is not shown who they are.

    ``is_doubted``: nothing proves it, and somebody else says the same.
    """

    claim: int
    network: str
    handle: str
    kind: str
    is_proven: bool
    is_doubted: bool
    waved: bool
    person: Person | None
    is_followed: bool


class Greeted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who had the viewer's ``handle`` in their lists, and lets them know."""

    person: Person
    network: str
    handle: str
    is_followed: bool


async def page(door: Door, visit: Visit) -> Response:
    """Whom one knew, what is matched, and what never leaves."""
    return await _page(door, visit)


async def _page(door: Door, visit: Visit, *, error: str = "", status: int = 200) -> Response:
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        met = await finding.of_viewer(reads, viewer=visit.viewer)
        claims = await claiming.mine(reads, viewer=visit.viewer)
        found = await _found(door, reads, met, visit.viewer)
        shown = {one.person.id for one in found if one.person}
        greetings = [
            one for one in await finding.greetings(reads, viewer=visit.viewer)
            if one.person_id not in shown
        ]
        return rendering.page(
            visit, "acquaintances.html", status=status, error=error,
            seeks=await claiming.seeks(reads, visit.viewer),
            claims=[_old(door, one) for one in claims],
            networks=list(brought.NETWORKS.items()), room=limits.CLAIMS_MAX - len(claims),
            has_lists=bool(await queries.mine(reads, viewer=visit.viewer)),
            here=[one for one in found if one.person and one.kind == MeetingKind.KNOWN],
            said=[one for one in found if not one.person and one.kind == MeetingKind.KNOWN],
            greeting=await _greeting(door, reads, greetings, visit.viewer),
            away=[one for one in found if one.person and one.kind != MeetingKind.KNOWN],
            days=limits.HANDLES_KEPT_FOR.days, unread=await unread(reads, visit),
            profile=_profile(door, visit),
        )


def _profile(door: Door, visit: Visit) -> str:
    assert visit.reader is not None
    return f"{door.house.settings.address()}/@{visit.reader.handle}"


def _old(door: Door, one: Claim) -> Old:
    return Old(
        id=one.id, network=brought.NETWORKS[one.network],
        handle=door.house.seal.open(one.sealed) or "…", code=one.code, state=one.state.value,
        is_provable=one.network in claiming.PROVABLE, was_looked_at=one.looked_at is not None,
    )


async def _found(
    door: Door, reads: Reads, met: Sequence[Meeting], viewer: PersonId
) -> list[Found]:
    """What is shown of each; who they are only where it may be. Two queries."""
    shown = [one.person_id for one in met if one.is_open]
    known = await people.by_ids(reads, shown)
    followed = await people.followed_among(reads, viewer, shown)
    return [
        Found(
            claim=one.claim_id, network=brought.NETWORKS[one.network],
            handle=door.house.seal.open(one.sealed) or "…", kind=one.kind.value,
            is_proven=one.state is ClaimState.PROVEN, waved=one.waved,
            is_doubted=one.doubted and one.state is not ClaimState.PROVEN,
            person=known.get(one.person_id) if one.is_open else None,
            is_followed=one.person_id in followed,
        )
        for one in met
    ]


async def _greeting(
    door: Door, reads: Reads, greetings: Sequence[Greeting], viewer: PersonId
) -> list[Greeted]:
    """Who lets the viewer know that they knew them. Two queries."""
    who = [one.person_id for one in greetings]
    known = await people.by_ids(reads, who)
    followed = await people.followed_among(reads, viewer, who)
    return [
        Greeted(
            person=known[one.person_id], network=brought.NETWORKS[one.network],
            handle=door.house.seal.open(one.sealed) or "…",
            is_followed=one.person_id in followed,
        )
        for one in greetings if one.person_id in known
    ]


async def seek(door: Door, visit: Visit) -> Response:
    """Want to find one's people and be found, or no more."""
    assert visit.viewer is not None
    async with form(visit.request) as fields, door.house.database.tx() as tx:
        change = claiming.hide if fields.text("seek") == "no" else claiming.seek
        await change(tx, by=visit.viewer)
    return RedirectResponse(HERE, status_code=303)


async def claim(door: Door, visit: Visit) -> Response:
    """Say which handle was one's own."""
    assert visit.viewer is not None
    door.posts.spend(str(visit.viewer))
    async with form(visit.request) as fields:
        network, written = fields.text("network"), fields.text("handle")
    if network not in list(Network):
        raise problems.FormInvalid
    try:
        async with door.house.database.tx() as tx:
            await claiming.claim(
                tx, Network(network), written, by=visit.viewer, seal=door.house.seal
            )
    except CatflapError as error:
        return await _refused(door, visit, error)
    return RedirectResponse(HERE, status_code=303)


async def _refused(door: Door, visit: Visit, error: CatflapError) -> Response:
    page = await _page(
        door, visit, error=problems.sentence(visit.words, error),
        status=problems.status_of(error),
    )
    return problems.timed(page, error)


def _id(visit: Visit) -> int:
    found = from_text(visit.request.path_params["id"])
    if found is None:
        raise NotFound("claim")
    return found


async def change_claim(door: Door, visit: Visit) -> Response:
    """Take one's claim back, or have it proven."""
    assert visit.viewer is not None
    verb = visit.request.path_params["verb"]
    try:
        async with door.house.database.tx() as tx:
            if verb == "unclaim":
                await claiming.unclaim(tx, _id(visit), by=visit.viewer)
            elif verb == "prove":
                await claiming.ask_for_proof(
                    tx, _id(visit), by=visit.viewer, profile=_profile(door, visit)
                )
            else:
                raise NotFound("page")
    except NotFound:
        raise
    except CatflapError as error:
        return await _refused(door, visit, error)
    return RedirectResponse(HERE, status_code=303)


async def wave(door: Door, visit: Visit) -> Response:
    """Let those who say that they are somebody know that one is here."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        ids = [id_ for text in fields.texts("claim") if (id_ := from_text(text)) is not None]
    async with door.house.database.tx() as tx:
        await finding.wave(tx, ids, by=visit.viewer)
    return RedirectResponse(HERE, status_code=303)


async def follow_all(door: Door, visit: Visit) -> Response:
    """Follow everybody whom one knew and who is shown."""
    assert visit.viewer is not None
    async with door.house.database.tx() as tx:
        for one in await finding.of_viewer(tx, viewer=visit.viewer):
            if one.is_open and one.kind is MeetingKind.KNOWN:
                await people_actions.follow(
                    tx, by=visit.viewer, person=PersonId(one.person_id)
                )
    return RedirectResponse(HERE, status_code=303)


async def settle(door: Door, visit: Visit) -> Response:
    """Hear no more of somebody; or block or mute them here too, as one did elsewhere."""
    assert visit.viewer is not None
    verb = visit.request.path_params["verb"]
    verbs = {"block": people_actions.block, "mute": people_actions.mute}
    if verb != "pass" and verb not in verbs:
        raise NotFound("page")
    async with door.house.database.tx() as tx:
        if verb in verbs:
            one = await finding.shown(tx, _id(visit), viewer=visit.viewer)
            await verbs[verb](tx, by=visit.viewer, person=PersonId(one.person_id))
        await finding.pass_over(tx, _id(visit), by=visit.viewer)
    return RedirectResponse(HERE, status_code=303)


async def forget(door: Door, visit: Visit) -> Response:
    """Delete every handle that one brought."""
    assert visit.viewer is not None
    async with door.house.database.tx() as tx:
        await actions.forget_handles(tx, by=visit.viewer)
    return RedirectResponse(HERE, status_code=303)
