"""What came of a simulated world, in numbers that the reference asks for.

Only first notes of real newcomers that had their whole day are counted: a copy, a fake, and a note
of the last day are left out everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from catflap.feed import composing
from catflap.feed.arrays import NONE, Bools, Floats, Ints
from catflap.feed.flooring import TARGET
from catflap.feed.world import assumptions as given
from catflap.feed.world import people as peopling
from catflap.feed.world.living import World
from catflap.feed.world.notes import Notes
from catflap.feed.world.ranking import Ours, reading

ANSWERED_H = 24.0
_PAIRS = 2_000
WEEK_H = 24 * 7


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One world under one ranking. Shares are from 0 to 1; NaN where there is nothing to count."""

    people: int
    days: int
    pages: int
    first_notes: int
    impressions_100_ratio: float
    """Of first notes, those with 100 impressions in 24 hours."""
    impressions_median: float
    impressions_p5: float
    impressions_100_within_cap_ratio: float
    """Of those first notes during whose day the floor's target never fell; only for ours."""
    told_target_ratio: float
    """Of first notes, those that reached the lowest target told during their day; only for ours."""
    within_cap_ratio: float
    least_target: float
    floor_ratio: float
    """What the floor took of all that was shown."""
    answered_24h_ratio: float
    answered_foreign_24h_ratio: float
    answered_by_week: Sequence[float]
    answer_median_h: float
    answer_p90_h: float
    untagged_over_tagged_answered: float
    labelled_over_unlabelled_impressions: float
    gini_first_notes: float
    gini_all_notes: float
    top_tenth_comments_ratio: float
    foreign_comments_ratio: float
    foreign_comments_expected_ratio: float
    overlap_different_picks: float
    overlap_same_picks: float
    cases_per_moderator_day: float
    cases_waiting_max: int
    daily_readers: Sequence[int]
    """Pages read on each day."""
    likes_ratio: float
    """Likes for each impression: what readers get."""


def gini(values: Floats | Ints) -> float:
    """Gini's coefficient of values that are 0 or more: 0 where all are alike."""
    ordered = np.sort(values.astype(float))
    whole = float(ordered.sum())
    if not whole:
        return float("nan")
    count = len(ordered)
    places = np.arange(1, count + 1)
    return float((2 * places - count - 1) @ ordered / (count * whole))


def measured(world: World, ranking: object) -> Measured:
    """All numbers of one world."""
    notes, count = world.notes, world.notes.count
    first = _counted(notes, end_h=world.hour)
    wait = notes.answered_h[:count][first] - notes.made_h[:count][first]
    early, labelled = notes.early[:count][first], notes.labelled[:count][first]
    is_answered = wait <= ANSWERED_H
    carried = notes.least_target[:count][first] >= TARGET
    floors = isinstance(ranking, Ours)
    overlap = _overlaps(world, ranking) if isinstance(ranking, Ours) else (1.0, 1.0)
    foreign, expected = _foreign(world)
    return Measured(
        people=len(world.people.here), days=world.hour // 24, pages=sum(world.pages),
        first_notes=int(first.sum()), impressions_100_ratio=_share(early >= TARGET),
        impressions_median=_quantile(early, 0.5), impressions_p5=_quantile(early, 0.05),
        impressions_100_within_cap_ratio=(
            _share(early[carried] >= TARGET) if floors else float("nan")
        ),
        told_target_ratio=(
            _share(early >= np.floor(notes.least_target[:count][first])) if floors
            else float("nan")
        ),
        within_cap_ratio=_share(carried) if floors else float("nan"),
        least_target=min(ranking.targets) if isinstance(ranking, Ours) else float("nan"),
        floor_ratio=(
            ranking.floor_shown / max(1, ranking.shown_whole)
            if isinstance(ranking, Ours) else 0.0
        ),
        answered_24h_ratio=_share(is_answered),
        answered_foreign_24h_ratio=_share(is_answered & notes.foreign_answered[:count][first]),
        answered_by_week=_by_week(notes.made_h[:count][first], is_answered, end_h=world.hour),
        answer_median_h=_quantile(wait, 0.5), answer_p90_h=_quantile(wait, 0.9),
        untagged_over_tagged_answered=_ratio(is_answered[~labelled], is_answered[labelled]),
        labelled_over_unlabelled_impressions=(
            _quantile(early[labelled], 0.5) / max(1.0, _quantile(early[~labelled], 0.5))
        ),
        gini_first_notes=gini(notes.impressions[:count][first]),
        gini_all_notes=gini(notes.impressions[:count]),
        top_tenth_comments_ratio=_top_tenth(notes.comments[:count]),
        foreign_comments_ratio=foreign, foreign_comments_expected_ratio=expected,
        overlap_different_picks=overlap[0], overlap_same_picks=overlap[1],
        cases_per_moderator_day=_load(world), cases_waiting_max=max(world.waiting, default=0),
        daily_readers=[sum(world.pages[at : at + 24]) for at in range(0, len(world.pages), 24)],
        likes_ratio=float(notes.likes[:count].sum() / max(1, notes.impressions[:count].sum())),
    )


