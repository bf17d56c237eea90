"""How a night is judged, by what was planted in it: what is learned right is seen to be, and wrong."""

from __future__ import annotations

import msgspec
import numpy as np

from catflap.feed import bridging, judging, learning, nightly, scoring
from catflap.feed.learning import Model, Told
from catflap.feed.scoring import Heads
from tests.feed.test_bridging import NOTES, RATERS

TRUE = Heads(
    slopes=np.where(
        np.arange(len(scoring.TERMS))[:, None] == 1, 1.6, 0.0
    ) * np.ones((1, len(scoring.HEADS)), dtype=np.float32),
    bases=np.full(len(scoring.HEADS), -2.0, dtype=np.float32),
)
OPPOSITE = Heads(slopes=-TRUE.slopes, bases=TRUE.bases)
FOLLOW = scoring.HEADS.index("follow")


def slots(heads: Heads, count: int, *, seed: int, propensity: float = np.nan, at_s: float = 0.0):
    """Slots of which comes what these heads say."""
    chance = np.random.default_rng(seed)
    terms = chance.normal(0, 1, (count, len(scoring.TERMS)))
    came = (chance.random((count, len(scoring.HEADS))) < scoring.predicted(heads, terms)).astype(float)
    return terms, came, np.full(count, propensity), np.full(count, at_s)


def night(*some, is_told=None) -> Told:
    """A night that was told of these slots, and of forty likes."""
    terms, came, propensity, shown_s = (np.concatenate(column) for column in zip(*some, strict=True))
    person, note = np.divmod(np.arange(40), 8)
    return Told(
        people=np.arange(1, 6), notes=np.arange(1, 9), group=np.zeros(5, dtype=int),
        topic=np.zeros(8, dtype=int), like_person=person, like_note=note,
        like_s=np.arange(40.0), cold_person=np.zeros(0, dtype=int),
        cold_note=np.zeros(0, dtype=int), cold_weight=np.zeros(0), terms=terms, outcomes=came,
        is_told=np.ones(len(scoring.HEADS), dtype=bool) if is_told is None else is_told,
        weight=np.where(np.isnan(propensity), 1.0, 10.0), propensity=propensity, shown_s=shown_s,
    )


def version(heads: Heads, *, shown_s: float) -> Model:
    """A night before, which knew these heads and slots until then."""
    made, _ = learning.learned(night(slots(heads, 10, seed=9)), before=None)
    return msgspec.structs.replace(
        made, slopes=heads.slopes, bases=heads.bases, shown_s=np.array([shown_s]),
        made_s=np.array([1e9]),
    )


def test_heads_that_learned_what_is_so_foresee_better_than_those_before_and_than_the_usual_share():
    told = night(
        slots(TRUE, 4000, seed=1), slots(TRUE, 1000, seed=2, propensity=1e-4, at_s=200.0)
    )
    for before in (None, version(OPPOSITE, shown_s=100.0)):
        _, figures = learning.learned(told, before=before)
        heads = figures.heads
        assert heads.loss < 0.95 * min(heads.loss_before, heads.loss_constant)
        assert not nightly.is_worse(figures)
        assert {one.head for one in heads.each} == set(scoring.HEADS)
        assert all(0.8 < one.calibration < 1.25 for one in heads.each)
    assert heads.held_out == 1000


def test_a_night_whose_heads_foresee_clearly_worse_than_those_before_is_worse():
    told = night(
        slots(OPPOSITE, 4000, seed=1), slots(TRUE, 1000, seed=2, propensity=1e-4, at_s=200.0)
    )
    _, figures = learning.learned(told, before=version(TRUE, shown_s=100.0))
    assert figures.heads.loss > figures.heads.loss_before
    assert nightly.is_worse(figures)
    # As good as before is no worse, though chance makes it a little so.
    _, same = learning.learned(
        night(slots(TRUE, 400, seed=3), slots(TRUE, 400, seed=4, propensity=1e-4, at_s=200.0)),
        before=version(TRUE, shown_s=100.0),
    )
    assert not nightly.is_worse(same)


