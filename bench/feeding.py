"""The feed's mathematics, measured: the nightly fits, and composing beside sorting by time.

What is timed of a page is `composing.pages` alone, on arrays; the page itself, with its queries, is
`bench.for_you`'s. Synthetic data of the sizes that the goals name: cost, not quality. Processor
time of one thread, because the machine may have others on it.

Run: OPENBLAS_NUM_THREADS=1 python -m bench.feeding
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from catflap.feed import bridging, co_liking, composing, scoring, seeing, sourcing
from catflap.feed.arrays import NONE, Ints

RESULTS = Path("bench-results.json")
PEOPLE, NOTES = 100_000, 200_000
LIKES, RATINGS = 4_000_000, 2_500_000
TOPICS, LANGUAGES, PAGES = 24, 4, 400
T = TypeVar("T")
TARGET_ALS_S, TARGET_BRIDGING_S = 60.0, 10.0
TARGET_PAGE_P50_MS, TARGET_PAGE_P99_MS = 10.0, 25.0


def timed(what: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and its processor time in seconds."""
    begun = time.process_time()
    found = what()
    return found, time.process_time() - begun


def pairs(count: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Distinct pairs of people and notes, some of both far more often than others."""
    person = np.minimum((PEOPLE * chance.random(count) ** 1.5).astype(np.int64), PEOPLE - 1)
    note = np.minimum((NOTES * chance.random(count) ** 2).astype(np.int64), NOTES - 1)
    both = np.unique(person * NOTES + note)
    return both // NOTES, both % NOTES


def fits() -> tuple[dict[str, float], co_liking.Factors, np.ndarray]:
    """The nightly fits."""
    chance = np.random.default_rng(1)
    person, note = pairs(LIKES, chance)
    likes = co_liking.Likes(
        person=person, note=note, weight=np.ones(len(person), dtype=np.float32)
    )
    factors, als_s = timed(lambda: co_liking.learned(likes, people=PEOPLE, notes=NOTES))
    who, what = pairs(RATINGS, chance)
    ratings = bridging.Ratings(
        rater=who, note=what, liked=(chance.random(len(who)) < 0.5).astype(float),
        weight=np.ones(len(who)),
    )
    _, bridging_s = timed(lambda: bridging.bridged(
        ratings, group=chance.integers(0, LANGUAGES, PEOPLE),
        topic=chance.integers(0, TOPICS, NOTES), raters=PEOPLE,
    ))
    _, rings_s = timed(lambda: bridging.acting_together(
        who, what, chance.uniform(0, 3 * 86_400, len(who)), raters=PEOPLE
    ))
    found = {
        "likes": float(len(person)), "als_s": als_s, "ratings": float(len(who)),
        "bridging_s": bridging_s, "rings_s": rings_s,
    }
    return found, factors, np.bincount(note, minlength=NOTES)


def shelf_of(factors: co_liking.Factors, likes: np.ndarray) -> tuple[sourcing.Shelf, float]:
    """All notes on a shelf, and what laying it out takes."""
    chance = np.random.default_rng(2)
    topic = chance.integers(0, TOPICS, NOTES)
    live = sourcing.Live(
        number=np.arange(NOTES), author=chance.integers(0, PEOPLE, NOTES), topic=topic,
        language=chance.integers(0, LANGUAGES, NOTES),
        made_h=np.sort(chance.uniform(0, 168, NOTES)), likes=likes,
        liked_share=chance.normal(0, 0.5, NOTES), answered_share=chance.normal(0, 0.5, NOTES),
        refused_share=chance.normal(0, 0.3, NOTES), shown=20 * likes,
        by_newcomer=chance.random(NOTES) < 0.3, political=topic >= TOPICS - 2,
        multiplier=np.clip(chance.normal(1, 0.1, NOTES), 0.8, 1.3), vectors=factors.notes,
    )
    return timed(lambda: sourcing.shelved(
        live, now_h=168.0, languages=LANGUAGES, topics=TOPICS, authors=PEOPLE
    ))


def one_by_one(shelf: sourcing.Shelf, factors: co_liking.Factors) -> dict[str, float]:
    """Slots composed for one reader at a time, beside the newest of whom one follows."""
    chance = np.random.default_rng(3)
    seen = seeing.blank(PEOPLE)
    ours, chronological = [], []
    for place in chance.choice(PEOPLE, PAGES, replace=False):
        followed = np.full((1, 64), NONE)
        followed[0, :40] = chance.integers(0, PEOPLE, 40)
        reader = sourcing.Readers(
            place=np.array([place]), language=chance.integers(0, LANGUAGES, 1),
            topics=chance.permutation(TOPICS)[None, :4], followed=followed,
            vectors=factors.people[place][None, :], politics_ratio=np.array([0.1]),
        )
        floor = chance.integers(0, NOTES, (1, 3))
        _, spent = timed(partial(
            composing.pages, shelf, reader, heads=scoring.guessed(), seen=seen, floor=floor,
            chance=chance,
        ))
        ours.append(1000 * spent)
        _, spent = timed(partial(newest, shelf, followed))
        chronological.append(1000 * spent)
    return {
        "compose_p50_ms": statistics.median(ours), "compose_p99_ms": float(np.quantile(ours, 0.99)),
        "sort_p50_ms": statistics.median(chronological),
        "sort_p99_ms": float(np.quantile(chronological, 0.99)),
    }


def newest(shelf: sourcing.Shelf, followed: Ints) -> Ints:
    """The newest notes of whom one follows."""
    notes = shelf.by_author[followed[followed != NONE]].ravel()
    notes = notes[notes != NONE]
    ordered: Ints = notes[np.argsort(-shelf.live.made_h[notes])]
    return ordered[: composing.SLOTS]


def many(shelf: sourcing.Shelf, factors: co_liking.Factors) -> float:
    """Milliseconds a page where 2,000 are made at a time, as the simulated world does."""
    chance = np.random.default_rng(4)
    place = chance.choice(PEOPLE, 2_000, replace=False)
    readers = sourcing.Readers(
        place=place, language=chance.integers(0, LANGUAGES, 2_000),
        topics=np.argsort(chance.random((2_000, TOPICS)), axis=1)[:, :4],
        followed=chance.integers(0, PEOPLE, (2_000, 16)), vectors=factors.people[place],
        politics_ratio=np.full(2_000, 0.1),
    )
    _, spent = timed(lambda: composing.pages(
        shelf, readers, heads=scoring.guessed(), seen=seeing.blank(PEOPLE),
        floor=np.full((2_000, 1), NONE), chance=chance,
    ))
    return 1000 * spent / 2_000


def report(found: dict[str, float]) -> None:
    """The figures in words."""
    for what, spent, limit in (
        (f"co-liking, {found['likes'] / 1e6:.1f} M likes", found["als_s"], TARGET_ALS_S),
        (f"bridging, {found['ratings'] / 1e6:.1f} M ratings", found["bridging_s"],
         TARGET_BRIDGING_S),
    ):
        held = "holds" if spent < limit else "DOES NOT HOLD"
        print(f"{what}: {spent:.1f} s ({held}: less than {limit:.0f} s)")
    print(f"finding rings in as many ratings: {found['rings_s']:.1f} s")
    print(
        f"composing slots among {NOTES} live notes, the arithmetic of a page: "
        f"{found['compose_p50_ms']:.2f} ms, 99th percentile {found['compose_p99_ms']:.2f} ms; "
        f"sorting by time {found['sort_p50_ms']:.2f} ms, {found['sort_p99_ms']:.2f} ms; "
        f"2000 at a time {found['batched_ms']:.3f} ms each; laying out the shelf "
        f"{found['shelf_s']:.2f} s"
    )


def main() -> None:
    """Measure, print, and put the figures beside the others in bench-results.json."""
    found, factors, likes = fits()
    shelf, found["shelf_s"] = shelf_of(factors, likes)
    found |= one_by_one(shelf, factors)
    found["batched_ms"] = many(shelf, factors)
    report(found)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(results | {"feeding": found}, indent=1))


if __name__ == "__main__":
    main()
