"""A large community in a SQLite database, written in bulk: rows as the product would leave them.

Only what a reader's feed asks for is there: people with languages, picks and places, whom they
follow and hide, what they like and refused, their week in the log, live notes with their counts,
first notes with cards, and a night's model. Nobody wrote a word, so no page of it can be rendered.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from catflap.arrivals.model import Interest
from catflap.feed import co_liking, learning, scoring, topics, versions
from catflap.feed.arrays import Floats, Ints
from catflap.feed.model import Figures, Learned, ModelState
from catflap.ground import ids, sqlite
from catflap.ground.database import Database
from catflap.media.store import Store
from catflap.migrations import running
from catflap.notes import placing

LANGUAGES = ("zh", "en", "es", "ja")
LANGUAGE_RATIOS = (0.45, 0.4, 0.1, 0.05)
DAYS = 29
FOLLOWED, LIKED, HIDDEN, REFUSED = 40, 60, 5, 10
PAGES_LOGGED, SLOTS = 40, 20
FIRST_NOTES, CARDS = 400, 20
PLACED_RATIO, NEWCOMER_RATIO, TOWNS = 0.2, 0.3, 40
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS = ("name", "bio", "bio_key", "bio_lang", "home", "avatar")
_COUNTS = ("notes_count", "followers_count", "following_count", "likes_count", "revision")


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How many people and live notes there are, and how many read in earnest."""

    people: int
    notes: int
    readers: int


