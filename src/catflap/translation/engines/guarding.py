"""What stands around every engine: a second try, a circuit breaker, a budget for the day.

An engine that fails is asked again once; one that fails over and over is left alone for a while,
longer each time, and then tried with a single batch before the rest follow. To fail is not to
answer, not to let us in, or to crash; who refuses a text has answered. What has no budget left says
so until midnight UTC, and the next engine of the route takes over.

Source of the breaker's three states: M. Nygard, "Release It!", 2nd edition, chapter 5.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from catflap.ground import clock
from catflap.ground.database import Database
from catflap.translation import figures
from catflap.translation.codes import Lang
from catflap.translation.engines.port import (
    Batch,
    Card,
    Engine,
    EngineBusy,
    EngineRefused,
    PairUnsupported,
)
from catflap.translation.figures import Figure, Spot

TRIES = 2
RETRY_FIRST_S = 0.5
RETRY_WAIT_MAX_S = 3.0
"""An engine that asks for a longer pause is not waited for: its texts wait as jobs."""
OPEN_AFTER_FAILURES = 5
OPEN_FIRST_S = 10.0
OPEN_MAX_S = 600.0


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine may be given on one day (UTC); 0 for no limit."""

    chars: int = 0
    tokens: int = 0


class Ledger:
    """What engines cost, written down day by day in the database, where every worker sees it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, engine: str, *, chars: int, budget: Budget) -> bool:
        """Count characters before they are given, unless that is over the budget.

        The sum's row, which is of no pair, is held from the count to the end, so that two who ask
        at once cannot both have what is left. `note` moves what was spent to its pair.
        """
        spot = Spot(figure=Figure.CHARS, engine=engine)
        async with self._database.tx() as tx:
            await figures.add(tx, {spot: chars})
            spent, tokens = await figures.spent_today(tx, engine)
            over_tokens = budget.tokens and tokens >= budget.tokens
            if over_tokens or (budget.chars and spent > budget.chars):
                await figures.add(tx, {spot: -chars})
                return False
        return True

    async def note(self, counts: Mapping[Spot, int]) -> None:
        """Add to today's sums."""
        async with self._database.tx() as tx:
            await figures.add(tx, counts)


class Guarded:
    """An engine with its guard; itself an engine."""

    def __init__(self, engine: Engine, *, budget: Budget, ledger: Ledger) -> None:
        self._engine = engine
        self._budget = budget
        self._ledger = ledger
        self._failures = 0
        self._open_until_s = 0.0
        self._is_trying = False
        self._tokens_seen = engine.tokens_spent

    @property
    def card(self) -> Card:
        """The engine's own."""
        return self._engine.card

    @property
    def tokens_spent(self) -> int:
        """The engine's own."""
        return self._engine.tokens_spent

    def supports(self, source: Lang, target: Lang) -> bool:
        """The engine's own."""
        return self._engine.supports(source, target)

    def via(self, source: Lang, target: Lang) -> Lang | None:
        """The engine's own."""
        return self._engine.via(source, target)

    async def translate(self, batch: Batch) -> list[str]:
        """The engine's answer, where the breaker is closed and the budget not spent.

        Raises as the port says.
        """
        self._pass()
        self._is_trying = True
        try:
            reserved = await self._afford(batch)
            return await self._counted(batch, reserved=reserved)
        finally:
            self._is_trying = False

    async def _counted(self, batch: Batch, *, reserved: int) -> list[str]:
        started = time.perf_counter()
        try:
            answers = await self._asked(batch)
        except Exception as error:
            # The engine boundary: a crash is no better than no answer, and neither costs anything.
            # Who refused has read it, and wants to be paid.
            given = _size(batch) if isinstance(error, EngineRefused) else 0
            if isinstance(error, EngineRefused | PairUnsupported):
                self._failures = 0
            else:
                self._fail()
            seconds = time.perf_counter() - started
            await self._note(batch, given, reserved=reserved, failed=True, seconds=seconds)
            raise
        self._failures = 0
        seconds = time.perf_counter() - started
        await self._note(batch, _size(batch), reserved=reserved, failed=False, seconds=seconds)
        return answers

    def _fail(self) -> None:
        self._failures += 1
        if self._failures >= OPEN_AFTER_FAILURES:
            step = 2.0 ** (self._failures - OPEN_AFTER_FAILURES)
            self._open_until_s = time.monotonic() + min(OPEN_MAX_S, OPEN_FIRST_S * step)

    def _pass(self) -> None:
        left_s = self._open_until_s - time.monotonic()
        if left_s > 0:
            raise EngineBusy(retry_after_s=left_s)
        if self._failures >= OPEN_AFTER_FAILURES and self._is_trying:
            raise EngineBusy(retry_after_s=OPEN_FIRST_S)

    async def _afford(self, batch: Batch) -> int:
        """How many characters were reserved for a batch: none where there is no budget."""
        if not (self._budget.chars or self._budget.tokens):
            return 0
        size = _size(batch)
        if not await self._ledger.reserve(self.card.name, chars=size, budget=self._budget):
            now = clock.now()
            midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            raise EngineBusy(retry_after_s=(midnight - now).total_seconds())
        return size

    async def _asked(self, batch: Batch) -> list[str]:
        for attempt in range(1, TRIES + 1):
            try:
                return await self._engine.translate(batch)
            except EngineBusy as error:
                if attempt == TRIES or error.retry_after_s > RETRY_WAIT_MAX_S:
                    raise
                pause_s = max(error.retry_after_s, RETRY_FIRST_S * attempt)
                await asyncio.sleep(pause_s * (0.5 + random.random() / 2))  # noqa: S311 - jitter
        raise AssertionError("unreachable")

    async def _note(
        self, batch: Batch, given: int, *, reserved: int, failed: bool, seconds: float
    ) -> None:
        """Count one call of a pair: characters ``given``, of which some were ``reserved``."""
        tokens, self._tokens_seen = (
            self._engine.tokens_spent - self._tokens_seen, self._engine.tokens_spent,
        )
        counts = {
            Figure.CALLS: 1, Figure.ERRORS: int(failed),
            Figure.CHARS: given, Figure.TOKENS: tokens,
            Figure.MILLISECONDS: round(seconds * 1000),
        }
        name = self.card.name
        pair = {"source": batch.source, "target": batch.target}
        spots = {Spot(figure=figure, engine=name, **pair): n for figure, n in counts.items()}
        spots[Spot(figure=Figure.CHARS, engine=name)] = -reserved
        await self._ledger.note({spot: count for spot, count in spots.items() if count})

    async def close(self) -> None:
        """Close the engine."""
        await self._engine.close()


def _size(batch: Batch) -> int:
    return sum(map(len, batch.texts))
