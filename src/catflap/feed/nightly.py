"""What the feed does by itself: it paces the floor, learns at night, forgets what it showed.

The night's arithmetic runs in a process of its own that ends (`learning`), so that its memory is
given back and nobody waits for it; here its input is gathered and its answer kept.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
import sqlalchemy as sa

from catflap.feed import owing, showing, topics, versions, wishes
from catflap.feed.model import Figures, Learned, ModelState, ShownPage
from catflap.feed.owing import ReportedAmong
from catflap.feed.tables import entries, refusals
from catflap.ground import clock, ids, jobs
from catflap.ground.database import Database, Reads
from catflap.ground.jobs import Job
from catflap.ground.statements import Statement
from catflap.media.store import Store
from catflap.notes import liking
from catflap.notes import queries as notes
from catflap.notes.liking import Like
from catflap.people import queries as people
from catflap.people.model import PersonId

if TYPE_CHECKING:
    from catflap.feed.learning import Told

PACE = "feed.pace"
PACE_SOON_S = 10.0
FORGET_LEFT = "feed.forget_left"
FORGET_LEFT_S = 600.0
"""Files are written anew whole, once for all who leave within so long."""
LEARNED_FROM = timedelta(days=90)
LEAST_LIKES = 20
"""Fewer say nothing of anybody's taste."""
WORSE_RATIO = 0.02
"""A version that finds so much less of the likes held out than the one before is set aside."""
PASSED_WEIGHT, PASSED_EACH = 0.2, 4
"""Of slots that nothing followed each fourth is a faint "no". Assumptions."""
RANDOM_WEIGHT_MOST = 10.0
"""One over the propensity of a random slot, cut here: among many notes a few such slots would
outweigh all others, and what is learned would be chance."""
READ_AT_ONCE = 2000
FOLDER = "feed"

_i64 = sa.BigInteger


class _About(msgspec.Struct, frozen=True, kw_only=True):
    note_id: int
    author_id: int
    topic: str


class _Refused(msgspec.Struct, frozen=True, kw_only=True):
    reader_id: int
    note_id: int


_ABOUT = Statement(
    sa.select(entries.c.note_id, entries.c.author_id, entries.c.topic)
    .where(entries.c.note_id > sa.bindparam("after", type_=_i64))
    .order_by(entries.c.note_id)
    .limit(READ_AT_ONCE),
    _About,
)
_REFUSED = Statement(
    sa.select(refusals.c.reader_id, refusals.c.note_id)
    .where(
        sa.tuple_(refusals.c.reader_id, refusals.c.note_id)
        > sa.tuple_(sa.bindparam("reader", type_=_i64), sa.bindparam("note", type_=_i64))
    )
    .order_by(refusals.c.reader_id, refusals.c.note_id)
    .limit(READ_AT_ONCE),
    _Refused,
)


class Pace(msgspec.Struct, frozen=True):
    """The floor's turn."""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of `NotePosted`."""

    note: int
    author: int


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of `PersonLeft`."""

    person: int


class ForgetLeft(msgspec.Struct, frozen=True):
    """Vectors of people who left."""


class Learn(msgspec.Struct, frozen=True):
    """The night's turn."""


class ForgetShown(msgspec.Struct, frozen=True):
    """What was shown to whom long ago."""


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def store(self) -> Store:
        """The files."""

    @property
    def reported_among(self) -> ReportedAmong:
        """About whom a case is open."""


async def pace(context: Context, payload: Pace) -> None:
    """Deal the floor's cards anew; a second run deals the same."""
    del payload
    async with context.database.tx() as tx:
        await owing.pace(tx, reported_among=context.reported_among)


async def pace_soon(context: Context, payload: Posted) -> None:
    """Have the floor paced once a note that may be its author's first is known as such."""
    async with context.database.tx() as tx:
        author = (await people.by_ids(tx, [payload.author])).get(payload.author)
        if author is not None and author.notes_count <= 1:
            await jobs.enqueue(tx, PACE, Pace(), key=PACE, delay_s=PACE_SOON_S)


async def forget_shown(context: Context, payload: ForgetShown) -> None:
    """Forget what was shown to whom; a second run finds nothing."""
    del payload
    async with context.database.tx() as tx:
        await showing.forget_old(tx)


async def left(context: Context, fact: Left) -> None:
    """Have the vectors of somebody who left forgotten, with those of others who leave by then."""
    del fact
    async with context.database.tx() as tx:
        await jobs.enqueue(
            tx, FORGET_LEFT, ForgetLeft(), key=FORGET_LEFT, delay_s=FORGET_LEFT_S
        )


