"""What first notes are owed, kept: who draws from the floor, how many cards each has until when.

`flooring` has the arithmetic; here is what it is told and what becomes of its answer. A note draws
if it is its author's first, is no copy of somebody else's (`copying`), was refused by few, and
nothing stands against its author: no case that several reported or a moderator took on, no mail
address of a kind that is thrown away. What somebody was given stays given: who deletes their first
note and writes another is owed what is left, for what is left of the day.
Where somebody signed up from is read for the moment of pacing and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from catflap.access import queries as access
from catflap.arrivals import answering, valve
from catflap.arrivals.model import FirstNote
from catflap.feed import copying, showing
from catflap.feed.events import FloorPaced
from catflap.feed.model import FloorHour
from catflap.feed.tables import entries, given, owed, pacings, tallies
from catflap.ground import clock, events
from catflap.ground.addresses import network
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Instant, Statement, among, insert_unless_there

ReportedAmong = Callable[[Reads, Collection[int]], Awaitable[set[int]]]
"""Against which of some people something stands; moderation stands above the feed."""

DAY = timedelta(days=1)
TARGET = 100.0
"""`flooring.TARGET`, which would bring NumPy along."""
PACED_EVERY_H = 1 / 6
PERIOD_IMPRESSIONS = 400.0
"""A period is as long as it takes to show so many notes: of fewer, the cap would be nothing."""
LEAST_A_DAY = 400.0
"""Impressions that a community which has hardly begun is taken to show in a day."""
REFUSED_TIMES, REFUSED_RATIO = 3, 0.1
"""So many asked for less of a note, and of all who saw it such a share: then it draws no more."""
PACINGS_SHOWN = 48
_LOST_AFTER = timedelta(days=8)

_i64 = sa.BigInteger


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How often a note was shown, by the floor too, and refused."""

    note_id: int
    shown: int
    floor_shown: int
    refused: int


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A first note that the floor shows, and to how many more before the next pacing."""

    note_id: int
    cards: int
    answered: bool


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody's first notes were given, and what those before ``note_id`` were."""

    person_id: int
    note_id: int
    before: int
    given: int


class _Promise(msgspec.Struct, frozen=True, kw_only=True):
    note_id: int
    least_target: float


_NOTE = sa.bindparam("note", type_=_i64)
_TALLIES = Statement(
    sa.select(*(tallies.c[name] for name in Tally.__struct_fields__)).where(
        among(tallies.c.note_id, "ids")
    ),
    Tally,
)
_PUBLIC = Statement(
    sa.select(entries.c.note_id).where(among(entries.c.note_id, "ids")), int
)
_PROMISES = Statement(
    sa.select(owed.c.note_id, owed.c.least_target).where(among(owed.c.note_id, "ids")), _Promise
)
_CARDS = Statement(
    sa.select(owed.c.note_id, owed.c.cards, owed.c.answered).where(
        owed.c.posted_at > sa.bindparam("since", type_=Instant), owed.c.cards > 0
    ),
    Card,
)
_DROP = Statement(owed.delete().where(owed.c.note_id == _NOTE))
_OWE = Statement(
    insert_unless_there(owed).values({name: sa.bindparam(name) for name in owed.c.keys()})
)
_GIVEN = Statement(
    sa.select(*(given.c[name] for name in _Given.__struct_fields__)).where(
        among(given.c.person_id, "people")
    ),
    _Given,
)
_NOT_GIVEN = Statement(
    given.delete().where(given.c.person_id == sa.bindparam("person", type_=_i64))
)
_GIVE = Statement(
    insert_unless_there(given).values({name: sa.bindparam(name) for name in given.c.keys()})
)
_FORGET_GIVEN = Statement(
    given.delete().where(given.c.posted_at < sa.bindparam("before", type_=Instant))
)
_SETTLE = Statement(
    owed.update()
    .where(owed.c.posted_at <= sa.bindparam("since", type_=Instant), owed.c.cards > 0)
    .values(cards=0)
)
_FORGET = Statement(owed.delete().where(owed.c.posted_at < sa.bindparam("before", type_=Instant)))
_FORGET_PACINGS = Statement(
    pacings.delete().where(pacings.c.hour < sa.bindparam("before", type_=Instant))
)
_NO_HOUR = Statement(pacings.delete().where(pacings.c.hour == sa.bindparam("hour", type_=Instant)))
_PUT_HOUR = Statement(
    insert_unless_there(pacings).values({name: sa.bindparam(name) for name in pacings.c.keys()})
)
_HOURS = Statement(
    sa.select(*(pacings.c[name] for name in FloorHour.__struct_fields__))
    .where(pacings.c.hour > sa.bindparam("since", type_=Instant))
    .order_by(pacings.c.hour.desc())
    .limit(PACINGS_SHOWN),
    FloorHour,
)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the floor came to for the first notes of a week whose day is over."""

    notes: int
    kept: int


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    notes: int
    kept: int | None


_OUTCOME = Statement(
    sa.select(
        sa.func.count().label("notes"),
        sa.cast(
            sa.func.sum(sa.case((owed.c.got >= owed.c.least_target, 1), else_=0)), _i64
        ).label("kept"),
    ).where(
        owed.c.posted_at > sa.bindparam("since", type_=Instant),
        owed.c.posted_at <= sa.bindparam("until", type_=Instant),
        owed.c.eligible == sa.true(),
    ),
    _Kept,
)


class _Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """One first note of the day, and whether it draws.

    ``before``: impressions that its author's deleted ones had.
    """

    first: FirstNote
    eligible: bool
    cluster: str
    tally: Tally
    before: int

    @property
    def got(self) -> int:
        """Impressions that its author's first notes had."""
        return self.before + self.tally.shown


