"""Running simulated worlds: the same people and chances under each ranking."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import msgspec

from catflap.feed.world import assumptions, living, measuring, ranking
from catflap.feed.world.living import Ranking, World
from catflap.feed.world.measuring import Measured

RANKINGS: dict[str, Callable[[World], Ranking]] = {
    "ours": ranking.ours, "popularity": ranking.popular,
}


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What was simulated, and what came of it under each ranking."""

    people: int
    days: int
    seed: int
    measured: dict[str, Measured]
    assumptions: dict[str, float | tuple[float, ...]]


def simulated(*, people: int, days: int, seed: int, processes: int = 2) -> Simulated:
    """Run the world under each ranking; from the same seed the same numbers come, always."""
    asked = [(name, people, days, seed) for name in RANKINGS]
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            found = list(pool.map(lived, *zip(*asked, strict=True)))
    else:
        found = [lived(*one) for one in asked]
    return Simulated(
        people=people, days=days, seed=seed, measured=dict(zip(RANKINGS, found, strict=True)),
        assumptions=assumptions.stated(),
    )


def lived(name: str, people: int, days: int, seed: int) -> Measured:
    """One world under one ranking, to its end."""
    world = living.begun(people, days=days, seed=seed)
    ranks = RANKINGS[name](world)
    for _ in range(24 * days):
        living.live_an_hour(world, ranks)
    return measuring.measured(world, ranks)
