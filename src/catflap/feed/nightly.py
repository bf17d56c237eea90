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

from catflap.feed import owing, showing, versions
from catflap.feed.model import Figures, Learned, ModelState
from catflap.feed.owing import ReportedAmong
from catflap.ground import clock, ids, jobs
from catflap.ground.database import Database
from catflap.ground.jobs import Job
from catflap.media.store import Store
from catflap.people import queries as people

if TYPE_CHECKING:
    from catflap.feed.gathering import Complaints
    from catflap.feed.learning import Told

PACE = "feed.pace"
PACE_SOON_S = 10.0
FORGET_LEFT = "feed.forget_left"
FORGET_LEFT_S = 600.0
"""Files are written anew whole, once for all who leave within so long."""
WORSE_RATIO = 0.02
"""A version that finds so much less of the likes held out than the one before is set aside."""
WORSE_LOSS_RATIO, WORSE_ERRORS = 0.02, 2.0
"""So is one whose heads foresee so much worse than those before them what came of random slots held
out, by so many standard errors, because of a few hundred slots chance alone would be worse."""
READ_AT_ONCE = 2000
FOLDER = "feed"


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
        """Against whom something stands."""

    @property
    def complaints(self) -> Complaints:
        """What some people reported lately."""


async def pace(context: Context, payload: Pace) -> None:
    """Deal the floor's cards anew; a second run deals the same."""
    del payload
    async with context.database.tx() as tx:
        await owing.pace(tx, reported_among=context.reported_among)


async def pace_soon(context: Context, payloads: Sequence[Posted]) -> None:
    """Have the floor paced once a note that may be its author's first is known as such."""
    async with context.database.reads() as reads:
        authors = await people.by_ids(reads, [payload.author for payload in payloads])
    if any(author.notes_count <= 1 for author in authors.values()):
        async with context.database.tx() as tx:
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
    from catflap.feed import gathering

    del payload
    now = clock.now()
    night = now.date().isoformat()
    async with context.database.reads() as reads:
        if await versions.of_night(reads, night) is not None:
            return
        before = await versions.in_force(reads)
        last = max((one.number for one in await versions.every(reads)), default=0)
        told = await gathering.told(reads, complaints=context.complaints)
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
    worse = is_worse(figures)
    made = Learned(
        number=number, night=night, made_at=now, file=file, size_bytes=size, figures=figures,
        state=ModelState.SET_ASIDE if worse else ModelState.KEPT,
        chosen_at=None if worse else now,
    )
    async with context.database.tx() as tx:
        is_kept = await versions.keep(tx, made)
        old = await versions.forget_old(tx)
    for gone in [*old, *([] if is_kept else [file])]:
        await context.store.delete(gone)


def is_worse(figures: Figures) -> bool:
    """Whether a night learned less than the one before: of taste, or of what comes of a slot."""
    finds_less = (
        figures.recall is not None and figures.recall_before is not None
        and figures.recall < figures.recall_before - WORSE_RATIO
    )
    heads = figures.heads
    if heads is None or heads.loss_before is None:
        return finds_less
    margin = max(WORSE_LOSS_RATIO * heads.loss_before, WORSE_ERRORS * heads.error)
    return finds_less or heads.loss > heads.loss_before + margin


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


JOBS = (
    Job(PACE, Pace, pace, every=timedelta(minutes=10)),
    Job("feed.pace_soon", Posted, pace_soon, batch=jobs.TOGETHER),
    Job("feed.learn", Learn, learn, every=timedelta(hours=6), attempts=3),
    Job("feed.left", Left, left),
    Job(FORGET_LEFT, ForgetLeft, forget_left, attempts=5),
    Job("feed.forget_shown", ForgetShown, forget_shown, every=timedelta(hours=1)),
)
SUBSCRIPTIONS = {"NotePosted": "feed.pace_soon", "PersonLeft": "feed.left"}
