"""Mail about access."""

from __future__ import annotations

from typing import Protocol

import msgspec

from catflap.ground.jobs import Job

MAIL_RESET = "access.mail_reset"


class MailReset(msgspec.Struct, frozen=True, kw_only=True):
    """A reset link to be mailed. The token stands in the job's row until the mail is sent."""

    to: str
    token: str
    locale: str


class Post(Protocol):
    """What sends mail; the words are the door's."""

    async def reset_link(self, *, to: str, token: str, locale: str) -> None:
        """Send one reset link."""


class Context(Protocol):
    """What these jobs are given."""

    @property
    def post(self) -> Post:
        """The mail."""


async def mail_reset(context: Context, payload: MailReset) -> None:
    """Send the link; a second run sends the same link again, which does no harm."""
    await context.post.reset_link(to=payload.to, token=payload.token, locale=payload.locale)


JOBS = (Job(MAIL_RESET, MailReset, mail_reset, attempts=6),)
