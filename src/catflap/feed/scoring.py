"""Scoring: what a reader would make of a note, and what that is worth.

Six heads predict like, comment, collect, follow, hide and report, each a logistic function of the
same few terms, so that "why am I seeing this" can name them. What a note is worth is their sum by
`WEIGHTS`, in which one expected hide outweighs many expected likes, and is made positive, so that
decay by age, decay by author and the bridging multiplier only ever scale it.

Source of the weights: xai-org/x-algorithm, `home-mixer/params/param.rs` (like 0.5, reply 5, share
2, follow 4, not interested -43.2, report -234, on probabilities; author decay 0.5, floor 0.25);
that a collect counts as a share does there is our assumption.
"""

from __future__ import annotations

import msgspec
import numpy as np

from catflap.feed.arrays import Floats, Ints

HEADS = ("like", "comment", "collect", "follow", "hide", "report")
WEIGHTS = np.array([0.5, 5.0, 2.0, 4.0, -43.2, -234.0], dtype=np.float32)
TERMS = (
    "co_liking", "picked_topic", "reads_language", "follows_author", "liked_share",
    "answered_share", "refused_share", "is_newcomer",
)
HALF_LIFE_H = 24.0
"""An assumption, between the hours of a news feed and the weeks of an encyclopaedia."""
AUTHOR_DECAY, AUTHOR_FLOOR = 0.5, 0.25
TEMPER = 0.5
"""Worth grows e-fold with so much value: how a sum that may be negative becomes a factor. Ours."""
SPREAD_POWER, SPREAD_LATER, SPREAD_FROM_D = 2.0, 1.0, 1 / 12
RIDGE = 1.0
_STEPS = 12


class Heads(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned: ``slopes`` is terms by heads, ``bases`` one number a head."""

    slopes: Floats
    bases: Floats


def guessed() -> Heads:
    """Heads by hand, for a community that has no log yet. All numbers are assumptions.

    Rows are `TERMS`, columns are `HEADS`. Bases are log-odds of about 5 % likes, 1 % comments.
    """
    slopes = np.array([
        [1.5, 0.8, 1.0, 0.8, -0.5, -0.3],
        [0.8, 0.6, 0.6, 0.4, -0.6, -0.2],
        [0.2, 0.4, 0.1, 0.2, -0.3, 0.0],
        [0.6, 0.8, 0.3, -4.0, -1.0, -0.8],
        [1.0, 0.3, 0.8, 0.6, -0.2, -0.2],
        [0.2, 0.9, 0.2, 0.2, 0.0, 0.0],
        [-0.2, 0.0, -0.2, -0.3, 1.0, 1.0],
        [0.0, 0.3, 0.0, 0.2, 0.0, 0.0],
    ], dtype=np.float32)
    bases = np.array([-3.0, -4.6, -4.4, -5.5, -5.8, -8.0], dtype=np.float32)
    return Heads(slopes=slopes, bases=bases)


def smoothed_share(times: Floats, shown: Floats, *, usual: float, prior: float = 20.0) -> Floats:
    """The log-odds of a note's rate over the usual one, with a prior of so many impressions."""
    usual = min(max(usual, 1e-6), 0.5)
    share = (times + prior * usual) / (shown + prior)
    share = np.clip(share, 1e-6, 1 - 1e-6)
    odds: Floats = np.log(share / (1 - share)) - np.log(usual / (1 - usual))
    return odds


def predicted(heads: Heads, terms: Floats) -> Floats:
    """Probabilities, heads last, of terms, terms last."""
    found: Floats = 1.0 / (1.0 + np.exp(-(terms @ heads.slopes + heads.bases)))
    return found


def worth(probabilities: Floats) -> Floats:
    """What is expected of each note, as a positive factor."""
    found: Floats = np.exp(np.clip((probabilities @ WEIGHTS) / TEMPER, -20.0, 20.0))
    return found


def faded(age_h: Floats) -> Floats:
    """What is left of a note's worth at its age."""
    left: Floats = np.exp2(-np.maximum(0.0, age_h) / HALF_LIFE_H)
    return left


def spread(shown: Ints, age_h: Floats, *, usual: float) -> Floats:
    """What is left of a note's worth when it was shown ahead of its age.

    One half at the pace by which a note has the ``usual`` impressions after a day, less the more
    it is ahead. So what some seek out by themselves (a tag, say) is not shown as often again by
    the feed, and no few notes take all that there is to answer. From the second day on a good note
    may pull ahead, ever further. Popularity is taken from the score by a power of what was shown,
    as inverse propensities would: Schnabel et al., "Recommendations as Treatments" (2016); that
    popular notes are what such learning overrates: Steck, "Item Popularity and Recommendation
    Accuracy" (2011). The powers are ours, measured in the simulated world.
    """
    age_d = np.maximum(0.0, age_h) / 24.0
    pace = usual * (age_d + SPREAD_FROM_D) * np.maximum(1.0, age_d) ** SPREAD_LATER
    left: Floats = 1.0 / (1.0 + (shown / pace) ** SPREAD_POWER)
    return left


def author_decayed(worths: Floats, author: Ints) -> Floats:
    """Worths with an author's second, third, … best note of a reader's row brought down.

    Both are tables, one row a reader.
    """
    rows, columns = worths.shape
    flat = np.arange(rows * columns)
    order = np.lexsort((-worths.ravel(), author.ravel(), flat // columns))
    who, row = author.ravel()[order], order // columns
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (who[1:] != who[:-1]) | (row[1:] != row[:-1])
    starts = np.flatnonzero(is_new)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    factor = np.empty(len(order), dtype=worths.dtype)
    factor[order] = AUTHOR_FLOOR + (1 - AUTHOR_FLOOR) * AUTHOR_DECAY ** rank.astype(float)
    decayed: Floats = worths * factor.reshape(worths.shape)
    return decayed


def learned(
    terms: Floats, outcomes: Floats, *, weight: Floats | None = None, before: Heads | None = None
) -> Heads:
    """Heads from a log of impressions, drawn towards those of before.

    Newton's method on the logistic likelihood with a ridge around ``before``, so that a night with
    few impressions changes little, and many nights add up.

    Args:
        terms: one row an impression.
        outcomes: 0 or 1 for each of `HEADS`, one row an impression.
        weight: what an impression counts: one over its propensity where that is known.
        before: the heads to stay near to; `guessed` where None.
    """
    start = before or guessed()
    ones = np.ones((len(terms), 1))
    design = np.concatenate([terms.astype(float), ones], axis=1)
    weighed = np.ones(len(terms)) if weight is None else weight.astype(float)
    prior = np.vstack([start.slopes, start.bases[None, :]]).astype(float)
    found = prior.copy()
    for head in range(outcomes.shape[1]):
        found[:, head] = _newton(design, outcomes[:, head].astype(float), weighed, prior[:, head])
    return Heads(slopes=found[:-1].astype(np.float32), bases=found[-1].astype(np.float32))


def _newton(design: Floats, outcome: Floats, weight: Floats, prior: Floats) -> Floats:
    at = prior.copy()
    eye = RIDGE * np.eye(design.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ at, -30, 30)))
        slope = design.T @ (weight * (outcome - chance)) - RIDGE * (at - prior)
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design + eye
        step = np.linalg.solve(curve, slope)
        # Rare outcomes make the first steps too long; none may move a weight by more than one.
        at = at + np.clip(step, -1.0, 1.0)
        if float(np.abs(step).max()) < 1e-4:
            break
    return at
