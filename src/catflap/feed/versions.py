"""Versions of what was learned: a row with its figures each, a file in the store, one in force.

The files hold people's vectors of taste, so they are as private as the likes themselves: no
address of any door leads to them. Taking one back puts the one before it in force again, in
every process, within a second or two.
"""

from __future__ import annotations

import sqlalchemy as sa

from catflap.feed.errors import VersionUnknown
from catflap.feed.events import ModelChosen
from catflap.feed.model import Learned, ModelState
from catflap.feed.tables import models
from catflap.ground import clock, events
from catflap.ground.database import Reads, Tx
from catflap.ground.statements import Instant, Statement, insert_unless_there

NIGHTS_KEPT = 14

_NUMBER = models.c.number == sa.bindparam("id", type_=sa.Integer)
_ROW = tuple(models.c[name] for name in Learned.__struct_fields__)
_IN_FORCE = Statement(
    sa.select(*_ROW)
    .where(models.c.chosen_at.is_not(None))
    .order_by(models.c.chosen_at.desc(), models.c.number.desc())
    .limit(1),
    Learned,
)
_ONE = Statement(sa.select(*_ROW).where(_NUMBER), Learned)
_OF_NIGHT = Statement(sa.select(*_ROW).where(models.c.night == sa.bindparam("at_night")), Learned)
_EVERY = Statement(
    sa.select(*_ROW).where(models.c.number > 0).order_by(models.c.number.desc()), Learned
)
_ADD = Statement(
    insert_unless_there(models).values({name: sa.bindparam(name) for name in models.c.keys()})
)
_CHOOSE = Statement(
    models.update()
    .where(_NUMBER)
    .values(
        state=sa.bindparam("now_state"), chosen_at=sa.bindparam("chosen", type_=Instant),
    )
)
_RESIZE = Statement(
    models.update().where(_NUMBER).values(size_bytes=sa.bindparam("bytes", type_=sa.BigInteger))
)
_DROP = Statement(models.delete().where(_NUMBER))


async def in_force(reads: Reads) -> Learned | None:
    """The version by which the feed ranks, None before the first night. One query."""
    return await reads.one(_IN_FORCE)


async def of_night(reads: Reads, night: str) -> Learned | None:
    """What was learned in a night, None where it was not."""
    return await reads.one(_OF_NIGHT, at_night=night)


async def every(reads: Reads) -> list[Learned]:
    """Every version that is kept, the newest first. One query."""
    return await reads.all(_EVERY)


async def keep(tx: Tx, learned: Learned) -> bool:
    """Keep a version, in force where it says so; False where its night has one already."""
    values = {name: getattr(learned, name) for name in Learned.__struct_fields__}
    values["state"] = learned.state.value
    if not await tx.run(_ADD, **values):
        return False
    if learned.chosen_at is not None:
        await events.emit(tx, ModelChosen(number=learned.number))
    return True


async def revert(tx: Tx, *, to: int = 0) -> Learned | None:
    """Put another version in force: the one before, or the one with a number.

    None where the one taken back was the first: the feed then ranks by what was guessed.

    Raises:
        VersionUnknown: there is no such version, or nothing to take back.
    """
    now = await in_force(tx)
    if to:
        chosen = await tx.one(_ONE, id=to)
        if chosen is None:
            raise VersionUnknown(to)
    if now is not None and now.number != to:
        await tx.run(_CHOOSE, id=now.number, now_state=ModelState.REVERTED.value, chosen=None)
    elif now is None and not to:
        raise VersionUnknown(0)
    if to:
        await tx.run(_CHOOSE, id=to, now_state=ModelState.KEPT.value, chosen=clock.now())
    found = await in_force(tx)
    await events.emit(tx, ModelChosen(number=found.number if found else 0))
    return found


async def resize(tx: Tx, number: int, *, size_bytes: int) -> bool:
    """Keep how large a version's file is now; False where the version is gone."""
    return bool(await tx.run(_RESIZE, id=number, bytes=size_bytes))


async def forget_old(tx: Tx) -> list[str]:
    """Let go of versions beyond the last `NIGHTS_KEPT`, and say which files may go with them.

    The one in force stays, however old it is.
    """
    now = await in_force(tx)
    old = (await every(tx))[NIGHTS_KEPT:]
    files = []
    for one in old:
        if now is None or one.number != now.number:
            await tx.run(_DROP, id=one.number)
            files.append(one.file)
    return files
