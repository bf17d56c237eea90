"""Notices as notifications: their kinds in Mastodon's words, and what each carries."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.mastodon import moderating
from catflap.mastodon.call import Call
from catflap.mastodon.entities.account import account
from catflap.mastodon.entities.notification import Notification, ReportNotification
from catflap.mastodon.entities.report import Report
from catflap.mastodon.entities.written import instant
from catflap.mastodon.presenting import Presenting
from catflap.moderation import cases
from catflap.notes import queries as notes
from catflap.notes.filters import Place
from catflap.notices import queries as notices
from catflap.notices.model import Kind, Notice
from catflap.people import queries as people

OUTWARD = {
    Kind.LIKE: "favourite", Kind.FOLLOW: "follow", Kind.COMMENT: "mention", Kind.REPLY: "mention",
    Kind.MENTION: "mention", Kind.ASKS: "follow_request", Kind.WROTE: "status",
    Kind.BOOST: "reblog", Kind.POLL: "poll", Kind.CASE: "admin.report",
    Kind.QUOTE: "quote", Kind.QUOTED_UPDATE: "quoted_update", Kind.SIGNED_UP: "admin.sign_up",
}
"""Notices in Mastodon's words."""
OUR_OWN = {
    kind: f"catflap.{kind}" for kind in Kind if kind not in OUTWARD
}
"""Those it has no word for: apps are told of them only where they ask for them by name."""
NAMES = {**OUTWARD, **OUR_OWN}


def kinds(types: Sequence[str], exclude_types: Sequence[str]) -> list[Kind]:
    """The kinds that an app asks for and does not leave out."""
    return [
        kind for kind, name in NAMES.items()
        if (name in types if types else kind in OUTWARD) and name not in exclude_types
    ]


async def presented(
    presenting: Presenting, reads: Reads, call: Call, found: Sequence[Notice]
) -> list[Notification]:
    """Notices as notifications; one whose note cannot be seen any more is left out.

    Ten queries at most, whatever their number.
    """
    ids = [one.note_id for one in found if one.note_id is not None]
    shown = await notes.heard(reads, list(dict.fromkeys(ids)), viewer=call.me)
    statuses = {
        int(status.id): status
        for status in await presenting.statuses(reads, call, shown, where=Place.NOTICES)
    }
    actors = await people.by_ids(reads, [one.actor_id for one in found])
    reported = await reports(reads, call, found)
    made: list[Notification] = []
    for one in found:
        if one.actor_id not in actors or (one.kind is Kind.SIGNED_UP and not call.is_operator):
            continue
        if one.note_id is not None and one.note_id not in statuses:
            continue
        plain = Notification(
            id=str(one.id), type=NAMES[one.kind], group_key=one.bundle or f"ungrouped-{one.id}",
            created_at=instant(one.made_at),
            account=account(actors[one.actor_id], base=call.base),
            status=statuses.get(one.note_id) if one.note_id is not None else None,
        )
        if one.kind is not Kind.CASE:
            made.append(plain)
        elif one.case_id in reported:
            made.append(ReportNotification(
                **msgspec.structs.asdict(plain), report=reported[one.case_id]
            ))
    return made


async def reports(reads: Reads, call: Call, found: Sequence[Notice]) -> dict[int | None, Report]:
    """The first report of each case that notices tell of; none for who is no operator now."""
    ids = [one.case_id for one in found if one.case_id is not None]
    if not ids or not call.is_operator:
        return {}
    first = [rows[0] for rows in (await cases.reports_of(reads, ids)).values()]
    told_of = {report.id: report for report in await moderating.told(reads, call, first)}
    return {row.case_id: told_of[str(row.id)] for row in first if str(row.id) in told_of}


async def told(
    presenting: Presenting, reads: Reads, call: Call, id_: int
) -> Notification | None:
    """One notification that just came; None for what apps have no word for, or cannot be seen."""
    try:
        found = await notices.notice(reads, id_, viewer=call.me)
    except NotFound:
        return None
    if found.kind not in OUTWARD:
        return None
    made = await presented(presenting, reads, call, [found])
    return made[0] if made else None
