"""Announcements: what operators say to everybody, until each dismisses it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import regex
import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TextMissing, TooMany
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.moderation.errors import EndsTooSoon, ReactionInvalid
from catflap.moderation.events import AnnouncementDropped, AnnouncementMade, AnnouncementReacted
from catflap.moderation.model import (
    ANNOUNCEMENT_MAX_CHARS,
    ANNOUNCEMENTS_MAX,
    HOUSE_SHARD,
    REACTIONS_MAX,
    Announcement,
    AnnouncementId,
    Reaction,
)
from catflap.moderation.tables import (
    announcement_dismissals as dismissals,
)
from catflap.moderation.tables import (
    announcement_reactions as reactions,
)
from catflap.moderation.tables import announcements
from catflap.people.actions import text_within
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.model import TextKey

_i64 = sa.BigInteger
_EMOJI = regex.compile(
    r"(?=.*(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3))\X", regex.DOTALL
)
EMOJI_MAX_CHARS = 16

_ONE = tuple(announcements.c[name] for name in Announcement.__struct_fields__)
# They are few, and most of them run: the table is read whole.
_EVERY = Statement(sa.select(*_ONE).order_by(announcements.c.id.desc()), Announcement)
_BY_ID = Statement(
    sa.select(*_ONE).where(announcements.c.id == sa.bindparam("id", type_=_i64)), Announcement
)
_HOLD = Statement(
    sa.select(announcements.c.id)
    .where(announcements.c.id == sa.bindparam("id", type_=_i64))
    .with_for_update(key_share=True),
    int,
)
_HOLDING = Statement(
    sa.select(announcements.c.id).where(announcements.c.text_key == sa.bindparam("key")), int
)
_ADD = Statement(
    announcements.insert().values({name: sa.bindparam(name) for name in announcements.c.keys()})
)
_WRITE = Statement(
    announcements.update()
    .where(announcements.c.id == sa.bindparam("announcement", type_=_i64))
    .values(
        text_key=sa.bindparam("new_text"), all_day=sa.bindparam("whole_days", type_=sa.Boolean),
        starts_at=sa.bindparam("from_at", type_=Instant),
        ends_at=sa.bindparam("to_at", type_=Instant), changed_at=sa.bindparam("now", type_=Instant),
    )
)
_DROP = Statement(
    announcements.delete().where(announcements.c.id == sa.bindparam("announcement", type_=_i64))
)
_DISMISS = Statement(
    insert_unless_there(dismissals).values(
        person_id=sa.bindparam("person"), announcement_id=sa.bindparam("announcement"),
        at=sa.bindparam("at", type_=Instant),
    )
)
_DISMISSED = Statement(
    sa.select(dismissals.c.announcement_id).where(
        dismissals.c.person_id == sa.bindparam("person", type_=_i64),
        among(dismissals.c.announcement_id, "ids"),
    ),
    int,
)


class _Reacted(msgspec.Struct, frozen=True, kw_only=True):
    announcement_id: int
    name: str
    count: int
    mine: int


_REACTIONS = Statement(
    sa.select(
        reactions.c.announcement_id, reactions.c.name, sa.func.count().label("count"),
        sa.func.sum(
            sa.case((reactions.c.person_id == sa.bindparam("viewer", type_=_i64), 1), else_=0)
        ).label("mine"),
    )
    .where(among(reactions.c.announcement_id, "ids"))
    .group_by(reactions.c.announcement_id, reactions.c.name)
    .order_by(sa.func.min(reactions.c.at), reactions.c.name),
    _Reacted,
)
_REACT = Statement(
    insert_unless_there(reactions).values(
        {name: sa.bindparam(name) for name in reactions.c.keys()}
    )
)
_TAKE_BACK = Statement(
    reactions.delete().where(
        reactions.c.announcement_id == sa.bindparam("announcement", type_=_i64),
        reactions.c.name == sa.bindparam("emoji"),
        reactions.c.person_id == sa.bindparam("person", type_=_i64),
    )
)


async def every(reads: Reads) -> list[Announcement]:
    """All there are, newest first, those that have ended too."""
    return await reads.all(_EVERY)


async def running(
    reads: Reads, viewer: PersonId | None, *, with_dismissed: bool = False
) -> tuple[list[Announcement], set[int]]:
    """What is said now, newest first, and which of it the viewer dismissed. Two queries."""
    now = clock.now()
    found = [one for one in await every(reads) if one.is_running(now)]
    gone = await dismissed(reads, viewer, [one.id for one in found])
    return [one for one in found if with_dismissed or one.id not in gone], gone


async def dismissed(
    reads: Reads, viewer: PersonId | None, wanted: Collection[int]
) -> set[int]:
    """Which of these the viewer dismissed. One query where there are any."""
    if viewer is None or not wanted:
        return set()
    return set(await reads.all(_DISMISSED, person=viewer, ids=sorted(wanted)))


async def one(reads: Reads, id_: int) -> Announcement:
    """One announcement.

    Raises:
        NotFound: there is none.
    """
    found = await reads.one(_BY_ID, id=id_)
    if found is None:
        raise NotFound("announcement")
    return found


async def holds(reads: Reads, key: TextKey) -> bool:
    """Whether a text is an announcement's, so that everybody may read it."""
    return await reads.one(_HOLDING, key=key) is not None


