"""Reading what was brought. All of it is its owner's alone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from catflap.arrivals.model import (
    BroughtHandle,
    BroughtPost,
    HandleKind,
    Hints,
    Import,
    ImportId,
    PostState,
)
from catflap.arrivals.tables import brought_handles, brought_posts, imports
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.sealing import Seal
from catflap.ground.statements import Statement, among
from catflap.people.model import PersonId

POSTS_PAGE = 50
HANDLES_SHOWN = 100

_i64 = sa.BigInteger
_IMPORT = tuple(imports.c[name] for name in Import.__struct_fields__)
_POST = tuple(brought_posts.c[name] for name in BroughtPost.__struct_fields__)
_HANDLE = tuple(brought_handles.c[name] for name in BroughtHandle.__struct_fields__)


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many handles of one kind an import has."""

    kind: HandleKind
    count: int


_ONE = Statement(sa.select(*_IMPORT).where(imports.c.id == sa.bindparam("id", type_=_i64)), Import)
_MINE = Statement(
    sa.select(*_IMPORT)
    .where(imports.c.owner_id == sa.bindparam("owner", type_=_i64))
    .order_by(imports.c.id.desc()),
    Import,
)
_POSTS = Statement(
    sa.select(*_POST)
    .where(
        brought_posts.c.import_id == sa.bindparam("id", type_=_i64),
        brought_posts.c.place > sa.bindparam("after", type_=sa.Integer),
    )
    .order_by(brought_posts.c.place)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    BroughtPost,
)
_AT_PLACES = Statement(
    sa.select(*_POST)
    .where(
        brought_posts.c.import_id == sa.bindparam("id", type_=_i64),
        among(brought_posts.c.place, "places"),
    )
    .order_by(brought_posts.c.place),
    BroughtPost,
)
_CHOSEN = Statement(
    sa.select(sa.func.count())
    .join(imports, imports.c.id == brought_posts.c.import_id)
    .where(
        imports.c.owner_id == sa.bindparam("owner", type_=_i64),
        brought_posts.c.state == PostState.CHOSEN.value,
    )
    .select_from(brought_posts),
    int,
)
_HANDLES = Statement(
    sa.select(*_HANDLE)
    .where(
        brought_handles.c.import_id == sa.bindparam("id", type_=_i64),
        brought_handles.c.kind == sa.bindparam("kind"),
    )
    .order_by(brought_handles.c.place)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    BroughtHandle,
)
_KINDS = Statement(
    sa.select(brought_handles.c.kind, sa.func.count().label("count"))
    .where(brought_handles.c.import_id == sa.bindparam("id", type_=_i64))
    .group_by(brought_handles.c.kind),
    KindCount,
)



async def anyone(reads: Reads, id_: ImportId) -> Import | None:
    """An import, whoever's; for jobs."""
    return await reads.one(_ONE, id=id_)


async def mine(reads: Reads, *, viewer: PersonId) -> list[Import]:
    """The viewer's imports, newest first."""
    return await reads.all(_MINE, owner=viewer)


async def one(reads: Reads, id_: ImportId, *, viewer: PersonId) -> Import:
    """One of the viewer's imports.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    found = await anyone(reads, id_)
    if found is None or found.owner_id != viewer:
        raise NotFound("import")
    return found


async def hints(reads: Reads, *, viewer: PersonId) -> Hints:
    """Languages and interests of everything the viewer brought, newest archive first. One query.

    For offering while somebody chooses; as their platforms wrote them.
    """
    found = [item.report.hints for item in await mine(reads, viewer=viewer) if item.report]
    return Hints(
        languages=tuple(dict.fromkeys(text for one in found for text in one.languages)),
        interests=tuple(dict.fromkeys(text for one in found for text in one.interests)),
    )


async def posts(
    reads: Reads, item: Import, *, after: int = 0, count: int = POSTS_PAGE
) -> list[BroughtPost]:
    """Posts of an import whose owner is known to look, as the archive ordered them."""
    return await reads.all(_POSTS, id=item.id, after=after, count=count)


async def posts_at(
    reads: Reads, id_: ImportId, places: Sequence[int]
) -> list[BroughtPost]:
    """Posts of an import at these places; its owner's business."""
    return await reads.all(_AT_PLACES, id=id_, places=list(places)) if places else []


async def chosen_count(reads: Reads, owner: PersonId) -> int:
    """How many posts were chosen and are not drafts yet."""
    return await reads.one(_CHOSEN, owner=owner) or 0


async def kinds(reads: Reads, item: Import) -> dict[HandleKind, int]:
    """How many handles of each kind stand under an import."""
    return {row.kind: row.count for row in await reads.all(_KINDS, id=item.id)}


async def handles(
    reads: Reads, item: Import, kind: HandleKind, *, seal: Seal, count: int = HANDLES_SHOWN
) -> list[str]:
    """Handles of one kind, opened for the owner, who is known to look; lost ones are left out."""
    found = await reads.all(_HANDLES, id=item.id, kind=kind.value, count=count)
    return [text for row in found if (text := seal.open(row.sealed)) is not None]
