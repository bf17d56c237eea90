"""One night's learning: what was told in, what was learned out. Runs in a process that ends.

``python -m catflap.feed.learning FOLDER`` reads ``told.npz``, and ``before.npz`` where there is
one, and writes ``model.npz`` and ``figures.json``. No database: whoever starts it gathers, whoever
started it keeps. Where people stand on the bridging factor is known inside `bridging._fitted` and
nowhere else, so no file here holds it.

What is learned is judged first (`judging`), on likes and random slots that are newer than the
version before, or on the newest tenth and half of them, then learned again from all.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from catflap.feed import bridging, co_liking, judging, scoring
from catflap.feed.arrays import NONE, Bools, Floats, Ints
from catflap.feed.bridging import Ratings
from catflap.feed.co_liking import Factors, Likes
from catflap.feed.model import Figures, HeadsFigures
from catflap.feed.scoring import Heads

TOLD, BEFORE, MODEL, FIGURES = "told.npz", "before.npz", "model.npz", "figures.json"
HELD_RATIO = 0.1
HELD_LEAST = 20
"""Fewer likes held out say nothing."""
SLOTS_HELD_RATIO, SLOTS_HELD_LEAST = 0.5, 200
"""Of random slots half: they are few, and the heads learn as well without them."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a night is told. ``people`` and ``notes`` are ids in order, all else is by place.

    Rows of the log have no reader. ``propensity`` is NaN for what no chance chose. Of heads where
    ``is_told`` is false nothing is told, which is not the same as never.
    """

    people: Ints
    notes: Ints
    group: Ints
    topic: Ints
    like_person: Ints
    like_note: Ints
    like_s: Floats
    cold_person: Ints
    cold_note: Ints
    cold_weight: Floats
    terms: Floats
    outcomes: Floats
    is_told: Bools
    weight: Floats
    propensity: Floats
    shown_s: Floats


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What a night learned, by id. Vectors are kept in half their size, which costs no recall."""

    people: Ints
    people_vectors: Floats
    notes: Ints
    notes_vectors: Floats
    multiplier: Floats
    slopes: Floats
    bases: Floats
    made_s: Floats
    """One number: when, in seconds since 1970, the newest like was that it learned from."""
    shown_s: Floats = msgspec.field(default_factory=lambda: np.zeros(0))
    """Likewise the newest slot; nothing in versions from before that was kept."""

    @property
    def heads(self) -> Heads:
        """What was learned of how people take to notes."""
        return Heads(slopes=self.slopes, bases=self.bases)


def write(path: Path, arrays: Told | Model) -> None:
    """Keep arrays as one file."""
    named = {name: getattr(arrays, name) for name in arrays.__struct_fields__}
    np.savez(path, **named)


def model_of(file: object) -> Model:
    """A model out of an open file or a path; nothing in it is ever run."""
    with np.load(file, allow_pickle=False) as kept:  # type: ignore[arg-type]
        return Model(**{name: kept[name] for name in Model.__struct_fields__ if name in kept})


def people_in(path: Path) -> Ints:
    """Of whom a model's file holds vectors; nothing else of it is read."""
    with np.load(path, allow_pickle=False) as kept:
        people: Ints = kept["people"]
        return people


def forget(path: Path, gone: Sequence[int]) -> None:
    """Write a model’s file, a ``.npz``, anew without the vectors of some people."""
    model = model_of(path)
    stays = ~np.isin(model.people, gone)
    write(path, msgspec.structs.replace(
        model, people=model.people[stays], people_vectors=model.people_vectors[stays]
    ))


def places_of(ids: Ints, wanted: Ints) -> Ints:
    """The place of each wanted id among ids in order, `NONE` where it is not there."""
    if not len(ids):
        return np.full(len(wanted), NONE)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[at] == wanted, at, NONE)


def aligned(vectors: Floats, ids: Ints, wanted: Ints) -> Floats:
    """Vectors for other ids in order, zeros for those that are not known."""
    at = places_of(ids, wanted)
    found = np.zeros((len(wanted), vectors.shape[1]), dtype=np.float32)
    found[at != NONE] = vectors[at[at != NONE]]
    return found


def learned(told: Told, *, before: Model | None) -> tuple[Model, Figures]:
    """Learn a night, starting from the night before."""
    started = time.perf_counter()
    start = None
    if before is not None:
        start = Factors(
            people=aligned(before.people_vectors, before.people, told.people),
            notes=aligned(before.notes_vectors, before.notes, told.notes),
        )
    recall, recall_before, popular, held = _judged(told, start, before)
    factors = _factors(told, np.ones(len(told.like_person), dtype=bool), start)
    ratings = _ratings(told)
    bridged = bridging.bridged(
        ratings, group=told.group, topic=told.topic, raters=len(told.people)
    )
    start_heads = before.heads if before else scoring.guessed()
    judged = _judged_heads(told, start_heads, before)
    heads = _heads(told, np.ones(len(told.terms), dtype=bool), start_heads)
    model = Model(
        people=told.people, people_vectors=factors.people.astype(np.float16),
        notes=told.notes, notes_vectors=factors.notes.astype(np.float16),
        multiplier=bridged.multiplier.astype(np.float32), slopes=heads.slopes, bases=heads.bases,
        made_s=np.array([told.like_s.max(initial=0.0)]),
        shown_s=np.array([told.shown_s.max(initial=0.0)]),
    )
    figures = Figures(
        likes=len(told.like_person), people=len(told.people), notes=len(told.notes),
        held_out=held, recall=recall, recall_before=recall_before, recall_popular=popular,
        impressions=len(told.terms),
        random_impressions=int(np.isfinite(told.propensity).sum()),
        ratings=len(told.like_person) + len(told.cold_person),
        heads=judged, bridging=judging.bridged(
            ratings, group=told.group, topic=told.topic, raters=len(told.people)
        ),
        seconds=round(time.perf_counter() - started, 2),
    )
    return model, figures


