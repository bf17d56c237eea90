"""Reading archives and making drafts of what was chosen, in the background."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import msgspec
import sqlalchemy as sa

from catflap.arrivals import actions, limits, queries, reading, receiving
from catflap.arrivals.actions import (
    ARCHIVE,
    CLEAR,
    MAKE_DRAFT,
    READ_ARCHIVE,
    Clear,
    MakeDraft,
    ReadArchive,
    folder_of,
)
from catflap.arrivals.errors import ArchiveDamaged
from catflap.arrivals.model import BroughtPost, Import, ImportId, PostState, State
from catflap.arrivals.tables import brought_posts, imports
from catflap.ground import clock
from catflap.ground.database import Database
from catflap.ground.errors import CatflapError, NotFound, TooMany
from catflap.ground.jobs import MEDIA, Job, JobDelayed
from catflap.ground.sealing import Seal
from catflap.ground.statements import Instant, Statement
from catflap.media.errors import (
    MediaKindRefused,
    MediaTooLarge,
    MediaUnreadable,
    TooManyPixels,
    VideoTooLong,
    WorkshopBusy,
)
from catflap.media.model import MediaId
from catflap.media.store import Store
from catflap.media.uploading import Uploads
from catflap.notes import drafts
from catflap.people.model import PersonId

CLEAR_PERSON = "arrivals.clear_person"
FORGET_OLD = "arrivals.forget_old"

_OLD = Statement(
    sa.select(*(imports.c[name] for name in Import.__struct_fields__))
    .where(
        imports.c.made_at < sa.bindparam("before", type_=Instant),
        sa.exists().where(
            brought_posts.c.import_id == imports.c.id,
            brought_posts.c.state == PostState.OPEN.value,
        ),
    )
    .limit(100),
    Import,
)


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def store(self) -> Store:
        """The files."""

    @property
    def uploads(self) -> Uploads:
        """Takes photos and videos."""

    @property
    def seal(self) -> Seal:
        """Seals handles."""


async def read_archive(context: Context, payload: ReadArchive) -> None:
    """Read an archive and delete its file.

    A run that was cut off leaves its batches; the next one keeps only what comes after them. An
    archive that is refused is refused for good: reading it again would end the same way. Where its
    owner deleted it meanwhile, nothing stays.
    """
    async with context.database.reads() as reads:
        item = await queries.anyone(reads, ImportId(payload.import_id))
    kept = folder_of(payload.owner, payload.import_id)
    if item is None:
        await context.store.clear(kept)
        return
    archive = f"{kept}/{ARCHIVE}"
    if item.state in (State.WAITING, State.READING):
        with tempfile.TemporaryDirectory(prefix="catflap-") as folder:
            source, out = Path(folder) / ARCHIVE, Path(folder) / "out"
            out.mkdir()
            try:
                await _fetch(context, archive, source)
                await _read(context, item, source, out)
            except NotFound:
                await context.store.clear(kept)
                return
            except CatflapError as error:
                async with context.database.tx() as tx:
                    await actions.refuse(tx, item, reading.refusal(error))
    await context.store.delete(archive)


async def _fetch(context: Context, archive: str, source: Path) -> None:
    try:
        await context.store.fetch(archive, source)
    except FileNotFoundError as error:
        raise ArchiveDamaged("its file is gone") from error


async def _read(context: Context, item: Import, source: Path, out: Path) -> None:
    async with receiving.answers(source, out, name=item.file_name) as answers:
        async for answer in answers:
            if isinstance(answer, reading.Done):
                for number in answer.files:
                    kept = f"{folder_of(item.owner_id, item.id)}/{number}"
                    await context.store.put_file(out / str(number), kept)
                async with context.database.tx() as tx:
                    await actions.finish(tx, item, answer.report)
            elif answer.number >= item.batches:
                async with context.database.tx() as tx:
                    await actions.keep(
                        tx, item, posts=answer.posts, handles=answer.handles, seal=context.seal,
                        batch=answer.number, progress_ratio=answer.progress_ratio,
                    )


async def make_draft(context: Context, payload: MakeDraft) -> None:
    """Make a draft of a chosen post; a second run finds it made and does nothing.

    Files that no workshop can open are left out. What is taken twice, because a run was cut off,
    stands in no draft and is cleared away like any loose upload.
    """
    async with context.database.reads() as reads:
        item = await queries.anyone(reads, ImportId(payload.import_id))
        found = await queries.posts_at(reads, ImportId(payload.import_id), [payload.place])
    if item is None or not found or found[0].state is not PostState.CHOSEN:
        return
    [post] = found
    owner = PersonId(item.owner_id)
    files = [MediaId(id_) for id_ in await _taken(context, item, post)]
    fields = {"body": post.body or post.link}
    try:
        async with context.database.tx() as tx:
            draft = await drafts.save(tx, by=owner, draft=None, fields=fields, media_ids=files)
            await actions.settle(tx, post, draft=draft)
    except TooMany:
        async with context.database.tx() as tx:
            await actions.settle(tx, post, draft=None)
        return
    for number in post.files:
        await context.store.delete(f"{folder_of(item.owner_id, item.id)}/{number}")


async def _taken(context: Context, item: Import, post: BroughtPost) -> list[int]:
    """The media of a post, made from its files."""
    taken: list[int] = []
    with tempfile.TemporaryDirectory(prefix="catflap-") as folder:
        for number in post.files:
            path = Path(folder) / str(number)
            kept = f"{folder_of(item.owner_id, item.id)}/{number}"
            if await context.store.size(kept) is None:
                continue
            await context.store.fetch(kept, path)
            try:
                taken.append(await context.uploads.take(path, owner=PersonId(item.owner_id)))
            except WorkshopBusy as busy:
                raise JobDelayed(busy.retry_after_s) from busy
            except (
                MediaKindRefused, MediaTooLarge, MediaUnreadable, TooManyPixels, VideoTooLong
            ):
                continue
    return taken


async def clear(context: Context, payload: Clear) -> None:
    """Delete a folder's files."""
    await context.store.clear(payload.folder)


class PersonGone(msgspec.Struct, frozen=True, kw_only=True):
    """Who left; their rows went with them."""

    person: int


async def clear_person(context: Context, payload: PersonGone) -> None:
    """Delete the files of everything that somebody brought who left."""
    await context.store.clear(folder_of(payload.person))


class ForgetOld(msgspec.Struct, frozen=True):
    """Posts that nobody chose for long."""


async def forget_old(context: Context, payload: ForgetOld) -> None:
    """Let go of posts, files and handles that waited longer than `limits` says."""
    del payload
    async with context.database.tx() as tx:
        for item in await tx.all(_OLD, before=clock.now() - limits.KEPT_FOR):
            await actions.forget_posts(tx, item)
        await actions.forget_old_handles(tx, before=clock.now() - limits.HANDLES_KEPT_FOR)


JOBS = (
    Job(READ_ARCHIVE, ReadArchive, read_archive, attempts=4, lane=MEDIA),
    Job(MAKE_DRAFT, MakeDraft, make_draft, attempts=5),
    Job(CLEAR, Clear, clear),
    Job(CLEAR_PERSON, PersonGone, clear_person),
    Job(FORGET_OLD, ForgetOld, forget_old, every=timedelta(hours=6)),
)
SUBSCRIPTIONS: Mapping[str, str] = {"PersonLeft": CLEAR_PERSON}
