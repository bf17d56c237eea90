"""Telling of each status which of the caller's filters found it; the app does the rest."""

from __future__ import annotations

from collections.abc import Sequence

from catflap.ground.database import Reads
from catflap.mastodon.call import Call
from catflap.mastodon.entities import filter as entity
from catflap.mastodon.entities.status import Status
from catflap.mastodon.rendered import Rendered
from catflap.notes import filters
from catflap.notes.filters import Filter, Place


async def filtered(
    reads: Reads, call: Call, statuses: list[Rendered], *, where: Place | None
) -> list[Rendered]:
    """Statuses with what the caller's filters found. One query, three where there are filters.

    One's own are never filtered.
    """
    if call.viewer is None or not statuses:
        return statuses
    active = filters.holding(await filters.mine(reads, call.viewer), place=where)
    if active:
        return [told(one, active, viewer=str(call.viewer)) for one in statuses]
    return statuses


def told(status: Rendered, active: Sequence[Filter], *, viewer: str) -> Rendered:
    """A status, and what it quotes, with what somebody's filters found in each.

    One's own are never filtered.
    """
    inside = status.reblog or status
    if inside.quoted is not None:
        status = status.around_quoted(told(inside.quoted, active, viewer=viewer))
    if inside.author_id == viewer:
        return status
    found = filters.found_in(active, int(inside.id), filters.folded(_text(inside.lasting)))
    return status.sifted(tuple(entity.result(one, status_id=inside.id) for one in found))


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
