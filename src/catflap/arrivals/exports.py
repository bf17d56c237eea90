"""Asking for everything that is one's own, and having it for a while under a private address."""

from __future__ import annotations

import hmac
import os
import tempfile
from datetime import timedelta
from math import ceil
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from catflap.arrivals import exporting
from catflap.arrivals.events import ExportMoved
from catflap.arrivals.model import Export, State
from catflap.arrivals.tables import exports
from catflap.ground import clock, events, ids, jobs
from catflap.ground.database import Database, Reads, Tx
from catflap.ground.errors import NotFound, TooFast
from catflap.ground.jobs import MEDIA, Job
from catflap.ground.sealing import Seal
from catflap.ground.settings import Settings
from catflap.ground.statements import Instant, Statement
from catflap.media.store import Store
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people.model import PersonId

EVERY_S = 3600
"""How soon somebody may have it made again."""
KEPT_FOR = timedelta(days=7)
"""How long the file and its private address stand."""
STEP = 0.02
BUILD = "arrivals.build_export"
FORGET = "arrivals.forget_exports"
CLEAR_PERSON = "arrivals.clear_exports"

_i64 = sa.BigInteger
_EXPORT = tuple(exports.c[name] for name in Export.__struct_fields__)
_ID = sa.bindparam("export", type_=_i64)
_ADD = Statement(exports.insert().values({name: sa.bindparam(name) for name in exports.c.keys()}))
_ONE = Statement(sa.select(*_EXPORT).where(exports.c.id == _ID), Export)
_NEWEST = Statement(
    sa.select(*_EXPORT)
    .where(exports.c.owner_id == sa.bindparam("owner", type_=_i64))
    .order_by(exports.c.id.desc())
    .limit(1),
    Export,
)
_MOVE = Statement(
    exports.update().where(exports.c.id == _ID).values(
        state=sa.bindparam("new_state"), progress_ratio=sa.bindparam("ratio", type_=sa.Float),
        size_bytes=sa.bindparam("size", type_=_i64), until=sa.bindparam("ends", type_=Instant),
    )
)
_BEGIN = Statement(
    exports.update()
    .where(exports.c.id == _ID)
    .values(
        state=State.READING.value, progress_ratio=0.0, begun_count=exports.c.begun_count + 1
    )
)
_OVER = Statement(
    sa.select(*_EXPORT).where(exports.c.until < sa.bindparam("now", type_=Instant)).limit(100),
    Export,
)
_DROP = Statement(exports.delete().where(exports.c.id == _ID))


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """An export that somebody asked for."""

    export: int


class ForgetOver(msgspec.Struct, frozen=True):
    """Exports whose time is over."""


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """Who left."""

    person: int


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def store(self) -> Store:
        """The files."""

    @property
    def seal(self) -> Seal:
        """Opens handles."""

    @property
    def settings(self) -> Settings:
        """The settings."""


def path_of(owner: int, id_: int | None = None) -> str:
    """Where an export's file stands in the store, or all of a person's."""
    return f"exports/{owner}" if id_ is None else f"exports/{owner}/{id_}.zip"


def token_of(seal: Seal, id_: int) -> str:
    """What makes an export's address private; nothing that is kept tells it."""
    return seal.mark(str(id_), purpose="export address").rstrip("=")


async def newest(reads: Reads, *, viewer: PersonId) -> Export | None:
    """The viewer's newest export, None where there is none or its time is over."""
    found = await reads.one(_NEWEST, owner=viewer)
    return found if found and found.until > clock.now() else None


async def at_address(reads: Reads, id_: int, token: str, *, seal: Seal) -> Export:
    """The export at a private address, whoever looks.

    Raises:
        NotFound: there is none (any more), it is not ready, or the address is another.
    """
    found = await reads.one(_ONE, export=id_)
    is_right = hmac.compare_digest(token.encode(), token_of(seal, id_).encode())
    if found is None or not is_right or found.until <= clock.now():
        raise NotFound("export")
    if found.state is not State.READY:
        raise NotFound("export")
    return found