def _likes(told: Told, which: Bools) -> Likes:
    return Likes(
        person=told.like_person[which], note=told.like_note[which],
        weight=np.ones(int(which.sum()), dtype=np.float32),
    )


def _factors(told: Told, which: Bools, start: Factors | None) -> Factors:
    return co_liking.learned(
        _likes(told, which), people=len(told.people), notes=len(told.notes), before=start
    )


def _judged(
    told: Told, start: Factors | None, before: Model | None
) -> tuple[float | None, float | None, float | None, int]:
    """Recall of this night, of the one before, of the most liked notes; likes held out."""
    held = told.like_s > float(before.made_s[0]) if before is not None else None
    is_fair = held is not None and HELD_LEAST <= int(held.sum()) < len(held)
    if held is None or not is_fair:
        # What the night before has seen already would flatter it, so it is not judged by this.
        count = int(HELD_RATIO * len(told.like_s))
        held = np.zeros(len(told.like_s), dtype=bool)
        held[np.argsort(told.like_s, kind="stable")[len(held) - count :]] = True
    if int(held.sum()) < HELD_LEAST:
        return None, None, None, 0
    known, asked = _likes(told, ~held), _likes(told, held)
    own = co_liking.recalled(_factors(told, ~held, start), known, asked)
    earlier = None
    if is_fair and start is not None:
        earlier = co_liking.recalled(start, known, asked).recall
    return own.recall, earlier, own.popular_recall, int(held.sum())


def _heads(told: Told, which: Bools, start: Heads) -> Heads:
    """Heads from some slots; those of which nothing is told stay as they were."""
    if not which.any():
        return start
    found = scoring.learned(
        told.terms[which], told.outcomes[which], weight=told.weight[which], before=start
    )
    found.slopes[:, ~told.is_told] = start.slopes[:, ~told.is_told]
    found.bases[~told.is_told] = start.bases[~told.is_told]
    return found


def _judged_heads(told: Told, start: Heads, before: Model | None) -> HeadsFigures | None:
    """How heads from all other slots, and those before, foresaw what came of random ones."""
    is_random = np.isfinite(told.propensity)
    held = np.zeros(len(told.terms), dtype=bool)
    if before is not None and len(before.shown_s):
        held = is_random & (told.shown_s > float(before.shown_s[0]))
    is_enough = int(held.sum()) >= SLOTS_HELD_LEAST
    # Guesses have seen nothing. A version that has seen these slots would be flattered by them.
    is_fair = is_enough or before is None
    if not is_enough:
        chosen = np.flatnonzero(is_random)
        count = int(SLOTS_HELD_RATIO * len(chosen))
        newest = chosen[np.argsort(told.shown_s[chosen], kind="stable")][len(chosen) - count :]
        held = np.isin(np.arange(len(told.terms)), newest)
    if int(held.sum()) < SLOTS_HELD_LEAST:
        return None
    rest = told.weight[~held]
    usual = (rest @ told.outcomes[~held] + 0.5) / (rest.sum() + 1.0)
    return judging.heads(
        told.terms[held], told.outcomes[held], weight=1 / told.propensity[held],
        is_told=told.is_told, ours=_heads(told, ~held, start),
        before=start if is_fair else None, usual=usual,
    )


def _ratings(told: Told) -> Ratings:
    """Likes and refusals, those who act together as one rater."""
    rater = np.concatenate([told.like_person, told.cold_person])
    ratings = Ratings(
        rater=rater, note=np.concatenate([told.like_note, told.cold_note]),
        liked=np.repeat([1.0, 0.0], [len(told.like_person), len(told.cold_person)]),
        weight=np.concatenate([np.ones(len(told.like_person)), told.cold_weight]),
    )
    ring = bridging.acting_together(
        told.like_person, told.like_note, told.like_s, raters=len(told.people)
    )
    return bridging.counted_once(ratings, ring)


def main(folder: Path) -> None:
    """Learn what is told in a folder, and leave there what was learned."""
    with np.load(folder / TOLD, allow_pickle=False) as kept:
        told = Told(**{name: kept[name] for name in Told.__struct_fields__})
    earlier = folder / BEFORE
    model, figures = learned(told, before=model_of(earlier) if earlier.exists() else None)
    write(folder / MODEL, model)
    (folder / FIGURES).write_bytes(msgspec.json.encode(figures))


if __name__ == "__main__":
    os.nice(10)
    main(Path(sys.argv[1]))
