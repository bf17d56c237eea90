"""Translating in the background, many texts at a time. No transaction is open meanwhile."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from catflap.ground import clock, jobs
from catflap.ground.database import Database, Tx
from catflap.ground.jobs import Job, JobDelayed
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.translation import (
    actions,
    figures,
    introducing,
    pipeline,
    queries,
    refusals,
    spans,
)
from catflap.translation.codes import UNKNOWN, Lang
from catflap.translation.figures import Figure, Spot
from catflap.translation.glossary import Glossaries, Glossary
from catflap.translation.lexicon import Lexicon
from catflap.translation.memory import Memory
from catflap.translation.model import Kept, Origin, TextKey
from catflap.translation.pipeline import Asked, Translated, Untranslated
from catflap.translation.routes import Routes
from catflap.translation.wants import AHEAD, TRANSLATE, Ahead, Translate

BATCH_TEXTS = 64
BACKFILL_LINES = "translation.backfill_lines"
BACKFILLED_AT_ONCE = 50
QUEUE_LIMIT = 20_000
REFUSED_WAIT_MAX_S = 4 * 3600.0
"""How long a text waits at most that some engines refused while others were busy."""
LIKELY_FOR_S = 600.0
LIKELY_SHARE_RATIO = 0.02


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def routes(self) -> Routes:
        """Engines by pair."""

    @property
    def ahead_languages(self) -> Sequence[Lang]:
        """Languages that every new text is translated into."""

    @property
    def glossaries(self) -> Glossaries:
        """The glossary."""

    @property
    def lexicon(self) -> Lexicon:
        """The dictionary, by which answers to orders are judged."""

    @property
    def likely(self) -> Likely:
        """What its readers read."""


class Likely:
    """The languages that members read first, asked for again every ten minutes."""

    def __init__(self) -> None:
        self._langs: tuple[Lang, ...] = ()
        self._asked_at_s = -LIKELY_FOR_S

    async def languages(self, database: Database) -> tuple[Lang, ...]:
        """Every language that at least one in fifty people reads first."""
        if time.monotonic() - self._asked_at_s >= LIKELY_FOR_S:
            self._asked_at_s = time.monotonic()
            async with database.reads() as reads:
                counts = await people.first_languages(reads)
            whole = sum(counts.values())
            self._langs = tuple(
                Lang(lang) for lang, count in counts.items()
                if count >= max(2, LIKELY_SHARE_RATIO * whole)
            )
        return self._langs


async def ahead(context: Context, payloads: Sequence[Ahead]) -> None:
    """Want new texts in the languages their likely readers read; without an engine, in none."""
    if not context.routes:
        return
    keys = [TextKey(payload.key) for payload in payloads]
    async with context.database.reads() as reads:
        found = await queries.kept(reads, keys, target=UNKNOWN)
    likely = await context.likely.languages(context.database)
    async with context.database.tx() as tx:
        for target in dict.fromkeys((*context.ahead_languages, *likely)):
            wanted = [
                key for key, kept in found.items()
                if (foreign := [lang for lang in kept.langs if lang not in (target, UNKNOWN)])
                and context.routes.has(foreign[0], target)
            ]
            await actions.want(tx, wanted, target=target, priority=actions.PRIORITY_AHEAD)


async def translate(
    context: Context, payloads: Sequence[Translate]
) -> Sequence[Exception | None]:
    """Translate texts; one that has its rendition already is done.

    For a text whose engines are all busy the answer is `JobDelayed`: it waits without losing an
    attempt.
    """
    wanted = await _wanted(context, payloads)
    if not wanted:
        return [None] * len(payloads)
    terms = await context.glossaries.current(context.database)
    asked = [_asked(kept, Lang(want.target), terms) for want, kept in wanted.items()]

    memory = Memory(context.database, [kept.key for kept in wanted.values()])
    outcomes = await pipeline.translated(
        asked, route=context.routes.route, memory=memory, lexicon=context.lexicon
    )
    changed: set[Translate] = set()
    async with context.database.tx() as tx:
        counts: Counter[Spot] = Counter()
        for (want, kept), outcome in zip(wanted.items(), outcomes, strict=True):
            if await _keep(tx, want, kept, outcome, routes=context.routes):
                _count(counts, kept, want, outcome)
            else:
                changed.add(want)
        await figures.add(tx, counts)
    told = dict(zip(wanted, outcomes, strict=True))
    return [
        JobDelayed(0) if payload in changed else _late(payload, told.get(payload))
        for payload in payloads
    ]


def _late(want: Translate, outcome: Translated | Untranslated | None) -> Exception | None:
    if not isinstance(outcome, Untranslated) or outcome.retry_after_s is None:
        return None
    wait_s = outcome.retry_after_s
    if outcome.refused and want.wanted_at is not None:
        # Who refused it is asked again each time: twice as late as the time before.
        waited_s = (clock.now() - want.wanted_at).total_seconds()
        wait_s = max(wait_s, min(waited_s, REFUSED_WAIT_MAX_S))
    # Spread, so that all who were told the same moment do not come back in one.
    return JobDelayed(wait_s * (1 + random.random() / 4))  # noqa: S311


async def _wanted(
    context: Context, payloads: Sequence[Translate]
) -> dict[Translate, Kept]:
    """The texts among these that still are there and have no rendition."""
    if not context.routes:
        return {}
    by_target: dict[str, list[Translate]] = defaultdict(list)
    for payload in dict.fromkeys(payloads):
        by_target[payload.target].append(payload)
    found: dict[Translate, Kept] = {}
    async with context.database.reads() as reads:
        for target, wants in by_target.items():
            keys = [TextKey(want.key) for want in wants]
            kept = refusals.all_current(
                await queries.kept(reads, keys, target=Lang(target)), routes=context.routes
            )
            found |= {
                want: one
                for want in wants
                if (one := kept.get(TextKey(want.key))) is not None and _is_open(one, Lang(target))
            }
    return found


def _is_open(kept: Kept, target: Lang) -> bool:
    """Whether a text has no rendition and something to render."""
    return kept.rendition is None and any(
        lang not in (target, UNKNOWN) for lang in kept.langs
    )


def _asked(kept: Kept, target: Lang, terms: Glossary) -> Asked:
    return Asked(
        text=kept.text, langs=kept.langs, target=target,
        context=spans.background(kept.context),
        terms=terms.terms(kept.text, langs=kept.langs, target=target), private=not kept.public,
    )


async def _keep(
    tx: Tx, want: Translate, kept: Kept, outcome: Translated | Untranslated, *, routes: Routes
) -> bool:
    """Keep what came of a text; false where people said meanwhile that its language is another."""
    key, target = TextKey(want.key), Lang(want.target)
    now = (await queries.kept(tx, [key], target=target)).get(key)
    if now is None:
        return True
    if now.langs != kept.langs:
        return False
    if isinstance(outcome, Translated):
        await actions.render(
            tx, key, target=target, text=outcome.text, origin=Origin.ENGINE,
            engine=outcome.engine, engine_version=outcome.engine_version,
            confidence_ratio=outcome.confidence_ratio, via=outcome.via,
        )
        await actions.remember(tx, key, outcome.segments)
    elif outcome.retry_after_s is None:
        await actions.render(
            tx, key, target=target, text="", origin=Origin.ENGINE,
            engine="; ".join(outcome.reasons)[:200],
            engine_version=routes.told(kept.source(target), target), confidence_ratio=0.0,
            failed=True,
        )
    return True


def _count(
    counts: Counter[Spot], kept: Kept, want: Translate, outcome: Translated | Untranslated
) -> None:
    source = next((lang for lang in kept.langs if lang != want.target), kept.lang)
    engine = outcome.engine if isinstance(outcome, Translated) else ""

    def spot(figure: str) -> Spot:
        return Spot(figure=figure, source=source, target=want.target, engine=engine)

    if isinstance(outcome, Translated):
        counts[spot(Figure.TEXTS)] += 1
        if want.wanted_at is not None:
            waited_s = (clock.now() - want.wanted_at).total_seconds()
            counts[spot(figures.wait_figure(waited_s))] += 1
    elif outcome.retry_after_s is None:
        counts[spot(Figure.REFUSED)] += 1


class Thin(msgspec.Struct, frozen=True, kw_only=True):
    """Keep the queue of translations within bounds."""

    limit: int = QUEUE_LIMIT


async def thin(context: Context, payload: Thin) -> None:
    """Forget the oldest texts that wait ahead of need; who opens one wants it again."""
    async with context.database.tx() as tx:
        await jobs.thin(
            tx, lane=jobs.ENGINE, limit=payload.limit, from_priority=actions.PRIORITY_AHEAD
        )


class ForgetFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Let go of old figures."""


