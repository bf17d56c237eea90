"""A status for later. Source: docs.joinmastodon.org, Entities, ScheduledStatus (4.4)."""

from __future__ import annotations

import msgspec

from catflap.mastodon.entities.status import OUTWARD, Attachment
from catflap.mastodon.entities.written import instant
from catflap.notes.model import Planned, Question


class PollParams(msgspec.Struct, frozen=True, kw_only=True):
    """The poll it will ask."""

    options: tuple[str, ...]
    expires_in: str
    multiple: bool
    hide_totals: bool


class Params(msgspec.Struct, frozen=True, kw_only=True):
    """What it will be published as."""

    text: str
    poll: PollParams | None
    media_ids: tuple[str, ...] | None
    sensitive: bool
    spoiler_text: str | None
    visibility: str
    in_reply_to_id: str | None
    language: str | None
    application_id: str
    scheduled_at: str | None
    idempotency: str | None
    with_rate_limit: bool
    quoted_status_id: str | None
    quote_approval_policy: str


class Scheduled(msgspec.Struct, frozen=True, kw_only=True):
    """A status that waits for its time."""

    id: str
    scheduled_at: str
    params: Params
    media_attachments: tuple[Attachment, ...]


def _poll(question: Question | None) -> PollParams | None:
    if question is None:
        return None
    return PollParams(
        options=question.options, expires_in=str(question.lasts_s),
        multiple=question.is_multiple, hide_totals=question.hides_totals,
    )


def scheduled(
    planned: Planned, *, items: tuple[Attachment, ...], app_id: int | None
) -> Scheduled:
    """A planned note as apps see it."""
    content = planned.content
    written = content.written
    return Scheduled(
        id=str(planned.id), scheduled_at=instant(planned.due_at), media_attachments=items,
        params=Params(
            text=written.body, poll=_poll(content.question), media_ids=content.media or None,
            sensitive=bool(written.warning), spoiler_text=written.warning or None,
            visibility=OUTWARD[written.visibility],
            in_reply_to_id=str(content.parent_id) if content.parent_id else None,
            language=written.lang or None, application_id=str(app_id or 0), scheduled_at=None,
            idempotency=None, with_rate_limit=False,
            quoted_status_id=str(content.quoted_id) if content.quoted_id else None,
            quote_approval_policy=content.quotable_by,
        ),
    )
