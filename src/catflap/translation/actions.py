"""Keeping texts, wanting and remembering renditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, events, jobs
from catflap.ground.characters import writable
from catflap.ground.database import Tx
from catflap.ground.statements import Instant, Json, Statement, insert_unless_there
from catflap.translation import detection
from catflap.translation.codes import UNKNOWN, Lang, canonical
from catflap.translation.events import RenditionMade
from catflap.translation.model import NO_TEXT, Origin, TextKey, key_of, normalised
from catflap.translation.segments import SegmentKey
from catflap.translation.tables import renditions, segments, texts
from catflap.translation.wants import AHEAD, TRANSLATE, Ahead, Translate

PRIORITY_NOW = 2
PRIORITY_AHEAD = 5
CONTEXT_MAX_CHARS = 300


class _Now(msgspec.Struct, frozen=True, kw_only=True):
    """What a rendition is, but for when it was made."""

    origin: str
    text: str
    engine: str
    engine_version: str
    by_id: int | None
    failed: bool
    via: str


_USE = Statement(
    texts.update()
    .where(texts.c.key == sa.bindparam("text_key"))
    .values(
        uses=texts.c.uses + sa.bindparam("by", type_=sa.Integer),
        # One public use is enough: what everybody reads elsewhere is no secret here.
        public=texts.c.public | sa.bindparam("for_all", type_=sa.Boolean),
    )
)
_ADD = Statement(
    insert_unless_there(texts).values(
        key=sa.bindparam("key"), text=sa.bindparam("text"),
        langs=sa.bindparam("langs", type_=Json(tuple[str, ...])), uses=1,
        claimed=sa.bindparam("claimed"), context=sa.bindparam("context"),
        public=sa.bindparam("for_all", type_=sa.Boolean), langs_fixed=False,
    )
)
_OPEN = Statement(
    texts.update()
    .where(texts.c.key == sa.bindparam("text_key"))
    .values(public=sa.bindparam("for_all", type_=sa.Boolean))
)
_CLOSE = Statement(
    texts.update()
    .where(
        texts.c.key == sa.bindparam("text_key"),
        texts.c.uses <= sa.bindparam("count", type_=sa.Integer),
    )
    .values(public=False)
)
_FORGET_FAILED = Statement(
    renditions.delete().where(
        renditions.c.text_key == sa.bindparam("text_key"), renditions.c.failed == sa.true()
    )
)
_DROP_UNUSED = Statement(
    texts.delete().where(texts.c.key == sa.bindparam("text_key"), texts.c.uses <= 0)
)
_RANK = {Origin.ENGINE: 0, Origin.MEMORY: 1, Origin.PERSON: 2}
_NOW = Statement(
    sa.select(*(renditions.c[name] for name in _Now.__struct_fields__)).where(
        renditions.c.text_key == sa.bindparam("text_key"),
        renditions.c.target == sa.bindparam("into"),
    ),
    _Now,
)
_FORGET = Statement(
    renditions.delete().where(
        renditions.c.text_key == sa.bindparam("text_key"),
        renditions.c.target == sa.bindparam("into"),
    )
)
_RENDER = Statement(
    insert_unless_there(renditions).values(
        text_key=sa.bindparam("text_key"), target=sa.bindparam("into"),
        text=sa.bindparam("words"), engine=sa.bindparam("engine"),
        engine_version=sa.bindparam("engine_version"), origin=sa.bindparam("origin"),
        by_id=sa.bindparam("by", type_=sa.BigInteger),
        confidence_ratio=sa.bindparam("confidence", type_=sa.Float),
        failed=sa.bindparam("has_failed", type_=sa.Boolean),
        made_at=sa.bindparam("at", type_=Instant), via=sa.bindparam("via"),
    )
)
_REMEMBER = Statement(
    insert_unless_there(segments).values(
        text_key=sa.bindparam("text_key"), segment_key=sa.bindparam("segment_key"),
        text=sa.bindparam("words"),
    )
)


async def keep(
    tx: Tx, text: str, *, prior: Sequence[str], claimed: str = "", public: bool = True,
    context: str = "",
) -> TextKey:
    """Keep a text, find its language, and have it translated ahead of need.

    ``prior`` are the languages its author reads, ``claimed`` what the author says it is: a hint,
    kept beside what is found. A text that is not ``public`` stays in the house. ``context`` is
    what it stands in, for engines that take it. Two to four statements; translating itself is
    only queued.
    """
    words = normalised(text)
    key = key_of(words)
    if key == NO_TEXT:
        return key
    if await tx.run(_USE, text_key=key, by=1, for_all=public):
        return key
    said = canonical(claimed) if claimed else UNKNOWN
    hints = prior if said == UNKNOWN else (said, *prior)
    langs = detection.detect(words, prior=hints).langs
    if not await tx.run(
        _ADD, key=key, text=words, langs=tuple(langs), claimed="" if said == UNKNOWN else said,
        for_all=public, context=context[:CONTEXT_MAX_CHARS],
    ):
        await tx.run(_USE, text_key=key, by=1, for_all=public)
        return key
    if langs:
        await jobs.enqueue(
            tx, AHEAD, Ahead(key=key), key=f"{AHEAD}:{key}", priority=PRIORITY_AHEAD
        )
    return key


async def release(tx: Tx, keys: Iterable[TextKey]) -> None:
    """Let go of texts; one that nobody holds any more is deleted with its renditions."""
    for key in keys:
        if key:
            await tx.run(_USE, text_key=key, by=-1, for_all=False)
            await tx.run(_DROP_UNUSED, text_key=key)


async def publish(tx: Tx, keys: Iterable[TextKey]) -> None:
    """Let everybody read texts that only few could: engines outside the house may have them now.

    What those could not translate while it was private is wanted again.
    """
    for key in dict.fromkeys(keys):
        if await tx.run(_OPEN, text_key=key, for_all=True):
            await tx.run(_FORGET_FAILED, text_key=key)
            await jobs.enqueue(
                tx, AHEAD, Ahead(key=key), key=f"{AHEAD}:{key}", priority=PRIORITY_AHEAD
            )


async def keep_in_house(tx: Tx, held: Mapping[TextKey, int]) -> None:
    """Let texts be private again, each unless it has more uses than these."""
    for key, uses in held.items():
        await tx.run(_CLOSE, text_key=key, count=uses)


async def want(
    tx: Tx, keys: Iterable[TextKey], *, target: Lang, priority: int = PRIORITY_NOW
) -> None:
    """Have texts translated: those that somebody is looking at now go before all others."""
    for key in keys:
        name = f"{TRANSLATE}:{key}:{target}"
        if priority < PRIORITY_AHEAD:
            await jobs.hurry(tx, name, priority=priority)
        await jobs.enqueue(
            tx, TRANSLATE, Translate(key=key, target=target, wanted_at=clock.now()), key=name,
            priority=priority, lane=jobs.ENGINE,
        )


async def remember(tx: Tx, key: TextKey, said: Mapping[SegmentKey, str]) -> None:
    """Keep what an engine said of a text's segments, for as long as the text stands."""
    await tx.run_many(
        _REMEMBER,
        [
            {"text_key": key, "segment_key": segment, "words": writable(words)}
            for segment, words in said.items()
        ],
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
    via: Lang | None = None,
) -> bool:
    """Keep a rendition, unless one of a higher origin stands; true where it was kept."""
    words = writable(text)
    now = await tx.one(_NOW, text_key=key, into=target)
    if now is not None:
        if _RANK[Origin(now.origin)] > _RANK[origin]:
            return False
        made = _Now(
            origin=origin.value, text=words, engine=engine, engine_version=engine_version,
            by_id=by, failed=failed, via=via or "",
        )
        if now == made and not failed:
            return True  # nobody is told: every note that holds the text would be indexed anew
        await tx.run(_FORGET, text_key=key, into=target)
    await tx.run(
        _RENDER, text_key=key, into=target, words=words, engine=engine,
        engine_version=engine_version, origin=origin.value, by=by,
        confidence=confidence_ratio, has_failed=failed, at=clock.now(), via=via or "",
    )
    await events.emit(tx, RenditionMade(key=key, target=target))
    return True
