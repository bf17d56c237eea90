"""Counting what translation does and costs: sums by day (UTC), language pair and engine.

Sums only, never a person: what the operator's page, the budgets and the public figures need.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Statement, insert_unless_there
from catflap.translation.tables import figures

KEPT = timedelta(days=400)
WAIT_STEPS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
"""Upper ends of the histogram of waits, in seconds; the last bucket is open."""


class Figure(StrEnum):
    """What is counted."""

    VIEWS_FOREIGN = "views_foreign"
    VIEWS_TRANSLATED = "views_translated"
    TEXTS = "texts"
    REFUSED = "refused"
    CALLS = "calls"
    ERRORS = "errors"
    CHARS = "chars"
    TOKENS = "tokens"
    MILLISECONDS = "milliseconds"
    CORRECTIONS = "corrections"
    DOUBTS = "doubts"


WAIT = "wait_{step}"


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """One sum over some days."""

    figure: str
    source: str
    target: str
    engine: str
    sum: int


class _Spent(msgspec.Struct, frozen=True, kw_only=True):
    figure: str
    sum: int


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """What a count is of."""

    figure: str
    source: str = ""
    target: str = ""
    engine: str = ""


_KEYS = ("day", "figure", "source", "target", "engine")
_START = Statement(
    insert_unless_there(figures).values(
        {**{name: sa.bindparam(name) for name in _KEYS}, "sum": 0}
    )
)
_ADD = Statement(
    figures.update()
    .where(*(figures.c[name] == sa.bindparam(f"the_{name}") for name in _KEYS))
    .values(sum=figures.c.sum + sa.bindparam("by", type_=sa.BigInteger))
)
_SINCE = Statement(
    sa.select(
        figures.c.figure, figures.c.source, figures.c.target, figures.c.engine,
        sa.cast(sa.func.sum(figures.c.sum), sa.BigInteger).label("sum"),
    )
    .where(figures.c.day >= sa.bindparam("since"))
    .group_by(figures.c.figure, figures.c.source, figures.c.target, figures.c.engine),
    Sum,
)
_SPENT = Statement(
    sa.select(
        figures.c.figure, sa.cast(sa.func.sum(figures.c.sum), sa.BigInteger).label("sum")
    )
    .where(
        figures.c.day == sa.bindparam("the_day"),
        (figures.c.figure == Figure.CHARS.value) | (figures.c.figure == Figure.TOKENS.value),
        figures.c.engine == sa.bindparam("the_engine"),
    )
    .group_by(figures.c.figure),
    _Spent,
)
_FORGET = Statement(figures.delete().where(figures.c.day < sa.bindparam("before")))


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def wait_figure(seconds: float) -> str:
    """The bucket of a wait."""
    step = next((limit for limit in WAIT_STEPS_S if seconds <= limit), None)
    return WAIT.format(step="more" if step is None else step)


async def add(tx: Tx, counts: Mapping[Spot, int]) -> None:
    """Add to today's sums."""
    day = _day(clock.now())
    # In one order for everybody, so that two who count at once cannot wait in a circle.
    for spot in sorted(counts, key=msgspec.structs.astuple):
        keys = {"day": day, **msgspec.structs.asdict(spot)}
        named = {f"the_{name}": value for name, value in keys.items()}
        if not await tx.run(_ADD, **named, by=counts[spot]):
            await tx.run(_START, **keys)
            await tx.run(_ADD, **named, by=counts[spot])


async def since(reads: Reads, *, days: int) -> list[Sum]:
    """Sums over the last so many days, today included."""
    first = clock.now() - timedelta(days=days - 1)
    return await reads.all(_SINCE, since=_day(first))


async def spent_today(reads: Reads, engine: str) -> tuple[int, int]:
    """Characters and tokens that an engine was given today, of whatever pair."""
    rows = await reads.all(_SPENT, the_day=_day(clock.now()), the_engine=engine)
    found = {row.figure: row.sum for row in rows}
    return found.get(Figure.CHARS, 0), found.get(Figure.TOKENS, 0)


async def forget_old(tx: Tx) -> None:
    """Let go of sums older than `KEPT`."""
    await tx.run(_FORGET, before=_day(clock.now() - KEPT))
