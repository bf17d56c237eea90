"""The floor: everybody's first note is shown, within the cap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.feed import flooring
from catflap.feed.arrays import NONE


def owed(count, *, posted_h=None, got=None, eligible=None, cluster=None):
    return flooring.Owed(
        posted_h=np.zeros(count) if posted_h is None else posted_h,
        got=np.zeros(count, dtype=np.int64) if got is None else got,
        eligible=np.ones(count, dtype=bool) if eligible is None else eligible,
        cluster=np.full(count, NONE) if cluster is None else cluster,
    )


@st.composite
def worlds(draw):
    count = draw(st.integers(1, 60))
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    return owed(
        count, posted_h=chance.uniform(0, 30, count), got=chance.integers(0, 130, count),
        eligible=chance.random(count) < 0.9, cluster=chance.integers(-1, 3, count),
    )


@given(worlds(), st.floats(0, 40_000), st.floats(0, 800_000))
@settings(max_examples=60, deadline=None)
def test_the_floor_never_takes_more_than_its_cap_and_a_cluster_never_more_than_its_share(
    notes, hour, day
):
    pacing = flooring.paced(notes, now_h=30.0, period_impressions=hour, day_impressions=day)
    assert pacing.quota.sum() <= pacing.cap <= flooring.CAP_RATIO * hour
    assert pacing.quota.min() >= 0
    assert (pacing.quota[~notes.eligible] == 0).all()
    assert (pacing.quota[notes.got >= flooring.TARGET] == 0).all()
    for cluster in range(3):
        share = pacing.quota[notes.cluster == cluster].sum()
        assert share <= flooring.CLUSTER_RATIO * pacing.cap
    again = flooring.paced(notes, now_h=30.0, period_impressions=hour, day_impressions=day)
    assert np.array_equal(again.quota, pacing.quota)


def day_of(count, *, hour_impressions, hours=24, spread_h=0.0):
    """Floors alone for a day: what each note got, and the targets that were told."""
    posted = np.linspace(0, spread_h, count) if spread_h else np.zeros(count)
    got, targets = np.zeros(count, dtype=np.int64), []
    for hour in range(hours):
        pacing = flooring.paced(
            owed(count, posted_h=posted, got=got), now_h=float(hour),
            period_impressions=hour_impressions, day_impressions=24 * hour_impressions,
        )
        got += np.where(posted <= hour, pacing.quota, 0)
        targets.append(pacing.target)
    return got, targets


def test_within_the_cap_every_first_note_has_its_hundred_after_a_day():
    got, targets = day_of(50, hour_impressions=2_000)
    assert got.min() >= 99
    assert set(targets) == {flooring.TARGET}


def test_where_the_cap_cannot_carry_all_the_target_falls_and_nobody_starves():
    got, targets = day_of(600, hour_impressions=2_000)
    carried = flooring.CAP_RATIO * 2_000 * 24 / 600
    assert carried == pytest.approx(12)
    assert targets[0] == pytest.approx(carried * (24 - flooring.RESERVE_H) / 24, rel=0.01)
    assert got.min() >= 0.75 * carried
    assert got.max() <= 1.25 * carried


def test_what_the_feed_shows_anyway_costs_the_floor_nothing():
    got = np.array([0, 60, 100])
    pacing = flooring.paced(
        owed(3, got=got), now_h=12.0, period_impressions=1e5, day_impressions=2e6
    )
    assert pacing.quota[0] > pacing.quota[1] > pacing.quota[2] == 0


def test_those_who_answer_are_told_from_those_who_only_look():
    nothing = np.zeros(4)
    rate = flooring.answering(
        np.array([0.0, 0.0, 30.0, 0.0]), np.array([0.0, 500.0, 500.0, 0.0]),
        comments=np.array([0.0, 0.0, 0.0, 80.0]), impressions=nothing + 400.0,
    )
    assert rate[1] < rate[0] < rate[2] < rate[3]


def test_the_keen_are_a_quarter_at_most_and_nobody_where_nobody_answers():
    rate = np.linspace(0, 0.08, 40)
    assert flooring.keen(rate, among=rate).sum() == 10
    assert not flooring.keen(np.full(40, flooring.USUAL_ANSWERS), among=rate).any()
    assert not flooring.keen(rate, among=np.zeros(0)).any()


@given(worlds(), st.floats(100, 40_000), st.floats(0.1, 24.0))
@settings(max_examples=60, deadline=None)
def test_what_waits_for_an_answer_gets_what_the_cap_has_left_and_no_more(notes, shown, hours):
    pacing = flooring.paced(
        notes, now_h=30.0, period_impressions=shown, day_impressions=24 * shown, period_h=hours
    )
    answered = notes.got % 2 == 0
    more = flooring.topped_up(pacing, notes, answered=answered, now_h=30.0, period_h=hours)
    added = more.quota - pacing.quota
    assert more.quota.sum() <= pacing.cap
    assert added.min() >= 0
    assert added.max() <= math.ceil(hours * flooring.EXTRA_PER_H)
    assert (added[answered | ~notes.eligible | (notes.cluster != NONE)] == 0).all()


@given(worlds(), st.floats(100, 40_000))
@settings(max_examples=60, deadline=None)
def test_spare_room_brings_answered_notes_to_an_ample_number_and_no_further(notes, shown):
    pacing = flooring.paced(notes, now_h=30.0, period_impressions=shown, day_impressions=24 * shown)
    answered = notes.got % 2 == 0
    even = flooring.evened(pacing, notes, answered=answered, now_h=30.0)
    added = even.quota - pacing.quota
    assert even.quota.sum() <= pacing.cap
    assert added.min() >= 0
    assert (notes.got + even.quota)[added > 0].max(initial=0) <= flooring.AMPLE + 1
    assert (added[~answered | ~notes.eligible | (notes.cluster != NONE)] == 0).all()


def test_spare_room_goes_to_those_whom_fewer_came_across():
    notes = owed(3, posted_h=np.full(3, 10.0), got=np.array([101, 120, 149]))
    pacing = flooring.paced(notes, now_h=20.0, period_impressions=1e5, day_impressions=2e6)
    even = flooring.evened(pacing, notes, answered=np.ones(3, dtype=bool), now_h=20.0)
    assert even.quota[0] > even.quota[1] >= even.quota[2]
    assert even.quota[0] > 0
