"""Scoring: what a note is worth to a reader."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.feed import scoring


def terms(**more):
    return np.array([more.get(name, 0.0) for name in scoring.TERMS])


def worth_of(**more):
    return scoring.worth(scoring.predicted(scoring.guessed(), terms(**more)[None, :]))[0]


def test_what_one_likes_is_worth_more_and_what_others_refused_less():
    assert worth_of(co_liking=1.0) > worth_of() > worth_of(refused_share=2.0) > 0


def test_one_expected_hide_outweighs_many_expected_likes():
    chances = np.array([[0.05, 0, 0, 0, 0.00, 0], [0.50, 0, 0, 0, 0.02, 0]])
    values = scoring.worth(chances)
    assert values[0] > values[1]


def test_worth_halves_with_each_half_life_and_never_grows_with_age():
    left = scoring.faded(np.array([-1.0, 0.0, scoring.HALF_LIFE_H, 2 * scoring.HALF_LIFE_H]))
    assert left.tolist() == [1.0, 1.0, 0.5, 0.25]


def test_an_authors_further_notes_count_less_down_to_a_floor():
    worths = np.array([[4.0, 3.0, 2.0, 1.0, 5.0], [1.0, 1.0, 1.0, 1.0, 1.0]])
    author = np.array([[7, 7, 7, 7, 8], [1, 2, 3, 4, 5]])
    decayed = scoring.author_decayed(worths, author)
    shares = scoring.AUTHOR_FLOOR + (1 - scoring.AUTHOR_FLOOR) * 0.5 ** np.arange(4)
    assert decayed[0].tolist() == pytest.approx([*(worths[0, :4] * shares), 5.0])
    assert decayed[1].tolist() == [1.0] * 5


def test_heads_learn_what_was_done_and_stay_where_nothing_was():
    chance = np.random.default_rng(1)
    told = chance.normal(0, 1, (6000, len(scoring.TERMS)))
    odds = 1 / (1 + np.exp(-(-2.0 + 1.5 * told[:, 1])))
    outcomes = np.zeros((6000, len(scoring.HEADS)))
    outcomes[:, 0] = chance.random(6000) < odds
    found = scoring.learned(told, outcomes)
    assert found.slopes[1, 0] == pytest.approx(1.5, abs=0.15)
    assert found.bases[0] == pytest.approx(-2.0, abs=0.15)
    few = scoring.learned(told[:1], outcomes[:1])
    assert np.abs(few.slopes - scoring.guessed().slopes).max() < 0.6
    nothing = scoring.learned(told[:0], outcomes[:0])
    assert np.allclose(nothing.slopes, scoring.guessed().slopes)


def test_a_share_is_a_number_whatever_was_counted():
    found = scoring.smoothed_share(np.array([0.0, 5.0, 50.0]), np.array([0.0, 10.0, 0.0]), usual=3.0)
    assert np.isfinite(found).all()
    few, many = scoring.smoothed_share(np.array([1.0, 50.0]), np.array([2.0, 100.0]), usual=0.05)
    assert 0 < few < many


@given(st.integers(0, 5000), st.integers(1, 5000), st.floats(0, 72), st.floats(0.1, 24))
def test_what_was_shown_ahead_of_its_age_loses_worth_and_the_older_may_be_shown_more(
    shown, more, age_h, older_h
):
    def left(times, hours):
        return float(scoring.spread(np.array([times]), np.array([hours]), usual=150.0)[0])

    assert 0 < left(shown + more, age_h) < left(shown, age_h) <= 1
    assert left(shown + more, age_h) < left(shown + more, age_h + older_h)


def test_half_is_left_at_the_pace_of_the_usual():
    pace = 150.0 * (0.5 + scoring.SPREAD_FROM_D)
    assert scoring.spread(np.array([pace]), np.array([12.0]), usual=150.0)[0] == pytest.approx(0.5)
    assert scoring.spread(np.array([0]), np.array([-1.0]), usual=1.0)[0] == 1
