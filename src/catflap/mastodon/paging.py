"""Mastodon's paging: ``max_id``, ``since_id``, ``min_id``, ``limit``, and the ``Link`` header.

``max_id`` and ``since_id`` give the newest that fit; ``min_id`` gives those right above it. Source:
docs.joinmastodon.org, Guidelines, "Paginating through API responses".
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.notes.timelines import Span

LAST = 2**63 - 1


class Paged(msgspec.Struct, kw_only=True):
    """The parameters of a list that continues."""

    max_id: str = ""
    since_id: str = ""
    min_id: str = ""
    limit: int = 0


def span(asked: Paged, *, usual: int = 20, most: int = 40, last: int = LAST) -> Span:
    """What part of a list is asked for; ``limit`` beyond ``most`` is cut, as Mastodon does.

    ``last`` is the highest place of a list that is not paged by ids.

    Raises:
        ParameterInvalid: one of the ids is no id.
    """
    upward = bool(asked.min_id)
    return Span(
        above=_id(asked.min_id or asked.since_id, otherwise=0, last=last),
        below=_id(asked.max_id, otherwise=last, last=last),
        count=min(asked.limit, most) if asked.limit > 0 else usual,
        upward=upward,
    )


def _id(text: str, *, otherwise: int, last: int) -> int:
    if not text:
        return otherwise
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(last))
    if not is_number or int(text) > last:
        raise ParameterInvalid(f"`{text[:20]}` is no id")
    return int(text)


def link(call: Call, ids: Sequence[int], *, count: int) -> None:
    """Tell the app where the list goes on; ``ids`` are those that were looked at, newest first."""
    if not ids:
        return
    kept = [
        (name, value) for name, value in call.request.query_params.multi_items()
        if name not in ("max_id", "since_id", "min_id", "access_token")
    ]
    here = f"{call.base}{call.request.url.path}"
    if len(ids) >= count:
        older = urlencode([*kept, ("max_id", str(min(ids)))])
        call.links.append(f'<{here}?{older}>; rel="next"')
    newer = urlencode([*kept, ("min_id", str(max(ids)))])
    call.links.append(f'<{here}?{newer}>; rel="prev"')
