"""The simulated world, small and seeded: whether the feed keeps to its goals in it.

Two worlds: the days of a wave, with plain popularity beside ours; and six weeks with two waves,
under ours alone, so that the second wave and the sixth week are judged too. What the machine is
like changes nothing but the time it takes, about a minute. The figures of larger worlds are in
docs/feed.md. A goal that does not hold ends it with 1.

Run: OPENBLAS_NUM_THREADS=1 python -m bench.world
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import msgspec

from catflap.feed.world import assumptions, running, telling
from catflap.feed.world.running import Simulated

RESULTS = Path("bench-results.json")
PEOPLE, DAYS, SEED = 5_000, 8, 1
LONG_PEOPLE, LONG_DAYS = 2_500, 42


def long() -> Simulated:
    """Six weeks with two waves, under ours alone."""
    return Simulated(
        people=LONG_PEOPLE, days=LONG_DAYS, seed=SEED,
        measured={"ours": running.lived("ours", LONG_PEOPLE, LONG_DAYS, SEED)},
        assumptions=assumptions.stated(),
    )


def kept(told: Simulated) -> bool:
    """Print a world, and say whether every goal in it holds."""
    print("\n".join(telling.report(told)))
    broken = telling.broken(told)
    if broken:
        print(f"BROKEN: {'; '.join(broken)}")
    return not broken


def main() -> int:
    """Live both, print what held, and put the figures beside the others in bench-results.json."""
    begun = time.perf_counter()
    short, six_weeks = running.simulated(people=PEOPLE, days=DAYS, seed=SEED), long()
    held = [kept(told) for told in (short, six_weeks)]
    print(f"lived in {time.perf_counter() - begun:.0f} s")
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found = {
        "world": msgspec.to_builtins(short.measured),
        "world of six weeks": msgspec.to_builtins(six_weeks.measured),
    }
    RESULTS.write_text(json.dumps(results | found, indent=1))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