async def want(tx: Tx, *, by: PersonId) -> int:
    """Have everything of one's own put together.

    Raises:
        TooFast: that was done less than `EVERY_S` ago.
    """
    await people_actions.hold(tx, by)
    last, now = await tx.one(_NEWEST, owner=by), clock.now()
    if last is not None and (left_s := EVERY_S - (now - last.made_at).total_seconds()) > 0:
        raise TooFast("export", retry_after_s=ceil(left_s))
    id_ = ids.new(shard=ids.shard_of(by))
    await tx.run(
        _ADD, id=id_, owner_id=by, state=State.WAITING.value, progress_ratio=0.0, size_bytes=0,
        begun_count=0, made_at=now, until=now + KEPT_FOR,
    )
    await jobs.enqueue(tx, BUILD, Build(export=id_), key=f"{BUILD}:{id_}", lane=MEDIA)
    return id_


def source_of(context: Context) -> exporting.Source:
    """Where everything of a house's people comes from."""
    base = context.settings.address()
    return exporting.Source(
        database=context.database, store=context.store, seal=context.seal, base=base,
        place=urlsplit(base).netloc,
    )


async def build(context: Context, payload: Build) -> None:
    """Write an export and keep it; a second run finds it made.

    What was cut off begins anew, and its page says so: a ZIP's end tells where everything in it
    stands, and what was written of it before may be of another day. Nothing is kept of it until
    it is whole, so nothing is there twice or missing. It is written to a file without a name,
    which ends with its process: whoever is killed leaves no half of somebody's life on the disk.
    """
    async with context.database.reads() as reads:
        found = await reads.one(_ONE, export=payload.export)
        owner = found.owner_id if found else 0
        person = (await people.by_ids(reads, [owner])).get(owner)
    if found is None or person is None or found.state is State.READY:
        return
    async with context.database.tx() as tx:
        await tx.run(_BEGIN, export=found.id)
    told = 0.0

    async def moved(ratio: float) -> None:
        nonlocal told
        if ratio - told >= STEP:
            told = ratio
            await _move(context, found, State.READING, ratio, size_bytes=0)

    kept = path_of(found.owner_id, found.id)
    await context.store.delete(kept)
    with tempfile.TemporaryFile() as target:
        await exporting.write(source_of(context), person, target, moved=moved)
        size_bytes = target.seek(0, os.SEEK_END)
        await context.store.put_open(target, kept)
    await _move(context, found, State.READY, 1.0, size_bytes=size_bytes)


async def _move(
    context: Context, found: Export, state: State, ratio: float, *, size_bytes: int
) -> None:
    async with context.database.tx() as tx:
        if await tx.run(
            _MOVE, export=found.id, new_state=state.value, ratio=ratio, size=size_bytes,
            ends=clock.now() + KEPT_FOR,
        ):
            await events.emit(tx, ExportMoved(
                export_id=found.id, owner=found.owner_id, state=state.value, progress_ratio=ratio,
            ))
            return
    # Its owner left meanwhile.
    await context.store.delete(path_of(found.owner_id, found.id))


async def forget_over(context: Context, payload: ForgetOver) -> None:
    """Delete exports whose time is over; a second run finds none."""
    del payload
    async with context.database.reads() as reads:
        over = await reads.all(_OVER, now=clock.now())
    for found in over:
        await context.store.delete(path_of(found.owner_id, found.id))
        async with context.database.tx() as tx:
            await tx.run(_DROP, export=found.id)


async def clear_person(context: Context, payload: Gone) -> None:
    """Delete the files of everything that somebody took who left."""
    await context.store.clear(path_of(payload.person))


JOBS = (
    Job(BUILD, Build, build, attempts=4, lane=MEDIA),
    Job(FORGET, ForgetOver, forget_over, every=timedelta(hours=1)),
    Job(CLEAR_PERSON, Gone, clear_person),
)
SUBSCRIPTIONS = {"PersonLeft": CLEAR_PERSON}
