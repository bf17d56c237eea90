"""Co-liking: who liked the same will like the same again."""

from __future__ import annotations

import numpy as np
import pytest

from catflap.feed import co_liking
from catflap.feed.co_liking import Likes

PEOPLE, NOTES, CIRCLES = 300, 200, 4


def circles(seed=1):
    """Likes within circles; a fifth of them held out."""
    chance = np.random.default_rng(seed)
    near = (np.arange(PEOPLE) % CIRCLES)[:, None] == (np.arange(NOTES) % CIRCLES)[None, :]
    person, note = np.nonzero(chance.random((PEOPLE, NOTES)) < np.where(near, 0.35, 0.01))
    held = chance.random(len(person)) < 0.2
    likes = [
        Likes(person=person[part], note=note[part], weight=np.ones(part.sum(), np.float32))
        for part in (~held, held)
    ]
    return likes[0], likes[1]


@pytest.fixture(scope="module")
def known_and_held():
    return circles()


def learned(likes, **more):
    return co_liking.learned(likes, people=PEOPLE, notes=NOTES, factors=8, **more)


def test_likes_held_out_are_found_far_better_than_by_popularity(known_and_held):
    known, held = known_and_held
    found = co_liking.recalled(learned(known), known, held)
    assert found.recall > 0.35 > 0.2 > found.popular_recall


def test_it_solves_the_papers_equations(known_and_held):
    """One side against plain linear algebra, the other side held still."""
    known, _ = known_and_held
    vectors = learned(known).notes
    mine = known.note[known.person == 7]
    y = vectors[mine].astype(float)
    system = vectors.T @ vectors + co_liking.RIDGE * np.eye(8) + co_liking.CONFIDENCE * y.T @ y
    exact = np.linalg.solve(system, (1 + co_liking.CONFIDENCE) * y.sum(axis=0))
    close = co_liking.folded_in(vectors, mine, np.zeros(len(mine), int), count=1)[0]
    assert np.linalg.norm(close - exact) < 0.05 * np.linalg.norm(exact)


def test_somebody_new_is_shown_their_circle_from_a_few_likes(known_and_held):
    known, _ = known_and_held
    vectors = learned(known).notes
    liked = np.array([2, 6, 10])
    mine = co_liking.folded_in(vectors, liked, np.zeros(3, int), count=1)
    at, affinity = co_liking.best(mine, vectors, count=10)
    assert (at[0] % CIRCLES == 2).mean() >= 0.9
    assert (np.diff(affinity[0]) <= 0).all()


def test_the_same_likes_and_seed_give_the_same_vectors(known_and_held):
    known, _ = known_and_held
    assert np.array_equal(learned(known).people, learned(known).people)


def test_a_night_begins_from_the_night_before(known_and_held):
    known, held = known_and_held
    before = learned(known)
    again = learned(known, rounds=1, before=before)
    cold = learned(known, rounds=1)
    recalls = [co_liking.recalled(one, known, held).recall for one in (again, cold)]
    assert recalls[0] >= recalls[1]


def test_who_liked_nothing_has_no_vector(known_and_held):
    known, _ = known_and_held
    found = co_liking.learned(known, people=PEOPLE + 5, notes=NOTES + 5, factors=8)
    assert not found.people[PEOPLE:].any()
    assert not found.notes[NOTES:].any()
