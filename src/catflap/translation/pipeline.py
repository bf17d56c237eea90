"""From texts to their renditions: segments, spans, memory of segments, engine, checks, next engine.

Works on many texts at once, because an engine is five to ten times as fast in batches. Each text
is accepted or refused by itself: one that an engine garbles takes no other with it, and goes on
to the next engine of its route. What passed is told segment by segment, so that an edit later
translates only what it changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
import structlog

from catflap.ground.metrics import ENGINE_CALLS, ENGINE_CHARS
from catflap.translation import checking, orders, spans, terming
from catflap.translation.codes import Lang
from catflap.translation.engines.port import (
    Batch,
    Card,
    Engine,
    EngineBusy,
    EngineRefused,
    PairUnsupported,
    Term,
)
from catflap.translation.errors import AnswerRefused, SpansLost
from catflap.translation.lexicon import Lexicon
from catflap.translation.segments import Segment, SegmentKey, joined, key_of, segments

log = structlog.get_logger("catflap.translation")

CONFIDENCE_WHOLE = 0.8
CONFIDENCE_PIECEWISE = 0.5
CONFIDENCE_PIVOT_RATIO = 0.7

DICTIONARY_WAIT_S = 20.0
"""How long a text that looks like an order waits for the dictionary to be built."""
PAUSE_S = 0.1
PAUSE_MAX_S = 1.0
"""How long to wait before looking again for what another worker is asking an engine for."""


class Memory(Protocol):
    """What is remembered of segments, and who may ask for those that are not."""

    async def recall(self, keys: Iterable[SegmentKey]) -> Mapping[SegmentKey, str]:
        """Their translations, as far as they are known."""

    async def claim(self, keys: Iterable[SegmentKey]) -> set[SegmentKey]:
        """Those that nobody else is asking for; whoever claims them is to `keep` them."""

    async def keep(
        self, claimed: Iterable[SegmentKey], said: Mapping[int, Mapping[SegmentKey, str]]
    ) -> None:
        """Let go of claims; ``said`` is what passed the checks, by the text's place."""


class Forgetful:
    """No memory at all: for one worker that keeps nothing."""

    async def recall(self, keys: Iterable[SegmentKey]) -> Mapping[SegmentKey, str]:
        """Nothing."""
        del keys
        return {}

    async def claim(self, keys: Iterable[SegmentKey]) -> set[SegmentKey]:
        """All of them."""
        return set(keys)

    async def keep(
        self, claimed: Iterable[SegmentKey], said: Mapping[int, Mapping[SegmentKey, str]]
    ) -> None:
        """Nothing to do."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A text to translate, with what helps: its title and tags, the glossary's terms in it.

    A ``private`` text never goes to an engine that sends words out of the house.
    """

    text: str
    langs: tuple[Lang, ...]
    target: Lang
    context: str = ""
    terms: tuple[Term, ...] = ()
    private: bool = False


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """A text that passed every check; ``segments`` are what its engine said, to remember."""

    text: str
    engine: str
    engine_version: str
    confidence_ratio: float
    via: Lang | None
    segments: Mapping[SegmentKey, str]


class Untranslated(msgspec.Struct, frozen=True, kw_only=True):
    """No engine could be trusted with the text.

    ``retry_after_s`` where one was only busy; ``refused`` where one was not.
    """

    reasons: tuple[str, ...]
    retry_after_s: float | None
    refused: bool


class _Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One segment as an engine sees it."""

    key: SegmentKey
    segment: Segment
    masked: spans.Masked
    terms: tuple[Term, ...] = ()
    judge: Lexicon | None = None


class _Work:
    """One text on its way through the engines of its route."""

    def __init__(self, asked: Asked, place: int, *, lexicon: Lexicon | None) -> None:
        self.asked = asked
        self.place = place
        # A title is told to engines too, and may order them about.
        suspicious = orders.is_order(asked.text) or orders.is_order(asked.context)
        self.lexicon = lexicon if suspicious else None
        self.judge: Lexicon | None = None
        self.reasons: list[str] = []
        self.busy_s: float | None = None
        self.refused = False
        self.done: Translated | None = None
        self.segments: list[Segment] = []
        self.units: dict[int, _Unit] = {}

    def cut(self, engine: Engine) -> None:
        """Cut the text the way this engine wants it."""
        asked, card = self.asked, engine.card
        self.judge = self.lexicon if card.takes_orders else None
        told = "\x1e".join(f"{term.text}={term.rendering}" for term in asked.terms)
        self.segments = segments(
            asked.text, langs=asked.langs, target=asked.target, by_sentence=card.takes_sentences
        )
        self.units = {
            place: _Unit(
                key=key_of(
                    segment.text, source=segment.source, target=asked.target, engine=card.name,
                    version=card.version, terms=told,
                ),
                segment=segment,
                masked=spans.mask(segment.text, with_numbers=_with_numbers(card)),
                terms=terming.inside(segment.text, asked.terms),
                judge=self.judge,
            )
            for place, segment in enumerate(self.segments)
            if segment.source
        }

    def refuse(self, engine: Engine, error: Exception) -> None:
        """Note why this engine's answer is not taken."""
        name = engine.card.name
        if isinstance(error, EngineBusy):
            self.busy_s = min(error.retry_after_s, self.busy_s or error.retry_after_s)
            self.reasons.append(f"{name}: {error.reason or 'busy'}")
        else:
            self.refused = True
            self.reasons.append(f"{name}: {type(error).__name__} {error}".strip())

    def outcome(self) -> Translated | Untranslated:
        """What became of it."""
        return self.done or Untranslated(
            reasons=tuple(self.reasons), retry_after_s=self.busy_s, refused=self.refused
        )


