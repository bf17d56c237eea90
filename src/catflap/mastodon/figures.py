"""What this server tells of itself in numbers, counted anew every few minutes.

Active is who used the web or an app, not who has an account. Weeks begin on Monday, UTC, and are
counted from what is still stored: what was deleted, and who left or signed out, is in none.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import msgspec

from catflap.access import queries as access
from catflap.ground import clock
from catflap.ground.database import Database
from catflap.notes import queries as notes
from catflap.people import queries as people

KEPT_FOR = timedelta(minutes=10)
MONTH = timedelta(days=30)
HALF_YEAR = timedelta(days=180)
WEEK = timedelta(days=7)
WEEKS = 12
WEEKS_KEPT_FOR = timedelta(hours=1)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """People, those of them who are active, and what they wrote."""

    people: int
    active_month: int
    active_half_year: int
    notes: int
    comments: int
    at: datetime


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """Seven days that begin at ``at``: notes and comments, sign-ins, newcomers."""

    at: datetime
    notes: int
    sign_ins: int
    joined: int


class Figures:
    """The last count."""

    def __init__(self) -> None:
        self._counted: Counted | None = None
        self._weeks: list[Week] = []
        self._weeks_at: datetime | None = None

    async def weeks(self, database: Database) -> list[Week]:
        """The last `WEEKS` weeks, the present one first; at most an hour old.

        Three queries a week, each over what was made in it, and others get their turn between.
        """
        now = clock.now()
        if self._weeks_at is None or now - self._weeks_at > WEEKS_KEPT_FOR:
            day = now.replace(hour=0, minute=0, second=0, microsecond=0)
            monday = day - timedelta(days=day.weekday())
            self._weeks = [
                await _counted(database, monday - place * WEEK) for place in range(WEEKS)
            ]
            self._weeks_at = now
        return self._weeks

    async def current(self, database: Database) -> Counted:
        """The figures, at most ten minutes old."""
        now = clock.now()
        if self._counted is None or now - self._counted.at > KEPT_FOR:
            async with database.reads() as reads:
                tally = await people.tally(reads)
                self._counted = Counted(
                    people=tally.people, notes=tally.notes, comments=tally.comments, at=now,
                    active_month=await access.active(reads, since=now - MONTH),
                    active_half_year=await access.active(reads, since=now - HALF_YEAR),
                )
        return self._counted


async def _counted(database: Database, at: datetime) -> Week:
    await asyncio.sleep(0)
    async with database.reads() as reads:
        return Week(
            at=at, notes=await notes.written_between(reads, at, at + WEEK),
            sign_ins=await access.begun_between(reads, at, at + WEEK),
            joined=await people.joined_between(reads, at, at + WEEK),
        )
