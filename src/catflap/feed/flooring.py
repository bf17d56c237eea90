"""The floor: the impressions that every first note is owed, whoever wrote it.

Each first note is owed `TARGET` impressions within `WINDOW_H` hours. Every period a note's need is
what it lacks over the hours that are left, so that one which the feed shows anyway costs nothing.
All floors together never take more than `CAP_RATIO` of what is shown. Where that cannot carry
everybody, the target falls for all alike, and is given back to be published, rather than the later
ones going without. Tags and languages do not count in what is owed, only in who is shown what.

What is refused a floor (a copy, a flagged note) is judged elsewhere and comes as ``eligible``.

Sources: deficit pacing as in the cold-start lectures of S. Wang (guarantees of a number of
impressions in a time, weighed by what was reached so far); the size of cap and pace are this
project's own measurement (1 million readers a day at 60 impressions).
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from catflap.feed.arrays import NONE, Bools, Floats, Ints, place_in_run

TARGET = 100.0
WINDOW_H = 24.0
CAP_RATIO = 0.15
PACE = 1.5
"""Ahead of an even pace, because a note that is early can wait and one that is late cannot."""
CLUSTER_RATIO = 0.05
"""Of the floor, to notes from one network: a campus fits in, a farm of sign-ups does not."""
RESERVE_H = 2.0
"""Of the window, kept free: what is dealt may not be read, and must be dealt again."""
PATIENCE_H = 2.0
EXTRA = 4
"""Beyond what is owed, for first notes that nobody answered in `PATIENCE_H`. Assumptions."""
PRIOR_SHOWN = 50.0
KEEN_RATIO = 0.25
"""Of the readers at hand, at most: those who answer most, to whom what is unanswered goes first."""
KEEN_SPARE = 1.5
"""Readers for each card, because some have seen it: fewer, and all of them keener."""
_GOLDEN = 0.6180339887498949
_HALVINGS = 40


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """First notes, one place each; ``cluster`` is the network they came from, or `NONE`."""

    posted_h: Floats
    got: Ints
    eligible: Bools
    cluster: Ints


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """How many impressions each note is to get in the period, and what every note can hope for."""

    quota: Ints
    target: float
    cap: int


def paced(
    owed: Owed, *, now_h: float, period_impressions: float, day_impressions: float,
    period_h: float = 1.0,
) -> Pacing:
    """Share the period's cap among the first notes that lack impressions.

    The target is judged on the day and not on the period, else it would fall every night.
    Deterministic: fractions are rounded along the notes, from a start that moves with the hour,
    so that it is not always the same ones who lose them.

    Args:
        owed: every first note of the last day; older ones are left alone.
        now_h: the time, in hours of the same scale as ``posted_h``.
        period_impressions: how many notes will be shown in the period, whatever they are.
        day_impressions: likewise within the next 24 hours.
        period_h: how long the period is, in hours.
    """
    cap = int(CAP_RATIO * max(0.0, period_impressions))
    left_h = owed.posted_h + WINDOW_H - now_h
    is_open = owed.eligible & (left_h > 0) & (left_h <= WINDOW_H)
    left_h = np.maximum(left_h - RESERVE_H, period_h)
    target = _carried(
        owed.got[is_open], left_h[is_open],
        per_hour=CAP_RATIO * max(0.0, day_impressions) / WINDOW_H,
    )
    lacks = np.where(is_open, np.maximum(0.0, target - owed.got), 0.0)
    need = np.minimum(lacks, PACE * lacks * period_h / left_h)
    need = _bounded(need, owed.cluster, bound=int(CLUSTER_RATIO * cap))
    whole = float(need.sum())
    if whole > cap:
        need = need * (cap / whole)
    return Pacing(
        quota=_rounded(need, owed.cluster, phase=(now_h * _GOLDEN) % 1.0), target=target, cap=cap
    )


def _carried(got: Ints, left_h: Floats, *, per_hour: float) -> float:
    """The highest target, at most `TARGET`, whose even pace for all fits into the hours."""

    def is_carried(target: float) -> bool:
        return float((np.maximum(0.0, target - got) / left_h).sum()) <= per_hour

    if is_carried(TARGET):
        return TARGET
    low, high = 0.0, TARGET
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_carried(middle) else (low, middle)
    return low


def _bounded(need: Floats, cluster: Ints, *, bound: int) -> Floats:
    known = cluster != NONE
    if not known.any():
        return need
    sums = np.bincount(cluster[known], weights=need[known])
    scale = np.minimum(1.0, bound / np.maximum(sums, 1e-12))
    return np.where(known, need * scale[np.where(known, cluster, 0)], need)


def _rounded(need: Floats, cluster: Ints, *, phase: float) -> Ints:
    """Whole numbers whose sum, over any run of notes, differs by less than one from the needs'.

    Notes of one cluster stand together, so its bound, a whole number, survives the rounding. The
    small number taken off keeps sums that are whole from being carried over by rounding errors.
    """
    order = np.argsort(cluster, kind="stable")
    sums = np.floor(np.cumsum(need[order]) * (1 - 1e-12) + phase).astype(np.int64)
    quota = np.zeros(len(need), dtype=np.int64)
    quota[order] = np.diff(sums, prepend=0)
    return quota


def topped_up(pacing: Pacing, owed: Owed, *, answered: Bools, now_h: float) -> Pacing:
    """The same, with what the cap has left for first notes that wait for an answer.

    `EXTRA` impressions in the period each at most, the longest waiting first. Notes of a known
    network get none, so that its bound holds.
    """
    waits = owed.eligible & ~answered & (owed.cluster == NONE)
    waits &= (now_h - owed.posted_h >= PATIENCE_H) & (now_h - owed.posted_h < WINDOW_H)
    left = pacing.cap - int(pacing.quota.sum())
    order = np.flatnonzero(waits)[np.argsort(owed.posted_h[waits], kind="stable")]
    quota = pacing.quota.copy()
    for _ in range(EXTRA):
        given = order[:left]
        quota[given] += 1
        left -= len(given)
    return Pacing(quota=quota, target=pacing.target, cap=pacing.cap)


def answering(
    answers: Floats, shown: Floats, *, comments: Floats, impressions: Floats, usual: float = 0.01
) -> Floats:
    """How often each reader answers a first note they are shown.

    Where little is known of that, how often they comment on anything stands for it, and where
    little is known of that either, the ``usual``.
    """
    prior = (comments + PRIOR_SHOWN * usual) / (impressions + PRIOR_SHOWN)
    rate: Floats = (answers + PRIOR_SHOWN * prior) / (shown + PRIOR_SHOWN)
    return rate


def dealt(
    quota: Ints, *, note_language: Ints, note_topic: Ints, reader_language: Ints,
    reader_topics: Ints, room: Ints, chance: np.random.Generator, turn: Floats | None = None,
) -> Ints:
    """Which first notes each reader is shown: a table of readers by room, `NONE` where empty.

    Each impression of a quota is a card, and a card goes to one reader: one who reads the note's
    language and cares for its topic if there is such, else one who reads the language, else
    anybody, because a rendition stands beside every note. No card is dealt twice, so the quotas,
    and with them the cap, hold exactly; what nobody has room for comes again next period.

    Args:
        quota: cards of each note.
        note_language: the language of each note, from 0.
        note_topic: the topic of each note, from 0.
        reader_language: the language that each reader reads best.
        reader_topics: for each reader the topics they care for, best first.
        room: how many slots each reader has for the floor.
        chance: who comes first, where ``turn`` does not say.
        turn: readers with a higher one come first.
    """
    cards = chance.permutation(np.repeat(np.arange(len(quota)), quota))
    width = int(room.max(initial=0))
    table = np.full((len(room), width), NONE, dtype=np.int64)
    if not len(cards) or not width:
        return table
    filled = np.zeros(len(room), dtype=np.int64)
    topics = 1 + int(max(note_topic.max(initial=0), reader_topics.max(initial=0)))
    by_topic = [
        (note_language * topics + note_topic, reader_language * topics + reader_topics[:, at])
        for at in range(reader_topics.shape[1])
    ]
    by_language = [(note_language, reader_language)] * width
    by_nothing = [(np.zeros_like(note_topic), np.zeros_like(reader_language))] * width
    for note_keys, reader_keys in [*by_topic, *by_language, *by_nothing]:
        asking = chance.permutation(np.flatnonzero(filled < room))
        if turn is not None:
            asking = asking[np.argsort(-turn[asking], kind="stable")]
        if not len(cards) or not len(asking):
            break
        cards = _one_each(cards, note_keys, asking, reader_keys, table, filled)
    return table


def routed(
    quota: Ints, *, unanswered: Bools, answer_rate: Floats, note_language: Ints,
    note_topic: Ints, reader_language: Ints, reader_topics: Ints, room: Ints,
    chance: np.random.Generator,
) -> Ints:
    """`dealt`, where notes without an answer go first to the readers who answer such notes."""
    waiting = np.where(unanswered, quota, 0)
    cards_per_reader = max(1, int(room.max(initial=0)))
    most = min(KEEN_RATIO * len(room), KEEN_SPARE * waiting.sum() / cards_per_reader)
    keen = np.zeros(len(room), dtype=bool)
    keen[np.argsort(-answer_rate, kind="stable")[: math.ceil(most)]] = True
    first = dealt(
        waiting, note_language=note_language, note_topic=note_topic,
        reader_language=reader_language, reader_topics=reader_topics,
        room=np.where(keen, room, 0), chance=chance, turn=answer_rate,
    )
    given = np.bincount(first[first != NONE], minlength=len(quota))
    rest = dealt(
        quota - given, note_language=note_language, note_topic=note_topic,
        reader_language=reader_language, reader_topics=reader_topics,
        room=room - (first != NONE).sum(axis=1), chance=chance,
    )
    for column in range(rest.shape[1]):
        again = (first == rest[:, column][:, None]).any(axis=1)
        rest[again, column] = NONE
    both = np.hstack([first, rest])
    order = np.argsort(both == NONE, axis=1, kind="stable")
    table: Ints = np.take_along_axis(both, order, axis=1)[:, : int(room.max(initial=0))]
    return table


def _one_each(
    cards: Ints, note_keys: Ints, asking: Ints, reader_keys: Ints, table: Ints, filled: Ints
) -> Ints:
    """Give each reader who asks one card of their key while there are some; the rest comes back."""
    keys = note_keys[cards]
    order = np.argsort(keys, kind="stable")
    cards, keys = cards[order], keys[order]
    asking = asking[np.argsort(reader_keys[asking], kind="stable")]
    wanted = reader_keys[asking]
    starts = np.searchsorted(keys, wanted, side="left")
    ends = np.searchsorted(keys, wanted, side="right")
    at = starts + place_in_run(wanted)
    gets = at < ends
    readers, at = asking[gets], at[gets]
    is_new = ~(table[readers] == cards[at][:, None]).any(axis=1)
    readers, at = readers[is_new], at[is_new]
    table[readers, filled[readers]] = cards[at]
    filled[readers] += 1
    kept: Ints = np.delete(cards, at)
    return kept
