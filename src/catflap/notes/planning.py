"""Notes for later: kept as they were written, published by a job when their time has come.

Publishing a whole note at once is here too, since a planned one is published like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids, jobs
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TooMany
from catflap.ground.statements import Instant, Statement
from catflap.media import queries as media
from catflap.media.model import MediaId
from catflap.notes import actions, polls, queries, quoting, wording
from catflap.notes.errors import NoteEmpty, PlannedBadly
from catflap.notes.model import (
    BODY_MAX_CHARS,
    PLANNED_AHEAD_MAX_S,
    PLANNED_AHEAD_MIN_S,
    PLANNED_MAX,
    WARNING_MAX_CHARS,
    Content,
    NoteId,
    Planned,
    PlannedId,
    QuotableBy,
)
from catflap.notes.tables import planned
from catflap.people import actions as people
from catflap.people import waiting
from catflap.people.model import PersonId
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN

PUBLISH = "notes.publish_planned"

_i64 = sa.BigInteger


class PublishPlanned(msgspec.Struct, frozen=True, kw_only=True):
    """A planned note whose time comes."""

    planned: int


_PLANNED = sa.select(*(planned.c[name] for name in Planned.__struct_fields__))
_BY_ID = _PLANNED.where(planned.c.id == sa.bindparam("id", type_=_i64))
_ONE = Statement(_BY_ID, Planned)
_HOLD = Statement(_BY_ID.with_for_update(), Planned)
_WITHIN = _PLANNED.where(
    planned.c.person_id == sa.bindparam("person", type_=_i64),
    planned.c.id > sa.bindparam("above", type_=_i64),
    planned.c.id < sa.bindparam("below", type_=_i64),
).limit(sa.bindparam("count", type_=sa.Integer))
_DOWN = Statement(_WITHIN.order_by(planned.c.id.desc()), Planned)
_UP = Statement(_WITHIN.order_by(planned.c.id), Planned)
_COUNT = Statement(
    sa.select(sa.func.count()).where(planned.c.person_id == sa.bindparam("person", type_=_i64)),
    int,
)
_ADD = Statement(planned.insert().values({name: sa.bindparam(name) for name in planned.c.keys()}))
_MOVE = Statement(
    planned.update()
    .where(planned.c.id == sa.bindparam("the_id", type_=_i64))
    .values(due_at=sa.bindparam("due", type_=Instant))
)
_DROP = Statement(planned.delete().where(planned.c.id == sa.bindparam("id", type_=_i64)))


async def publish(
    tx: Tx, content: Content, *, by: PersonId, prior: Sequence[str]
) -> NoteId:
    """Publish a note or an answer, with its poll and with what it quotes.

    Raises:
        what `actions.post`, `actions.comment`, `polls.ask` and `quoting.quote` raise.
    """
    written, files = content.written, [MediaId(int(text)) for text in content.media]
    if content.quoted_id is not None:
        about = await quoting.quotable(tx, NoteId(content.quoted_id), by=by)
        written = msgspec.structs.replace(
            written, visibility=quoting.narrowed(written.visibility, about)
        )
    items = await media.mine(tx, files, viewer=by)
    texts = await translation.kept(tx, [item.alt_key for item in items], target=UNKNOWN)
    alts = {int(item.id): texts[item.alt_key].text for item in items if item.alt_key in texts}
    if content.parent_id is not None:
        id_ = await actions.comment(
            tx, by=by, to=NoteId(content.parent_id), text=written.body, warning=written.warning,
            media_ids=files, alts=alts, prior=prior, lang=written.lang,
        )
    else:
        id_ = await actions.post(
            tx, by=by, written=written, media_ids=files, alts=alts, prior=prior
        )
    if content.question is not None:
        note = (await queries.by_ids(tx, [id_]))[id_]
        await polls.ask(
            tx, note, content.question, by=by, public=await wording.is_for_all(tx, note),
            prior=prior, lang=written.lang, context=written.body,
        )
    if content.quotable_by is not QuotableBy.PUBLIC:
        await quoting.let(tx, id_, by=by, whom=content.quotable_by)
    if content.quoted_id is not None:
        await quoting.quote(tx, id_, quoted=NoteId(content.quoted_id), by=by)
    return id_


async def plan(tx: Tx, content: Content, *, by: PersonId, due_at: datetime) -> PlannedId:
    """Have a note published later.

    What can be known now to be refused then is refused now.

    Raises:
        PlannedBadly: ``due_at`` is under five minutes ahead, or years.
        TooMany: `PLANNED_MAX` wait already.
        NoteEmpty, TextTooLong, TagInvalid, and what `polls.checked` raises.
        NotFound: a file or what is answered is absent, or not for this person.
    """
    await waiting.must_be_in(tx, by)
    _must_be_ahead(due_at)
    await _check(tx, content, by=by)
    await people.hold(tx, by)
    count = await tx.one(_COUNT, person=by) or 0
    if count >= PLANNED_MAX:
        raise TooMany("planned", count=count + 1, limit=PLANNED_MAX)
    id_ = PlannedId(ids.new(shard=ids.shard_of(by)))
    await tx.run(_ADD, id=id_, person_id=by, content=content, due_at=due_at)
    await _await(tx, id_, due_at)
    return id_


async def _check(tx: Tx, content: Content, *, by: PersonId) -> None:
    written = content.written
    people.text_within("body", written.body, BODY_MAX_CHARS)
    people.text_within("warning", written.warning, WARNING_MAX_CHARS)
    items = await media.mine(tx, [MediaId(int(text)) for text in content.media], viewer=by)
    if any(item.note_id is not None for item in items):
        raise NotFound("media")
    if not (written.title.strip() or written.body.strip() or items):
        raise NoteEmpty
    if content.question is not None:
        polls.checked(content.question)
    if content.parent_id is not None:
        await queries.note(tx, NoteId(content.parent_id), viewer=by)
    if content.quoted_id is not None:
        await quoting.quotable(tx, NoteId(content.quoted_id), by=by)


def _must_be_ahead(due_at: datetime) -> None:
    ahead_s = (due_at - clock.now()).total_seconds()
    if not PLANNED_AHEAD_MIN_S <= ahead_s <= PLANNED_AHEAD_MAX_S:
        raise PlannedBadly(least_s=PLANNED_AHEAD_MIN_S)


async def _await(tx: Tx, id_: PlannedId, due_at: datetime) -> None:
    await jobs.enqueue(
        tx, PUBLISH, PublishPlanned(planned=id_),
        key=f"{PUBLISH}:{id_}:{due_at.timestamp():.0f}",
        delay_s=max(0.0, (due_at - clock.now()).total_seconds()),
    )


async def of_viewer(
    reads: Reads, viewer: PersonId, *, above: int, below: int, count: int, upward: bool = False
) -> list[Planned]:
    """What the viewer planned, by id, newest first."""
    rows = await reads.all(
        _UP if upward else _DOWN, person=viewer, above=above, below=below, count=count
    )
    return rows[::-1] if upward else rows


async def one(reads: Reads, id_: PlannedId, *, viewer: PersonId) -> Planned:
    """One planned note of the viewer's.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    found = await reads.one(_ONE, id=id_)
    if found is None or found.person_id != viewer:
        raise NotFound("planned")
    return found


async def replan(tx: Tx, id_: PlannedId, *, by: PersonId, due_at: datetime) -> None:
    """Publish a planned note at another time.

    Raises:
        NotFound: it is absent, or somebody else's.
        PlannedBadly: ``due_at`` is under five minutes ahead, or years.
    """
    await one(tx, id_, viewer=by)
    _must_be_ahead(due_at)
    await tx.run(_MOVE, the_id=id_, due=due_at)
    await _await(tx, id_, due_at)


async def cancel(tx: Tx, id_: PlannedId, *, by: PersonId) -> None:
    """Publish it never.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    await one(tx, id_, viewer=by)
    await tx.run(_DROP, id=id_)


async def take_due(tx: Tx, id_: PlannedId) -> Planned | None:
    """A planned note whose time has come, taken off the list; None for none (any more)."""
    found = await tx.one(_HOLD, id=id_)
    if found is None or found.due_at > clock.now():
        return None
    await tx.run(_DROP, id=id_)
    return found
