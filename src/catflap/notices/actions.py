"""Giving notices and reading them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Tx
from catflap.ground.errors import NotFound
from catflap.ground.statements import Statement, insert_unless_there
from catflap.notes import pinning
from catflap.notices import sifting
from catflap.notices.events import NoticeGiven
from catflap.notices.model import BUNDLED, BUNDLED_FOR, Choice, Kind
from catflap.notices.tables import notices
from catflap.people import queries as people
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_ADD = Statement(
    insert_unless_there(notices).values({name: sa.bindparam(name) for name in notices.c.keys()})
)
_READ = Statement(
    notices.update()
    .where(
        notices.c.person_id == sa.bindparam("viewer", type_=_i64), notices.c.read == sa.false()
    )
    .values(read=True)
)
_READ_THROUGH = Statement(
    notices.update()
    .where(
        notices.c.person_id == sa.bindparam("viewer", type_=_i64), notices.c.read == sa.false(),
        notices.c.id <= sa.bindparam("newest", type_=_i64),
    )
    .values(read=True)
)
_MINE = notices.c.person_id == sa.bindparam("viewer", type_=_i64)
_DELETE = Statement(
    notices.delete().where(_MINE, notices.c.id == sa.bindparam("notice", type_=_i64))
)
_DELETE_BUNDLE = Statement(
    notices.delete().where(
        _MINE, notices.c.bundle == sa.bindparam("key"), notices.c.filtered == sa.false()
    )
)
_CLEAR = Statement(notices.delete().where(_MINE, notices.c.filtered == sa.false()))


def _newest_alike(note: sa.ColumnElement[bool]) -> Statement[Any]:
    return Statement(
        sa.select(notices.c.bundle)
        .where(
            notices.c.person_id == sa.bindparam("person", type_=_i64),
            notices.c.kind == sa.bindparam("the_kind"), note,
        )
        .order_by(notices.c.id.desc())
        .limit(1),
        str,
    )


_ALIKE = _newest_alike(notices.c.note_id == sa.bindparam("note", type_=_i64))
_ALIKE_NO_NOTE = _newest_alike(notices.c.note_id.is_(None))


_TAKE_BACK = Statement(notices.delete().where(notices.c.deed == sa.bindparam("which")))


def _deed(
    to: PersonId, kind: Kind, actor: PersonId, note: int | None, case: int | None = None
) -> str:
    return f"{kind}:{to}:{actor}:{note or case or 0}"


async def take_back(tx: Tx, *, of: PersonId, kind: Kind, actor: PersonId) -> None:
    """Have told nothing of a deed that stands no more, such as a request."""
    await tx.run(_TAKE_BACK, which=_deed(of, kind, actor, None))


async def give(
    tx: Tx, *, to: PersonId, kind: Kind, actor: PersonId, note: int | None,
    case: int | None = None,
) -> None:
    """Tell somebody of a deed, once; not of their own, nor of people or threads they hide.

    The end of a poll is also told to whoever asked. What their policy filters is kept under a
    request; what it drops never was. A ``case`` is told whatever an operator thinks of who
    reported it.
    """
    if kind is Kind.CASE:
        await _add(tx, to=to, kind=kind, actor=actor, note=None, case=case, is_filtered=False)
        return
    if to == actor and kind is not Kind.POLL:
        return
    if note is not None and await pinning.is_hushed(tx, to, note):
        return
    hidden = await people.hidden_from(tx, to)
    if actor in hidden.silenced:
        return
    choice = await sifting.verdict(tx, to=to, kind=kind, actor=actor, note=note)
    if choice is Choice.DROP:
        return
    await _add(
        tx, to=to, kind=kind, actor=actor, note=note, case=case,
        is_filtered=choice is Choice.FILTER,
    )


async def _add(
    tx: Tx, *, to: PersonId, kind: Kind, actor: PersonId, note: int | None, case: int | None,
    is_filtered: bool,
) -> None:
    if len(await people.by_ids(tx, [to, actor])) < len({to, actor}):
        return  # one of them left before the job ran
    id_ = ids.new(shard=ids.shard_of(to))
    given = await tx.run(
        _ADD, id=id_, person_id=to, kind=kind, actor_id=actor, note_id=note,
        deed=_deed(to, kind, actor, note, case), made_at=clock.now(), read=False,
        filtered=is_filtered, bundle=await _bundle(tx, to=to, kind=kind, note=note),
        case_id=case,
    )
    if given and is_filtered:
        await sifting.hold_back(tx, to=to, actor=actor, note=note)
    elif given:
        await events.emit(tx, NoticeGiven(person=to, notice=id_))


async def _bundle(tx: Tx, *, to: PersonId, kind: Kind, note: int | None) -> str:
    """What a notice is shown together with: the bundle of those alike, for `BUNDLED_FOR`.

    Its key ends in the second it began.
    """
    if kind not in BUNDLED:
        return ""
    newest: str | None = await (
        tx.one(_ALIKE, person=to, the_kind=kind, note=note) if note
        else tx.one(_ALIKE_NO_NOTE, person=to, the_kind=kind)
    )
    now = int(clock.now().timestamp())
    if newest and now - int(newest.rpartition("-")[2]) < BUNDLED_FOR.total_seconds():
        return newest
    return f"{kind}-{note or 0}-{now}"


async def dismiss(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Delete one of one's own notices.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    if not await tx.run(_DELETE, viewer=by, notice=id_):
        raise NotFound("notice")


async def dismiss_bundle(tx: Tx, key: str, *, by: PersonId) -> None:
    """Delete a bundle of one's own.

    Raises:
        NotFound: there is none of this key.
    """
    if not key or not await tx.run(_DELETE_BUNDLE, viewer=by, key=key):
        raise NotFound("notice")


async def clear(tx: Tx, viewer: PersonId) -> None:
    """Delete all of one's notices, but not what is held back."""
    await tx.run(_CLEAR, viewer=viewer)


async def read_through(tx: Tx, viewer: PersonId, *, newest: int) -> int:
    """Mark as read what is not newer than a notice: an app says how far its person has read."""
    return await tx.run(_READ_THROUGH, viewer=viewer, newest=newest)


async def read_all(tx: Tx, viewer: PersonId) -> int:
    """Mark everything as read."""
    return await tx.run(_READ, viewer=viewer)
