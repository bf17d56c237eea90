"""Sourcing: a few dozen notes for each reader, out of all that are live.

A shelf is made of the live notes every few minutes and serves everybody: by language and topic the
newest and the best liked, by author the latest, the shortlist on which co-liking looks, the best
bridges. From it a page's candidates are gathered in one go for any number of readers: followed,
co-liked, fresh, bridging, and simply new, without which pages of a small community would be empty
wherever nobody wrote about what one picked. Chance chooses within a source, so that two readers who
picked the same are not shown the same.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec
import numpy as np

from catflap.feed import co_liking, seeing
from catflap.feed.arrays import NONE, Bools, Floats, Ints, place_in_run
from catflap.feed.seeing import Seen

SHORTLIST = 2048
LIKES_FOR_A_VECTOR = 3
BRIDGES = 256
PER_KEY, PER_KEY_MOST = 24, 128
"""Notes of a language and topic that stand on the shelf: more where more are live, because of a
few for very many readers those few are all that anybody sees and answers."""
PER_AUTHOR = 2
NEWEST = 256
FOLLOWED, CO_LIKED, FRESH, ABROAD, BRIDGING, NEW = 12, 32, 32, 32, 8, 24
"""Candidates of each source. Assumptions; the page bench says what they cost."""
UNTOLD = 5
"""Of the fresh ones of a language, so many are notes of which nothing is known."""


class Source(IntEnum):
    """Why a note stands where it stands; the doors have the words."""

    FOLLOWED = 0
    CO_LIKED = 1
    FRESH = 2
    BRIDGING = 3
    FLOOR = 4
    RANDOM = 5
    NEW = 6


COLUMNS = np.repeat(
    [Source.FOLLOWED, Source.CO_LIKED, Source.FRESH, Source.BRIDGING, Source.NEW],
    [FOLLOWED, CO_LIKED, FRESH + ABROAD, BRIDGING, NEW],
)
"""The source of each column of a table of candidates."""


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The notes that may be shown, one place each."""

    number: Ints
    """What the seen filter knows them by."""
    author: Ints
    topic: Ints
    language: Ints
    made_h: Floats
    likes: Ints
    liked_share: Floats
    answered_share: Floats
    refused_share: Floats
    shown: Ints
    """How often, by whatever way."""
    by_newcomer: Bools
    political: Bools
    multiplier: Floats
    vectors: Floats


