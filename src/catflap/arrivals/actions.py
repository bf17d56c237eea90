"""Changing what was brought: taking an archive, keeping what was read, choosing, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.arrivals import claiming, limits, queries
from catflap.arrivals.events import ImportMoved
from catflap.arrivals.handles import handle_hash
from catflap.arrivals.model import (
    BroughtPost,
    Handle,
    Import,
    ImportId,
    Post,
    PostState,
    Refusal,
    Report,
    State,
)
from catflap.arrivals.tables import brought_handles, brought_posts, imports, meetings
from catflap.ground import clock, events, ids, jobs
from catflap.ground.characters import on_one_line
from catflap.ground.database import Tx
from catflap.ground.errors import NotFound, TooMany
from catflap.ground.sealing import Seal
from catflap.ground.statements import Instant, Json, Statement, among, insert_unless_there
from catflap.notes import queries as notes
from catflap.notes.model import DRAFTS_MAX
from catflap.people import actions as people
from catflap.people import waiting
from catflap.people.model import PersonId

READ_ARCHIVE = "arrivals.read_archive"
MAKE_DRAFT = "arrivals.make_draft"
CLEAR = "arrivals.clear"
ARCHIVE = "archive"
FILE_NAME_MAX_CHARS = 120

_i64 = sa.BigInteger
_ADD = Statement(imports.insert().values({name: sa.bindparam(name) for name in imports.c.keys()}))
_MOVE = Statement(
    imports.update()
    .where(imports.c.id == sa.bindparam("import", type_=_i64))
    .values(
        state=sa.bindparam("new_state"), progress_ratio=sa.bindparam("ratio", type_=sa.Float),
        batches=sa.bindparam("kept", type_=sa.Integer),
    )
)
_END = Statement(
    imports.update()
    .where(imports.c.id == sa.bindparam("import", type_=_i64))
    .values(
        state=sa.bindparam("new_state"), progress_ratio=1.0,
        report=sa.bindparam("new_report", type_=Json(Report)),
        refusal=sa.bindparam("new_refusal", type_=Json(Refusal)),
        ended_at=sa.bindparam("at", type_=Instant),
    )
)
_DROP = Statement(imports.delete().where(imports.c.id == sa.bindparam("import", type_=_i64)))
_KEEP_POST = Statement(
    insert_unless_there(brought_posts).values(
        {name: sa.bindparam(name) for name in brought_posts.c.keys()}
    )
)
_KEEP_HANDLE = Statement(
    insert_unless_there(brought_handles).values(
        {name: sa.bindparam(name) for name in brought_handles.c.keys()}
    )
)
_CHOOSE = Statement(
    brought_posts.update()
    .where(
        brought_posts.c.import_id == sa.bindparam("import", type_=_i64),
        among(brought_posts.c.place, "places"),
        brought_posts.c.state == PostState.OPEN.value,
    )
    .values(state=PostState.CHOSEN.value)
)
_SETTLE = Statement(
    brought_posts.update()
    .where(
        brought_posts.c.import_id == sa.bindparam("import", type_=_i64),
        brought_posts.c.place == sa.bindparam("the_place", type_=sa.Integer),
        brought_posts.c.state == PostState.CHOSEN.value,
    )
    .values(state=sa.bindparam("new_state"), draft_id=sa.bindparam("draft", type_=_i64))
)
_FORGET_POSTS = Statement(
    brought_posts.delete().where(
        brought_posts.c.import_id == sa.bindparam("import", type_=_i64),
        brought_posts.c.state == PostState.OPEN.value,
    )
)

_FORGET_HANDLES = Statement(
    brought_handles.delete().where(
        brought_handles.c.import_id == sa.bindparam("import", type_=_i64)
    )
)
_FORGET_MET = Statement(
    meetings.delete().where(meetings.c.import_id == sa.bindparam("import", type_=_i64))
)
_WITH_OLD_HANDLES = Statement(
    sa.select(imports.c.id)
    .where(
        imports.c.made_at < sa.bindparam("before", type_=Instant),
        sa.exists().where(brought_handles.c.import_id == imports.c.id),
    )
    .limit(100),
    int,
)


class ReadArchive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that waits in its folder; its owner, because its row may be gone by then."""

    import_id: int
    owner: int


class MakeDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A brought post that was chosen."""

    import_id: int
    place: int


class Clear(msgspec.Struct, frozen=True, kw_only=True):
    """A folder whose owner is gone, or its import."""

    folder: str


def folder_of(owner: int, id_: int | None = None) -> str:
    """Where the files of an import stand in the store, or of all of a person's.

    It need not be hard to guess: the web door serves no path of this form.
    """
    return f"arrivals/{owner}" if id_ is None else f"arrivals/{owner}/{id_}"


async def must_have_room(tx: Tx, *, by: PersonId) -> None:
    """Refuse before anything is stored.

    Raises:
        TooMany: one has `limits.IMPORTS_MAX` already.
        StillWaiting: ``by`` is not let in yet; gigabytes are not taken of whoever signs up.
    """
    await waiting.must_be_in(tx, by)
    count = len(await queries.mine(tx, viewer=by))
    if count >= limits.IMPORTS_MAX:
        raise TooMany("imports", count=count + 1, limit=limits.IMPORTS_MAX)


def new_id(owner: PersonId) -> ImportId:
    """The number of an import whose file is about to be stored."""
    return ImportId(ids.new(shard=ids.shard_of(owner)))


async def bring(
    tx: Tx, id_: ImportId, *, by: PersonId, file_name: str, size_bytes: int
) -> None:
    """Have an archive read that stands in its folder already.

    Raises:
        TooMany: one has `limits.IMPORTS_MAX` already.
    """
    await people.hold(tx, by)
    await must_have_room(tx, by=by)
    plain = on_one_line(file_name.replace("\\", "/").rpartition("/")[2])
    await tx.run(
        _ADD, id=id_, owner_id=by, file_name=plain[-FILE_NAME_MAX_CHARS:], size_bytes=size_bytes,
        state=State.WAITING.value, progress_ratio=0.0, batches=0, report=None, refusal=None,
        made_at=clock.now(), ended_at=None,
    )
    await jobs.enqueue(
        tx, READ_ARCHIVE, ReadArchive(import_id=id_, owner=by), key=f"{READ_ARCHIVE}:{id_}",
        lane=jobs.MEDIA,
    )


async def keep(
    tx: Tx, item: Import, *, posts: Sequence[Post], handles: Sequence[Handle], seal: Seal,
    batch: int, progress_ratio: float,
) -> None:
    """Keep a batch of what was read; the same again changes nothing.

    Raises:
        NotFound: the import was deleted meanwhile.
    """
    if not await tx.run(
        _MOVE, **{"import": item.id}, new_state=State.READING.value, ratio=progress_ratio,
        kept=batch + 1,
    ):
        raise NotFound("import")
    await tx.run_many(
        _KEEP_POST,
        [
            {
                "import_id": item.id, "place": post.place, "body": post.body, "link": post.link,
                "at": post.at, "files": post.files, "state": PostState.OPEN.value,
                "draft_id": None,
            }
            for post in posts
        ],
    )
    first = batch * limits.BATCH_ITEMS
    await tx.run_many(
        _KEEP_HANDLE,
        [
            {
                "import_id": item.id, "kind": found.kind.value, "network": found.network.value,
                "handle_hash": handle_hash(seal, found.network, found.handle),
                "sealed": seal.close(found.handle), "place": first + place,
            }
            for place, found in enumerate(handles)
        ],
    )
    await _tell(tx, item, State.READING, progress_ratio)


async def finish(tx: Tx, item: Import, report: Report) -> None:
    """Everything was read.

    Raises:
        NotFound: the import was deleted meanwhile.
    """
    if not await tx.run(
        _END, **{"import": item.id}, new_state=State.READY.value, new_report=report,
        new_refusal=None, at=clock.now(),
    ):
        raise NotFound("import")
    await claiming.find(tx, PersonId(item.owner_id))
    await _tell(tx, item, State.READY, 1.0)


async def refuse(tx: Tx, item: Import, refusal: Refusal) -> None:
    """The archive cannot be read; what was kept of it until then goes."""
    await tx.run(_FORGET_POSTS, **{"import": item.id})
    await tx.run(_FORGET_HANDLES, **{"import": item.id})
    await tx.run(
        _END, **{"import": item.id}, new_state=State.REFUSED.value, new_report=None,
        new_refusal=refusal, at=clock.now(),
    )
    await _tell(tx, item, State.REFUSED, 1.0)


async def _tell(tx: Tx, item: Import, state: State, progress_ratio: float) -> None:
    await events.emit(
        tx,
        ImportMoved(
            import_id=item.id, owner=item.owner_id, state=state.value,
            progress_ratio=progress_ratio,
        ),
    )


async def choose(
    tx: Tx, id_: ImportId, places: Sequence[int], *, by: PersonId
) -> int:
    """Have drafts made of brought posts; how many were chosen that were not before.

    Raises:
        NotFound: the import is absent, or somebody else's.
        TooMany: there is no room for so many drafts.
    """
    await queries.one(tx, id_, viewer=by)
    await people.hold(tx, by)
    fresh = [
        post for post in await queries.posts_at(tx, id_, places) if post.state is PostState.OPEN
    ]
    taken = len(await notes.drafts_of(tx, by)) + await queries.chosen_count(tx, by)
    if taken + len(fresh) > DRAFTS_MAX:
        raise TooMany("drafts", count=taken + len(fresh), limit=DRAFTS_MAX)
    await tx.run(_CHOOSE, **{"import": id_}, places=[post.place for post in fresh])
    for post in fresh:
        await jobs.enqueue(
            tx, MAKE_DRAFT, MakeDraft(import_id=id_, place=post.place),
            key=f"{MAKE_DRAFT}:{id_}:{post.place}",
        )
    return len(fresh)


async def settle(tx: Tx, post: BroughtPost, *, draft: int | None) -> bool:
    """Say that a chosen post became a draft, or wait for choosing again where ``draft`` is None.

    False where it is not chosen any more.
    """
    state = PostState.OPEN if draft is None else PostState.DRAFTED
    return bool(
        await tx.run(
            _SETTLE, **{"import": post.import_id}, the_place=post.place, new_state=state.value,
            draft=draft,
        )
    )


async def delete(tx: Tx, id_: ImportId, *, by: PersonId) -> None:
    """Delete everything that was brought with one archive; drafts made of it stay.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    item = await queries.one(tx, id_, viewer=by)
    await tx.run(_DROP, **{"import": id_})
    folder = folder_of(item.owner_id, id_)
    await jobs.enqueue(tx, CLEAR, Clear(folder=folder), key=f"{CLEAR}:{folder}")
    # Whom it met, another list may meet too.
    await claiming.find(tx, by)


async def forget_handles(tx: Tx, *, by: PersonId) -> None:
    """Delete every handle that one brought, and whom they met; posts stay."""
    for item in await queries.mine(tx, viewer=by):
        await tx.run(_FORGET_HANDLES, **{"import": item.id})
        await tx.run(_FORGET_MET, **{"import": item.id})


async def forget_old_handles(tx: Tx, *, before: datetime) -> None:
    """Delete handles of archives that were brought before an instant, and whom they met."""
    for id_ in await tx.all(_WITH_OLD_HANDLES, before=before):
        await tx.run(_FORGET_HANDLES, **{"import": id_})
        await tx.run(_FORGET_MET, **{"import": id_})


async def forget_posts(tx: Tx, item: Import) -> None:
    """Let go of posts that nobody chose, and of their files."""
    await tx.run(_FORGET_POSTS, **{"import": item.id})
    folder = folder_of(item.owner_id, item.id)
    await jobs.enqueue(tx, CLEAR, Clear(folder=folder), key=f"{CLEAR}:{folder}")
