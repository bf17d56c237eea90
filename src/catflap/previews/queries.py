"""Reading previews. Who may see one is who may see a note that links to it: the caller's to ask."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.previews.model import Preview
from catflap.previews.tables import previews

_PREVIEW = sa.select(*(previews.c[name] for name in Preview.__struct_fields__))
_BY_IDS = Statement(_PREVIEW.where(among(previews.c.id, "ids")), Preview)
_BY_URL = Statement(_PREVIEW.where(previews.c.url == sa.bindparam("url")), Preview)


async def by_ids(reads: Reads, ids: Sequence[int]) -> dict[int, Preview]:
    """Previews by id. One query."""
    if not ids:
        return {}
    return {one.id: one for one in await reads.all(_BY_IDS, ids=list(ids))}


async def at(reads: Reads, url: str) -> Preview | None:
    """The preview of an address, as `addressing.canonical` writes it; None for none."""
    return await reads.one(_BY_URL, url=url)
