"""Judging a night on what it was not learned from: what the heads foresaw, and what bridging did.

The heads are judged on random slots, which nothing learned chose, each by one over the chance that
it held this very note: so it is judged what would come of showing anything to anybody, and not only
of what one's own choice had shown. Bridging is judged by ratings of notes that enough others rated.

Both give sums over everybody: no loss of one person's slots can be read off them.
"""

from __future__ import annotations

import numpy as np

from catflap.feed import bridging, scoring
from catflap.feed.arrays import Bools, Floats, Ints
from catflap.feed.bridging import Ratings
from catflap.feed.model import BridgingFigures, HeadFigures, HeadsFigures
from catflap.feed.scoring import Heads

SURE = 1e-4
"""Nothing is foreseen more surely, so one surprise does not outweigh a night."""
RATINGS_HELD_RATIO, RATINGS_HELD_LEAST = 0.1, 200


def log_losses(foreseen: Floats, came: Floats) -> Floats:
    """What each outcome costs whoever foresaw it with such a probability, in nats."""
    sure = np.clip(foreseen, SURE, 1 - SURE)
    found: Floats = -(came * np.log(sure) + (1 - came) * np.log(1 - sure))
    return found


def heads(
    terms: Floats, came: Floats, *, weight: Floats, is_told: Bools, ours: Heads,
    before: Heads | None, usual: Floats,
) -> HeadsFigures:
    """Judge heads on slots that they were not learned from, one row a slot.

    Args:
        terms: as in `scoring.TERMS`.
        came: 0 or 1 for each of `scoring.HEADS`.
        weight: one over each slot's propensity.
        is_told: of which heads anything is told; the others are not judged.
        ours: what was learned of all other slots.
        before: the heads before, None where they may have learned from these slots.
        usual: for each head the share of all other slots that had it.
    """
    share = weight / weight.sum()
    foreseen = scoring.predicted(ours, terms)
    mine = log_losses(foreseen, came)
    theirs = log_losses(scoring.predicted(before, terms), came) if before is not None else mine
    plain = log_losses(np.broadcast_to(usual, came.shape), came)
    each = []
    for head in np.flatnonzero(is_told):
        expected, had = share @ foreseen[:, head], share @ came[:, head]
        each.append(HeadFigures(
            head=scoring.HEADS[head], came=int(came[:, head].sum()),
            loss=_rounded(share @ mine[:, head]),
            loss_before=_rounded(share @ theirs[:, head]) if before is not None else None,
            loss_constant=_rounded(share @ plain[:, head]),
            calibration=_rounded(expected / had) if had > 0 else None,
        ))
    apart = (mine - theirs)[:, is_told].sum(axis=1)
    error = np.sqrt(np.sum((share * (apart - share @ apart)) ** 2))
    return HeadsFigures(
        held_out=len(terms), error=_rounded(error), each=tuple(each),
        loss=_rounded(share @ mine[:, is_told].sum(axis=1)),
        loss_before=(
            _rounded(share @ theirs[:, is_told].sum(axis=1)) if before is not None else None
        ),
        loss_constant=_rounded(share @ plain[:, is_told].sum(axis=1)),
    )


def bridged(
    ratings: Ratings, *, group: Ints, topic: Ints, raters: int, seed: int = 1
) -> BridgingFigures | None:
    """Judge bridging on a tenth of the ratings, None where that is too few.

    A note is foreseen to be liked as often as its topic, more or less by as much as its intercept,
    from all other ratings, stands above that of its topic. So bridging that knew nothing beyond the
    topic would foresee as well as the topic's mean, and no better.
    """
    held = np.random.default_rng(seed).random(len(ratings.note)) < RATINGS_HELD_RATIO
    rest = _those(ratings, ~held)
    enough = np.bincount(rest.note, minlength=len(topic)) >= bridging.ENOUGH
    asked = _those(ratings, held & enough[ratings.note])
    if len(asked.note) < RATINGS_HELD_LEAST:
        return None
    found = bridging.bridged(rest, group=group, topic=topic, raters=raters)
    known = _those(rest, enough[rest.note])
    topics = int(topic.max()) + 1
    whole = np.bincount(topic[known.note], weights=known.weight, minlength=topics)

    def mean(of: Floats) -> Floats:
        sums = np.bincount(topic[known.note], weights=known.weight * of, minlength=topics)
        means: Floats = sums / np.maximum(whole, 1e-9)
        return means

    about = topic[asked.note]
    usual = mean(known.liked)[about]
    above = found.intercept[asked.note] - mean(found.intercept[known.note])[about]
    share = asked.weight / asked.weight.sum()
    return BridgingFigures(
        held_out=len(asked.note),
        loss=_rounded(share @ log_losses(usual + above, asked.liked)),
        loss_topic=_rounded(share @ log_losses(usual, asked.liked)),
    )


def _those(ratings: Ratings, which: Bools) -> Ratings:
    return Ratings(
        rater=ratings.rater[which], note=ratings.note[which], liked=ratings.liked[which],
        weight=ratings.weight[which],
    )


def _rounded(value: float) -> float:
    return round(float(value), 5)