async def translated(
    asked: Sequence[Asked], *, route: Callable[[Lang, Lang], Sequence[Engine]],
    memory: Memory | None = None, lexicon: Lexicon | None = None,
) -> list[Translated | Untranslated]:
    """Each text in its target language, by the first engine of its route whose answer passes.

    With a ``lexicon``, texts that look like orders go first to engines that cannot obey, and what
    others answer to them is judged by it.
    """
    works = [_Work(text, place, lexicon=lexicon) for place, text in enumerate(asked)]
    memory = memory or Forgetful()
    tried: dict[int, int] = {}
    while True:
        turns: dict[int, tuple[Engine, list[_Work]]] = {}
        for place, work in enumerate(works):
            engine = None if work.done else _next(work, route, tried, place)
            if engine is not None:
                turns.setdefault(id(engine), (engine, []))[1].append(work)
        if not turns:
            return [work.outcome() for work in works]
        for engine, ready in turns.values():
            await _by(engine, ready, memory=memory)


def _next(
    work: _Work, route: Callable[[Lang, Lang], Sequence[Engine]], tried: dict[int, int], place: int
) -> Engine | None:
    """The engine whose turn it is with a text, None where all had theirs."""
    asked = work.asked
    source = next((lang for lang in asked.langs if lang != asked.target), asked.target)
    engines = route(source, asked.target)
    if work.lexicon is not None:
        engines = sorted(engines, key=lambda engine: engine.card.takes_orders)
    while tried.setdefault(place, 0) < len(engines):
        engine = engines[tried[place]]
        tried[place] += 1
        if asked.private and engine.card.leaves_house:
            work.reasons.append(f"{engine.card.name}: private words stay in the house")
        elif work.lexicon is None or not engine.card.takes_orders:
            return engine
        elif not work.lexicon.supports(source=source, target=asked.target):
            work.reasons.append(f"{engine.card.name}: an order, and no dictionary to judge by")
        elif not work.lexicon.is_ready():
            work.refuse(engine, EngineBusy(retry_after_s=DICTIONARY_WAIT_S))
        else:
            return engine
    return None


async def _by(engine: Engine, works: Sequence[_Work], *, memory: Memory) -> None:
    """Give texts to one engine; each is done afterwards, or knows why not."""
    for work in works:
        work.cut(engine)
    heard = await _heard(engine, works, memory=memory)
    for work in works:
        try:
            for unit in work.units.values():
                if unit.key in heard.failed:
                    raise heard.failed[unit.key]
            work.done = await _assembled(engine, work, heard=heard)
            ENGINE_CALLS.labels(engine.card.name, "done").inc()
        except EngineBusy as error:
            work.refuse(engine, error)
            ENGINE_CALLS.labels(engine.card.name, "busy").inc()
        except (PairUnsupported, EngineRefused, AnswerRefused, SpansLost) as error:
            work.refuse(engine, error)
            ENGINE_CALLS.labels(engine.card.name, "refused").inc()
        except Exception as error:
            # The engine boundary: whatever an engine does, the next one gets its turn.
            log.warning("engine_failed", engine=engine.card.name, exc_info=True)
            work.refuse(engine, error)
            ENGINE_CALLS.labels(engine.card.name, "failed").inc()


class _Heard:
    """What is known of segments after asking: texts that passed, answers refused, failures.

    Those of a batch without an answer are asked for ``alone``: one text that an engine stumbles
    over takes no other with it.
    """

    def __init__(self) -> None:
        self.said: dict[SegmentKey, str] = {}
        self.refused: dict[SegmentKey, AnswerRefused | SpansLost] = {}
        self.failed: dict[SegmentKey, Exception] = {}
        self.alone: set[SegmentKey] = set()

    def lacks(self, key: SegmentKey) -> bool:
        """Whether nothing is known of a segment yet."""
        return not (key in self.said or key in self.refused or key in self.failed)


