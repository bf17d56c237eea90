"""Bridging: which notes are liked from both sides, whatever the sides are.

Two measures, because neither alone is safe. The first knows no sides: a rating is explained by a
mean, how kindly its rater rates, how well its note is liked, and one factor on which both have a
place; what of a note's liking the factor does *not* explain is its score. The second knows the
groups by reading language: the geometric mean over groups of the smoothed share who liked, where
both sides have `ENOUGH` viewers who are independent. The blend is taken against the topic's mean,
else only cats would win, and becomes a multiplier between `LOWEST` and `HIGHEST`: never a gate.

Raters who act together are one rater (`acting_together`, `counted_once`). Where people stand on the
factor is found and forgotten inside of `_fitted`: nothing here gives it back, so nothing can show
or store it.

Source: Community Notes' published ranking (one factor, ridges of 0.15 and 0.03, averaged over
rows); Ovadya and Thorburn, arXiv 2301.09976, for the idea. Fitted by alternating least squares,
each side's 2×2 systems in closed form, instead of by gradients.
"""

from __future__ import annotations

import msgspec
import numpy as np

from catflap.feed.arrays import Bools, Floats, Ints, runs

INTERCEPT_RIDGE = 0.15
FACTOR_RIDGE = 0.03
ROUNDS = 30
ENOUGH = 5
LOWEST, HIGHEST = 0.8, 1.3
STEP = 0.1
"""Of the multiplier, for one standard deviation above the topic's mean. An assumption."""
PRIOR_VIEWERS = 4.0
"""As many viewers of the group's mean stand behind each note. An assumption."""
TOPIC_PRIOR = 5.0
"""As many notes of the mean over all stand behind each topic's mean. An assumption."""
TOGETHER_S = 60.0
TOGETHER_NOTES = 5
CROWD = 50
"""Raters of one note within a minute beyond whom it is an event, not an agreement."""


class Ratings(msgspec.Struct, frozen=True, kw_only=True):
    """Who was shown what, and how it went.

    ``liked`` is 1 for a like, 0 for a hide or a report, and 0 with a small weight for an impression
    that nothing followed. ``rater`` and ``note`` are places from 0.
    """

    rater: Ints
    note: Ints
    liked: Floats
    weight: Floats


