"""The simulated world, small and seeded: whether the feed keeps to its goals in it.

What the machine is like changes nothing but the time it takes, about half a minute. The figures
of larger and longer worlds are in docs/feed.md.

Run: OPENBLAS_NUM_THREADS=1 python -m bench.world
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec

from catflap.feed.world import running, telling

RESULTS = Path("bench-results.json")
PEOPLE, DAYS, SEED = 5_000, 8, 1


def main() -> None:
    """Live it, print what held, and put the figures beside the others in bench-results.json."""
    begun = time.perf_counter()
    told = running.simulated(people=PEOPLE, days=DAYS, seed=SEED)
    print("\n".join(telling.report(told)))
    print(f"lived in {time.perf_counter() - begun:.0f} s")
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found = msgspec.to_builtins(told.measured)
    RESULTS.write_text(json.dumps(results | {"world": found}, indent=1))


if __name__ == "__main__":
    main()
