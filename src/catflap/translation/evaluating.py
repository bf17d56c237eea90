"""How good an engine is: what readers would get for a test set, scored, and what it costs.

Sentences go through the pipeline as notes do, with their language found, the glossary told and
every answer checked. An answer that no reader would be shown is scored as the empty string and
named with the reason. Beside the engines always stands one that copies its source: what names,
tags and numbers alone are worth. Nothing is recalled from memory, nothing is kept.

Source: of the metrics and the resampling, see `scoring`.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from catflap.translation import pipeline, scoring
from catflap.translation.codes import UNKNOWN, Lang
from catflap.translation.detection import detect
from catflap.translation.engines.port import Batch, Card, Engine, EngineBusy
from catflap.translation.errors import EngineUnknown, PairUntranslated
from catflap.translation.glossary import Glossary
from catflap.translation.pipeline import Asked, Translated, Untranslated
from catflap.translation.prices import Prices, summed
from catflap.translation.routes import Routes
from catflap.translation.scoring import Scores, Signatures
from catflap.translation.testset import TestSet

ROUTE = "route"
COPY = "copy-source"
BATCH_TEXTS = 64
BUSY_WAIT_MAX_S = 60.0
BUSY_ROUNDS = 2
"""How often an engine is waited for that then answers nothing again."""

Progress = Callable[[str, int, int], None]
"""Told which engine has done how many sentences of how many."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that no engine could be trusted with, and what was wrong with each answer."""

    line: int
    source: str
    reasons: tuple[str, ...]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence with an answer that readers would see; ``chrf`` is this answer's own."""

    line: int
    source: str
    reference: str
    answer: str
    chrf: float


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What one system said, in the order of the sentences, and what it cost.

    ``chars`` were given to engines, to all of a route together; ``seconds`` are those of the
    pipeline, without pauses for an engine that was busy. ``by_engine`` counts whose answers stand.
    ``cost`` is that of the engines that have a price, None where none has.
    """

    texts: tuple[str, ...]
    refused: tuple[Refused, ...] = ()
    by_engine: Mapping[str, int] = {}
    chars: int = 0
    tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """One system: its scores, what was refused, what it cost."""

    name: str
    bleu: scoring.Score
    chrf: scoring.Score
    refused_ratio: float
    refused: tuple[Refused, ...]
    by_engine: Mapping[str, int]
    chars: int
    tokens: int
    cost: float | None
    seconds: float
    chars_per_second: float
    worst: tuple[Shown, ...]


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """All systems on the same sentences; the first is the one that others are compared with.

    ``seed`` drew ``sentences`` of the ``whole`` set. ``currency`` is that of every cost.
    """

    pair: str
    test_set: str
    sentences: int
    whole: int
    seed: int
    signatures: Signatures
    currency: str
    systems: tuple[Evaluated, ...]


def route_of(routes: Routes, name: str, *, source: Lang, target: Lang) -> Routes:
    """What is scored under a name: one configured engine alone, or, as ``route``, them all.

    Raises:
        EngineUnknown: no setting names this engine, or any.
        PairUntranslated: it is there and does not know the pair.
    """
    if not routes or (name != ROUTE and name not in routes.names):
        raise EngineUnknown(name, known=tuple(routes.names))
    chosen = routes if name == ROUTE else routes.alone(name)
    if not chosen.has(source, target):
        able = tuple(n for n in routes.names if routes.alone(n).has(source, target))
        raise PairUntranslated(f"{source}-{target}", engine=name, known=able)
    return chosen


async def evaluate(
    systems: Mapping[str, Routes], test_set: TestSet, *, glossary: Glossary,
    prices: Prices | None = None, show: int = 0, progress: Progress | None = None,
) -> Evaluation:
    """What every system and the copying one say to the sentences, scored; with the ``show`` worst.

    Raises:
        EngineBusy: an engine stays busy; what is only late must not be scored as bad.
    """
    prices = prices or Prices()
    said: dict[str, Answers] = {}
    for name, routes in systems.items():
        said[name] = await _answers(
            name, routes, test_set, glossary=glossary, prices=prices, progress=progress
        )
    said[COPY] = Answers(texts=tuple(one.source for one in test_set.sentences))
    scores, signatures = scoring.scored(
        {name: answers.texts for name, answers in said.items()},
        [one.reference for one in test_set.sentences], target=test_set.target,
    )
    return Evaluation(
        pair=f"{test_set.source}-{test_set.target}", test_set=test_set.name,
        sentences=len(test_set.sentences), whole=test_set.whole, seed=test_set.seed,
        signatures=signatures, currency=prices.currency,
        systems=tuple(
            _evaluated(name, answers, scores[name], test_set=test_set, show=show)
            for name, answers in said.items()
        ),
    )


def _evaluated(
    name: str, said: Answers, scores: Scores, *, test_set: TestSet, show: int
) -> Evaluated:
    return Evaluated(
        name=name, bleu=scores.bleu, chrf=scores.chrf, refused=said.refused,
        refused_ratio=round(len(said.refused) / len(test_set.sentences), 4),
        by_engine=said.by_engine, chars=said.chars, tokens=said.tokens, cost=said.cost,
        seconds=round(said.seconds, 3),
        chars_per_second=round(said.chars / said.seconds, 1) if said.seconds else 0.0,
        worst=_worst(said, test_set, show=show if name != COPY else 0),
    )


def _worst(said: Answers, test_set: TestSet, *, show: int) -> tuple[Shown, ...]:
    if not show:
        return ()
    every = [
        Shown(
            line=one.line, source=one.source, reference=one.reference, answer=text,
            chrf=scoring.closeness(text, one.reference),
        )
        for one, text in zip(test_set.sentences, said.texts, strict=True)
        if text
    ]
    return tuple(sorted(every, key=lambda shown: shown.chrf)[:show])


async def _answers(
    name: str, routes: Routes, test_set: TestSet, *, glossary: Glossary, prices: Prices,
    progress: Progress | None,
) -> Answers:
    every = test_set.sentences
    meter = _Meter(routes)
    outcomes: list[Translated | Untranslated] = []
    for start in range(0, len(every), BATCH_TEXTS):
        if progress is not None:
            progress(name, start, len(every))
        asked = [
            _asked(one.source, test_set, glossary=glossary)
            for one in every[start : start + BATCH_TEXTS]
        ]
        outcomes += await _waited(asked, meter)
    if progress is not None:
        progress(name, len(every), len(every))
    refused = tuple(
        Refused(line=one.line, source=one.source, reasons=outcome.reasons)
        for one, outcome in zip(every, outcomes, strict=True)
        if isinstance(outcome, Untranslated)
    )
    stood = [outcome for outcome in outcomes if isinstance(outcome, Translated)]
    return Answers(
        texts=tuple(one.text if isinstance(one, Translated) else "" for one in outcomes),
        refused=refused, by_engine=dict(Counter(one.engine for one in stood)), chars=meter.chars,
        tokens=meter.tokens, cost=meter.cost(prices), seconds=meter.seconds,
    )


def _asked(text: str, test_set: TestSet, *, glossary: Glossary) -> Asked:
    """A sentence as a note by somebody who reads its language, without title or tags."""
    found = detect(text, prior=(test_set.source,)).langs
    langs = (test_set.source,) if not found or found == (UNKNOWN,) else found
    terms = glossary.terms(text, langs=langs, target=test_set.target)
    return Asked(text=text, langs=langs, target=test_set.target, terms=terms)


async def _waited(asked: Sequence[Asked], meter: _Meter) -> list[Translated | Untranslated]:
    """The outcomes of a batch; texts whose engines were all busy wait and are asked again."""
    outcomes = await meter.translated(asked)
    idle = 0
    while late := [place for place, one in enumerate(outcomes) if _late_s(one)]:
        wait_s = max(_late_s(outcomes[place]) for place in late)
        if wait_s > BUSY_WAIT_MAX_S or idle == BUSY_ROUNDS:
            raise EngineBusy(retry_after_s=wait_s)
        await asyncio.sleep(wait_s)
        again = await meter.translated([asked[place] for place in late])
        idle = idle + 1 if all(map(_late_s, again)) else 0
        for place, outcome in zip(late, again, strict=True):
            outcomes[place] = outcome
    return outcomes


def _late_s(outcome: Translated | Untranslated) -> float:
    return (outcome.retry_after_s or 0.0) if isinstance(outcome, Untranslated) else 0.0


class _Meter:
    """The pipeline over one set of routes, with what goes through it counted."""

    def __init__(self, routes: Routes) -> None:
        self._metered: list[_Metered] = []
        self._routes = routes.through(self._meter)
        self.seconds = 0.0

    def _meter(self, engine: Engine) -> Engine:
        self._metered.append(_Metered(engine))
        return self._metered[-1]

    @property
    def chars(self) -> int:
        """Characters that engines were given, both of two that are joined."""
        return sum(engine.chars for engine in self._metered)

    @property
    def tokens(self) -> int:
        """Tokens that they counted."""
        return sum(engine.tokens for engine in self._metered)

    def cost(self, prices: Prices) -> float | None:
        """What all of them cost together."""
        return summed([
            prices.cost(engine.card.name, chars=engine.chars, tokens=engine.tokens)
            for engine in self._metered
        ])

    async def translated(self, asked: Sequence[Asked]) -> list[Translated | Untranslated]:
        """`pipeline.translated`, timed."""
        started_s = time.perf_counter()
        outcomes = await pipeline.translated(asked, route=self._routes.route)
        self.seconds += time.perf_counter() - started_s
        return outcomes


class _Metered:
    """An engine whose characters are counted; itself an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tokens_before = engine.tokens_spent
        self.chars = 0

    @property
    def tokens(self) -> int:
        """Tokens that it counted since it is metered."""
        return self._engine.tokens_spent - self._tokens_before

    @property
    def card(self) -> Card:
        """The engine's own."""
        return self._engine.card

    @property
    def tokens_spent(self) -> int:
        """The engine's own."""
        return self._engine.tokens_spent

    def supports(self, source: Lang, target: Lang) -> bool:
        """The engine's own."""
        return self._engine.supports(source, target)

    def via(self, source: Lang, target: Lang) -> Lang | None:
        """The engine's own."""
        return self._engine.via(source, target)

    async def close(self) -> None:
        """The engine is closed by its house."""

    async def translate(self, batch: Batch) -> list[str]:
        """The engine's own answer. Raises as the port says."""
        self.chars += sum(map(len, batch.texts))
        return await self._engine.translate(batch)