async def reactions_of(
    reads: Reads, wanted: Collection[int], *, viewer: PersonId | None
) -> dict[int, list[Reaction]]:
    """How people reacted, the first emoji given first. One query where any is asked for."""
    made: dict[int, list[Reaction]] = defaultdict(list)
    rows = await reads.all(_REACTIONS, ids=sorted(wanted), viewer=viewer or 0) if wanted else []
    for row in rows:
        made[row.announcement_id].append(
            Reaction(name=row.name, count=row.count, mine=bool(row.mine))
        )
    return made


async def _kept(
    tx: Tx, text: str, *, starts_at: datetime | None, ends_at: datetime | None,
    prior: Sequence[str],
) -> TextKey:
    words = text_within("announcement", text, ANNOUNCEMENT_MAX_CHARS)
    if not words:
        raise TextMissing("announcement")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise EndsTooSoon
    return await translation.keep(tx, words, prior=prior)


async def make(
    tx: Tx, *, text: str, starts_at: datetime | None = None, ends_at: datetime | None = None,
    all_day: bool = False, prior: Sequence[str] = (),
) -> AnnouncementId:
    """Say something to everybody, from now on until it ends.

    ``starts_at`` and ``ends_at`` are those of what it tells of; ``all_day`` says that only their
    days matter.

    Raises:
        TextMissing, TextTooLong: of ``announcement``.
        EndsTooSoon: it ends before it begins.
        TooMany: there are `ANNOUNCEMENTS_MAX`.
    """
    count = len(await every(tx))
    if count >= ANNOUNCEMENTS_MAX:
        raise TooMany("announcements", count=count + 1, limit=ANNOUNCEMENTS_MAX)
    key = await _kept(tx, text, starts_at=starts_at, ends_at=ends_at, prior=prior)
    id_, now = AnnouncementId(ids.new(shard=HOUSE_SHARD)), clock.now()
    await tx.run(
        _ADD, id=id_, text_key=key, starts_at=starts_at, ends_at=ends_at, all_day=all_day,
        made_at=now, changed_at=now,
    )
    await events.emit(tx, AnnouncementMade(announcement=id_))
    return id_


async def write(
    tx: Tx, id_: int, *, text: str, starts_at: datetime | None = None,
    ends_at: datetime | None = None, all_day: bool = False, prior: Sequence[str] = (),
) -> None:
    """Say it differently; who dismissed it is not bothered again.

    Raises:
        NotFound: there is none.
        and what `make` raises of its words and times.
    """
    old = await one(tx, id_)
    key = await _kept(tx, text, starts_at=starts_at, ends_at=ends_at, prior=prior)
    await tx.run(
        _WRITE, announcement=id_, new_text=key, from_at=starts_at, to_at=ends_at,
        whole_days=all_day, now=clock.now(),
    )
    await translation.release(tx, [old.text_key])
    await events.emit(tx, AnnouncementMade(announcement=id_))


async def drop(tx: Tx, id_: int) -> None:
    """Say it no more.

    Raises:
        NotFound: there is none.
    """
    old = await one(tx, id_)
    await tx.run(_DROP, announcement=id_)
    await translation.release(tx, [old.text_key])
    await events.emit(tx, AnnouncementDropped(announcement=id_))


async def dismiss(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Be shown it no more.

    Raises:
        NotFound: there is none.
    """
    await one(tx, id_)
    await tx.run(_DISMISS, person=by, announcement=id_, at=clock.now())


async def react(tx: Tx, id_: int, name: str, *, by: PersonId) -> None:
    """React with one emoji.

    Raises:
        NotFound: there is no such announcement.
        ReactionInvalid: it is no emoji, or more than one.
        TooMany: others reacted with `REACTIONS_MAX` different ones already.
    """
    if len(name) > EMOJI_MAX_CHARS or not _EMOJI.fullmatch(name):
        raise ReactionInvalid(name)
    await one(tx, id_)
    await tx.one(_HOLD, id=id_)  # two who come at once must not both be the eighth
    known = {row.name for row in (await reactions_of(tx, [id_], viewer=by)).get(id_, ())}
    if name not in known and len(known) >= REACTIONS_MAX:
        raise TooMany("reactions", count=len(known) + 1, limit=REACTIONS_MAX)
    if await tx.run(_REACT, announcement_id=id_, name=name, person_id=by, at=clock.now()):
        await _tell(tx, id_, name, by=by)


async def take_back(tx: Tx, id_: int, name: str, *, by: PersonId) -> None:
    """Take a reaction back; one that was not given is as good as taken back.

    Raises:
        NotFound: there is no such announcement.
    """
    await one(tx, id_)
    if await tx.run(_TAKE_BACK, announcement=id_, emoji=name, person=by):
        await _tell(tx, id_, name, by=by)


async def _tell(tx: Tx, id_: int, name: str, *, by: PersonId) -> None:
    rows = (await reactions_of(tx, [id_], viewer=by)).get(id_, ())
    count = next((row.count for row in rows if row.name == name), 0)
    await events.emit(tx, AnnouncementReacted(announcement=id_, name=name, count=count))
