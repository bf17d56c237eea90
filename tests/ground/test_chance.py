"""Chance is the system's own, but while the demo is seeded."""

from __future__ import annotations

import random

from catflap.ground import chance, ids


def drawn() -> tuple[int, str, int]:
    return chance.below(1 << 128), chance.code("abcdef", chars=12), ids.random_shard()


def test_nobody_foresees_it_and_one_seed_repeats_it():
    random.seed(1)
    first = drawn()
    random.seed(1)
    assert drawn() != first
    with chance.drawn_from(random.Random(1)):
        seeded = drawn()
    with chance.drawn_from(random.Random(1)):
        assert drawn() == seeded
    assert drawn() != seeded
