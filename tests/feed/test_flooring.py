"""The floor: everybody's first note is shown, within the cap."""

from __future__ import annotations

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


def dealt(quota, *, language, topic, readers, room=1, topics=None, seed=1):
    return flooring.dealt(
        np.array(quota), note_language=np.array(language), note_topic=np.array(topic),
        reader_language=np.array(readers),
        reader_topics=np.array([[0]] * len(readers) if topics is None else topics),
        room=np.full(len(readers), room), chance=np.random.default_rng(seed),
    )


def test_a_floor_goes_first_to_those_who_read_the_language_and_care_for_the_topic():
    table = dealt(
        [1, 1, 1], language=[0, 1, 1], topic=[2, 2, 3], readers=[0, 1, 1],
        topics=[[2], [3], [2]],
    )
    assert table[:, 0].tolist() == [0, 2, 1]


def test_a_floor_goes_to_anybody_rather_than_to_nobody():
    table = dealt([3], language=[4], topic=[7], readers=[0, 1, 2])
    assert table[:, 0].tolist() == [0, 0, 0]


@given(st.integers(0, 1000), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_no_more_cards_are_dealt_than_the_quota_and_nobody_gets_the_same_note_twice(seed, room):
    chance = np.random.default_rng(seed)
    quota = chance.integers(0, 5, 12)
    table = dealt(
        quota, language=chance.integers(0, 3, 12), topic=chance.integers(0, 4, 12),
        readers=chance.integers(0, 3, 9), room=room, topics=chance.integers(0, 4, (9, 2)), seed=seed,
    )
    given_out = np.bincount(table[table != NONE], minlength=12)
    assert (given_out <= quota).all()
    for row in table:
        shown = row[row != NONE].tolist()
        assert len(shown) == len(set(shown))


def test_those_who_answer_are_told_from_those_who_only_look():
    nothing = np.zeros(4)
    rate = flooring.answering(
        np.array([0.0, 0.0, 30.0, 0.0]), np.array([0.0, 500.0, 500.0, 0.0]),
        comments=np.array([0.0, 0.0, 0.0, 80.0]), impressions=nothing + 400.0,
    )
    assert rate[1] < rate[0] < rate[2] < rate[3]
