"""Composing: pages out of candidates, where every slot has its reason.

`pages` reads as one sentence: candidates → unseen → terms → worth → budgets → varied → floor →
chance. A slot in `RANDOM_RATIO` is drawn evenly from everything live and keeps its propensity, so
that what was learned from the other slots can be judged without their bias. What the floor shows
and what chance shows keeps within the reader's budget for politics as all else does.
"""

from __future__ import annotations

import msgspec
import numpy as np

from catflap.feed import dealing, scoring, seeing, sourcing, varying
from catflap.feed.arrays import NONE, Bools, Floats, Ints
from catflap.feed.model import POLITICS_RATIO as POLITICS_RATIO
from catflap.feed.scoring import Heads
from catflap.feed.seeing import Seen
from catflap.feed.sourcing import COLUMNS, Readers, Shelf, Source, gathered

SLOTS = 20
FLOOR_AT = (3, 9, 15, 6, 12, 18, 1, 10)
"""Where the floor's notes stand, none of them hidden at the end: the first three on any page, all
of them only for a keen reader while first notes wait."""
RANDOM_RATIO = 0.015
FILLING_RATIO = 0.01
"""Of its worth, for what is only new: it stands where a page has nothing else to show."""
FEWER_RATIO = 0.2
"""Of its worth, for a note of a topic of which its reader wants less. An assumption."""


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """One row a reader, one column a slot; ``note`` are places in the shelf's live notes."""

    note: Ints
    source: Ints
    propensity: Floats
    """For a random slot the chance that it held this very note; NaN for all others."""
    terms: Floats
    """What the heads were told of each slot, for learning and for "why am I seeing this"."""


def pages(
    shelf: Shelf, readers: Readers, *, heads: Heads, seen: Seen, floor: Ints,
    chance: np.random.Generator,
) -> Pages:
    """A page for each reader.

    Args:
        shelf: the live notes.
        readers: who asks.
        heads: what was learned of how people take to notes.
        seen: what they saw; a page is not noted there before it is shown.
        floor: for each reader the places of first notes that `dealing` dealt them.
        chance: where two equal choices fall.
    """
    candidates = gathered(shelf, readers, seen=seen, chance=chance)
    known = seeing.has_seen(seen, readers.place, _numbers(shelf, candidates))
    candidates = np.where(known | sourcing.barred(shelf, readers, candidates), NONE, candidates)
    floor = _allowed_floor(shelf, readers, floor, seen)
    allowed = _politics_allowed(readers) - _political(shelf, floor).sum(axis=1)
    terms = told(shelf, readers, candidates)
    worths = _worths(shelf, candidates, heads, terms)
    if readers.fewer is not None:
        topic = shelf.live.topic[candidates][:, :, None]
        fewer = (topic == readers.fewer[:, None, :]).any(axis=2)
        worths = np.where(fewer, FEWER_RATIO * worths, worths)
    worths = _within_politics(worths, _political(shelf, candidates), allowed)
    kinds = np.stack([
        shelf.live.topic[candidates], shelf.live.author[candidates],
        shelf.live.language[candidates],
    ])
    columns = varying.varied(worths, kinds, count=SLOTS)
    note = np.where(columns == NONE, NONE, np.take_along_axis(candidates, columns, axis=1))
    source = np.where(columns == NONE, NONE, COLUMNS[columns])
    _put_floor(note, source, floor, dealing.room(readers))
    propensity = _put_random(shelf, readers, note, source, seen, chance)
    return Pages(note=note, source=source, propensity=propensity, terms=told(shelf, readers, note))


def told(shelf: Shelf, readers: Readers, notes: Ints) -> Floats:
    """The terms of `scoring.TERMS` for a table of notes, last axis the terms."""
    live = shelf.live
    terms = np.empty((*notes.shape, len(scoring.TERMS)), dtype=np.float32)
    terms[..., 0] = np.matmul(live.vectors[notes], readers.vectors[:, :, None])[:, :, 0]
    terms[..., 1] = sourcing.picked(shelf, readers, live.topic[notes])
    terms[..., 2] = live.language[notes] == readers.language[:, None]
    terms[..., 3] = (live.author[notes][:, :, None] == readers.followed[:, None, :]).any(axis=2)
    terms[..., 4] = live.liked_share[notes]
    terms[..., 5] = live.answered_share[notes]
    terms[..., 6] = live.refused_share[notes]
    terms[..., 7] = live.by_newcomer[notes]
    return terms


