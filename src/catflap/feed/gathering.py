"""What a night is told: likes, refusals and slots of the log, each with what came of it.

Likes, comments, collections and refusals are of a note, however long after it was shown. A follow
and a report are of a person, so they are told of the one impression that led there: the last of
that author's notes which the reader saw within some days before. Each counts once, so nobody
weighs more by doing it to somebody whom they see often.

Who did what stays here, in memory: the child process is given rows without a reader, in an order
that chance makes, so nothing in its files says who reported anybody. Reports are told of only where
`REPORTERS_LEAST` people made any, as one hostile reader's taps are their own matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from catflap.feed import scoring, showing, topics, wishes
from catflap.feed.learning import Told, places_of
from catflap.feed.model import Complaint, ShownPage, ShownSlot
from catflap.feed.tables import entries, refusals
from catflap.ground import clock, ids
from catflap.ground.database import Reads
from catflap.ground.statements import Statement
from catflap.notes import liking
from catflap.notes import queries as notes
from catflap.notes.liking import Like
from catflap.people import queries as people
from catflap.people.model import PersonId

Complaints = Callable[[Reads, Collection[int], datetime], Awaitable[Sequence[Complaint]]]
"""What some people reported since an instant; moderation stands above the feed."""

LEARNED_FROM = timedelta(days=90)
LEAST_LIKES = 20
"""Fewer say nothing of anybody's taste."""
PASSED_WEIGHT, PASSED_EACH = 0.2, 4
"""Of slots that nothing followed each fourth is a faint "no". Assumptions."""
RANDOM_WEIGHT_MOST = 10.0
"""One over the propensity of a random slot, cut here: among many notes a few such slots would
outweigh all others, and what is learned would be chance."""
LED_WITHIN = timedelta(days=3)
"""For so long after an impression a follow or a report is taken to come of it. An assumption."""
REPORTERS_LEAST = 3
READ_AT_ONCE = 2000

_i64 = sa.BigInteger


class _About(msgspec.Struct, frozen=True, kw_only=True):
    note_id: int
    author_id: int
    topic: str


class _Refused(msgspec.Struct, frozen=True, kw_only=True):
    reader_id: int
    note_id: int