async def _heard(engine: Engine, works: Sequence[_Work], *, memory: Memory) -> _Heard:
    """Every unit recalled or asked for, each once; what others are asking for is waited for."""
    heard = _Heard()
    pause_s = 0.0
    while True:
        left = {u.key for work in works for u in work.units.values() if heard.lacks(u.key)}
        if left:
            heard.said |= await memory.recall(left)
        if not any(heard.lacks(key) for key in left):
            return heard
        await asyncio.sleep(pause_s)
        pause_s = min(PAUSE_MAX_S, 2 * pause_s or PAUSE_S)
        for batch, units in _batches(engine, works, heard=heard):
            mine = await memory.claim([unit.key for unit in units])
            if mine:
                chosen = [unit for unit in units if unit.key in mine]
                await _ask_for(engine, batch, chosen, works=works, heard=heard, memory=memory)


async def _ask_for(
    engine: Engine, batch: Batch, units: Sequence[_Unit], *, works: Sequence[_Work],
    heard: _Heard, memory: Memory,
) -> None:
    """Ask for units that are claimed, and let go of the claims whatever comes of it."""
    mine = [unit.key for unit in units]
    said: dict[SegmentKey, str] = {}
    try:
        # Whoever held them a moment ago has kept what was said.
        heard.said |= await memory.recall(mine)
        units = [unit for unit in units if heard.lacks(unit.key)]
        if not units:
            return
        texts = [unit.masked.text for unit in units]
        try:
            got = await _ask(engine, msgspec.structs.replace(batch, texts=texts))
        except EngineRefused as error:
            keys = {unit.key for unit in units}
            if len(units) > 1:
                heard.alone |= keys
            else:
                heard.failed |= dict.fromkeys(keys, error)
            return
        except Exception as error:  # noqa: BLE001 - given to `_by`, which tells them apart
            heard.failed |= {unit.key: error for unit in units}
            return
        for unit, answer in zip(units, got, strict=True):
            try:
                said[unit.key] = _accepted(unit, answer, target=batch.target)
            except (AnswerRefused, SpansLost) as error:
                heard.refused[unit.key] = error
        said |= await _agreed(engine, batch, units, said=said)
        heard.said |= said
    finally:
        told = {
            work.place: found
            for work in works
            if (found := {
                u.key: said[u.key] for u in work.units.values() if u.key in said
            })
        }
        await memory.keep(mine, told)


async def _agreed(
    engine: Engine, batch: Batch, units: Sequence[_Unit], *, said: Mapping[SegmentKey, str]
) -> dict[SegmentKey, str]:
    """What becomes of answers that ignore the glossary: asked for once more, its terms set aside.

    Only those that got better by it; whatever goes wrong, the first answer stands.
    """
    again: list[tuple[_Unit, spans.Masked]] = []
    for unit in units:
        left = terming.ignored(said[unit.key], unit.terms) if unit.key in said else ()
        masked = left and terming.protected(
            unit.segment.text, left, with_numbers=_with_numbers(engine.card)
        )
        if masked:
            again.append((unit, masked))
    if not again:
        return {}
    texts = [masked.text for _, masked in again]
    try:
        got = await _ask(engine, msgspec.structs.replace(batch, texts=texts, terms=()))
    except Exception:
        log.info("terms_not_asked_for", engine=engine.card.name, exc_info=True)
        return {}
    better: dict[SegmentKey, str] = {}
    for (unit, masked), answer in zip(again, got, strict=True):
        try:
            text = terming.restored(answer.strip(), masked)
            better[unit.key] = _checked(unit, text, target=batch.target)
        except (AnswerRefused, SpansLost) as error:
            log.info("term_lost", engine=engine.card.name, reason=type(error).__name__)
    return better


async def _ask(engine: Engine, batch: Batch) -> list[str]:
    ENGINE_CHARS.labels(engine.card.name).inc(sum(map(len, batch.texts)))
    got = await engine.translate(batch)
    if len(got) != len(batch.texts):
        raise EngineRefused(f"{len(got)} answers to {len(batch.texts)} texts")
    return got


