"""A reader's For you page out of a real database, beside the newest notes and the bare arithmetic.

`pipeline.for_you` as the web process calls it: queries, what the reader saw, the floor's dealing,
places, composing, hiding, reasons; SQLite, `PEOPLE` people and `NOTES` live notes, a night's model
in force. It ends with the slots and their stamps: how cards are rendered is `bench.pages`'s.
Processor time of the process, because the machine may have others on it. A page that takes longer
than its goal ends it with 1.

Run: OPENBLAS_NUM_THREADS=1 python -m bench.for_you [DATA]
DATA is a community's folder, whose people are then the readers; it is only read.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import sqlalchemy as sa

from bench import community
from bench.feeding import RESULTS, TARGET_PAGE_P50_MS, TARGET_PAGE_P99_MS
from catflap import app
from catflap.feed import pipeline
from catflap.feed.feeding import Feeding
from catflap.feed.model import Feed
from catflap.ground import clock
from catflap.ground.settings import Settings
from catflap.ground.statements import Statement
from catflap.house import House
from catflap.people import queries as people
from catflap.people.model import PersonId, Reader
from catflap.people.tables import people as everybody

PEOPLE, NOTES, READERS = 100_000, 200_000, 400
UNKNOWN, NEXT, ANEW, KEPT, LATEST = (
    "of a reader whom the process meets first", "the page after it", "composed anew",
    "while its list is kept", "the newest notes, nothing weighed",
)
_PEOPLE = Statement(sa.select(everybody.c.id).order_by(everybody.c.id).limit(100 * READERS), int)
T = TypeVar("T")


class Spent(msgspec.Struct, frozen=True):
    """Processor time of each kind of page, in milliseconds, and how long a page was."""

    ms: dict[str, list[float]]
    slots: list[int]
    live: int
    load_s: float

    def p50(self, what: str) -> float:
        """The median of one kind."""
        return statistics.median(self.ms[what])

    def p99(self, what: str) -> float:
        """The 99th percentile of one kind."""
        return float(np.quantile(self.ms[what], 0.99))

    def holds(self, what: str) -> bool:
        """Whether one kind keeps to the goals."""
        return self.p50(what) <= TARGET_PAGE_P50_MS and self.p99(what) <= TARGET_PAGE_P99_MS


async def spent(house: House, readers: list[int]) -> Spent:
    """Pages asked for singly, each reader's in the order in which somebody reads."""
    feeding = Feeding(house.database, house.store)
    # As the web process does after its start (`memory.keep_small`): what is imported stays.
    gc.collect()
    gc.freeze()
    begun = time.process_time()
    live = len((await feeding.composer()).holding)
    load_s = time.process_time() - begun
    ms: dict[str, list[float]] = {what: [] for what in (UNKNOWN, NEXT, ANEW, KEPT, LATEST)}
    slots: list[int] = []

    async def timed(what: str, asked: Awaitable[T]) -> T:
        begun = time.process_time()
        found = await asked
        ms[what].append(1000 * (time.process_time() - begun))
        return found

    async def page(reader: Reader, after: str | None = None) -> Feed:
        async with house.database.reads() as reads:
            return await pipeline.for_you(reads, feeding, reader=reader, after=after)

    async def newest(reader: Reader) -> Feed:
        async with house.database.reads() as reads:
            return await pipeline.latest(reads, viewer=reader.id, after=None)

    for id_ in readers:
        async with house.database.reads() as reads:
            reader = await people.reader(reads, PersonId(id_))
        if reader is None:
            continue
        first = await timed(UNKNOWN, page(reader))
        slots.append(len(first.slots))
        if first.next_cursor is not None:
            await timed(NEXT, page(reader, first.next_cursor))
        feeding.forget(id_)
        await timed(ANEW, page(reader))
        await timed(KEPT, page(reader))
        await timed(LATEST, newest(reader))
    return Spent(ms, slots, live, load_s)


def report(found: Spent, arithmetic: dict[str, float]) -> dict[str, Any]:
    """The figures in words, and as they are kept."""
    held = found.holds(UNKNOWN)
    print(
        f"a For you page among {found.live} live notes, {len(found.slots)} readers, "
        f"{statistics.median(found.slots):.0f} slots:"
    )
    for what, times in found.ms.items():
        goal = ""
        if what == UNKNOWN:
            goal = (
                f" ({'holds' if held else 'DOES NOT HOLD'}: {TARGET_PAGE_P50_MS:.0f} and "
                f"{TARGET_PAGE_P99_MS:.0f})"
            )
        if times:
            print(f"  {what}: {found.p50(what):.2f} ms, 99th {found.p99(what):.2f} ms{goal}")
    if arithmetic:
        print(
            f"  of it the bare arithmetic, without a database: {arithmetic['compose_p50_ms']:.2f} "
            f"ms, 99th {arithmetic['compose_p99_ms']:.2f} ms (bench.feeding)"
        )
    print(f"  all read into a process, once: {found.load_s:.1f} s")
    figures = {what: {"p50_ms": found.p50(what), "p99_ms": found.p99(what)}
               for what, times in found.ms.items() if times}
    return {"live": found.live, "load_s": found.load_s, "holds": held, "pages": figures}


async def of_data(data: Path) -> Spent:
    """A community that is there."""
    house = app.open_house(Settings(data=data))
    try:
        async with house.database.reads() as reads:
            every = await reads.all(_PEOPLE)
        chosen = np.random.default_rng(3).permutation(every)[:READERS]
        return await spent(house, chosen.tolist())
    finally:
        await house.close()


async def of_bulk() -> Spent:
    """A community that is made for it."""
    with tempfile.TemporaryDirectory(prefix="catflap-bench-") as name:
        folder = Path(name)
        sizes = community.Sizes(people=PEOPLE, notes=NOTES, readers=READERS)
        made = await community.populate(folder, sizes, now=clock.now())
        house = app.open_house(Settings(data=folder))
        try:
            await community.learn(house.database, house.store, made, folder=folder)
            return await spent(house, list(made.readers))
        finally:
            await house.close()


def main() -> int:
    """Measure, print, and put the figures beside the others in bench-results.json."""
    found = asyncio.run(of_data(Path(sys.argv[1])) if len(sys.argv) > 1 else of_bulk())
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    figures = report(found, results.get("feeding", {}))
    RESULTS.write_text(json.dumps(results | {"for you": figures}, indent=1))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
