"""Quotes: who quotes a status, taking it out of one that does, and who may."""

from __future__ import annotations

from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import endpoint
from catflap.mastodon.entities.status import Status
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.rendered import Rendered
from catflap.mastodon.routes.statuses import Which, note_id, one, standing
from catflap.notes import queries as notes
from catflap.notes import quoting
from catflap.notes.filters import Place
from catflap.notes.model import QuotableBy


def quotable_by(text: str) -> QuotableBy:
    """Who may quote a note; ours are Mastodon's words.

    Raises:
        ParameterInvalid: nobody is called so.
    """
    if text not in set(QuotableBy):
        raise ParameterInvalid("Quote approval policy is not included in the list")
    return QuotableBy(text)


class Quotes(Paged, kw_only=True):
    """A page of what quotes a status."""

    id: str


@endpoint("GET", "/api/v1/statuses/{id}/quotes", takes=Quotes, gives=list[Status],
          scopes=("read:statuses",))
async def quotes(door: Door, call: Call, asked: Quotes) -> list[Rendered]:
    """What quotes a status, newest first, as far as the caller sees it."""
    place = span(asked)
    async with door.house.database.reads() as reads:
        found = await notes.note(reads, await standing(reads, asked.id), viewer=call.viewer)
        ids = await quoting.quoting(
            reads, found.id, above=place.above, below=place.below, count=place.count
        )
        link(call, ids, count=place.count)
        seen = await notes.seen(reads, ids, viewer=call.viewer)
        shown = [seen[id_] for id_ in ids if id_ in seen]
        return await door.presenting.statuses(reads, call, shown, where=Place.PUBLIC)


class Quoting(Which, kw_only=True):
    """A status and one that quotes it."""

    quoting_status_id: str


@endpoint("POST", "/api/v1/statuses/{id}/quotes/{quoting_status_id}/revoke", takes=Quoting,
          gives=Status, scopes=("write:statuses",))
async def revoke(door: Door, call: Call, asked: Quoting) -> Rendered:
    """Take one's status out of one that quotes it; the answer is that one without it."""
    out_of = note_id(asked.quoting_status_id)
    async with door.house.database.tx() as tx:
        await quoting.revoke(tx, await standing(tx, asked.id), out_of=out_of, by=call.me)
    async with door.house.database.reads() as reads:
        return await one(door, reads, call, out_of)


class Policy(Which, kw_only=True):
    """Who may quote a status from now on: ``public``, ``followers`` or ``nobody``."""

    quote_approval_policy: str = ""


@endpoint("PUT", "/api/v1/statuses/{id}/interaction_policy", takes=Policy, gives=Status,
          scopes=("write:statuses",))
async def interaction_policy(door: Door, call: Call, asked: Policy) -> Rendered:
    """Say who may quote one's status; quotes that stand stay."""
    async with door.house.database.tx() as tx:
        found = await notes.note(tx, await standing(tx, asked.id), viewer=call.viewer)
        whom = quotable_by(asked.quote_approval_policy)
        await quoting.let(tx, found.id, by=call.me, whom=whom)
    async with door.house.database.reads() as reads:
        return await one(door, reads, call, found.id)
