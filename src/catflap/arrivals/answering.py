"""First answers: who came, wrote, and was answered by nobody yet; and how long the others waited.

Being answered in the first days is what newcomers stay for more than anything a ranking can do,
so it is measured, and those who wait stand on the hosts' desk, oldest first. A comment of anybody
else and a seal both count as an answer; a like does not. Who deletes their first note and writes
another waits since the first, and was answered if they were: nobody can begin anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from catflap.arrivals.model import AnswerTimes, FirstNote, FirstWait
from catflap.arrivals.tables import first_notes
from catflap.ground import clock
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.notes import queries as notes
from catflap.notes.model import Note
from catflap.people.model import PersonId
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN

LOOKED_BACK = timedelta(days=7)
SOON = timedelta(days=1)
FIRST_NOTES_MAX = 20_000
DESK_SHOWN = 30
DESK_LOOKED_AT = 200

_i64 = sa.BigInteger
_FIRST = tuple(first_notes.c[name] for name in FirstNote.__struct_fields__)
_ADD = Statement(
    insert_unless_there(first_notes).values(
        person_id=sa.bindparam("person"), note_id=sa.bindparam("note"), lang=sa.bindparam("lang"),
        at=sa.bindparam("at", type_=Instant), answered_at=None,
    )
)
_STANDING = Statement(
    sa.select(first_notes.c.person_id).where(
        among(first_notes.c.person_id, "people"), first_notes.c.note_id.is_not(None)
    ),
    int,
)
_GOES_ON = Statement(
    first_notes.update()
    .where(
        first_notes.c.person_id == sa.bindparam("person", type_=_i64),
        first_notes.c.note_id.is_(None),
    )
    .values(note_id=sa.bindparam("note", type_=_i64), lang=sa.bindparam("now_lang"))
)
_ANSWERED = Statement(
    first_notes.update()
    .where(
        first_notes.c.person_id == sa.bindparam("person", type_=_i64),
        first_notes.c.answered_at.is_(None),
    )
    .values(answered_at=sa.bindparam("at", type_=Instant))
)
_OPEN = Statement(
    sa.select(*_FIRST)
    .where(
        first_notes.c.answered_at.is_(None), among(first_notes.c.lang, "langs"),
        first_notes.c.note_id.is_not(None),
    )
    .order_by(first_notes.c.at)
    .limit(DESK_LOOKED_AT),
    FirstNote,
)
_SINCE = Statement(
    sa.select(*_FIRST)
    .where(
        first_notes.c.at > sa.bindparam("since", type_=Instant), first_notes.c.note_id.is_not(None)
    )
    .order_by(first_notes.c.at.desc())
    .limit(FIRST_NOTES_MAX),
    FirstNote,
)
_WAITS = Statement(
    sa.select(*(first_notes.c[name] for name in FirstWait.__struct_fields__))
    .where(first_notes.c.at > sa.bindparam("since", type_=Instant))
    .order_by(first_notes.c.at.desc())
    .limit(FIRST_NOTES_MAX),
    FirstWait,
)


async def wrote(tx: Tx, written: Iterable[Note]) -> None:
    """Note people's first public notes; later ones change nothing. Safe to run twice.

    Where one was deleted the next takes its place, with the time and the answer that it had. One
    query for those who have written before, which is nearly everybody.
    """
    roots = [
        note for note in written
        if note.root_id is None and note.visibility.is_open and not note.withdrawn
    ]
    authors = sorted({note.author_id for note in roots})
    known = set(await tx.all(_STANDING, people=authors)) if authors else set()
    for note in sorted(roots, key=lambda note: note.id):
        if note.author_id not in known:
            await _begin(tx, note)
            known.add(note.author_id)


async def _begin(tx: Tx, note: Note) -> None:
    kept = await translation.kept(tx, [note.body_key, note.title_key], target=UNKNOWN)
    said = next((kept[key] for key in (note.body_key, note.title_key) if key in kept), None)
    lang = said.langs[0] if said and said.langs else ""
    if not await tx.run(
        _ADD, person=note.author_id, note=note.id, lang=lang, at=note.made_at
    ):
        await tx.run(_GOES_ON, person=note.author_id, note=note.id, now_lang=lang)


async def answered(tx: Tx, person: PersonId, *, at: datetime) -> None:
    """Note that somebody answered a person; only the first time counts."""
    await tx.run(_ANSWERED, person=person, at=at)


async def waiting(
    reads: Reads, *, langs: Sequence[str], viewer: PersonId
) -> list[tuple[FirstNote, Note]]:
    """First notes nobody answered, oldest first, in these languages or without words.

    `DESK_SHOWN` at most; one's own, and what the viewer does not see, is left out. One query and
    those of `notes.seen`.
    """
    found = await reads.all(_OPEN, langs=[*langs, ""])
    seen = await notes.seen(reads, [first.note_id for first in found], viewer=viewer)
    return [
        (first, seen[first.note_id]) for first in found
        if first.note_id in seen and first.person_id != viewer
    ][:DESK_SHOWN]


async def written_since(reads: Reads, at: datetime) -> list[FirstNote]:
    """First notes that stand, newest first, of those who first wrote after an instant.

    `FIRST_NOTES_MAX` at most. One query.
    """
    return await reads.all(_SINCE, since=at)


async def times(reads: Reads) -> AnswerTimes:
    """How soon newcomers of the last `LOOKED_BACK` were answered. One query.

    Quantiles count those who still wait as waiting for ever, so that leaving people unanswered
    never makes the figure better; those who gave up and deleted their note are among them.
    """
    now = clock.now()
    found = await reads.all(_WAITS, since=now - LOOKED_BACK)
    return measured(found, now=now)


def measured(found: Sequence[FirstWait | FirstNote], *, now: datetime) -> AnswerTimes:
    """The figures of first notes, by nearest rank."""
    waits = sorted(
        (one.answered_at - one.at).total_seconds() if one.answered_at else math.inf
        for one in found
    )
    soon = SOON.total_seconds()
    ripe = [
        (one.answered_at - one.at).total_seconds() <= soon if one.answered_at else False
        for one in found
        if now - one.at >= SOON or (one.answered_at and one.answered_at - one.at <= SOON)
    ]
    return AnswerTimes(
        count=len(found), open_count=sum(wait == math.inf for wait in waits),
        p50_s=_quantile(waits, 0.5), p90_s=_quantile(waits, 0.9),
        within_day_ratio=sum(ripe) / len(ripe) if ripe else None,
    )


def _quantile(waits: Sequence[float], ratio: float) -> float | None:
    if not waits:
        return None
    found = waits[max(0, math.ceil(ratio * len(waits)) - 1)]
    return None if found == math.inf else found
