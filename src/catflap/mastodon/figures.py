"""What this server tells of itself in numbers, counted anew every few minutes.

Active is who used the web or an app, not who has an account.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from catflap.access import queries as access
from catflap.ground import clock
from catflap.ground.database import Database
from catflap.people import queries as people

KEPT_FOR = timedelta(minutes=10)
MONTH = timedelta(days=30)
HALF_YEAR = timedelta(days=180)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """People, those of them who are active, and what they wrote."""

    people: int
    active_month: int
    active_half_year: int
    notes: int
    comments: int
    at: datetime


class Figures:
    """The last count."""

    def __init__(self) -> None:
        self._counted: Counted | None = None

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