class _Impression(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    slot: ShownSlot
    author: int


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


async def told(reads: Reads, *, complaints: Complaints) -> Told | None:
    """What a night is told, None where there is too little of it."""
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
    log = await _log(
        reads, shown, authors={row.note_id: row.author_id for row in about},
        complaints=complaints,
    )
    return Told(
        people=person_ids, notes=note_ids,
        group=np.array(await _groups(reads, person_ids.tolist()), dtype=np.int64),
        topic=np.array([topics.PLACE.get(row.topic, 0) for row in about]),
        like_person=places_of(person_ids, np.array([like.person_id for like in liked])),
        like_note=places_of(note_ids, np.array([like.note_id for like in liked])),
        like_s=np.array([like.at.timestamp() for like in liked]),
        cold_person=cold_person[stands], cold_note=cold_note[stands],
        cold_weight=weights[stands],
        **log,
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


async def _log(
    reads: Reads, shown: Sequence[ShownPage], *, authors: Mapping[int, int],
    complaints: Complaints,
) -> dict[str, NDArray[Any]]:
    """The fields of `Told` that have a row a slot, and of which heads anything is told.

    Five queries a reader. Slots without terms stood in the warm list, which nothing learned chose.
    """
    by_reader: dict[int, list[_Impression]] = {}
    for page in shown:
        by_reader.setdefault(page.reader_id, []).extend(
            _Impression(at=page.at, slot=slot, author=authors.get(slot.note, 0))
            for slot in page.slots if slot.terms
        )
    since = clock.now() - showing.KEPT
    reported = await _reported(reads, list(by_reader), since=since, complaints=complaints)
    rows: list[tuple[_Impression, tuple[float, ...]]] = []
    reporters = 0
    for reader, some in by_reader.items():
        led = _reports_led(some, reported.get(reader, ()))
        reporters += bool(led)
        outcomes = await _outcomes(reads, PersonId(reader), some, led=led, since=since)
        rows += zip(some, outcomes, strict=True)
        await asyncio.sleep(0)
    return _columns(rows, reporters=reporters)


def _columns(
    rows: Sequence[tuple[_Impression, tuple[float, ...]]], *, reporters: int
) -> dict[str, NDArray[Any]]:
    # Where nobody was shown anything, there are no rows to count columns by.
    order = np.random.default_rng().permutation(len(rows))
    mixed = [rows[at] for at in order]
    outcomes = np.array([came for _, came in mixed], dtype=float).reshape(-1, len(scoring.HEADS))
    propensity = np.array(
        [np.nan if one.slot.propensity is None else one.slot.propensity for one, _ in mixed]
    )
    is_told = np.ones(len(scoring.HEADS), dtype=bool)
    is_told[scoring.HEADS.index("follow")] = outcomes[:, scoring.HEADS.index("follow")].any()
    is_told[scoring.HEADS.index("report")] = reporters >= REPORTERS_LEAST
    if reporters < REPORTERS_LEAST:
        outcomes[:, scoring.HEADS.index("report")] = 0.0
    return {
        "terms": np.array(
            [one.slot.terms for one, _ in mixed], dtype=float
        ).reshape(-1, len(scoring.TERMS)),
        "outcomes": outcomes, "is_told": is_told, "propensity": propensity,
        # To the hour: the slots of one page would else be known by their instant.
        "shown_s": np.array([one.at.timestamp() // 3600 * 3600 for one, _ in mixed], dtype=float),
        "weight": np.where(
            np.isnan(propensity), 1.0, np.minimum(RANDOM_WEIGHT_MOST, 1 / propensity)
        ),
    }


async def _outcomes(
    reads: Reads, reader: PersonId, some: Sequence[_Impression], *, led: Collection[int],
    since: datetime,
) -> list[tuple[float, ...]]:
    """What came of each impression of one reader, in the order of `scoring.HEADS`."""
    asked = sorted({one.slot.note for one in some})
    liked = await notes.liked_among(reads, reader, asked)
    collected = await notes.collected_among(reads, reader, asked)
    commented = await liking.commented_among(reads, reader, asked)
    hidden = {row.note_id for row in await wishes.refused_by(reads, reader)}
    followed = await people.followed_since(reads, reader, since=since)
    of_author: dict[int, list[int]] = {}
    for n, one in enumerate(some):
        of_author.setdefault(one.author, []).append(n)
    led_to_follow = {_led(some, at, of_author.get(author, ())) for author, at in followed.items()}
    return [
        tuple(float(came) for came in (
            one.slot.note in liked, one.slot.note in commented, one.slot.note in collected,
            n in led_to_follow, one.slot.note in hidden, n in led,
        ))
        for n, one in enumerate(some)
    ]


async def _reported(
    reads: Reads, readers: Sequence[int], *, since: datetime, complaints: Complaints
) -> dict[int, list[Complaint]]:
    found: dict[int, list[Complaint]] = {}
    for at in range(0, len(readers), READ_AT_ONCE):
        for one in await complaints(reads, readers[at : at + READ_AT_ONCE], since):
            found.setdefault(one.by_id, []).append(one)
        await asyncio.sleep(0)
    return found


def _reports_led(some: Sequence[_Impression], made: Sequence[Complaint]) -> set[int]:
    """Which impressions led to reports: of the notes they name, else of their author's last."""
    found: dict[tuple[int, int], int | None] = {}
    for one in made:
        named = {
            note: [n for n, seen in enumerate(some) if seen.slot.note == note]
            for note in one.note_ids
        }
        which = {note: at for note, at in named.items() if at} or {
            0: [n for n, seen in enumerate(some) if seen.author == one.about_id]
        }
        for note, at in which.items():
            # The same again is the same word.
            found.setdefault((one.about_id, note), _led(some, one.at, at))
    return {at for at in found.values() if at is not None}


def _led(some: Sequence[_Impression], at: datetime, among: Sequence[int]) -> int | None:
    """The last of these impressions that may have led to what happened ``at`` an instant."""
    close = [n for n in among if some[n].at <= at <= some[n].at + LED_WITHIN]
    return max(close, key=lambda n: some[n].at, default=None)
