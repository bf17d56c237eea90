"""How much of what is foreign to its readers they are shown translated, at first paint.

Counted at every showing, kept in memory, written down every so often: sums by language pair, never
by person.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

import structlog

from catflap.ground.database import Database
from catflap.translation import figures
from catflap.translation.figures import Figure, Spot
from catflap.web.entities.said import Said

log = structlog.get_logger("catflap.web")

WRITE_EVERY_S = 15.0


def views_of(texts: Iterable[Said]) -> Counter[Spot]:
    """What one showing of these texts counts for: the foreign ones, and those translated."""
    found: Counter[Spot] = Counter()
    for text in texts:
        if text.state == "own":
            continue
        pair = {"source": text.source, "target": text.into}
        found[Spot(figure=Figure.VIEWS_FOREIGN, **pair)] += 1
        if text.state == "translated":
            found[Spot(figure=Figure.VIEWS_TRANSLATED, **pair)] += 1
    return found


class Coverage:
    """Counts of this process that are not written down yet."""

    def __init__(self) -> None:
        self._counts: Counter[Spot] = Counter()

    def add(self, views: Mapping[Spot, int]) -> None:
        """Count a showing."""
        self._counts.update(views)

    async def write(self, database: Database) -> None:
        """Write the counts down."""
        counts, self._counts = self._counts, Counter()
        if counts:
            async with database.tx() as tx:
                await figures.add(tx, counts)

    async def write_forever(self, database: Database) -> None:
        """Write the counts down every so often, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.write(database)
            except Exception:
                # A supervisor: the database may be away for a moment.
                log.warning("coverage_not_written", exc_info=True)