async def pace(tx: Tx, *, reported_among: ReportedAmong) -> FloorHour:
    """Deal cards to the first notes of the last day, and say openly what each can hope for.

    Cards that nobody was given are dealt anew, so running it twice changes nothing. A dozen
    queries, four of them with a row for each first note of the day.
    """
    now = clock.now()
    found = await _drawing(tx, now=now, reported_among=reported_among)
    day = await showing.impressions_since(tx, now - DAY)
    quotas, target = _paced(found, now=now, day=day)
    before = {
        row.note_id: row.least_target
        for row in await tx.all(_PROMISES, ids=[one.first.note_id for one in found])
    }
    await tx.run_many(_DROP, [{"note": one.first.note_id} for one in found])
    await tx.run_many(_OWE, [
        {
            "note_id": one.first.note_id, "posted_at": one.first.at, "eligible": one.eligible,
            "cards": cards, "answered": one.first.answered_at is not None, "got": one.got,
            "least_target": min(target, before.get(one.first.note_id, target)),
        }
        for one, cards in zip(found, quotas, strict=True)
    ])
    await tx.run_many(_NOT_GIVEN, [{"person": one.first.person_id} for one in found])
    await tx.run_many(_GIVE, [
        {
            "person_id": one.first.person_id, "note_id": one.first.note_id,
            # Cards count as shown: else a note deleted before the next pacing had had none.
            "before": one.before, "given": one.got + cards, "posted_at": one.first.at,
        }
        for one, cards in zip(found, quotas, strict=True)
    ])
    await tx.run(_SETTLE, since=now - DAY)
    await tx.run(_FORGET, before=now - _LOST_AFTER)
    await tx.run(_FORGET_GIVEN, before=now - _LOST_AFTER)
    await tx.run(_FORGET_PACINGS, before=now - _LOST_AFTER)
    pacing = FloorHour(
        hour=now.replace(minute=0, second=0, microsecond=0), at=now, target=target,
        owed_count=sum(one.eligible for one in found),
        barred_count=sum(not one.eligible for one in found),
        unanswered_count=sum(one.first.answered_at is None for one in found),
        day_impressions=day, floor_impressions=sum(one.tally.floor_shown for one in found),
    )
    await tx.run(_NO_HOUR, hour=pacing.hour)
    await tx.run(_PUT_HOUR, **msgspec.structs.asdict(pacing))
    await events.emit(tx, FloorPaced(target=target))
    return pacing