def _numbers(shelf: Shelf, notes: Ints) -> Ints:
    return np.where(notes == NONE, NONE, shelf.live.number[notes])


def _political(shelf: Shelf, notes: Ints) -> Bools:
    found: Bools = shelf.live.political[notes] & (notes != NONE)
    return found


def _politics_allowed(readers: Readers) -> Ints:
    allowed: Ints = np.floor(readers.politics_ratio * SLOTS + 1e-6).astype(np.int64)
    return allowed


def _allowed_floor(shelf: Shelf, readers: Readers, floor: Ints, seen: Seen) -> Ints:
    """The floor's notes that the reader did not see or write, within their budget for politics."""
    known = seeing.has_seen(seen, readers.place, _numbers(shelf, floor))
    barred = sourcing.barred(shelf, readers, floor)
    political = _political(shelf, floor)
    over = political & (np.cumsum(political, axis=1) > _politics_allowed(readers)[:, None])
    return np.where(known | barred | over, NONE, floor)


def _worths(shelf: Shelf, candidates: Ints, heads: Heads, terms: Floats) -> Floats:
    worths = scoring.worth(scoring.predicted(heads, terms))
    worths = worths * scoring.faded(shelf.now_h - shelf.live.made_h[candidates])
    worths = worths * shelf.live.multiplier[candidates]
    worths = worths * scoring.spread(
        shelf.live.shown[candidates], shelf.now_h - shelf.live.made_h[candidates],
        usual=shelf.usual_shown,
    )
    worths = worths * np.where(COLUMNS == Source.NEW, FILLING_RATIO, 1.0)
    worths = scoring.author_decayed(worths, shelf.live.author[candidates])
    found: Floats = np.where(candidates == NONE, 0.0, worths)
    return found


def _within_politics(worths: Floats, political: Bools, allowed: Ints) -> Floats:
    """Worths with 0 for political notes beyond each reader's best few."""
    ranked = np.where(political, -worths, np.inf)
    place = ranked.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return np.where(political & (place >= allowed[:, None]), 0.0, worths)


def _put_floor(note: Ints, source: Ints, floor: Ints, room: Ints) -> None:
    """Put the floor's notes in, within its room on a page, in proportion where it is not full."""
    left = np.floor(room / SLOTS * (note != NONE).sum(axis=1) + 1e-6)
    for column, slot in enumerate(FLOOR_AT[: floor.shape[1]]):
        owed = floor[:, column]
        # A note that stands on the page by itself needs no floor slot.
        put = (owed != NONE) & (left > 0) & ~(note == owed[:, None]).any(axis=1)
        left -= put
        note[put, slot] = owed[put]
        source[put, slot] = Source.FLOOR


def _put_random(
    shelf: Shelf, readers: Readers, note: Ints, source: Ints, seen: Seen,
    chance: np.random.Generator,
) -> Floats:
    """Give some slots to notes drawn evenly from all live ones that are not politics.

    A draw that the reader has seen, wrote, or has on the page leaves the slot as it was. The floor
    keeps its slots.
    """
    propensity = np.full(note.shape, np.nan)
    pool = np.flatnonzero(~shelf.live.political)
    if not len(pool):
        return propensity
    row, slot = np.nonzero((chance.random(note.shape) < RANDOM_RATIO) & (source != Source.FLOOR))
    drawn = pool[chance.integers(0, len(pool), len(row))]
    known = seeing.has_seen(seen, readers.place[row], _numbers(shelf, drawn[:, None]))[:, 0]
    refused = None if readers.refused is None else readers.refused[row]
    asking = msgspec.structs.replace(readers, place=readers.place[row], refused=refused)
    put = ~known & ~sourcing.barred(shelf, asking, drawn[:, None])[:, 0]
    put &= ~(note[row] == drawn[:, None]).any(axis=1)
    # Two random slots of one row might draw the same note: only the first keeps it.
    _, first = np.unique(row * len(shelf.live.number) + drawn, return_index=True)
    is_first = np.zeros(len(row), dtype=bool)
    is_first[first] = True
    put &= is_first
    row, slot, drawn = row[put], slot[put], drawn[put]
    note[row, slot] = drawn
    source[row, slot] = Source.RANDOM
    propensity[row, slot] = RANDOM_RATIO / len(pool)
    return propensity