class Bridged(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of each note: nothing here is about a person."""

    intercept: Floats
    shared: Floats
    """The geometric mean over groups; NaN where two sides have not enough viewers."""
    multiplier: Floats


def bridged(
    ratings: Ratings, *, group: Ints, topic: Ints, raters: int, seed: int = 1
) -> Bridged:
    """Measure every note, from ratings in which rings are merged already.

    Args:
        ratings: as `counted_once` gives them.
        group: the reading-language group of each rater.
        topic: the topic of each note; also says how many notes there are.
        raters: how many raters there are.
        seed: where the factor begins. Its sign means nothing.
    """
    notes = len(topic)
    intercept = _fitted(ratings, raters=raters, notes=notes, seed=seed)
    shared = shared_liking(ratings, group=group, notes=notes)
    seen = np.bincount(ratings.note, minlength=notes) >= ENOUGH
    blend = _standing(intercept, topic, seen)
    both = seen & np.isfinite(shared)
    blend[both] = (blend[both] + _standing(np.nan_to_num(shared), topic, both)[both]) / 2
    return Bridged(
        intercept=intercept, shared=shared,
        multiplier=np.clip(1.0 + STEP * np.where(seen, blend, 0.0), LOWEST, HIGHEST),
    )


def _standing(score: Floats, topic: Ints, known: Bools) -> Floats:
    """By how many standard deviations each score stands above its topic's mean."""
    if known.sum() < 2:
        return np.zeros(len(score))
    whole = float(score[known].mean())
    topics = int(topic.max()) + 1
    sums = np.bincount(topic[known], weights=score[known], minlength=topics)
    counts = np.bincount(topic[known], minlength=topics)
    mean = (sums + TOPIC_PRIOR * whole) / (counts + TOPIC_PRIOR)
    above = score - mean[topic]
    spread = float(above[known].std())
    return np.where(known, above / spread, 0.0) if spread > 1e-9 else np.zeros(len(score))


def _fitted(ratings: Ratings, *, raters: int, notes: int, seed: int) -> Floats:
    """The notes' intercepts. What is found of raters ends with this function.

    Each round solves a 2×2 system for every rater, then for every note, from sums by place. The
    ridges grow with the mean number of ratings, as theirs are averages over rows.
    """
    chance = np.random.default_rng(seed)
    weight, whole = ratings.weight.astype(float), float(ratings.weight.sum())
    mean = float((ratings.liked * weight).sum() / max(whole, 1e-9))
    left = ratings.liked - mean
    rater_intercept: Floats = np.zeros(raters)
    rater_factor: Floats = chance.normal(0, 0.5, raters)
    note_intercept: Floats = np.zeros(notes)
    for _ in range(ROUNDS):
        note_intercept, note_factor = _side(
            ratings.note, notes, left - rater_intercept[ratings.rater],
            rater_factor[ratings.rater], weight, whole,
        )
        rater_intercept, rater_factor = _side(
            ratings.rater, raters, left - note_intercept[ratings.note],
            note_factor[ratings.note], weight, whole,
        )
        # Only the product of both sides' factors counts; even scales keep the ridges fair.
        scale = (note_factor.std() + 1e-9) / (rater_factor.std() + 1e-9)
        rater_factor = rater_factor * np.sqrt(scale)
    return note_intercept


def _side(
    place: Ints, count: int, left: Floats, other: Floats, weight: Floats, whole: float
) -> tuple[Floats, Floats]:
    """Intercept and factor of each on one side, the other side held still."""
    rows = max(1, int(np.count_nonzero(np.bincount(place, minlength=count))))
    weighed = weight * other
    a = np.bincount(place, weights=weight, minlength=count) + INTERCEPT_RIDGE * whole / rows
    b = np.bincount(place, weights=weighed, minlength=count)
    c = np.bincount(place, weights=weighed * other, minlength=count) + FACTOR_RIDGE * whole / rows
    e = np.bincount(place, weights=weight * left, minlength=count)
    f = np.bincount(place, weights=weighed * left, minlength=count)
    determinant = a * c - b * b
    return (c * e - b * f) / determinant, (a * f - b * e) / determinant


def shared_liking(ratings: Ratings, *, group: Ints, notes: int) -> Floats:
    """The geometric mean over groups of the share that liked each note, smoothed.

    Only groups with `ENOUGH` viewers of a note count for it; NaN where fewer than two have.
    """
    groups = int(group.max(initial=0)) + 1
    cell = ratings.note.astype(np.int64) * groups + group[ratings.rater]
    size = notes * groups
    liked = np.bincount(cell, weights=ratings.weight * ratings.liked, minlength=size)
    heard = np.bincount(cell, weights=ratings.weight, minlength=size)
    viewers = np.bincount(cell, minlength=size).reshape(notes, groups)
    liked, heard = liked.reshape(notes, groups), heard.reshape(notes, groups)
    usual = (liked.sum(axis=0) + 1) / (heard.sum(axis=0) + 2)
    share = (liked + PRIOR_VIEWERS * usual) / (heard + PRIOR_VIEWERS)
    counts = viewers >= ENOUGH
    sides = counts.sum(axis=1)
    logs = np.where(counts, np.log(share), 0.0).sum(axis=1)
    return np.where(sides >= 2, np.exp(logs / np.maximum(sides, 1)), np.nan)


def acting_together(
    rater: Ints, note: Ints, at_s: Floats, *, raters: int
) -> Ints:
    """For each rater the first of those they act with, themselves where that is nobody.

    Two act together when they rated `TOGETHER_NOTES` different notes within `TOGETHER_S` of each
    other; rings are what that joins. Minutes in which a crowd rated a note are left out: they are
    events. Acting together is no offence, and has one consequence: it counts once.

    Source: co-action networks (arXiv 2408.01257); window and least number of objects are theirs.
    """
    minute = np.floor(at_s / TOGETHER_S).astype(np.int64)
    order = np.lexsort((minute, note))
    starts = runs(note[order].astype(np.int64) * (int(minute.max(initial=0)) + 2) + minute[order])
    sizes = np.diff(np.append(starts, len(order)))
    kept = order[np.repeat(sizes <= CROWD, sizes)]
    kept = kept[np.lexsort((at_s[kept], note[kept]))]
    who, what, when = rater[kept].astype(np.int64), note[kept].astype(np.int64), at_s[kept]
    found: list[Ints] = []
    for shift in range(1, 2 * CROWD):
        near = (what[shift:] == what[:-shift]) & (when[shift:] - when[:-shift] <= TOGETHER_S)
        if not near.any():
            break
        one, other = who[:-shift][near], who[shift:][near]
        low, high = np.minimum(one, other), np.maximum(one, other)
        apart = low != high
        found.append(np.stack([low[apart] * raters + high[apart], what[shift:][near][apart]]))
    if not found:
        return np.arange(raters)
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)[0]
    named, counts = np.unique(pairs, return_counts=True)
    joined = named[counts >= TOGETHER_NOTES]
    return _joined(joined // raters, joined % raters, raters=raters)


def _joined(one: Ints, other: Ints, *, raters: int) -> Ints:
    """The least member of everybody's ring: the least label flows along pairs until it rests."""
    label = np.arange(raters)
    while True:
        before = label.copy()
        least = np.minimum(label[one], label[other])
        np.minimum.at(label, one, least)
        np.minimum.at(label, other, least)
        label = label[label]
        if np.array_equal(before, label):
            return label


def counted_once(ratings: Ratings, ring: Ints) -> Ratings:
    """The same ratings with every ring as one rater, whose rating of a note is its members' mean.

    Args:
        ratings: as they were given.
        ring: for each rater whom they count as, from `acting_together`.
    """
    rater = ring[ratings.rater].astype(np.int64)
    order = np.lexsort((ratings.note, rater))
    rater, note = rater[order], ratings.note[order]
    keys = np.stack([rater, note])
    first = np.ones(len(order), dtype=bool)
    first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    starts = np.flatnonzero(first)
    if not len(starts):
        return ratings
    weight, liked = ratings.weight[order], ratings.liked[order]
    sums = np.add.reduceat(weight, starts)
    means = np.add.reduceat(weight * liked, starts) / np.maximum(sums, 1e-12)
    return Ratings(
        rater=rater[starts], note=note[starts], liked=means,
        weight=np.maximum.reduceat(weight, starts),
    )