async def _drawing(
    reads: Reads, *, now: datetime, reported_among: ReportedAmong
) -> list[_Drawing]:
    firsts = await answering.written_since(reads, now - DAY)
    ids = [first.note_id for first in firsts]
    authors = [first.person_id for first in firsts]
    listed = set(await reads.all(_PUBLIC, ids=ids)) if ids else set()
    barred = await reported_among(reads, authors) | await valve.flagged_among(reads, authors)
    copies = await copying.copied_among(reads, ids)
    counted = await tallies_of(reads, ids)
    had = {row.person_id: row for row in await reads.all(_GIVEN, people=authors)}
    came_from: dict[int, str] = {}
    for one in await access.addresses_among(reads, authors):
        came_from[one.person_id] = network(one.address)  # the sign-in used longest ago stays
    found = []
    for first in firsts:
        if first.note_id not in listed:
            continue
        tally = counted.get(first.note_id) or Tally(
            note_id=first.note_id, shown=0, floor_shown=0, refused=0
        )
        is_refused = tally.refused >= max(REFUSED_TIMES, REFUSED_RATIO * tally.shown)
        found.append(_Drawing(
            first=first, tally=tally, before=_before(first, had.get(first.person_id)),
            cluster=came_from.get(first.person_id, ""),
            eligible=not (first.person_id in barred or first.note_id in copies or is_refused),
        ))
    return found


def _before(first: FirstNote, had: _Given | None) -> int:
    """What an author's first notes were given before this one."""
    if had is None:
        return 0
    return had.before if had.note_id == first.note_id else had.given


def _paced(found: Sequence[_Drawing], *, now: datetime, day: int) -> tuple[list[int], float]:
    """Cards of each note until the period ends, and the target for all."""
    import numpy as np

    from catflap.feed import flooring
    from catflap.feed.arrays import NONE

    if not found:
        return [], flooring.TARGET
    clusters = {name: at for at, name in enumerate(sorted({o.cluster for o in found} - {""}))}
    now_h = now.timestamp() / 3600
    owing = flooring.Owed(
        posted_h=np.array([one.first.at.timestamp() / 3600 for one in found]),
        got=np.array([one.got for one in found]),
        eligible=np.array([one.eligible for one in found]),
        cluster=np.array([clusters.get(one.cluster, NONE) for one in found]),
    )
    shown = max(float(day), LEAST_A_DAY)
    period_h = min(24.0, max(PACED_EVERY_H, PERIOD_IMPRESSIONS / (shown / 24)))
    pacing = flooring.paced(
        owing, now_h=now_h, period_impressions=shown / 24 * period_h, day_impressions=shown,
        period_h=period_h,
    )
    answered = np.array([one.first.answered_at is not None for one in found])
    pacing = flooring.topped_up(pacing, owing, answered=answered, now_h=now_h, period_h=period_h)
    pacing = flooring.evened(pacing, owing, answered=answered, now_h=now_h, period_h=period_h)
    return [int(cards) for cards in pacing.quota], pacing.target


async def cards(reads: Reads) -> list[Card]:
    """What the floor has left to show. One query."""
    # To the minute: the same parameter keeps the same answer for a while.
    since = clock.now().replace(second=0, microsecond=0) - DAY
    return await reads.all(_CARDS, since=since)


async def tallies_of(reads: Reads, ids: Sequence[int]) -> dict[int, Tally]:
    """How often each of these notes was shown. One query."""
    found = await reads.all(_TALLIES, ids=list(ids)) if ids else []
    return {tally.note_id: tally for tally in found}


async def hours(reads: Reads) -> list[FloorHour]:
    """How the floor stood, hour by hour, the newest first. One query."""
    since = clock.now().replace(minute=0, second=0, microsecond=0) - 2 * DAY
    return await reads.all(_HOURS, since=since)


async def outcome(reads: Reads) -> Outcome:
    """Of the week's first notes whose day is over: how many got what they were promised."""
    now = clock.now().replace(second=0, microsecond=0)
    row = await reads.one(_OUTCOME, since=now - timedelta(days=8), until=now - DAY)
    return Outcome(notes=row.notes if row else 0, kept=(row.kept or 0) if row else 0)