async def forget_figures(context: Context, payload: ForgetFigures) -> None:
    """Let go of sums that nobody asks for any more."""
    del payload
    async with context.database.tx() as tx:
        await figures.forget_old(tx)


class After(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backfill is: the last id that it has looked at."""

    after: int = 0


async def backfill_lines(context: Context, payload: After) -> None:
    """Keep the texts that the next people say of themselves, and want the rest."""
    async with context.database.tx() as tx:
        ids = await people.ids_after(tx, payload.after, count=BACKFILLED_AT_ONCE)
        for id_ in ids:
            await people_actions.hold(tx, PersonId(id_))
            found = (await people.by_ids(tx, [id_])).get(id_)
            if found is not None:
                await introducing.complete(tx, found)
        if len(ids) == BACKFILLED_AT_ONCE:
            await jobs.enqueue(
                tx, BACKFILL_LINES, After(after=ids[-1]), key=BACKFILL_LINES,
                priority=jobs.PRIORITY_LAST,
            )


JOBS = (
    Job(AHEAD, Ahead, ahead, batch=jobs.TOGETHER),
    Job(TRANSLATE, Translate, translate, lane=jobs.ENGINE, batch=BATCH_TEXTS),
    Job("translation.thin", Thin, thin, every=timedelta(minutes=1)),
    Job(BACKFILL_LINES, After, backfill_lines),
    Job("translation.forget_figures", ForgetFigures, forget_figures, every=timedelta(hours=6)),
)
