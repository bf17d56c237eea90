"""The floor: the impressions that every first note is owed, whoever wrote it.

Each first note is owed `TARGET` impressions within `WINDOW_H` hours. Every period a note's need is
what it lacks over the hours that are left, so that one which the feed shows anyway costs nothing.
All floors together never take more than `CAP_RATIO` of what is shown. Where that cannot carry
everybody, the target falls for all alike, and is given back to be published, rather than the later
ones going without. Tags and languages do not count in what is owed, only in who is shown what.

What is refused a floor (a copy, a flagged note) is judged elsewhere and comes as ``eligible``.

Sources: deficit pacing as in the cold-start lectures of S. Wang (guarantees of a number of
impressions in a time, weighed by what was reached so far); the size of cap and pace are this
project's own measurement (1 million readers a day at 60 impressions).
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from catflap.feed.arrays import NONE, Bools, Floats, Ints

TARGET = 100.0
WINDOW_H = 24.0
CAP_RATIO = 0.15
PACE = 1.25
"""Ahead of an even pace, because a note that is early can wait and one that is late cannot."""
CLUSTER_RATIO = 0.05
"""Of the floor, to notes from one network: a campus fits in, a farm of sign-ups does not."""
RESERVE_H = 2.0
"""Of the window, kept free: what is dealt may not be read, and must be dealt again."""
EXTRA_PER_H = 16.0
"""Beyond what is owed, for each first note that nobody answered yet, as long as the cap has room;
only keen readers are shown it, so few of these cards are ever dealt."""
AMPLE = 175.0
"""What spare room in the cap brings first notes up to; nobody is promised it. Measured at 150, 175,
185 and 200 in the simulated world: less leaves notes with a tag too far ahead, more leaves less
time for those that wait for an answer."""
USUAL_ANSWERS = 0.01
"""Comments for each impression, of somebody of whom nothing is known. An assumption."""
PRIOR_SHOWN = 50.0
KEEN_RATIO = 0.25
"""Of the readers at hand: those who answer most, to whom what is unanswered goes first."""
_GOLDEN = 0.6180339887498949
_HALVINGS = 40


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """First notes, one place each; ``cluster`` is the network they came from, or `NONE`."""

    posted_h: Floats
    got: Ints
    eligible: Bools
    cluster: Ints


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """How many impressions each note is to get in the period, and what every note can hope for."""

    quota: Ints
    target: float
    cap: int


def paced(
    owed: Owed, *, now_h: float, period_impressions: float, day_impressions: float,
    period_h: float = 1.0,
) -> Pacing:
    """Share the period's cap among the first notes that lack impressions.

    The target is judged on the day and not on the period, else it would fall every night.
    Deterministic: fractions are rounded along the notes, from a start that moves with the hour,
    so that it is not always the same ones who lose them.

    Args:
        owed: every first note of the last day; older ones are left alone.
        now_h: the time, in hours of the same scale as ``posted_h``.
        period_impressions: how many notes will be shown in the period, whatever they are.
        day_impressions: likewise within the next 24 hours.
        period_h: how long the period is, in hours.
    """
    cap = int(CAP_RATIO * max(0.0, period_impressions))
    left_h = owed.posted_h + WINDOW_H - now_h
    is_open = owed.eligible & (left_h > 0) & (left_h <= WINDOW_H)
    left_h = np.maximum(left_h - RESERVE_H, period_h)
    target = _carried(
        owed.got[is_open], left_h[is_open],
        per_hour=CAP_RATIO * max(0.0, day_impressions) / WINDOW_H,
    )
    lacks = np.where(is_open, np.maximum(0.0, target - owed.got), 0.0)
    need = np.minimum(lacks, PACE * lacks * period_h / left_h)
    need = _bounded(need, owed.cluster, bound=int(CLUSTER_RATIO * cap))
    whole = float(need.sum())
    if whole > cap:
        need = need * (cap / whole)
    return Pacing(
        quota=_rounded(need, owed.cluster, phase=(now_h * _GOLDEN) % 1.0), target=target, cap=cap
    )


def _carried(got: Ints, left_h: Floats, *, per_hour: float) -> float:
    """The highest target, at most `TARGET`, whose even pace for all fits into the hours."""

    def is_carried(target: float) -> bool:
        return float((np.maximum(0.0, target - got) / left_h).sum()) <= per_hour

    if is_carried(TARGET):
        return TARGET
    low, high = 0.0, TARGET
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_carried(middle) else (low, middle)
    return low


def _bounded(need: Floats, cluster: Ints, *, bound: int) -> Floats:
    known = cluster != NONE
    if not known.any():
        return need
    sums = np.bincount(cluster[known], weights=need[known])
    scale = np.minimum(1.0, bound / np.maximum(sums, 1e-12))
    return np.where(known, need * scale[np.where(known, cluster, 0)], need)


def _rounded(need: Floats, cluster: Ints, *, phase: float) -> Ints:
    """Whole numbers whose sum, over any run of notes, differs by less than one from the needs'.

    Notes of one cluster stand together, so its bound, a whole number, survives the rounding. The
    small number taken off keeps sums that are whole from being carried over by rounding errors.
    """
    order = np.argsort(cluster, kind="stable")
    sums = np.floor(np.cumsum(need[order]) * (1 - 1e-12) + phase).astype(np.int64)
    quota = np.zeros(len(need), dtype=np.int64)
    quota[order] = np.diff(sums, prepend=0)
    return quota


def topped_up(
    pacing: Pacing, owed: Owed, *, answered: Bools, now_h: float, period_h: float = 1.0
) -> Pacing:
    """The same, with what the cap has left for first notes that wait for an answer.

    `EXTRA_PER_H` impressions each at most, the longest waiting first. Notes of a known network get
    none, so that its bound holds.
    """
    waits = owed.eligible & ~answered & (owed.cluster == NONE)
    waits &= (now_h >= owed.posted_h) & (now_h - owed.posted_h < WINDOW_H)
    left = pacing.cap - int(pacing.quota.sum())
    order = np.flatnonzero(waits)[np.argsort(owed.posted_h[waits], kind="stable")]
    quota = pacing.quota.copy()
    for _ in range(math.ceil(EXTRA_PER_H * period_h) if len(order) else 0):
        given = order[: max(0, left)]
        quota[given] += 1
        left -= len(given)
    return Pacing(quota=quota, target=pacing.target, cap=pacing.cap)


def evened(
    pacing: Pacing, owed: Owed, *, answered: Bools, now_h: float, period_h: float = 1.0
) -> Pacing:
    """The same, with what the cap still has left for answered notes that fewer came across.

    Up to `AMPLE` impressions in all, at the pace of what is owed: where a tag or a network of
    friends shows some notes besides, the others are brought nearer to them, not those held back.
    Notes that wait for an answer are left to keen readers, to whom these impressions would not go.
    Notes of a known network get none.
    """
    left_h = owed.posted_h + WINDOW_H - now_h
    is_open = owed.eligible & answered & (owed.cluster == NONE)
    is_open &= (left_h > 0) & (left_h <= WINDOW_H)
    lacks = np.where(is_open, np.maximum(0.0, AMPLE - owed.got - pacing.quota), 0.0)
    need = np.minimum(lacks, PACE * lacks * period_h / np.maximum(left_h - RESERVE_H, period_h))
    left, whole = max(0, pacing.cap - int(pacing.quota.sum())), float(need.sum())
    if whole > left:
        need = need * (left / whole)
    more = _rounded(need, owed.cluster, phase=(now_h * _GOLDEN) % 1.0)
    return Pacing(quota=pacing.quota + more, target=pacing.target, cap=pacing.cap)


def answering(
    answers: Floats, shown: Floats, *, comments: Floats, impressions: Floats,
    usual: float = USUAL_ANSWERS,
) -> Floats:
    """How often each reader answers a first note they are shown.

    Where little is known of that, how often they comment on anything stands for it, and where
    little is known of that either, the ``usual``.
    """
    prior = (comments + PRIOR_SHOWN * usual) / (impressions + PRIOR_SHOWN)
    rate: Floats = (answers + PRIOR_SHOWN * prior) / (shown + PRIOR_SHOWN)
    return rate


def keen(rate: Floats, *, among: Floats) -> Bools:
    """Who answers first notes more than usual, and is of the `KEEN_RATIO` of all who do most."""
    if not len(among):
        return np.zeros(len(rate), dtype=bool)
    found: Bools = (rate > USUAL_ANSWERS) & (rate >= np.quantile(among, 1 - KEEN_RATIO))
    return found
