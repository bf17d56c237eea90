"""Telling of each status which of the caller's filters found it; the app does the rest."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catflap.ground.database import Reads
from catflap.mastodon.call import Call
from catflap.mastodon.entities import filter as entity
from catflap.mastodon.entities.status import Status
from catflap.notes import filters
from catflap.notes.filters import Filter, Place


async def filtered(
    reads: Reads, call: Call, statuses: Sequence[Status], *, where: Place | None
) -> list[Status]:
    """Statuses with what the caller's filters found. One query, three where there are filters.

    One's own are never filtered.
    """
    if call.viewer is None or not statuses:
        return list(statuses)
    active = filters.holding(await filters.mine(reads, call.viewer), place=where)
    if not active:
        return list(statuses)
    return [told(one, active, viewer=str(call.viewer)) for one in statuses]


def told(status: Status, active: Sequence[Filter], *, viewer: str) -> Status:
    """A status with what somebody's filters found in it; one's own are never filtered."""
    inside = status.reblog
    if isinstance(inside, Status):
        inside = told(inside, active, viewer=viewer)
        return msgspec.structs.replace(status, reblog=inside, filtered=inside.filtered)
    if status.account.id == viewer:
        return status
    found = filters.found_in(active, int(status.id), filters.folded(_text(status)))
    return msgspec.structs.replace(
        status, filtered=tuple(entity.result(one, status_id=status.id) for one in found)
    )


def _text(status: Status) -> str:
    """All the words of a status: as written, as shown, its tags, its pictures' descriptions."""
    more = status.catflap
    before = more.translated_from
    parts = [
        more.title, more.body, more.place, status.spoiler_text,
        before.spoiler_text if before is not None else "",
        *(f"#{tag.name}" for tag in status.tags),
        *(item.description or "" for item in status.media_attachments),
    ]
    return "\n".join(part for part in parts if part)