class Community(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of all, in order; ``readers`` have circles, likes and a week in the log."""

    people: Ints
    notes: Ints
    readers: Sequence[int]


def _us(at: datetime) -> int:
    return (at - _UNIX) // timedelta(microseconds=1)


class _Writer:
    """Rows into tables, many at a time, all in one transaction."""

    def __init__(self, path: Path) -> None:
        self._link = sqlite.connect(str(path))
        self._link.execute("PRAGMA synchronous = OFF")
        self._link.execute("BEGIN")

    def write(self, table: str, rows: Iterable[Sequence[Any]], *columns: str) -> None:
        marks = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        self._link.executemany(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", rows)

    def end(self) -> None:
        self._link.execute("COMMIT")
        self._link.execute("ANALYZE")
        self._link.close()


async def populate(folder: Path, sizes: Sizes, *, now: datetime, seed: int = 1) -> Community:
    """Make the database ``catflap.db`` in a folder; the same from the same seed and instant."""
    path = folder / "catflap.db"
    await running.upgrade(f"sqlite:///{path}")
    chance = np.random.default_rng(seed)
    writer = _Writer(path)
    people = _people(writer, sizes, now, chance)
    notes = _notes(writer, sizes, people, now, chance)
    readers = chance.choice(people, sizes.readers, replace=False).tolist()
    _circles(writer, readers, people, now, chance)
    _tastes(writer, readers, notes, now, chance)
    _log(writer, readers, notes, now, chance)
    writer.end()
    return Community(people=people, notes=notes, readers=readers)


def _people(writer: _Writer, sizes: Sizes, now: datetime, chance: np.random.Generator) -> Ints:
    found = np.array([
        ids.first_at(now - timedelta(days=200)) + at * (1 << 23) + at % ids.SHARDS
        for at in range(sizes.people)
    ])
    languages = chance.choice(LANGUAGES, len(found), p=LANGUAGE_RATIOS)
    is_new = chance.random(len(found)) < NEWCOMER_RATIO
    joined = [_us(now - timedelta(days=2 if new else 100)) for new in is_new]
    writer.write(
        "people",
        (
            (id_, f"p{at}", f"p{at}", f"p{at}", *[""] * len(_WORDS), "en",
             json.dumps([str(lang)]), 1, "[]", joined[at], at % 50, *[0] * len(_COUNTS))
            for at, (id_, lang) in enumerate(zip(found.tolist(), languages, strict=True))
        ),
        "id", "handle", "handle_skeleton", "handle_folded", *_WORDS, "locale", "reads",
        "translate", "never_translate", "joined_at", "comments_count", *_COUNTS,
    )
    return found


def _notes(
    writer: _Writer, sizes: Sizes, people: Ints, now: datetime, chance: np.random.Generator
) -> Ints:
    """Live notes, few of them liked much; a fifth say where they are."""
    count = sizes.notes
    age_s = np.sort(chance.uniform(60, DAYS * 86_400, count))[::-1]
    made = [now - timedelta(seconds=float(one)) for one in age_s]
    found = np.array([ids.first_at(at) + 1 + n % 1000 for n, at in enumerate(made)])
    authors = chance.choice(people, count)
    likes = np.minimum(chance.pareto(1.2, count), 3000).astype(int)
    comments, shown = likes // 4, 20 * likes + chance.integers(0, 200, count)
    about = chance.choice(topics.TOPICS, count)
    langs = chance.choice(LANGUAGES, count, p=LANGUAGE_RATIOS)
    keys = sorted(placing.known())[:TOWNS]
    here = [
        [keys[chance.integers(len(keys))]] if chance.random() < PLACED_RATIO else []
        for _ in range(count)
    ]
    columns = (found.tolist(), authors.tolist(), likes.tolist(), comments.tolist())
    writer.write(
        "notes",
        (
            (*row, "note", "", "", "", "", "public", "[]", 0, _us(at), 0, 1)
            for row, at in zip(zip(*columns, strict=True), made, strict=True)
        ),
        "id", "author_id", "likes_count", "comments_count", "format", "title_key", "body_key",
        "warning_key", "place_key", "visibility", "tags", "collects_count", "made_at",
        "withdrawn", "revision",
    )
    writer.write(
        "feed_entries",
        (
            (*row, "note", float(at), str(langs[at]), str(about[at]),
             about[at] == topics.POLITICS, json.dumps(here[at]), 1)
            for at, row in enumerate(zip(*columns, strict=True))
        ),
        "note_id", "author_id", "likes", "comments", "format", "warmth", "lang", "topic",
        "political", "places", "revision",
    )
    writer.write(
        "feed_tallies",
        zip(found.tolist(), shown.tolist(), (likes // 50).tolist(), strict=True),
        "note_id", "shown", "refused",
    )
    writer.write(
        "feed_owed",
        ((note, _us(now - timedelta(hours=1)), 1, 0, CARDS, 100.0, 0)
         for note in found[-FIRST_NOTES:].tolist()),
        "note_id", "posted_at", "eligible", "answered", "cards", "least_target", "got",
    )
    return found


def _circles(
    writer: _Writer, readers: Sequence[int], people: Ints, now: datetime,
    chance: np.random.Generator,
) -> None:
    at = _us(now - timedelta(days=3))
    for table, columns, count in (
        ("follows", ("follower_id", "followed_id"), FOLLOWED),
        ("blocks", ("blocker_id", "blocked_id"), HIDDEN),
        ("mutes", ("muter_id", "muted_id"), HIDDEN),
    ):
        writer.write(
            table,
            [(one, int(other), at) for one in readers
             for other in chance.choice(people, count) if other != one],
            *columns, "at",
        )


def _tastes(
    writer: _Writer, readers: Sequence[int], notes: Ints, now: datetime,
    chance: np.random.Generator,
) -> None:
    """What each reader picked, likes, and wants less of."""
    picks = [one.value for one in Interest]
    towns = sorted(placing.known())[:TOWNS]
    writer.write(
        "interests",
        [(one, str(pick)) for one in readers for pick in chance.choice(picks, 4, replace=False)],
        "person_id", "interest",
    )
    writer.write(
        "places",
        [(one, str(town), str(town)) for one in readers for town in chance.choice(towns, 2)],
        "person_id", "place", "written",
    )
    at = _us(now - timedelta(days=1))
    writer.write(
        "likes",
        [(one, note, at) for one in readers for note in chance.choice(notes, LIKED).tolist()],
        "person_id", "note_id", "at",
    )
    writer.write(
        "less_like_this",
        [(one, note, 0, "", at) for one in readers
         for note in chance.choice(notes, REFUSED).tolist()],
        "reader_id", "note_id", "author_id", "topic", "at",
    )


def _log(
    writer: _Writer, readers: Sequence[int], notes: Ints, now: datetime,
    chance: np.random.Generator,
) -> None:
    """Each reader's week: `PAGES_LOGGED` pages of the newer half of the notes."""
    numbers = itertools.count(1)
    terms = [0.5] * len(scoring.TERMS)
    newer = notes[len(notes) // 2 :]
    writer.write(
        "feed_pages",
        (
            (next(numbers), one, _us(now - timedelta(hours=4 * page + 1)),
             json.dumps([
                 [note, 2, None, terms] for note in chance.choice(newer, SLOTS).tolist()
             ]), SLOTS)
            for one in readers for page in range(PAGES_LOGGED)
        ),
        "id", "reader_id", "at", "slots", "slots_count",
    )


async def learn(database: Database, store: Store, made: Community, *, folder: Path) -> None:
    """Put a version in force that knows everybody and all notes but the last day's."""
    chance = np.random.default_rng(2)

    def vectors(count: int) -> Floats:
        return (0.15 * chance.normal(size=(count, co_liking.FACTORS))).astype(np.float16)

    known, heads = made.notes[: -(len(made.notes) // DAYS)], scoring.guessed()
    model = learning.Model(
        people=made.people, people_vectors=vectors(len(made.people)), notes=known,
        notes_vectors=vectors(len(known)), slopes=heads.slopes, bases=heads.bases,
        multiplier=np.clip(chance.normal(1, 0.1, len(known)), 0.8, 1.3).astype(np.float32),
        made_s=np.zeros(1),
    )
    file = folder / learning.MODEL
    learning.write(file, model)
    await store.put_file(file, "feed/1.npz")
    async with database.tx() as tx:
        await versions.keep(tx, Learned(
            number=1, night="2025-01-01", made_at=ids.made_at(int(known[-1])), file="feed/1.npz",
            size_bytes=file.stat().st_size, state=ModelState.KEPT,
            chosen_at=ids.made_at(int(known[-1])),
            figures=Figures(
                likes=1, people=1, notes=1, held_out=0, recall=None, recall_before=None,
                recall_popular=None, impressions=0, random_impressions=0, ratings=0, seconds=0.0,
            ),
        ))
