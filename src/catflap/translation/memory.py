"""What engines said of segments, and who is asking for which right now.

A segment is asked for by one worker at a time: whoever claims it asks, the others wait for what
comes of it. What an engine said is kept batch by batch, so that a worker that is killed loses no
more than the batch in flight; its claims end by themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Database, Tx
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.translation import actions, queries
from catflap.translation.model import TextKey
from catflap.translation.segments import SegmentKey
from catflap.translation.tables import asking, texts

CLAIM = timedelta(seconds=130)
"""Longer than an engine may take for one batch, its second try included."""

_TAKE = Statement(
    insert_unless_there(asking).values(
        segment_key=sa.bindparam("key"), until=sa.bindparam("ends", type_=Instant)
    )
)
_END = Statement(
    asking.delete().where(
        among(asking.c.segment_key, "keys"), asking.c.until < sa.bindparam("now", type_=Instant)
    )
)
_LET_GO = Statement(asking.delete().where(among(asking.c.segment_key, "keys")))
_END_ALL = Statement(
    asking.delete().where(asking.c.until < sa.bindparam("now", type_=Instant))
)
_HELD = Statement(
    # Held, so that no text goes while what was said of it is written down.
    sa.select(texts.c.key)
    .where(among(texts.c.key, "keys"))
    .with_for_update(read=True, key_share=True),
    str,
)


async def end_all(tx: Tx) -> None:
    """End every claim, for the only worker's start after it was killed."""
    await tx.run(_END_ALL, now=clock.now() + CLAIM)


class Memory:
    """The memory of one turn; ``keys`` are its texts, in the order that the pipeline has them."""

    def __init__(self, database: Database, keys: Sequence[TextKey]) -> None:
        self._database = database
        self._keys = keys

    async def recall(self, keys: Iterable[SegmentKey]) -> dict[SegmentKey, str]:
        """What is known of segments. One query."""
        async with self._database.reads() as reads:
            return await queries.remembered(reads, keys)

    async def claim(self, keys: Iterable[SegmentKey]) -> set[SegmentKey]:
        """Those of the segments that are now this worker's to ask for. One statement each."""
        wanted = sorted(set(keys))
        async with self._database.tx() as tx:
            now = clock.now()
            await tx.run(_END, keys=wanted, now=now)
            return {key for key in wanted if await tx.run(_TAKE, key=key, ends=now + CLAIM)}

    async def keep(
        self, claimed: Iterable[SegmentKey], said: Mapping[int, Mapping[SegmentKey, str]]
    ) -> None:
        """Let go of claims, and keep what was said of each text's segments in the same moment."""
        by_text: dict[TextKey, dict[SegmentKey, str]] = defaultdict(dict)
        for place, segments in said.items():
            by_text[self._keys[place]] |= segments
        async with self._database.tx() as tx:
            for key in await tx.all(_HELD, keys=sorted(by_text)):
                await actions.remember(tx, TextKey(key), by_text[TextKey(key)])
            await tx.run(_LET_GO, keys=sorted(set(claimed)))