async def forget_left(context: Context, payload: ForgetLeft) -> None:
    """Forget the taste of those who left, in every version; a second run finds nobody gone."""
    from catflap.feed import learning

    del payload
    async with context.database.reads() as reads:
        kept = await versions.every(reads)
    with tempfile.TemporaryDirectory(prefix="catflap-forgetting-") as name:
        for one in kept:
            file = Path(name) / f"{one.number}.npz"
            if await context.store.size(one.file) is None:
                continue
            await context.store.fetch(one.file, file)
            gone = await _gone(context.database, learning.people_in(file).tolist())
            if not gone:
                continue
            await asyncio.to_thread(learning.forget, file, gone)
            await context.store.put_file(file, one.file)
            async with context.database.tx() as tx:
                stands = await versions.resize(tx, one.number, size_bytes=file.stat().st_size)
            if not stands:
                await context.store.delete(one.file)


async def _gone(database: Database, person_ids: Sequence[int]) -> list[int]:
    """Who of these people is here no more, not even with a way back."""
    found: list[int] = []
    for at in range(0, len(person_ids), READ_AT_ONCE):
        some = person_ids[at : at + READ_AT_ONCE]
        async with database.reads() as reads:
            known = await people.by_ids(reads, some)
        found += [one for one in some if one not in known]
        await asyncio.sleep(0)
    return found


async def learn(context: Context, payload: Learn) -> None:
    """Learn a night, judge it, and put it in force where it is no worse; once a day (UTC)."""
    del payload
    now = clock.now()
    night = now.date().isoformat()
    async with context.database.reads() as reads:
        if await versions.of_night(reads, night) is not None:
            return
        before = await versions.in_force(reads)
        last = max((one.number for one in await versions.every(reads)), default=0)
        told = await _told(reads)
    if told is None:
        return
    with tempfile.TemporaryDirectory(prefix="catflap-learning-") as name:
        folder = Path(name)
        figures = await _learned(context.store, folder, told, before)
        number = last + 1
        # Who else learns this night at once writes another file, and only one keeps its row.
        file = f"{FOLDER}/{number}-{ids.new(shard=0)}.npz"
        from catflap.feed import learning

        size = (folder / learning.MODEL).stat().st_size
        await context.store.put_file(folder / learning.MODEL, file)
    is_worse = (
        figures.recall is not None and figures.recall_before is not None
        and figures.recall < figures.recall_before - WORSE_RATIO
    )
    made = Learned(
        number=number, night=night, made_at=now, file=file, size_bytes=size, figures=figures,
        state=ModelState.SET_ASIDE if is_worse else ModelState.KEPT,
        chosen_at=None if is_worse else now,
    )
    async with context.database.tx() as tx:
        is_kept = await versions.keep(tx, made)
        old = await versions.forget_old(tx)
    for gone in [*old, *([] if is_kept else [file])]:
        await context.store.delete(gone)


async def _learned(
    store: Store, folder: Path, told: Told, before: Learned | None
) -> Figures:
    """What the child made of it, in ``folder``."""
    from catflap.feed import learning

    learning.write(folder / learning.TOLD, told)
    if before is not None and await store.size(before.file) is not None:
        await store.fetch(before.file, folder / learning.BEFORE)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "catflap.feed.learning", str(folder),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    try:
        status = await child.wait()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if status != 0:
        raise RuntimeError(f"learning ended with {status}")
    return msgspec.json.decode((folder / learning.FIGURES).read_bytes(), type=Figures)


async def _told(reads: Reads) -> Told | None:
    """What a night is told, None where there is too little of it."""
    import numpy as np

    from catflap.feed import scoring
    from catflap.feed.learning import Told, places_of

    above = ids.first_at(clock.now() - LEARNED_FROM)
    about = await _every_about(reads, above)
    liked = await _every_like(reads, above, among={row.note_id for row in about})
    if len(liked) < LEAST_LIKES:
        return None
    shown = await _every_page(reads)
    refused = await _every_refusal(reads)
    pairs = {(like.person_id, like.note_id) for like in liked}
    passed = [
        (page.reader_id, slot.note) for page in shown for slot in page.slots[::PASSED_EACH]
        if (page.reader_id, slot.note) not in pairs
    ]
    cold = [(row.reader_id, row.note_id) for row in refused] + passed
    note_ids = np.array([row.note_id for row in about], dtype=np.int64)
    cold_note = places_of(note_ids, np.array([note for _, note in cold], dtype=np.int64))
    person_ids = np.unique(np.array(
        [like.person_id for like in liked] + [person for person, _ in cold], dtype=np.int64
    ))
    cold_person = places_of(person_ids, np.array([one for one, _ in cold], dtype=np.int64))
    weights = np.repeat([1.0, PASSED_WEIGHT], [len(refused), len(passed)])
    stands = cold_note >= 0
    terms, outcomes, weight = await _outcomes(reads, shown)
    return Told(
        people=person_ids, notes=note_ids,
        group=np.array(await _groups(reads, person_ids.tolist()), dtype=np.int64),
        topic=np.array([topics.PLACE.get(row.topic, 0) for row in about]),
        like_person=places_of(person_ids, np.array([like.person_id for like in liked])),
        like_note=places_of(note_ids, np.array([like.note_id for like in liked])),
        like_s=np.array([like.at.timestamp() for like in liked]),
        cold_person=cold_person[stands], cold_note=cold_note[stands],
        cold_weight=weights[stands],
        # Where nobody was shown anything, there are no rows to count columns by.
        terms=np.array(terms, dtype=float).reshape(-1, len(scoring.TERMS)),
        outcomes=np.array(outcomes, dtype=float).reshape(-1, len(scoring.HEADS)),
        weight=np.array(weight, dtype=float),
    )