def test_slots_that_the_version_before_may_have_learned_from_do_not_judge_it():
    told = night(slots(OPPOSITE, 4000, seed=1), slots(TRUE, 1000, seed=2, propensity=1e-4, at_s=50.0))
    known = version(TRUE, shown_s=100.0)
    for before in (known, msgspec.structs.replace(known, shown_s=np.zeros(0))):
        _, figures = learning.learned(told, before=before)
        assert (figures.heads.held_out, figures.heads.loss_before) == (500, None)
        assert not nightly.is_worse(figures)
    few = night(slots(TRUE, 4000, seed=1), slots(TRUE, 399, seed=2, propensity=1e-4))
    assert learning.learned(few, before=None)[1].heads is None


def test_a_slot_counts_by_one_over_the_chance_that_it_held_this_note():
    terms, came, _, _ = slots(TRUE, 400, seed=1)
    came[:200], came[200:] = 0.0, 1.0

    def loss(weight) -> float:
        return judging.heads(
            terms, came, weight=weight, is_told=np.arange(6) == 0, ours=TRUE, before=None,
            usual=np.full(6, 0.01),
        ).loss_constant

    even = loss(np.ones(400))
    assert loss(np.repeat([3.0, 1.0], 200)) < even < loss(np.repeat([1.0, 3.0], 200))


def test_a_head_of_which_nothing_is_told_stays_as_it_was_and_is_not_judged():
    is_told = np.arange(len(scoring.HEADS)) != FOLLOW
    some = slots(TRUE, 4000, seed=1), slots(TRUE, 1000, seed=2, propensity=1e-4)
    some[0][1][:, FOLLOW] = some[1][1][:, FOLLOW] = 0.0
    made, figures = learning.learned(night(*some, is_told=is_told), before=None)
    guessed = scoring.guessed()
    assert made.bases[FOLLOW] == guessed.bases[FOLLOW]
    assert (made.slopes[:, FOLLOW] == guessed.slopes[:, FOLLOW]).all()
    assert made.bases[0] != guessed.bases[0]
    assert "follow" not in {one.head for one in figures.heads.each}
    # Never is something else.
    made, _ = learning.learned(night(*some), before=None)
    assert made.bases[FOLLOW] < guessed.bases[FOLLOW]


def rated(share, *, seed: int):
    """Ratings of notes of two topics by everybody, liked with the note's own share."""
    chance = np.random.default_rng(seed)
    rater, note = np.nonzero(chance.random((RATERS, NOTES)) < 0.25)
    liked = (chance.random(len(rater)) < share[note]).astype(float)
    ratings = bridging.Ratings(rater=rater, note=note, liked=liked, weight=np.ones(len(rater)))
    return judging.bridged(
        ratings, group=np.arange(RATERS) % 2, topic=np.arange(NOTES) % 2, raters=RATERS
    )


def test_bridging_foresees_better_than_the_topic_where_notes_differ_and_no_better_where_not():
    topic = np.arange(NOTES) % 2
    apart = np.where(np.arange(NOTES) // 2 % 2, 0.8, 0.2)
    differ = rated(apart, seed=1)
    assert differ.loss < 0.9 * differ.loss_topic
    alike = rated(np.where(topic, 0.8, 0.2), seed=2)
    assert alike.loss > 0.97 * alike.loss_topic
    assert alike.loss_topic < 0.9 * differ.loss_topic


def test_too_few_ratings_judge_nothing():
    chance = np.random.default_rng(1)
    few = bridging.Ratings(
        rater=np.arange(100), note=chance.integers(0, 3, 100), liked=np.ones(100), weight=np.ones(100)
    )
    assert judging.bridged(
        few, group=np.zeros(100, dtype=int), topic=np.zeros(3, dtype=int), raters=100
    ) is None
