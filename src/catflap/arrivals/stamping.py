"""Cat tax (猫税) and its seals, as people did it in January 2025.

A newcomer's first photo note is their cat tax: any pet, plant or dinner does. Hosts put a seal on
it, with a few words if they like, which are translated as any text is. The third seal makes a
keepsake. Nobody has to pay: who writes words alone is answered all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.arrivals import answering
from catflap.arrivals.errors import StampRefused, TaxPaid, Unstampable
from catflap.arrivals.events import CatTaxPaid, NoteStamped, PersonWelcomed
from catflap.arrivals.model import (
    STAMP_MAX_CHARS,
    STAMPS_FOR_KEEPSAKE,
    STAMPS_SHOWN,
    CatTax,
    Design,
    Stamp,
)
from catflap.arrivals.tables import cat_taxes, first_notes, stamps
from catflap.ground import clock, events, ids
from catflap.ground.characters import on_one_line
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.paging import Page, cursor, position
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.media import queries as media
from catflap.notes import holding
from catflap.notes import queries as notes
from catflap.notes.model import Note, NoteId
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people import waiting
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.errors import HostsOnly
from catflap.translation.model import TextKey

TAX_TAGS = frozenset({"cattax", "猫税", "貓稅", "交猫税", "payyourcattax"})
"""What a newcomer's first photo note carries where an app, which knows no cat tax, publishes it."""
SHORT_SHOWN = 10
SHORT_LOOKED_AT = 60
"""Of which those that a host does not see are left out."""

_i64 = sa.BigInteger
_NOTE = sa.bindparam("note", type_=_i64)
_TAX = tuple(cat_taxes.c[name] for name in CatTax.__struct_fields__)
_STAMP = tuple(stamps.c[name] for name in Stamp.__struct_fields__)
_PAY = Statement(
    insert_unless_there(cat_taxes).values(
        person_id=sa.bindparam("person"), note_id=sa.bindparam("note"),
        paid_at=sa.bindparam("at", type_=Instant), stamps_count=0, welcomed_at=None,
    )
)
_OF_PERSON = Statement(
    sa.select(*_TAX).where(cat_taxes.c.person_id == sa.bindparam("person", type_=_i64)), CatTax
)
_OF_NOTE = Statement(sa.select(*_TAX).where(cat_taxes.c.note_id == _NOTE), CatTax)
_AMONG = Statement(
    sa.select(cat_taxes.c.note_id).where(among(cat_taxes.c.note_id, "notes")), int
)
_STAMP_IT = Statement(
    insert_unless_there(stamps).values({name: sa.bindparam(name) for name in stamps.c.keys()})
)
_COUNT = Statement(
    cat_taxes.update()
    .where(cat_taxes.c.note_id == _NOTE)
    .values(stamps_count=cat_taxes.c.stamps_count + sa.bindparam("by", type_=sa.Integer))
)
_WELCOME = Statement(
    cat_taxes.update()
    .where(
        cat_taxes.c.note_id == _NOTE, cat_taxes.c.welcomed_at.is_(None),
        cat_taxes.c.stamps_count >= STAMPS_FOR_KEEPSAKE,
    )
    .values(welcomed_at=sa.bindparam("at", type_=Instant))
)
_ON_NOTE = Statement(
    sa.select(*_STAMP).where(stamps.c.note_id == _NOTE).order_by(stamps.c.id).limit(STAMPS_SHOWN),
    Stamp,
)
_SHORT = Statement(
    sa.select(*_TAX)
    .join(first_notes, first_notes.c.person_id == cat_taxes.c.person_id)
    .where(
        cat_taxes.c.welcomed_at.is_(None),
        cat_taxes.c.note_id > sa.bindparam("after", type_=_i64),
        cat_taxes.c.person_id != sa.bindparam("viewer", type_=_i64),
        first_notes.c.answered_at.is_not(None), among(first_notes.c.lang, "langs"),
        ~sa.exists().where(
            stamps.c.note_id == cat_taxes.c.note_id,
            stamps.c.by_id == sa.bindparam("viewer", type_=_i64),
        ),
    )
    .order_by(cat_taxes.c.note_id)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    CatTax,
)
_ONE = Statement(
    sa.select(*_STAMP).where(stamps.c.id == sa.bindparam("stamp", type_=_i64)), Stamp
)
_BY = Statement(
    sa.select(*_STAMP).where(stamps.c.by_id == sa.bindparam("person", type_=_i64)), Stamp
)
_DROP = Statement(stamps.delete().where(stamps.c.id == sa.bindparam("stamp", type_=_i64)))


def may_be_tax(note: Note) -> bool:
    """Whether a note could be a cat tax but for its photo: a note of its own, for everybody."""
    return note.root_id is None and note.visibility.is_open and not note.withdrawn


async def pay(tx: Tx, id_: NoteId, *, by: PersonId) -> None:
    """Let a note of one's own be one's cat tax.

    Raises:
        NotFound: it is absent, or somebody else's.
        StampRefused: it has no photo, is for few, or its author is no newcomer.
        TaxPaid: another note is.
    """
    note = await holding.note(tx, id_, viewer=by)
    if note.author_id != by:
        raise NotFound("note")
    if not may_be_tax(note) or not await media.of_notes(tx, [id_]):
        raise StampRefused(Unstampable.UNTAXED)
    if await people.is_host(tx, by, now=clock.now()):
        raise StampRefused(Unstampable.UNTAXED)
    if await tx.run(_PAY, person=by, note=id_, at=clock.now()):
        await events.emit(tx, CatTaxPaid(person=by, note=id_))
        return
    if (paid := await of_person(tx, by)) is None or paid.note_id != id_:
        raise TaxPaid


