"""The tests' own model is what it says: slopes that are slopes, sentences it was never shown."""

from __future__ import annotations

import numpy as np
import pytest

from tests.translation import tiny_model
from tests.translation.tiny_model import calculus, fresh_weights, held_out, is_held_out, loss, rows

STEP = 1e-3


def test_every_slope_is_that_of_its_function():
    from autograd import grad

    how = calculus()
    chance = np.random.default_rng(1)
    x, weight = chance.normal(size=(5, 7)), chance.normal(size=(5, 7))
    numbers, there = chance.integers(0, 7, 5), np.array([1.0, 1, 1, 0, 1])
    for of in (
        lambda x: (how.softmax(x) * weight).sum(), lambda x: (how.normed(x) * weight).sum(),
        lambda x: (how.swish(x) * weight).sum(), lambda x: how.missed(x, numbers, there),
    ):
        found = grad(of)(x)
        for place in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[place] = STEP
            slope = (of(x + step) - of(x - step)) / (2 * STEP)
            assert found[place] == pytest.approx(slope, abs=1e-4)


def test_padding_changes_nothing():
    how = calculus()
    weights = fresh_weights(20, np.random.default_rng(2))
    short, long = [5, 6, 0], [7, 8, 9, 10, 11, 0]
    alone = loss(weights, rows([short]), rows([short]), how)
    other = loss(weights, rows([long]), rows([long]), how)
    both = loss(weights, rows([short, long]), rows([short, long]), how)
    assert both == pytest.approx((3 * alone + 6 * other) / 9, rel=1e-4)


def test_what_is_held_out_is_never_taught():
    assert all(is_held_out(pair.source) for pair in held_out(50))
    chance = tiny_model.random.Random(tiny_model.SEED)
    drawn = [tiny_model.sentence(chance) for _ in range(800)]
    assert 50 < sum(is_held_out(pair.source) for pair in drawn) < 150
