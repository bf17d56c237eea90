"""Co-liking: people who liked the same will like the same again.

Implicit alternating least squares: every pair of a person and a note that met nothing is a weak
"no", every like a "yes" with a confidence; both sides get vectors whose product predicts it. Each
half of a round is, for every person, a small linear system, approached by a few steps of conjugate
gradients from where it stood before. Nights start from the night before; in between, somebody's
vector follows from what they like by one such step with the other side held still (`folded_in`).

A note nobody liked has no vector worth anything: it is for the floor and the fresh to show it.

Source: Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (2008);
Takács, Pilászy and Tikk, "Applications of the conjugate gradient method for implicit feedback
collaborative filtering" (2011).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from catflap.feed.arrays import NONE, Floats, Ints

FACTORS = 48
ROUNDS = 8
STEPS = 3
RIDGE = 0.05
CONFIDENCE = 20.0
"""What a like weighs over the weak "no"; an assumption within the range the paper tried."""
_CHUNK_FLOATS = 1 << 18
"""Of gathered vectors at a time: 1 MB, so that all steps on them happen within the cache."""


class Likes(msgspec.Struct, frozen=True, kw_only=True):
    """Who liked what, each pair once. ``weight`` is 1 for a like, more for what means more."""

    person: Ints
    note: Ints
    weight: Floats


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """Vectors of people and notes, by place; zeros where nothing is known."""

    people: Floats
    notes: Floats


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """Which share of likes held out stood among the best, and among the most liked instead."""

    recall: float
    popular_recall: float
    people: int


class _Side(msgspec.Struct, frozen=True):
    """The likes of one side, by whose they are: ``other[starts[i]:starts[i + 1]]`` are i's."""

    starts: Ints
    other: Ints
    weight: Floats


def learned(
    likes: Likes, *, people: int, notes: int, factors: int = FACTORS, rounds: int = ROUNDS,
    seed: int = 1, before: Factors | None = None,
) -> Factors:
    """The vectors that explain the likes, from chance or from those of the night before.

    Takes 35 ns for each like, factor and round, about, on one core (`bench.feeding`).
    """
    chance = np.random.default_rng(seed)
    mine = _by(likes.person, likes.note, likes.weight, count=people)
    theirs = _by(likes.note, likes.person, likes.weight, count=notes)
    person_vectors = _begun(people, factors, before.people if before else None, chance)
    note_vectors = _begun(notes, factors, before.notes if before else None, chance)
    for _ in range(rounds):
        person_vectors = _half(mine, person_vectors, note_vectors)
        note_vectors = _half(theirs, note_vectors, person_vectors)
    return Factors(people=person_vectors, notes=note_vectors)


def folded_in(vectors: Floats, liked: Ints, owner: Ints, *, count: int) -> Floats:
    """Vectors of one side from likes alone, the other side held still.

    New readers and new notes get theirs so, between two nights.

    Args:
        vectors: of the side that is held still.
        liked: places on that side.
        owner: for each of them whose vector it goes to.
        count: how many vectors to make.
    """
    side = _by(owner, liked, np.ones(len(liked), dtype=np.float32), count=count)
    return _half(side, np.zeros((count, vectors.shape[1]), dtype=np.float32), vectors, steps=6)


def _begun(count: int, factors: int, before: Floats | None, chance: np.random.Generator) -> Floats:
    vectors = chance.normal(0, 0.1, (count, factors)).astype(np.float32)
    if before is not None and before.shape[1] == factors:
        known = min(count, len(before))
        vectors[:known] = before[:known]
    return vectors


def _by(owner: Ints, other: Ints, weight: Floats, *, count: int) -> _Side:
    order = np.argsort(owner, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))])
    return _Side(starts, other[order].astype(np.int64), weight[order].astype(np.float32))


def _half(side: _Side, vectors: Floats, other: Floats, *, steps: int = STEPS) -> Floats:
    """One side's vectors made better, the other side held still; zeros for who has no likes."""
    factors = other.shape[1]
    gram = other.T @ other + RIDGE * np.eye(factors, dtype=np.float32)
    better = np.zeros_like(vectors)
    # A last row of nothing, to which the padding of `_chunks` points.
    padded = np.vstack([other, np.zeros((1, factors), dtype=np.float32)])
    for owners, at, weight in _chunks(side, factors, nothing=len(other)):
        better[owners] = _approached(vectors[owners], padded[at], weight, gram, steps=steps)
    return better