async def stamp(
    tx: Tx, id_: NoteId, *, by: PersonId, design: str, words: str = "", prior: Sequence[str] = (),
) -> bool:
    """Put a host's seal on a cat tax, once each; true where this was the one for the keepsake.

    Raises:
        NotFound: the note is absent, or not for this person.
        HostsOnly: ``by`` is a newcomer.
        StampRefused: it is one's own, no cat tax, or there is no such design.
        TextTooLong: more than `STAMP_MAX_CHARS`.
    """
    await waiting.must_be_in(tx, by)
    note = await holding.note(tx, id_, viewer=by)
    said = people_actions.text_within("stamp", on_one_line(words), STAMP_MAX_CHARS)
    if design not in set(Design):
        raise StampRefused(Unstampable.DESIGN)
    if note.author_id == by:
        raise StampRefused(Unstampable.OWN)
    if await of_note(tx, id_) is None:
        raise StampRefused(Unstampable.UNTAXED)
    if not await people.is_host(tx, by, now=clock.now()):
        raise HostsOnly
    if any(one.by_id == by for one in await on_note(tx, id_)):
        return False
    now = clock.now()
    key = await translation.keep(tx, said, prior=prior, public=True)
    if not await tx.run(
        _STAMP_IT, id=ids.new(shard=ids.shard_of(note.author_id)), note_id=id_, by_id=by,
        design=design, words_key=key, made_at=now,
    ):
        await translation.release(tx, [key])
        return False
    await tx.run(_COUNT, note=id_, by=1)
    await answering.answered(tx, note.author_id, at=now)
    await events.emit(tx, NoteStamped(note=id_, author=note.author_id, by=by))
    if not await tx.run(_WELCOME, note=id_, at=now):
        return False
    await events.emit(tx, PersonWelcomed(person=note.author_id, note=id_))
    return True


async def of_person(reads: Reads, person: PersonId) -> CatTax | None:
    """A person's cat tax, None where they paid none. One query."""
    return await reads.one(_OF_PERSON, person=person)


async def of_note(reads: Reads, note: int) -> CatTax | None:
    """The cat tax that a note is, None where it is none. One query."""
    return await reads.one(_OF_NOTE, note=note)


async def taxes_among(reads: Reads, notes: Sequence[int]) -> set[int]:
    """Which of these notes are somebody's cat tax. One query."""
    return set(await reads.all(_AMONG, notes=list(notes))) if notes else set()


async def short_of_seals(
    reads: Reads, *, langs: Sequence[str], viewer: PersonId, after: str | None
) -> Page[tuple[CatTax, Note]]:
    """Cat taxes of newcomers who were answered, and lack seals still; oldest first.

    In these languages or without words; one's own, what the viewer does not see, and what has
    their seal already, is left out. `SHORT_SHOWN` at most, fewer where many are not seen. One
    query and those of `notes.seen`.

    Raises:
        CursorInvalid
    """
    place = position(after, size=1)
    found = await reads.all(
        _SHORT, langs=[*langs, ""], viewer=viewer, after=int(place[0]) if place else 0,
        count=SHORT_LOOKED_AT,
    )
    seen = await notes.seen(reads, [tax.note_id for tax in found], viewer=viewer)
    every = [(tax, seen[NoteId(tax.note_id)]) for tax in found if tax.note_id in seen]
    shown = every[:SHORT_SHOWN]
    last = None
    if len(every) > SHORT_SHOWN:
        last = shown[-1][0].note_id
    elif len(found) == SHORT_LOOKED_AT:
        last = found[-1].note_id
    return Page(items=shown, next_cursor=cursor(last) if last is not None else None)


async def on_note(reads: Reads, note: int) -> list[Stamp]:
    """The seals on a note, oldest first, `STAMPS_SHOWN` at most; whose note it is, the caller saw.

    One query. Whoever put one on and is gone, or blocked, is left out where they are shown.
    """
    return await reads.all(_ON_NOTE, note=note)


async def one(reads: Reads, id_: int) -> Stamp:
    """One seal; that its note may be seen, the caller asks.

    Raises:
        NotFound: there is none.
    """
    found = await reads.one(_ONE, stamp=id_)
    if found is None:
        raise NotFound("stamp")
    return found


async def _drop(tx: Tx, found: Sequence[Stamp]) -> None:
    for one_ in found:
        if await tx.run(_DROP, stamp=one_.id):
            await translation.release(tx, [TextKey(one_.words_key)])


async def forget_note(tx: Tx, note: int) -> None:
    """Let go of the seals of a note that is gone, with their words. A second run finds none."""
    await _drop(tx, await on_note(tx, note))


async def forget_person(tx: Tx, person: PersonId) -> None:
    """Let go of the seals of a person who left; the keepsakes they made stay. Safe to run twice."""
    await _drop(tx, await tx.all(_BY, person=person))
