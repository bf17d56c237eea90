"""Keeping texts, wanting and remembering renditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from catflap.ground import clock, events, jobs
from catflap.ground.database import Tx
from catflap.ground.statements import Instant, Json, Statement
from catflap.translation import detection
from catflap.translation.codes import Lang
from catflap.translation.events import RenditionMade
from catflap.translation.model import NO_TEXT, Origin, TextKey, key_of, normalised
from catflap.translation.tables import renditions, texts
from catflap.translation.wants import AHEAD, TRANSLATE, Ahead, Translate

PRIORITY_NOW = 2
PRIORITY_AHEAD = 5

_USE = Statement(
    texts.update()
    .where(texts.c.key == sa.bindparam("text_key"))
    .values(uses=texts.c.uses + sa.bindparam("by", type_=sa.Integer))
)
_ADD = Statement(
    texts.insert().values(
        key=sa.bindparam("key"), text=sa.bindparam("text"),
        langs=sa.bindparam("langs", type_=Json(tuple[str, ...])), uses=1,
    )
)
_DROP_UNUSED = Statement(
    texts.delete().where(texts.c.key == sa.bindparam("text_key"), texts.c.uses <= 0)
)
_RANK = {Origin.ENGINE: 0, Origin.MEMORY: 1, Origin.PERSON: 2}
_ORIGIN_NOW = Statement(
    sa.select(renditions.c.origin).where(
        renditions.c.text_key == sa.bindparam("text_key"),
        renditions.c.target == sa.bindparam("into"),
    ),
    str,
)
_FORGET = Statement(
    renditions.delete().where(
        renditions.c.text_key == sa.bindparam("text_key"),
        renditions.c.target == sa.bindparam("into"),
    )
)
_RENDER = Statement(
    renditions.insert().values(
        text_key=sa.bindparam("text_key"), target=sa.bindparam("into"),
        text=sa.bindparam("words"), engine=sa.bindparam("engine"),
        engine_version=sa.bindparam("engine_version"), origin=sa.bindparam("origin"),
        by_id=sa.bindparam("by", type_=sa.BigInteger),
        confidence_ratio=sa.bindparam("confidence", type_=sa.Float),
        failed=sa.bindparam("has_failed", type_=sa.Boolean),
        made_at=sa.bindparam("at", type_=Instant),
    )
)


async def keep(tx: Tx, text: str, *, prior: Sequence[str]) -> TextKey:
    """Keep a text, find its language, and have it translated ahead of need.

    ``prior`` are the languages its author reads. Two to four statements; translating itself is
    only queued.
    """
    words = normalised(text)
    key = key_of(words)
    if key == NO_TEXT:
        return key
    if await tx.run(_USE, text_key=key, by=1):
        return key
    langs = detection.detect(words, prior=prior).langs
    await tx.run(_ADD, key=key, text=words, langs=tuple(langs))
    if langs:
        await jobs.enqueue(
            tx, AHEAD, Ahead(key=key), key=f"{AHEAD}:{key}", priority=PRIORITY_AHEAD
        )
    return key


async def release(tx: Tx, keys: Iterable[TextKey]) -> None:
    """Let go of texts; one that nobody holds any more is deleted with its renditions."""
    for key in keys:
        if key:
            await tx.run(_USE, text_key=key, by=-1)
            await tx.run(_DROP_UNUSED, text_key=key)


async def want(tx: Tx, keys: Iterable[TextKey], *, target: Lang) -> None:
    """Have texts translated that somebody is looking at now."""
    for key in keys:
        await jobs.enqueue(
            tx, TRANSLATE, Translate(key=key, target=target),
            key=f"{TRANSLATE}:{key}:{target}", priority=PRIORITY_NOW,
        )


async def render(
    tx: Tx,
    key: TextKey,
    *,
    target: Lang,
    text: str,
    origin: Origin,
    engine: str = "",
    engine_version: str = "",
    by: int | None = None,
    confidence_ratio: float = 1.0,
    failed: bool = False,
) -> bool:
    """Keep a rendition, unless one of a higher origin stands; true where it was kept."""
    now = await tx.one(_ORIGIN_NOW, text_key=key, into=target)
    if now is not None:
        if _RANK[Origin(now)] > _RANK[origin]:
            return False
        await tx.run(_FORGET, text_key=key, into=target)
    await tx.run(
        _RENDER, text_key=key, into=target, words=text, engine=engine,
        engine_version=engine_version, origin=origin.value, by=by,
        confidence=confidence_ratio, has_failed=failed, at=clock.now(),
    )
    await events.emit(tx, RenditionMade(key=key, target=target))
    return True
