"""Dealing: which first notes the floor shows to whom, for one reader or for a town of them.

Cards of notes that wait for an answer go first to readers who are keen, and keen readers have more
room for them; what is owed impressions goes to everybody. Among cards of one kind those go first
that the reader is likelier to comment on, by what the heads learned of topics and languages, and
those that wait longer: the earliest deadline first. Chance is strong enough that not all readers
of a kind are dealt the same note.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from catflap.feed import flooring, scoring, seeing, sourcing
from catflap.feed.arrays import NONE, Bools, Floats, Ints, place_in_run
from catflap.feed.scoring import Heads
from catflap.feed.seeing import Seen
from catflap.feed.sourcing import Readers, Shelf

ROOM, KEEN_ROOM = 3, 8
"""Slots of a page: 15 % of 20, and 40 % for the keen quarter while first notes wait for an answer.
What bounds the floor in all that is shown is the cap of the pacing, not the room."""
CHANCE_FITS = 1.0
"""In log-odds of a comment, like the slopes: what chance may put before a better fit."""
WAITING_FITS = 1.0
"""Likewise, what a whole day of waiting is worth. Measured at 0, 1 and 3 in the simulated world."""
_LOOKED_AT = 32
"""Best cards of a reader of which the unseen are sought."""
_AT_ONCE = 64
"""Readers who are dealt to from the same cards; the next find those gone."""
_OTHER_KIND = 20.0
_COMMENT = scoring.HEADS.index("comment")
_TOPIC, _LANGUAGE = scoring.TERMS.index("picked_topic"), scoring.TERMS.index("reads_language")


class Cards(msgspec.Struct, frozen=True, kw_only=True):
    """First notes that are to be shown, one place each."""

    at: Ints
    """Places in the shelf's live notes."""
    left: Ints
    """To how many more."""
    answered: Bools


def dealt(
    shelf: Shelf, readers: Readers, cards: Cards, *, heads: Heads, seen: Seen,
    chance: np.random.Generator,
) -> Ints:
    """For each reader the places of first notes, `NONE` where their row ends.

    No card goes to two readers, so the cards, and with them the cap, hold exactly. Nobody is dealt
    what they saw or wrote. A note that has its impressions and no answer is dealt to keen readers
    alone.
    """
    table = np.full((len(readers.place), KEEN_ROOM), NONE, dtype=np.int64)
    left = cards.left.copy()
    order = chance.permutation(len(table))
    for rows in np.array_split(order, max(1, math.ceil(len(order) / _AT_ONCE))):
        there = np.flatnonzero(left > 0)
        if not len(there) or not len(rows):
            break
        some = msgspec.structs.replace(
            cards, at=cards.at[there], left=left[there], answered=cards.answered[there]
        )
        picked = _picked(shelf, sourcing.those(readers, rows), some, heads, seen, chance)
        picked[(picked != NONE) & (_earlier(picked) >= some.left[picked])] = NONE
        left[there] -= np.bincount(picked[picked != NONE], minlength=len(there))
        table[rows] = np.where(picked == NONE, NONE, some.at[picked])
    ends = np.argsort(table == NONE, axis=1, kind="stable")
    return np.take_along_axis(table, ends, axis=1)


def room(readers: Readers) -> Ints:
    """How many slots of a page each reader has for the floor."""
    return np.where(_keen(readers), KEEN_ROOM, ROOM)


def _keen(readers: Readers) -> Bools:
    if readers.keen is None:
        return np.zeros(len(readers.place), dtype=bool)
    return readers.keen


def _picked(
    shelf: Shelf, readers: Readers, cards: Cards, heads: Heads, seen: Seen,
    chance: np.random.Generator,
) -> Ints:
    """For each reader the places in ``cards`` of the best, as if nobody else were there."""
    fits = _fits(shelf, readers, cards, heads, chance)
    width = min(_LOOKED_AT, fits.shape[1])
    best = np.argpartition(-fits, width - 1, axis=1)[:, :width]
    value = np.take_along_axis(fits, best, axis=1)
    order = np.argsort(-value, axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    note = cards.at[best]
    may = np.isfinite(np.take_along_axis(value, order, axis=1))
    may &= ~sourcing.barred(shelf, readers, note)
    may &= ~seeing.has_seen(seen, readers.place, shelf.live.number[note])
    may &= np.cumsum(may, axis=1) <= room(readers)[:, None]
    order = np.argsort(~may, axis=1, kind="stable")[:, :KEEN_ROOM]
    picked = np.full((len(fits), KEEN_ROOM), NONE, dtype=np.int64)
    picked[:, : order.shape[1]] = np.where(
        np.take_along_axis(may, order, axis=1), np.take_along_axis(best, order, axis=1), NONE
    )
    return picked


def _fits(
    shelf: Shelf, readers: Readers, cards: Cards, heads: Heads, chance: np.random.Generator
) -> Floats:
    """How well each card fits each reader; minus infinity where it is not for them."""
    live, at = shelf.live, cards.at
    topic = sourcing.picked(shelf, readers, live.topic[at][None, :])
    language = live.language[at][None, :] == readers.language[:, None]
    slopes = heads.slopes[:, _COMMENT]
    waits = np.clip((shelf.now_h - live.made_h[at]) / flooring.WINDOW_H, 0, 1)
    fits: Floats = slopes[_TOPIC] * topic + slopes[_LANGUAGE] * language
    fits = fits + CHANCE_FITS * chance.random(fits.shape, dtype=np.float32)
    fits += (WAITING_FITS * waits).astype(np.float32)
    keen = _keen(readers)[:, None]
    fits += np.float32(_OTHER_KIND) * (keen != cards.answered[None, :])
    is_owed = cards.answered | (live.shown[at] < flooring.TARGET)
    fits[~keen & ~is_owed[None, :]] = -np.inf
    return fits


def _earlier(table: Ints) -> Ints:
    """How often the same stands in the table before, row by row."""
    flat = table.ravel()
    order = np.argsort(flat, kind="stable")
    found = np.empty(len(flat), dtype=np.int64)
    found[order] = place_in_run(flat[order])
    return found.reshape(table.shape)
