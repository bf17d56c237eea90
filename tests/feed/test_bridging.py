"""Bridging: liked from both sides beats loved by one."""

from __future__ import annotations

import numpy as np

from catflap.feed import bridging

RATERS, NOTES = 400, 120
BRIDGE, LOVED = 0, 1


def camps(*, seed=1):
    """Two camps that like their own, three quarters of all in camp 1. Groups are the camps.

    Note 0 is liked by 0.65 of both, note 1 by all of the larger camp: by more, but by one side.
    """
    chance = np.random.default_rng(seed)
    camp = (np.arange(RATERS) >= RATERS // 4).astype(np.int64)
    side = chance.integers(0, 2, NOTES)
    rater, note = np.nonzero(chance.random((RATERS, NOTES)) < 0.25)
    share = np.where(camp[rater] == side[note], 0.7, 0.1)
    share = np.where(note == BRIDGE, 0.65, share)
    share = np.where(note == LOVED, camp[rater].astype(float), share)
    liked = (chance.random(len(rater)) < share).astype(float)
    ratings = bridging.Ratings(
        rater=rater, note=note, liked=liked, weight=np.ones(len(rater))
    )
    return ratings, camp


def measured(ratings, group, topic=None):
    return bridging.bridged(
        ratings, group=group, topic=np.zeros(NOTES, dtype=int) if topic is None else topic,
        raters=RATERS,
    )


def test_a_note_both_camps_like_beats_one_that_only_one_loves():
    for seed in range(5):
        ratings, camp = camps(seed=seed)
        found = measured(ratings, camp)
        assert found.multiplier[BRIDGE] > found.multiplier[LOVED]
        assert found.shared[BRIDGE] > found.shared[LOVED]


def test_the_camps_need_not_be_known():
    gaps, popular_gaps = [], []
    for seed in range(5):
        ratings, camp = camps(seed=seed)
        unrelated = np.random.default_rng(seed + 50).permutation(camp)
        intercept = measured(ratings, unrelated).intercept
        gaps.append(intercept[BRIDGE] - intercept[LOVED])
        shares = [ratings.liked[ratings.note == one].mean() for one in (BRIDGE, LOVED)]
        popular_gaps.append(shares[0] - shares[1])
    assert np.mean(gaps) > 0 > np.mean(popular_gaps)


def test_the_multiplier_stays_within_its_bounds_and_is_one_for_the_unrated():
    ratings, camp = camps()
    few = ratings.note != 5
    kept = bridging.Ratings(
        rater=ratings.rater[few], note=ratings.note[few], liked=ratings.liked[few],
        weight=ratings.weight[few],
    )
    found = measured(kept, camp)
    assert found.multiplier.min() >= bridging.LOWEST
    assert found.multiplier.max() <= bridging.HIGHEST
    assert found.multiplier[5] == 1.0
    assert np.isnan(found.shared[5])


def test_notes_are_measured_against_their_topic():
    ratings, camp = camps()
    chance = np.random.default_rng(3)
    topic = np.arange(NOTES) % 2
    adored = topic[ratings.note] == 1
    liked = np.where(adored, chance.random(len(adored)) < 0.9, ratings.liked)
    found = measured(
        bridging.Ratings(
            rater=ratings.rater, note=ratings.note, liked=liked.astype(float),
            weight=ratings.weight,
        ),
        camp, topic,
    )
    means = [found.multiplier[topic == one].mean() for one in (0, 1)]
    assert abs(means[0] - means[1]) < 0.08
    assert found.intercept[topic == 1].mean() > found.intercept[topic == 0].mean() + 0.1


def test_a_ring_that_acts_together_counts_once():
    chance = np.random.default_rng(4)
    ratings, camp = camps(seed=4)
    members, ring_notes = np.arange(40), np.arange(10, 22)
    honest = ~((ratings.rater < 40) | np.isin(ratings.note, ring_notes) & (ratings.rater < 60))
    rater = np.concatenate([ratings.rater[honest], np.tile(members, len(ring_notes))])
    note = np.concatenate([ratings.note[honest], np.repeat(ring_notes, len(members))])
    liked = np.concatenate([ratings.liked[honest], np.ones(len(members) * len(ring_notes))])
    at_s = np.concatenate([
        chance.uniform(0, 86_400, honest.sum()),
        np.repeat(1000.0 * ring_notes, len(members)) + chance.uniform(0, 30, 40 * 12),
    ])
    whole = bridging.Ratings(rater=rater, note=note, liked=liked, weight=np.ones(len(rater)))
    ring = bridging.acting_together(rater, note, at_s, raters=RATERS)
    assert set(ring[members].tolist()) == {0}
    assert (ring[40:] == np.arange(40, RATERS)).all()
    once = bridging.counted_once(whole, ring)
    votes = np.bincount(once.note[once.rater == 0], minlength=NOTES)
    assert (votes[ring_notes] == 1).all()
    before, after = measured(whole, camp), measured(once, camp)
    assert after.shared[ring_notes].mean() < before.shared[ring_notes].mean() - 0.05


def test_a_crowd_at_one_event_is_no_ring():
    rater = np.tile(np.arange(80), 6)
    note = np.repeat(np.arange(6), 80)
    at_s = np.random.default_rng(1).uniform(0, 50, len(rater)) + 1000.0 * note
    ring = bridging.acting_together(rater, note, np.floor(at_s / 1000) * 1020, raters=80)
    assert (ring == np.arange(80)).all()


def test_nothing_that_is_given_back_is_about_a_person():
    ratings, camp = camps()
    found = measured(ratings, camp)
    assert all(len(getattr(found, name)) == NOTES for name in found.__struct_fields__)
