"""Mail about access, and sign-ins that are over."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import msgspec

from catflap.access import actions, apps, letters
from catflap.access.actions import MAIL_RESET, MailReset
from catflap.ground.database import Database
from catflap.ground.jobs import Job
from catflap.ground.settings import Settings


class Post(Protocol):
    """What sends mail; the words are the door's."""

    async def reset_link(self, *, to: str, token: str, locale: str) -> None:
        """Send one reset link."""

    async def let_in(self, *, to: str, handle: str, locale: str) -> None:
        """Tell somebody who waited that they are in."""

    async def turned_away(self, *, to: str, handle: str, locale: str, word: str) -> None:
        """Tell somebody who waited that they are not let in, with a word of those who decided."""

    async def answers(self) -> None:
        """Raise what stands in the way of sending."""


class Context(Protocol):
    """What these jobs are given."""

    @property
    def post(self) -> Post:
        """The mail."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The settings."""


async def mail_reset(context: Context, payload: MailReset) -> None:
    """Send the link; a second run sends the same link again, which does no harm."""
    await letters.counted(context.database, context.post.reset_link(
        to=payload.to, token=payload.token, locale=payload.locale
    ))


class ForgetIdleSessions(msgspec.Struct, frozen=True):
    """Sign-ins that nobody used for the days of the setting, and codes nobody spent in time."""


async def forget_idle_sessions(context: Context, payload: ForgetIdleSessions) -> None:
    """End them; a second run finds none."""
    del payload
    async with context.database.tx() as tx:
        await actions.forget_idle_sessions(tx, days=context.settings.session_days)
        await apps.forget_codes(tx)


JOBS = (
    Job(MAIL_RESET, MailReset, mail_reset, attempts=6),
    Job(
        "access.forget_idle_sessions", ForgetIdleSessions, forget_idle_sessions,
        every=timedelta(hours=6),
    ),
)