def _counted(notes: Notes, *, end_h: int) -> Bools:
    real = ~(notes.fake | notes.copied | notes.removed)[: notes.count]
    had_a_day = notes.made_h[: notes.count] <= end_h - ANSWERED_H
    found: Bools = notes.first[: notes.count] & real & had_a_day
    return found


def _share(which: Bools) -> float:
    return float(which.mean()) if len(which) else float("nan")


def _ratio(one: Bools, other: Bools) -> float:
    below = _share(other)
    return _share(one) / below if below else float("nan")


def _quantile(values: Floats | Ints, at: float) -> float:
    """A value that happened, so that what never happened may be infinite."""
    if not len(values):
        return float("nan")
    return float(np.sort(values)[min(len(values) - 1, int(at * len(values)))])


def _by_week(made_h: Floats, answered: Bools, *, end_h: int) -> list[float]:
    weeks = range(-(-end_h // WEEK_H))
    return [_share(answered[made_h // WEEK_H == week]) for week in weeks]


def _top_tenth(comments: Ints) -> float:
    ordered = np.sort(comments)[::-1]
    return float(ordered[: len(ordered) // 10].sum() / max(1, ordered.sum()))


def _foreign(world: World) -> tuple[float, float]:
    """Comments across languages, and how many there were if all met at random."""
    if not world.foreign_expected:
        return float("nan"), float("nan")
    mine, theirs = (np.concatenate(part) for part in zip(*world.foreign_expected, strict=True))
    shares = [np.bincount(part, minlength=given.LANGUAGES) / len(part) for part in (mine, theirs)]
    return float((mine != theirs).mean()), float(1 - shares[0] @ shares[1])


def _load(world: World) -> float:
    moderators = max(1.0, world.people.here.sum() / given.PEOPLE_PER_MODERATOR)
    return float(sum(world.cases) / moderators / max(1, world.hour / 24))


def _overlaps(world: World, ranking: Ours) -> tuple[float, float]:
    """Jaccard of first pages of two new readers of one language: other picks, the same picks.

    Readers who did nothing yet: no likes, no follows, nothing seen.
    """
    chance = np.random.default_rng(world.hour)
    strangers = peopling.made(_PAIRS, days=1, chance=chance)
    hosts = np.flatnonzero(strangers.is_host)
    picks = strangers.picks[hosts]
    other = np.roll(picks, 1, axis=0)
    # Two draws for each: in the second the same picks stand beside the others of the first.
    pages = [_first_page(world, ranking, one, chance) for one in (picks, other, picks)]
    apart = (np.sort(picks, axis=1) != np.sort(other, axis=1)).any(axis=1)
    different = _jaccard(pages[0][apart], pages[1][apart])
    return float(different.mean()), float(_jaccard(pages[0], pages[2]).mean())


def _first_page(
    world: World, ranking: Ours, picks: Ints, chance: np.random.Generator
) -> Ints:
    assert ranking.shelf is not None
    count = len(picks)
    blank = reading(world, ranking, np.zeros(count, dtype=np.int64))
    readers = msgspec.structs.replace(
        blank, place=np.arange(count), topics=picks, followed=np.full_like(blank.followed, NONE),
        vectors=np.zeros_like(blank.vectors), language=np.ones(count, dtype=np.int64), keen=None,
    )
    nothing = type(ranking.seen)(
        bits=np.zeros((2, count, ranking.seen.bits.shape[2]), dtype=np.uint8), young=[0]
    )
    floor = np.full((count, 1), NONE)
    found = composing.pages(
        ranking.shelf, readers, heads=ranking.heads, seen=nothing, floor=floor, chance=chance
    )
    return found.note


def _jaccard(one: Ints, other: Ints) -> Floats:
    shared = ((one[:, :, None] == other[:, None, :]) & (one[:, :, None] != NONE)).sum(axis=(1, 2))
    whole = (one != NONE).sum(axis=1) + (other != NONE).sum(axis=1) - shared
    found: Floats = shared / np.maximum(1, whole)
    return found