def _chunks(side: _Side, factors: int, *, nothing: int) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Owners with likes of about the same number, so that little is padded."""
    degrees = np.diff(side.starts)
    order = np.argsort(degrees, kind="stable")
    first = int(np.searchsorted(degrees[order], 1))
    while first < len(order):
        # The widest of a chunk is at most a quarter wider than its first, or one wider.
        limit = int(degrees[order[first]] * 1.25) + 1
        most = max(1, _CHUNK_FLOATS // (limit * factors))
        last = min(first + most, int(np.searchsorted(degrees[order], limit, side="right")))
        owners = order[first:last]
        width = int(degrees[owners[-1]])
        within = np.arange(width)[None, :] < degrees[owners][:, None]
        at = np.where(within, side.starts[owners][:, None] + np.arange(width), 0)
        yield (
            owners,
            np.where(within, side.other[at], nothing),
            np.where(within, side.weight[at], np.float32(0)),
        )
        first = last


def _approached(
    x: Floats, y: Floats, weight: Floats, gram: Floats, *, steps: int
) -> Floats:
    """Some steps of conjugate gradients towards (Σ y yᵀ + ridge + Σ c y yᵀ) x = Σ (1 + c) y."""
    confidence = np.float32(CONFIDENCE) * weight
    turned = y.transpose(0, 2, 1)

    def applied(p: Floats) -> Floats:
        met = np.matmul(y, p[:, :, None])[:, :, 0] * confidence
        found: Floats = p @ gram + np.matmul(turned, met[:, :, None])[:, :, 0]
        return found

    wanted = np.matmul(turned, (np.sign(weight) + confidence)[:, :, None])[:, :, 0]
    left = wanted - applied(x)
    step, size = left, np.einsum("bf,bf->b", left, left)
    for _ in range(steps):
        through = applied(step)
        ratio = size / np.maximum(np.einsum("bf,bf->b", step, through), 1e-20)
        x = x + ratio[:, None] * step
        left = left - ratio[:, None] * through
        fresh = np.einsum("bf,bf->b", left, left)
        step = left + (fresh / np.maximum(size, 1e-20))[:, None] * step
        size = fresh
    return x


def best(
    readers: Floats, notes: Floats, *, count: int, prior: Floats | None = None
) -> tuple[Ints, Floats]:
    """For each reader the places of the best notes and their affinities, best first.

    Exact, one product for all readers. ``prior`` is added to each note's affinity.
    """
    affinity = readers @ notes.T
    if prior is not None:
        affinity = affinity + prior
    count = min(count, affinity.shape[1])
    if not count:
        empty = np.zeros((len(readers), 0))
        return empty.astype(np.int64), empty
    at = np.argpartition(-affinity, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(affinity, at, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(at, order, axis=1), np.take_along_axis(values, order, axis=1)


def recalled(factors: Factors, known: Likes, held: Likes, *, count: int = 20) -> Recalled:
    """Evaluate vectors on likes that they were not learned from, beside the most liked notes.

    Of each person with likes held out, what they are known to like is left out on both sides.
    """
    people = np.unique(held.person)
    popular = np.bincount(known.note, minlength=len(factors.notes)).astype(np.float32)
    hits = np.zeros(2)
    for some in np.array_split(people, max(1, len(people) // 512)):
        place = np.full(int(people.max(initial=0)) + 1, NONE)
        place[some] = np.arange(len(some))
        seen, asked = (_of(likes, place) for likes in (known, held))
        rankings: list[Floats] = [
            factors.people[some] @ factors.notes.T, np.tile(popular, (len(some), 1))
        ]
        for at, affinity in enumerate(rankings):
            affinity[seen] = -np.inf
            worst = np.partition(affinity, -count, axis=1)[:, -count]
            hits[at] += float((affinity[asked] >= worst[asked[0]]).sum())
    whole = max(1, len(held.person))
    return Recalled(
        recall=float(hits[0]) / whole, popular_recall=float(hits[1]) / whole, people=len(people)
    )


def _of(likes: Likes, place: Ints) -> tuple[Ints, Ints]:
    known = likes.person < len(place)
    at = np.where(known, place[np.where(known, likes.person, 0)], NONE)
    return at[at != NONE], likes.note[at != NONE]
