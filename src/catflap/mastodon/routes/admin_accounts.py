"""People as operators see them, and the door for those who wait; no measures are taken yet."""

from __future__ import annotations

import msgspec

from catflap.access import queries as access
from catflap.arrivals import valve
from catflap.ground.database import Reads
from catflap.ground.errors import NotAllowed, NotFound
from catflap.mastodon import moderating
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import endpoint
from catflap.mastodon.entities.report import AdminAccount
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.routes.accounts import person_id
from catflap.people import queries as people

READ, WRITE = ("admin:read:accounts",), ("admin:write:accounts",)


class Wanted(Paged, kw_only=True):
    """Which people are asked for; a handle or an address is the whole of it."""

    limit: int = 100
    username: str = ""
    email: str = ""
    status: str = "active"
    origin: str = "local"
    permissions: str = ""


class OldWanted(Paged, kw_only=True):
    """The same, as version 1 asks."""

    limit: int = 100
    username: str = ""
    email: str = ""
    remote: bool = False
    pending: bool = False
    disabled: bool = False
    silenced: bool = False
    suspended: bool = False
    sensitized: bool = False
    staff: bool = False


async def _found(door: Door, call: Call, asked: Wanted) -> list[AdminAccount]:
    moderating.operators_only(call)
    if asked.status not in ("active", "pending") or asked.origin == "remote":
        return []
    place = span(asked, usual=100, most=200)
    async with door.house.database.reads() as reads:
        if asked.username or asked.email or asked.permissions == "staff":
            ids = [id_ for id_ in await _named(reads, call, asked) if (
                place.above < id_ < place.below
            )]
            if asked.status == "pending":
                entered = await valve.entrances_of(reads, ids)
                ids = [id_ for id_ in ids if id_ in entered and entered[id_].let_in_at is None]
        else:
            within = valve.waiting_within if asked.status == "pending" else people.ids_within
            ids = await within(
                reads, above=place.above, below=place.below, count=place.count,
                upward=place.upward,
            )
        link(call, ids, count=place.count)
        known = await moderating.accounts(reads, call, ids)
        return [known[id_] for id_ in ids if id_ in known]


async def _named(reads: Reads, call: Call, asked: Wanted) -> list[int]:
    """Those of a handle or an address, or who run this place."""
    handles = [asked.username.lstrip("@")] if asked.username else []
    if asked.permissions == "staff":
        staff = call.house.settings.operators
        handles = [handle for handle in staff if not handles or handle in handles]
    found = []
    for handle in handles:
        try:
            found.append((await people.by_handle(reads, handle, viewer=None)).id)
        except NotFound:
            continue
    if asked.email:
        owner = await access.of_email(reads, asked.email)
        named = bool(handles) or asked.permissions == "staff"
        return [owner] if owner is not None and (not named or owner in found) else []
    return sorted(found, reverse=True)


@endpoint("GET", "/api/v2/admin/accounts", takes=Wanted, gives=list[AdminAccount], scopes=READ)
async def several(door: Door, call: Call, asked: Wanted) -> list[AdminAccount]:
    """People, the newest first."""
    return await _found(door, call, asked)


@endpoint(
    "GET", "/api/v1/admin/accounts", takes=OldWanted, gives=list[AdminAccount], scopes=READ
)
async def several_v1(door: Door, call: Call, asked: OldWanted) -> list[AdminAccount]:
    """People, as older apps ask for them."""
    measured = any((asked.disabled, asked.silenced, asked.suspended, asked.sensitized))
    unmeasured = "pending" if asked.pending else "active"
    return await _found(door, call, Wanted(
        max_id=asked.max_id, since_id=asked.since_id, min_id=asked.min_id, limit=asked.limit,
        username=asked.username, email=asked.email,
        status="none" if measured else unmeasured,
        origin="remote" if asked.remote else "local",
        permissions="staff" if asked.staff else "",
    ))


class Which(msgspec.Struct, kw_only=True):
    """Somebody, by id."""

    id: str


async def _one(reads: Reads, call: Call, id_: int) -> AdminAccount:
    known = await moderating.accounts(reads, call, [id_])
    if id_ not in known:
        raise NotFound("person")
    return known[id_]


@endpoint(
    "GET", "/api/v1/admin/accounts/{id}", takes=Which, gives=AdminAccount, scopes=READ
)
async def show(door: Door, call: Call, asked: Which) -> AdminAccount:
    """Somebody."""
    moderating.operators_only(call)
    async with door.house.database.reads() as reads:
        return await _one(reads, call, person_id(asked.id))


@endpoint(
    "POST", "/api/v1/admin/accounts/{id}/approve", takes=Which, gives=AdminAccount, scopes=WRITE
)
async def approve(door: Door, call: Call, asked: Which) -> AdminAccount:
    """Let in somebody who waits; whoever is in already is not asked about."""
    moderating.operators_only(call)
    id_ = person_id(asked.id)
    async with door.house.database.tx() as tx:
        found = await _one(tx, call, id_)
        if found.approved or not await valve.approve(tx, id_, is_operator=call.is_operator):
            raise NotAllowed("approve")
        return await _one(tx, call, id_)


@endpoint(
    "POST", "/api/v1/admin/accounts/{id}/reject", takes=Which, gives=AdminAccount, scopes=WRITE
)
async def reject(door: Door, call: Call, asked: Which) -> AdminAccount:
    """Delete the account of somebody who waits; the answer is as it was."""
    moderating.operators_only(call)
    id_ = person_id(asked.id)
    async with door.house.database.tx() as tx:
        found = await _one(tx, call, id_)
        if found.approved or not await valve.turn_away(
            tx, id_, is_operator=call.is_operator, seal=door.house.seal
        ):
            raise NotAllowed("turn_away")
        return found
