"""Translating in the background. No transaction is open while an engine works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from catflap.ground.database import Database
from catflap.ground.jobs import Job, JobDelayed
from catflap.translation import actions, pipeline, queries
from catflap.translation.codes import UNKNOWN, Lang
from catflap.translation.engines.port import Engine
from catflap.translation.model import Origin, TextKey
from catflap.translation.pipeline import Translated
from catflap.translation.wants import AHEAD, TRANSLATE, Ahead, Translate


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def engines(self) -> Sequence[Engine]:
        """Engines in the order they are tried."""

    @property
    def ahead_languages(self) -> Sequence[Lang]:
        """Languages that every new text is translated into."""


async def ahead(context: Context, payload: Ahead) -> None:
    """Want a new text in the community's languages; without an engine there is nothing to want."""
    if not context.engines:
        return
    key = TextKey(payload.key)
    async with context.database.reads() as reads:
        found = (await queries.kept(reads, [key], target=UNKNOWN)).get(key)
    if found is None:
        return
    async with context.database.tx() as tx:
        for target in context.ahead_languages:
            if any(lang not in (target, UNKNOWN) for lang in found.langs):
                await actions.want(tx, [key], target=target)


async def translate(context: Context, payload: Translate) -> None:
    """Translate one text; a second run finds the rendition and does nothing.

    Raises:
        JobDelayed: every engine is busy, so the text waits without losing an attempt.
    """
    key, target = TextKey(payload.key), Lang(payload.target)
    async with context.database.reads() as reads:
        found = (await queries.kept(reads, [key], target=target)).get(key)
    if found is None or found.rendition is not None or not context.engines:
        return
    outcome = await pipeline.translated(
        found.text, langs=found.langs, target=target, engines=context.engines
    )
    if not isinstance(outcome, Translated) and outcome.retry_after_s is not None:
        raise JobDelayed(outcome.retry_after_s)
    async with context.database.tx() as tx:
        if (await queries.kept(tx, [key], target=target)).get(key) is None:
            return
        if isinstance(outcome, Translated):
            await actions.render(
                tx, key, target=target, text=outcome.text, origin=Origin.ENGINE,
                engine=outcome.engine, engine_version=outcome.engine_version,
                confidence_ratio=outcome.confidence_ratio,
            )
        else:
            await actions.render(
                tx, key, target=target, text="", origin=Origin.ENGINE,
                engine="; ".join(outcome.reasons)[:200], confidence_ratio=0.0, failed=True,
            )


JOBS = (
    Job(AHEAD, Ahead, ahead),
    Job(TRANSLATE, Translate, translate, lane="engine"),
)