class Readers(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, one row each. ``topics`` are their picks, best first; ``followed`` ends in NONE."""

    place: Ints
    language: Ints
    topics: Ints
    followed: Ints
    vectors: Floats
    politics_ratio: Floats
    """How much of a page may be politics: each reader sets it, and it begins low."""
    refused: Ints | None = None
    """Authors whom each is not to be shown, ending in NONE: blocked, muted, less wanted."""
    fewer: Ints | None = None
    """Topics of which each wants less, ending in NONE."""
    keen: Bools | None = None
    """Who answers first notes most; nobody where None."""


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Live notes, laid out for gathering. All tables hold places in ``live``."""

    live: Live
    now_h: float
    languages: int
    topics: int
    by_key: Ints
    by_author: Ints
    shortlist: Ints
    bridges: Ints
    newest: Ints
    usual_shown: float
    """How often a live note was shown on average, 1 at least."""
    untold: int
    """The topic of notes of which nothing is known."""
    of_language: Ints
    """How many live notes each language has."""
    placed: Ints
    """Notes by the places that they are from, each as often as it names one."""
    placed_from: Ints
    """Where in ``placed`` the notes of each place begin, and of the last, end."""


def shelved(
    live: Live, *, now_h: float, languages: int, topics: int, authors: int,
    untold: int = 0, places: Ints | None = None,
) -> Shelf:
    """Lay out the live notes; sorts them a few times.

    Each of the ``places``, numbered from ``topics`` on, is one more topic, whatever the language,
    and stands behind all others in `by_key`.
    """
    warm = live.liked_share - (now_h - live.made_h) / 24.0
    key = live.language * topics + live.topic
    each = len(live.number) // max(1, languages * topics)
    half = min(PER_KEY_MOST, max(PER_KEY, each)) // 2
    by_key = np.hstack([
        _tops(key, live.made_h, keys=languages * topics, count=half),
        _tops(key, warm, keys=languages * topics, count=half),
    ])
    note: Ints = np.zeros(0, dtype=np.int64)
    at: Ints = note
    if places is not None:
        note, column = np.nonzero(places != NONE)
        at = places[note, column] - topics
        by_place = np.hstack([
            _tops(at, rank[note], keys=at.max(initial=-1) + 1, count=half)
            for rank in (live.made_h, warm)
        ])
        by_key = np.vstack([by_key, np.where(by_place == NONE, NONE, note[by_place])])
    with_vector = np.flatnonzero(live.likes >= LIKES_FOR_A_VECTOR)
    bridging = np.flatnonzero(live.multiplier > 1.0)
    return Shelf(
        live=live, now_h=now_h, languages=languages, topics=topics, by_key=by_key,
        by_author=_tops(live.author, live.made_h, keys=authors, count=PER_AUTHOR),
        shortlist=with_vector[np.argsort(-warm[with_vector])[:SHORTLIST]],
        bridges=bridging[
            np.argsort(-(10 * live.multiplier[bridging] + warm[bridging]))[:BRIDGES]
        ],
        newest=np.argsort(-live.made_h, kind="stable")[:NEWEST],
        usual_shown=max(1.0, float(live.shown.mean())) if len(live.shown) else 1.0,
        untold=untold, of_language=np.bincount(live.language, minlength=languages),
        placed=note[np.argsort(at, kind="stable")],
        placed_from=np.concatenate([[0], np.cumsum(np.bincount(at))]),
    )


def those(readers: Readers, rows: Ints) -> Readers:
    """Some of the readers."""
    columns = {name: getattr(readers, name) for name in Readers.__struct_fields__}
    return msgspec.structs.replace(
        readers, **{name: column[rows] for name, column in columns.items() if column is not None}
    )


def barred(shelf: Shelf, readers: Readers, notes: Ints) -> Bools:
    """Of a table of notes, the reader's own and those of authors they are not to be shown."""
    author = shelf.live.author[notes]
    found: Bools = author == readers.place[:, None]
    if readers.refused is not None:
        found = found | (author[:, :, None] == readers.refused[:, None, :]).any(axis=2)
    return found


def picked(shelf: Shelf, readers: Readers, topic: Ints) -> Floats:
    """How likely a note of each topic (readers, notes) is about what its reader picked.

    Of a note of which nothing is known it is as likely as of any other: whoever knew no tags is
    not set behind everybody who did.
    """
    found = (topic[:, :, None] == readers.topics[:, None, :]).any(axis=2)
    ordered = np.sort(readers.topics, axis=1)
    counts = (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1) + 1
    usual = np.minimum(1.0, counts / max(1, shelf.topics - 1))
    likely: Floats = np.where(
        topic == shelf.untold, usual[:, None].astype(np.float32), found
    )
    return likely


def _tops(key: Ints, rank: Floats, *, keys: int, count: int) -> Ints:
    """For each key the places of its highest, highest first, `NONE` where there are fewer."""
    table = np.full((keys, count), NONE, dtype=np.int64)
    order = np.lexsort((-rank, key))
    at = place_in_run(key[order])
    kept = at < count
    table[key[order][kept], at[kept]] = order[kept]
    return table


def gathered(
    shelf: Shelf, readers: Readers, *, seen: Seen, chance: np.random.Generator
) -> Ints:
    """For each reader the places of candidates, `COLUMNS` wide, each note once.

    What they have seen is drawn last: who reads much would else be offered little that is new.
    """
    drawing = _Drawing(shelf=shelf, readers=readers, seen=seen, chance=chance)
    found = np.hstack([
        _of_followed(shelf, readers, chance),
        _co_liked(shelf, readers),
        drawing.fresh(readers.language, FRESH),
        drawing.fresh(_elsewhere(shelf, readers, chance), ABROAD),
        drawing.of_pool(shelf.bridges, BRIDGING),
        drawing.new(NEW),
    ])
    return _each_once(found)


def from_places(shelf: Shelf, places: Ints, *, topics: Ints, fewer: Ints) -> Shelf:
    """The same for one reader, to whom notes from these places are about the place.

    What they picked as a topic, or want less of, stays that; but less of a place is less of all
    that is from there. A copy of one column: 0.2 ms for 200,000 notes, and the notes from there.
    """
    if not len(places):
        return shelf
    topic, kept = shelf.live.topic.copy(), np.concatenate([topics, fewer])
    for place in sorted(places, key=lambda one: one in fewer):
        at = place - shelf.topics
        here = shelf.placed[shelf.placed_from[at] : shelf.placed_from[at + 1]]
        is_open = ~np.isin(shelf.live.topic[here], kept) | (place in fewer)
        topic[here[is_open]] = place
    return msgspec.structs.replace(shelf, live=msgspec.structs.replace(shelf.live, topic=topic))


def _of_followed(shelf: Shelf, readers: Readers, chance: np.random.Generator) -> Ints:
    rows = len(readers.place)
    counts = np.maximum(1, (readers.followed != NONE).sum(axis=1))
    picked = (chance.random((rows, FOLLOWED // PER_AUTHOR)) * counts[:, None]).astype(np.int64)
    authors = np.take_along_axis(readers.followed, picked, axis=1)
    notes = np.where(authors[:, :, None] == NONE, NONE, shelf.by_author[authors])
    return notes.reshape(rows, FOLLOWED)


def _co_liked(shelf: Shelf, readers: Readers) -> Ints:
    table = np.full((len(readers.place), CO_LIKED), NONE, dtype=np.int64)
    knows = np.flatnonzero(np.abs(readers.vectors).sum(axis=1) > 0)
    if len(knows) and len(shelf.shortlist):
        at, _ = co_liking.best(
            readers.vectors[knows], shelf.live.vectors[shelf.shortlist], count=CO_LIKED
        )
        table[knows, : at.shape[1]] = shelf.shortlist[at]
    return table


def _elsewhere(shelf: Shelf, readers: Readers, chance: np.random.Generator) -> Ints:
    """For each reader a language that is not theirs, as often as it has notes."""
    sizes = shelf.of_language.astype(float)
    if shelf.languages < 2 or not sizes.any():
        return readers.language
    odds = sizes[None, :] * (np.arange(shelf.languages)[None, :] != readers.language[:, None])
    sums = np.cumsum(odds, axis=1)
    drawn = chance.random(len(readers.place)) * sums[:, -1]
    at: Ints = np.minimum((sums <= drawn[:, None]).sum(axis=1), shelf.languages - 1)
    return at


class _Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """What chance draws for these readers, of what they have not seen while there is any."""

    shelf: Shelf
    readers: Readers
    seen: Seen
    chance: np.random.Generator

    def fresh(self, language: Ints, count: int) -> Ints:
        """Notes of the readers' topics in one language each, as many of each topic.

        `UNTOLD` of them are notes of which nothing is known, whatever one picked.
        """
        shelf, topics = self.shelf, self.readers.topics
        key = np.where(
            topics < shelf.topics, language[:, None] * shelf.topics + topics,
            (shelf.languages - 1) * shelf.topics + topics,
        )
        untold = (language * shelf.topics + shelf.untold)[:, None]
        return np.hstack([
            self._drawn(shelf.by_key[key], count - UNTOLD),
            self._drawn(shelf.by_key[untold], UNTOLD),
        ])

    def of_pool(self, pool: Ints, count: int) -> Ints:
        """Notes of one pool for all."""
        return self._drawn(
            np.broadcast_to(pool, (len(self.readers.place), 1, len(pool))), count
        )

    def new(self, count: int) -> Ints:
        """The newest notes; whoever saw those is given any, of all that are live."""
        rows, newest, live = len(self.readers.place), self.shelf.newest, len(self.shelf.live.number)
        offered = np.empty((rows, 1, len(newest) + 2 * count), dtype=np.int64)
        offered[:, 0, : len(newest)] = newest
        offered[:, 0, len(newest) :] = self.chance.integers(0, live, (rows, 2 * count))
        return self._drawn(offered, count, spare=2 * count)

    def _drawn(self, offered: Ints, count: int, *, spare: int = 0) -> Ints:
        """Of each reader's lists (readers, lists, notes) evenly many notes, ``count`` wide.

        A list's last ``spare`` stand in where all the others were seen.
        """
        rows, lists, notes = offered.shape
        # Lists that do not divide the count leave some of it: the columns are the same for all.
        each = min(count // lists, notes)
        number = np.where(offered == NONE, NONE, self.shelf.live.number[offered])
        known = seeing.has_seen(self.seen, self.readers.place, number.reshape(rows, lists * notes))
        order = self.chance.random(offered.shape, dtype=np.float32)
        order[:, :, notes - spare :] = 1.0
        order += known.reshape(offered.shape)
        at = order.argpartition(each, axis=2) if each < notes else order.argsort(axis=2)
        found = np.full((rows, count), NONE, dtype=np.int64)
        found[:, : lists * each] = np.take_along_axis(
            offered, at[:, :, :each], axis=2
        ).reshape(rows, lists * each)
        return found


def _each_once(table: Ints) -> Ints:
    """The same, with `NONE` where a note stands further left already."""
    order = np.argsort(table, axis=1, kind="stable")
    ordered = np.take_along_axis(table, order, axis=1)
    again = np.zeros(table.shape, dtype=bool)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    found = table.copy()
    rows = np.broadcast_to(np.arange(len(table))[:, None], table.shape)
    found[rows[again], order[again]] = NONE
    return found