async def _every_about(reads: Reads, above: int) -> list[_About]:
    found: list[_About] = []
    while some := await reads.all(_ABOUT, after=found[-1].note_id if found else above):
        found += some
        await asyncio.sleep(0)
    return found


async def _every_like(reads: Reads, above: int, *, among: set[int]) -> list[Like]:
    found: list[Like] = []
    last: Like | None = None
    while some := await liking.every(reads, above=above, after=last):
        last = some[-1]
        found += [like for like in some if like.note_id in among]
        await asyncio.sleep(0)
    return found


async def _every_page(reads: Reads) -> list[ShownPage]:
    found: list[ShownPage] = []
    since = clock.now() - showing.KEPT
    while some := await showing.since(
        reads, found[-1].at if found else since, after=found[-1].id if found else 0
    ):
        found += some
        await asyncio.sleep(0)
    return found


async def _every_refusal(reads: Reads) -> list[_Refused]:
    found: list[_Refused] = []
    while some := await reads.all(
        _REFUSED, reader=found[-1].reader_id if found else 0,
        note=found[-1].note_id if found else 0,
    ):
        found += some
        await asyncio.sleep(0)
    return found


async def _groups(reads: Reads, person_ids: Sequence[int]) -> list[int]:
    """The group of each person by the language they read first."""
    numbers: dict[str, int] = {}
    found = []
    for at in range(0, len(person_ids), READ_AT_ONCE):
        some = person_ids[at : at + READ_AT_ONCE]
        known = await people.by_ids(reads, some)
        for one in some:
            lang = (known[one].reads or ("",))[0] if one in known else ""
            found.append(numbers.setdefault(lang.split("-")[0], len(numbers)))
        await asyncio.sleep(0)
    return found


async def _outcomes(
    reads: Reads, shown: Sequence[ShownPage]
) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]], list[float]]:
    """Terms, outcomes in the order of `scoring.HEADS`, and weights, one row a slot of the log.

    Nobody's reports are read here, as moderation stands above: that head stays as guessed. Four
    queries a reader.
    """
    by_reader: dict[int, list[ShownPage]] = {}
    for page in shown:
        by_reader.setdefault(page.reader_id, []).append(page)
    terms: list[tuple[float, ...]] = []
    outcomes: list[tuple[float, ...]] = []
    weights: list[float] = []
    for reader, some in by_reader.items():
        who = PersonId(reader)
        slots = [slot for page in some for slot in page.slots]
        asked = sorted({slot.note for slot in slots})
        liked = await notes.liked_among(reads, who, asked)
        collected = await notes.collected_among(reads, who, asked)
        commented = await liking.commented_among(reads, who, asked)
        hidden = await _refused_among(reads, who)
        for slot in slots:
            if not slot.terms:
                continue
            note = slot.note
            terms.append(slot.terms)
            outcomes.append((
                float(note in liked), float(note in commented), float(note in collected), 0.0,
                float(note in hidden), 0.0,
            ))
            chance = slot.propensity
            weights.append(1.0 if chance is None else min(RANDOM_WEIGHT_MOST, 1 / chance))
        await asyncio.sleep(0)
    return terms, outcomes, weights


async def _refused_among(reads: Reads, reader: PersonId) -> set[int]:
    return {row.note_id for row in await wishes.refused_by(reads, reader)}


JOBS = (
    Job(PACE, Pace, pace, every=timedelta(minutes=10)),
    Job("feed.pace_soon", Posted, pace_soon),
    Job("feed.learn", Learn, learn, every=timedelta(hours=6), attempts=3),
    Job("feed.left", Left, left),
    Job(FORGET_LEFT, ForgetLeft, forget_left, attempts=5),
    Job("feed.forget_shown", ForgetShown, forget_shown, every=timedelta(hours=1)),
)
SUBSCRIPTIONS = {"NotePosted": "feed.pace_soon", "PersonLeft": "feed.left"}
