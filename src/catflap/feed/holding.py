"""The live notes of this process, in arrays, changed by events and not asked of the database.

Each note has a row; rows of notes that left are passed over and reused when all is read anew. What
the last night learned is laid beside them: a vector and a multiplier a note, zeros and one where
it knew nothing. Notes that came since get a vector from who likes them (`fold_in`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec
import numpy as np
import sqlalchemy as sa

from catflap.feed import co_liking, scoring, topics
from catflap.feed.arrays import NONE, Floats, Ints
from catflap.feed.learning import Model, places_of
from catflap.feed.sourcing import Live
from catflap.feed.tables import entries, tallies
from catflap.ground import clock, ids
from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.notes import placing
from catflap.notes.placing import LEVELS_MAX
from catflap.people import queries as people
from catflap.people.model import NEWCOMER_FOR

LIVE_FOR = timedelta(days=30)
"""Older notes are left to the warm list: at a half-life of a day nothing is left of them."""
LIVE_MAX = 200_000
READ_AT_ONCE = 1000
ANCHORS = 4096
"""Newest notes with a vector beside which a reader's own likes are weighed: of all it would take
12 ms a page to look for them among 200,000, so they are found when vectors change."""
RECENT_MAX = 50_000
"""Likes since the last night that are held to fold new notes in; of more, the last."""

_i64 = sa.BigInteger


class _Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    # 200,000 are read at once, and none can be part of a circle: nobody looks for garbage in them.
    note_id: int
    author_id: int
    lang: str
    topic: str
    political: bool
    places: tuple[str, ...] | None
    likes: int
    comments: int
    shown: int
    refused: int


_COLUMNS = sa.select(
    entries.c.note_id, entries.c.author_id, entries.c.lang, entries.c.topic, entries.c.political,
    entries.c.places, entries.c.likes, entries.c.comments,
    sa.func.coalesce(tallies.c.shown, 0).label("shown"),
    sa.func.coalesce(tallies.c.refused, 0).label("refused"),
).select_from(entries.outerjoin(tallies, tallies.c.note_id == entries.c.note_id))
_BEFORE = Statement(
    _COLUMNS.where(
        entries.c.note_id < sa.bindparam("before", type_=_i64),
        entries.c.note_id > sa.bindparam("above", type_=_i64),
    )
    .order_by(entries.c.note_id.desc())
    .limit(READ_AT_ONCE),
    _Row,
)
_THESE = Statement(_COLUMNS.where(among(entries.c.note_id, "ids")), _Row)
_NUMBERS = ("number", "author", "topic", "language", "likes", "comments", "shown", "refused")


class Numbering:
    """Numbers for things that have none: people by id, languages by code, places by key."""

    def __init__(self, *first: int | str) -> None:
        self._place: dict[int | str, int] = {one: at for at, one in enumerate(first)}

    def place(self, one: int | str) -> int:
        """The place of one, a new one where it has none."""
        return self._place.setdefault(one, len(self._place))

    def __len__(self) -> int:
        return len(self._place)

    def __iter__(self) -> Iterator[str]:
        return (str(one) for one in self._place)


class Holding:
    """What is known of the live notes."""

    def __init__(self) -> None:
        self.people = Numbering()
        self.languages = Numbering("")
        self.places = Numbering()
        self._row: dict[int, int] = {}
        self._count = 0
        self._ints = {name: np.zeros(0, dtype=np.int64) for name in _NUMBERS}
        self._made_h: Floats = np.zeros(0)
        self._places: Ints = np.zeros((0, LEVELS_MAX), dtype=np.int64)
        self._flags = {name: np.zeros(0, dtype=bool) for name in ("alive", "newcomer", "political")}
        self._model: Model | None = None
        self._vectors: Floats = np.zeros((0, 1), dtype=np.float32)
        self._anchors: Ints = np.zeros(0, dtype=np.int64)
        self._multiplier: Floats = np.zeros(0)
        self._recent: list[tuple[int, int]] = []
        self._is_new = False

    def __len__(self) -> int:
        return len(self._row)

    async def load(self, reads: Reads) -> None:
        """Fill an empty one with every live note. A query for each `READ_AT_ONCE`, and one more."""
        above, before = ids.first_at(clock.now() - LIVE_FOR), 2**63 - 1
        found: list[_Row] = []
        while len(found) < LIVE_MAX and (
            some := await reads.all(_BEFORE, before=before, above=above)
        ):
            found += some
            before = some[-1].note_id
        await self._put(reads, found[::-1])

    async def refresh(self, reads: Reads, notes: Sequence[int]) -> None:
        """Read some notes anew; those that are no longer there leave. Two queries."""
        rows = await reads.all(_THESE, ids=sorted(set(notes)))
        for gone in set(notes) - {row.note_id for row in rows}:
            self.remove(gone)
        await self._put(reads, rows)

    async def _put(self, reads: Reads, rows: Sequence[_Row]) -> None:
        # To the hour: the same parameter keeps the same answer for a while.
        since = clock.now().replace(minute=0, second=0, microsecond=0) - NEWCOMER_FOR
        authors = [row.author_id for row in rows]
        new_here = await people.newcomers_among(reads, authors, since=since) if rows else set()
        self._grow(len(rows))
        for row in rows:
            at = self._row.get(row.note_id)
            if at is None:
                at = self._row[row.note_id] = self._count
                self._count += 1
            values = (
                row.note_id, self.people.place(row.author_id), topics.PLACE.get(row.topic, 0),
                self.languages.place(row.lang), row.likes, row.comments, row.shown, row.refused,
            )
            for name, value in zip(_NUMBERS, values, strict=True):
                self._ints[name][at] = value
            here = [len(topics.TOPICS) + self.places.place(key) for key in row.places or ()]
            self._places[at] = [*here, *[NONE] * LEVELS_MAX][:LEVELS_MAX]
            self._made_h[at] = ids.made_at(row.note_id).timestamp() / 3600
            self._flags["alive"][at] = True
            self._flags["newcomer"][at] = row.author_id in new_here
            self._flags["political"][at] = row.political

    def _grow(self, more: int) -> None:
        size = len(self._made_h)
        if self._count + more <= size:
            return
        wider = max(1024, 2 * (self._count + more)) - size
        for name, held in self._ints.items():
            self._ints[name] = np.concatenate([held, np.zeros(wider, dtype=np.int64)])
        for name, flags in self._flags.items():
            self._flags[name] = np.concatenate([flags, np.zeros(wider, dtype=bool)])
        self._made_h = np.concatenate([self._made_h, np.zeros(wider)])
        nowhere = np.full((wider, LEVELS_MAX), NONE)
        self._places = np.concatenate([self._places, nowhere])
        self._multiplier = np.concatenate([self._multiplier, np.ones(wider)])
        blank = np.zeros((wider, self._vectors.shape[1]), dtype=np.float32)
        self._vectors = np.concatenate([self._vectors, blank])

    def remove(self, note: int) -> None:
        """A note is gone, or no longer for everybody."""
        at = self._row.pop(note, None)
        if at is not None:
            self._flags["alive"][at] = False

    def liked(self, note: int, *, by: int, likes: int) -> None:
        """Somebody likes a note, and so many do now; ``by`` 0 where somebody took it back."""
        at = self._row.get(note)
        if at is None:
            return
        self._ints["likes"][at] = likes
        if by:
            self._recent.append((by, note))
            self._is_new = True
            del self._recent[:-RECENT_MAX]

    def commented(self, note: int) -> None:
        """A comment stands under a note."""
        self._add("comments", note)

    def shown(self, note: int) -> None:
        """A note was shown."""
        self._add("shown", note)

    def _add(self, name: str, note: int) -> None:
        at = self._row.get(note)
        if at is not None:
            self._ints[name][at] += 1

    def refused(self, note: int, times: int) -> None:
        """So many wanted less of a note."""
        at = self._row.get(note)
        if at is not None:
            self._ints["refused"][at] = times

    def about(self, note: int) -> tuple[int, int] | None:
        """A note's topic and its author's place, None where it is not held."""
        at = self._row.get(note)
        if at is None:
            return None
        return int(self._ints["topic"][at]), int(self._ints["author"][at])

    def take_in(self, model: Model | None) -> None:
        """Lay what was learned beside the notes; None for nothing."""
        self._model = model
        size = len(self._made_h)
        width = model.people_vectors.shape[1] if model is not None else 1
        self._vectors = np.zeros((size, width), dtype=np.float32)
        self._multiplier = np.ones(size)
        self._anchors = np.zeros(0, dtype=np.int64)
        self._is_new = bool(self._recent)
        if model is None:
            return
        at = places_of(model.notes, self._ints["number"][: self._count])
        known = np.flatnonzero(at != NONE)
        self._vectors[known] = model.notes_vectors[at[known]]
        self._multiplier[known] = model.multiplier[at[known]]
        self._anchor()

    def _anchor(self) -> None:
        self._anchors = np.flatnonzero(self._vectors[: self._count].any(axis=1))[-ANCHORS:]

    def fold_in(self) -> None:
        """Vectors for notes that the last night did not know, from who likes them since."""
        if self._model is None or not self._is_new:
            return
        self._is_new = False
        wanted = [(who, self._row[note]) for who, note in self._recent if note in self._row]
        if not wanted:
            return
        who = places_of(self._model.people, np.array([one for one, _ in wanted]))
        rows = np.array([at for _, at in wanted])
        known = places_of(self._model.notes, self._ints["number"][rows]) != NONE
        use = (who != NONE) & ~known
        if not use.any():
            return
        fresh, owner = np.unique(rows[use], return_inverse=True)
        self._vectors[fresh] = co_liking.folded_in(
            self._model.people_vectors.astype(np.float32), who[use], owner, count=len(fresh)
        )
        self._anchor()

    def vector_of(self, person: int, liked: Sequence[int]) -> Floats:
        """A reader's vector: from what they like now, else from the last night, else nothing."""
        rows = np.array([self._row[note] for note in liked if note in self._row], dtype=np.int64)
        if len(rows):
            rows = rows[np.abs(self._vectors[rows]).sum(axis=1) > 0]
        if len(rows):
            some = np.union1d(rows, self._anchors)
            return co_liking.folded_in(
                self._vectors[some], np.searchsorted(some, rows),
                np.zeros(len(rows), dtype=np.int64), count=1,
            )
        found = np.zeros((1, self._vectors.shape[1]), dtype=np.float32)
        if self._model is not None:
            at = int(places_of(self._model.people, np.array([person]))[0])
            if at != NONE:
                found[0] = self._model.people_vectors[at]
        return found

    def live(self) -> Live:
        """The live notes as they are now, in the order of their ids."""
        at = self._alive()
        ints = {name: self._ints[name][at] for name in _NUMBERS}
        shown = ints["shown"].astype(float)
        whole = max(1.0, float(shown.sum()))

        def share(times: Ints, *, at_least: float) -> Floats:
            # Likes of before anything was counted would be more than what was shown.
            heard = np.maximum(shown, times)
            return scoring.smoothed_share(
                times.astype(float), heard, usual=max(at_least, float(times.sum()) / whole)
            )

        return Live(
            number=ints["number"], author=ints["author"], topic=ints["topic"],
            language=ints["language"], made_h=self._made_h[at], likes=ints["likes"],
            liked_share=share(ints["likes"], at_least=0.01),
            answered_share=share(ints["comments"], at_least=0.002),
            refused_share=share(ints["refused"], at_least=0.001),
            shown=ints["shown"], by_newcomer=self._flags["newcomer"][at],
            political=self._flags["political"][at],
            multiplier=self._multiplier[at], vectors=self._vectors[at],
        )

    def live_places(self) -> Ints:
        """What the live notes are from, as topics behind all others; rows end in NONE."""
        return self._places[self._alive()]

    def _alive(self) -> Ints:
        at = np.flatnonzero(self._flags["alive"][: self._count])
        return at[np.argsort(self._ints["number"][at], kind="stable")]

    def named_places(self, count: int) -> list[str]:
        """Well-known places that most people's live notes are from, the most named first."""
        alive = np.flatnonzero(self._flags["alive"][: self._count])
        known = np.array([key in placing.known() for key in self.places], dtype=bool)
        if not len(alive) or not known.any():
            return []
        at = self._places[alive] - len(topics.TOPICS)
        is_known = (at >= 0) & known[np.maximum(at, 0)]
        first = is_known.argmax(axis=1)
        place = np.take_along_axis(at, first[:, None], axis=1)[:, 0]
        named = is_known.any(axis=1)
        # By people: one who always writes from one place does not make it a place of many.
        pairs = np.unique(
            np.stack([place[named], self._ints["author"][alive][named]], axis=1), axis=0
        )
        times = np.bincount(pairs[:, 0], minlength=len(known))
        best = np.argsort(-times, kind="stable")[:count]
        keys = list(self.places)
        return [keys[one] for one in best if times[one]]
