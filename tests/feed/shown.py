"""What the feed wrote down of what it showed."""

from __future__ import annotations

from datetime import UTC, datetime

from catflap.feed import showing
from catflap.feed.model import ShownPage
from catflap.ground.database import Reads
from catflap.people.model import PersonId

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def shown_to(reads: Reads, reader: PersonId) -> list[ShownPage]:
    """The pages that a reader was shown and that were not forgotten yet, oldest first."""
    every = await showing.since(reads, _EVER, count=100_000)
    return [page for page in every if page.reader_id == reader]
