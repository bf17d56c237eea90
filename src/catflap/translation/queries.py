"""Reading texts with their renditions.

Texts carry no viewer of their own: whoever holds a key got it from a note or a person that the
viewer may see, and keys cannot be guessed from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.translation.codes import Lang
from catflap.translation.model import Kept, Origin, Rendition, TextKey
from catflap.translation.segments import SegmentKey
from catflap.translation.tables import renditions, segments, texts


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    text: str
    langs: tuple[str, ...]
    target: str | None
    rendered: str | None
    engine: str | None
    engine_version: str | None
    origin: str | None
    by_id: int | None
    confidence_ratio: float | None
    failed: bool | None
    made_at: datetime | None
    via: str | None
    claimed: str
    public: bool
    context: str


_KEPT = Statement(
    sa.select(
        texts.c.key, texts.c.text, texts.c.langs, renditions.c.target,
        renditions.c.text.label("rendered"), renditions.c.engine, renditions.c.engine_version,
        renditions.c.origin, renditions.c.by_id, renditions.c.confidence_ratio,
        renditions.c.failed, renditions.c.made_at, renditions.c.via, texts.c.claimed,
        texts.c.public, texts.c.context,
    )
    .select_from(
        texts.outerjoin(
            renditions,
            (renditions.c.text_key == texts.c.key)
            & (renditions.c.target == sa.bindparam("target", type_=sa.Text)),
        )
    )
    .where(among(texts.c.key, "keys")),
    _Row,
)


_USES = Statement(sa.select(texts.c.uses).where(texts.c.key == sa.bindparam("key")), int)


class _Remembered(msgspec.Struct, frozen=True, kw_only=True):
    segment_key: str
    text: str


_REMEMBERED = Statement(
    sa.select(segments.c.segment_key, segments.c.text).where(
        among(segments.c.segment_key, "keys")
    ),
    _Remembered,
)


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What a text is in one other language."""

    text_key: str
    target: str
    text: str


_RENDERED = Statement(
    sa.select(renditions.c.text_key, renditions.c.target, renditions.c.text).where(
        among(renditions.c.text_key, "keys"), renditions.c.failed == sa.false()
    ),
    Rendered,
)


def _kept(row: _Row) -> Kept:
    rendition = None
    if row.target is not None:
        rendition = Rendition(
            text=row.rendered or "", target=Lang(row.target), engine=row.engine or "",
            engine_version=row.engine_version or "", origin=Origin(row.origin or "engine"),
            by_id=row.by_id, confidence_ratio=row.confidence_ratio or 0.0,
            failed=bool(row.failed), made_at=row.made_at,  # type: ignore[arg-type]
            via=Lang(row.via) if row.via else None,
        )
    return Kept(
        key=TextKey(row.key), text=row.text, langs=tuple(Lang(code) for code in row.langs),
        rendition=rendition, claimed=row.claimed, public=row.public, context=row.context,
    )


async def kept(
    reads: Reads, keys: Iterable[TextKey], *, target: Lang
) -> dict[TextKey, Kept]:
    """Texts by key, each with its rendition in ``target`` where there is one. One query."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return {}
    rows = await reads.all(_KEPT, keys=wanted, target=target)
    return {TextKey(row.key): _kept(row) for row in rows}


async def rendered(reads: Reads, keys: Iterable[TextKey]) -> list[Rendered]:
    """Every rendition of texts that can be shown, in any language. One query."""
    wanted = sorted({key for key in keys if key})
    return await reads.all(_RENDERED, keys=wanted) if wanted else []


async def remembered(reads: Reads, keys: Iterable[SegmentKey]) -> dict[SegmentKey, str]:
    """What engines said of segments before, in whatever text they stood. One query."""
    rows = await reads.all(_REMEMBERED, keys=sorted(set(keys)))
    return {SegmentKey(row.segment_key): row.text for row in rows}


async def uses(reads: Reads, key: TextKey) -> int:
    """How many notes, bios, boards … hold a text; 0 for none."""
    return await reads.one(_USES, key=key) or 0


async def text(reads: Reads, key: TextKey) -> str:
    """One text's own words, "" for none."""
    found = await kept(reads, [key], target=Lang("und"))
    return found[key].text if key in found else ""