def _batches(
    engine: Engine, works: Sequence[_Work], *, heard: _Heard
) -> list[tuple[Batch, list[_Unit]]]:
    """Units not known yet, in batches within the card's limits, alike in pair and context."""
    alike: dict[tuple[str, ...], list[_Unit]] = {}
    terms: dict[tuple[str, ...], dict[str, Term]] = {}
    seen: set[SegmentKey] = set()
    for work in works:
        asked = work.asked
        context = asked.context if engine.card.takes_context else ""
        told = asked.text if engine.card.takes_context else ""
        for unit in work.units.values():
            if unit.key in seen or not heard.lacks(unit.key):
                continue
            seen.add(unit.key)
            alone = unit.key if unit.key in heard.alone else ""
            name: tuple[str, ...] = (str(unit.segment.source), asked.target, context, told, alone)
            alike.setdefault(name, []).append(unit)
            terms.setdefault(name, {}).update({term.text: term for term in asked.terms})
    made = []
    for name, units in alike.items():
        # Alike in length, so that a batch is not padded to its longest.
        units.sort(key=lambda unit: len(unit.masked.text))
        for chunk in _chunks(units, chars=engine.card.batch_limit_chars,
                             count=engine.card.batch_limit_texts):
            texts = [unit.masked.text for unit in chunk]
            inside = [t for t in terms[name].values() if any(t.text in text for text in texts)]
            made.append((
                Batch(source=Lang(name[0]), target=Lang(name[1]), texts=texts, context=name[2],
                      terms=inside),
                chunk,
            ))
    return made


def _chunks(units: Sequence[_Unit], *, chars: int, count: int) -> list[list[_Unit]]:
    chunks: list[list[_Unit]] = []
    size = 0
    for unit in units:
        length = len(unit.masked.text)
        if not chunks or len(chunks[-1]) >= count or size + length > chars:
            chunks.append([])
            size = 0
        chunks[-1].append(unit)
        size += length
    return chunks


async def _assembled(engine: Engine, work: _Work, *, heard: _Heard) -> Translated:
    """The text put together again, every segment and the whole checked.

    Raises:
        AnswerRefused, SpansLost: it must not reach a reader.
    """
    asked, card = work.asked, engine.card
    confidence = CONFIDENCE_WHOLE
    parts = [segment.text for segment in work.segments]
    kept: dict[SegmentKey, str] = {}
    for place, unit in work.units.items():
        if unit.key not in heard.said:
            if len(spans.pieces(unit.segment.text)) < 2:
                raise heard.refused[unit.key]
            heard.said[unit.key] = await _piecewise(engine, unit.segment, target=asked.target)
            confidence = CONFIDENCE_PIECEWISE
        kept[unit.key] = parts[place] = heard.said[unit.key]
    whole = joined(parts, work.segments, target=asked.target)
    checking.check(asked.text, whole, target=asked.target)
    if work.judge is not None:
        orders.check(asked.text, whole, target=asked.target, lexicon=work.judge)
    sources = [unit.segment.source for unit in work.units.values() if unit.segment.source]
    via = engine.via(sources[0], asked.target) if sources else None
    return Translated(
        text=whole, engine=card.name, engine_version=card.version, via=via, segments=kept,
        confidence_ratio=confidence * (CONFIDENCE_PIVOT_RATIO if via else 1.0),
    )


def _with_numbers(card: Card) -> bool:
    """Whether numbers are set aside: they never leave the house, where they may be telephones."""
    return card.leaves_house or not card.copies_numbers


def _accepted(unit: _Unit, answer: str, *, target: Lang) -> str:
    return _checked(unit, spans.unmask(answer.strip(), unit.masked), target=target)


def _checked(unit: _Unit, text: str, *, target: Lang) -> str:
    checking.check_segment(unit.segment.text, text, target=target)
    if not spans.is_faithful(unit.segment.text, text):
        raise SpansLost(missing=(), repeated=())
    if unit.judge is not None:
        orders.check(unit.segment.text, text, target=target, lexicon=unit.judge)
    return text


async def _piecewise(engine: Engine, segment: Segment, *, target: Lang) -> str:
    """A segment translated between its spans, for engines that lose placeholders."""
    cut = spans.pieces(segment.text)
    words = [p.text for p in cut if not p.stays and any(c.isalpha() for c in p.text)]
    answers: dict[str, str] = {}
    limit = engine.card.batch_limit_texts
    source = segment.source
    assert source is not None
    unique = list(dict.fromkeys(word.strip() for word in words))
    for start in range(0, len(unique), limit):
        texts = unique[start : start + limit]
        got = await _ask(engine, Batch(source=source, target=target, texts=texts))
        answers |= dict(zip(texts, got, strict=True))
    out = []
    for piece in cut:
        if piece.stays or not any(c.isalpha() for c in piece.text):
            out.append(piece.text)
            continue
        answer = answers[piece.text.strip()].strip()
        checking.check_segment(piece.text, answer, target=target)
        loose = spans.OPEN in answer or spans.CLOSE in answer
        if loose or not spans.is_faithful(piece.text, answer):
            raise SpansLost(missing=(), repeated=(answer,))
        lead = piece.text[: len(piece.text) - len(piece.text.lstrip())]
        tail = piece.text[len(piece.text.rstrip()) :]
        out.append(lead + answer + tail)
    return "".join(out)
