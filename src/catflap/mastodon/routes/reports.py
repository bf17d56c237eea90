"""Reporting somebody from an app, and deciding on reports from an operator's app.

A report belongs to a case, which all reports of one person share while it is open; what is done
with a report is done with its case.
"""

from __future__ import annotations

from typing import Any

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon import moderating
from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import endpoint
from catflap.mastodon.entities.report import AdminReport, Report
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.routes.accounts import person_id
from catflap.moderation import cases, deciding, reporting
from catflap.moderation.model import Category, State
from catflap.moderation.model import Report as Reported

READ, WRITE = ("admin:read:reports",), ("admin:write:reports",)


def _category(text: str) -> Category:
    if text not in set(Category):
        raise ParameterInvalid("Category is not included in the list")
    return Category(text)


def _ids(texts: list[str] | str, thing: str) -> list[int]:
    """Ids of things.

    Raises:
        NotFound: one of them is none.
    """
    found = [from_text(text) for text in ([texts] if isinstance(texts, str) else texts)]
    if None in found:
        raise NotFound(thing)
    return [id_ for id_ in found if id_ is not None]


class Asked(msgspec.Struct, kw_only=True):
    """A report."""

    account_id: str
    status_ids: list[str] | str = msgspec.field(default_factory=list)
    comment: str = ""
    forward: bool = False
    category: str = "other"
    rule_ids: list[str] | str = msgspec.field(default_factory=list)


@endpoint("POST", "/api/v1/reports", takes=Asked, gives=Report, scopes=("write:reports",))
async def report(door: Door, call: Call, asked: Asked) -> Report:
    """Report somebody to those who run this place; nobody else is told."""
    async with door.house.database.tx() as tx:
        id_ = await reporting.report(
            tx, by=call.me, about=person_id(asked.account_id),
            notes=_ids(asked.status_ids, "note"), rules=_ids(asked.rule_ids, "rule"),
            category=_category(asked.category), message=asked.comment, forward=asked.forward,
            prior=call.reads,
        )
        return (await moderating.told(tx, call, [await cases.report(tx, id_, viewer=call.me)]))[0]


class Wanted(Paged, kw_only=True):
    """Which reports are asked for."""

    limit: int = 100
    resolved: bool = False
    account_id: str = ""
    target_account_id: str = ""


@endpoint("GET", "/api/v1/admin/reports", takes=Wanted, gives=list[AdminReport], scopes=READ)
async def several(door: Door, call: Call, asked: Wanted) -> list[AdminReport]:
    """Reports whose cases are open, or resolved, newest first."""
    moderating.operators_only(call)
    place = span(asked, usual=100, most=200)
    async with door.house.database.reads() as reads:
        found = await cases.reports_within(
            reads, place, viewer=call.me, state=State.RESOLVED if asked.resolved else State.OPEN,
            by=person_id(asked.account_id) if asked.account_id else 0,
            about_id=person_id(asked.target_account_id) if asked.target_account_id else 0,
        )
        link(call, [row.id for row in found], count=place.count)
        return await moderating.for_operators(door.presenting, reads, call, found)


class Which(msgspec.Struct, kw_only=True):
    """A report, by id."""

    id: str


async def _one(reads: Reads, call: Call, text: str) -> Reported:
    found = from_text(text)
    if found is None:
        raise NotFound("report")
    return await cases.report(reads, found, viewer=call.me)


async def _told(door: Door, reads: Reads, call: Call, found: Reported) -> AdminReport:
    made = await moderating.for_operators(door.presenting, reads, call, [found])
    if not made:
        raise NotFound("report")
    return made[0]


@endpoint("GET", "/api/v1/admin/reports/{id}", takes=Which, gives=AdminReport, scopes=READ)
async def show(door: Door, call: Call, asked: Which) -> AdminReport:
    """One report."""
    moderating.operators_only(call)
    async with door.house.database.reads() as reads:
        return await _told(door, reads, call, await _one(reads, call, asked.id))


class Changed(Which, kw_only=True):
    """What a report is about after all; what is left out stays."""

    category: str | None = None
    rule_ids: list[str] | str | None = None


@endpoint("PUT", "/api/v1/admin/reports/{id}", takes=Changed, gives=AdminReport, scopes=WRITE)
async def change(door: Door, call: Call, asked: Changed) -> AdminReport:
    """Say that a report is about something else."""
    moderating.operators_only(call)
    async with door.house.database.tx() as tx:
        found = await _one(tx, call, asked.id)
        await reporting.file_under(
            tx, found.id, by=call.me,
            category=_category(asked.category) if asked.category else None,
            rules=_ids(asked.rule_ids, "rule") if asked.rule_ids is not None else None,
        )
        return await _told(door, tx, call, await cases.report(tx, found.id, viewer=call.me))


def _step(path: str, words: str, step: Any) -> None:
    """Declare one of the steps that an operator takes with a report's case."""

    async def take(door: Door, call: Call, asked: Which) -> AdminReport:
        moderating.operators_only(call)
        async with door.house.database.tx() as tx:
            found = await _one(tx, call, asked.id)
            await step(tx, found.case_id, by=call.me)
            return await _told(door, tx, call, found)

    take.__doc__ = words
    endpoint(
        "POST", f"/api/v1/admin/reports/{{id}}/{path}", takes=Which, gives=AdminReport,
        scopes=WRITE,
    )(take)


_step("assign_to_self", "Take a report's case on.", deciding.assign)
_step("unassign", "Leave a report's case to whoever takes it.", deciding.unassign)
_step("resolve", "Say that a report's case is dealt with.", deciding.resolve)
_step(
    "reopen",
    "Look at a report's case again; where another about the same person is open, it stays.",
    deciding.reopen,
)
