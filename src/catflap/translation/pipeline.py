"""From a text to its rendition: lines, spans, engine, checks, next engine.

Works on one text. Its lines are translated separately and in one batch, so that paragraphs stay
paragraphs and a line the target's readers can read already is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog

from catflap.ground.metrics import ENGINE_CALLS, ENGINE_CHARS
from catflap.translation import checking, spans
from catflap.translation.codes import CHINESE, ENGLISH, UNKNOWN, Lang
from catflap.translation.detection import line_languages
from catflap.translation.engines.port import (
    Batch,
    Engine,
    EngineBusy,
    EngineRefused,
    PairUnsupported,
)
from catflap.translation.errors import AnswerRefused, SpansLost

log = structlog.get_logger("catflap.translation")

CONFIDENCE_WHOLE = 0.8
CONFIDENCE_PIECEWISE = 0.5


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """A text that passed every check."""

    text: str
    engine: str
    engine_version: str
    confidence_ratio: float


class Untranslated(msgspec.Struct, frozen=True, kw_only=True):
    """No engine could be trusted with the text. ``retry_after_s`` where one was only busy."""

    reasons: tuple[str, ...]
    retry_after_s: float | None


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    source: Lang | None


async def translated(
    text: str, *, langs: Sequence[Lang], target: Lang, engines: Sequence[Engine]
) -> Translated | Untranslated:
    """One text in ``target``, by the first engine whose answer passes."""
    lines = _lines(text, langs=langs, target=target)
    reasons: list[str] = []
    busy: float | None = None
    for engine in engines:
        try:
            return await _by(engine, lines, source_text=text, target=target)
        except EngineBusy as error:
            busy = min(error.retry_after_s, busy or error.retry_after_s)
            reasons.append(f"{engine.card.name}: busy")
            ENGINE_CALLS.labels(engine.card.name, "busy").inc()
        except (PairUnsupported, EngineRefused, AnswerRefused, SpansLost) as error:
            reasons.append(f"{engine.card.name}: {type(error).__name__} {error}")
            ENGINE_CALLS.labels(engine.card.name, "refused").inc()
        except Exception as error:
            # The engine boundary: whatever an engine does, the next one gets its turn.
            log.warning("engine_failed", engine=engine.card.name, exc_info=True)
            reasons.append(f"{engine.card.name}: {type(error).__name__}")
            ENGINE_CALLS.labels(engine.card.name, "failed").inc()
    return Untranslated(reasons=tuple(reasons), retry_after_s=busy)


def _lines(text: str, *, langs: Sequence[Lang], target: Lang) -> list[_Line]:
    """The text's lines, each with the language it is to be translated from, None to leave it."""
    main = next((lang for lang in langs if lang != target), ENGLISH)
    found = []
    for line in text.split("\n"):
        here = line_languages(line, prior=langs)
        foreign = [lang for lang in here if lang not in (target, UNKNOWN)]
        if not here:
            source = None
        elif foreign:
            source = foreign[0]
        else:
            source = main if here == (UNKNOWN,) and target == CHINESE else None
        found.append(_Line(text=line, source=source))
    return found


async def _by(
    engine: Engine, lines: Sequence[_Line], *, source_text: str, target: Lang
) -> Translated:
    confidence = CONFIDENCE_WHOLE
    done = [line.text for line in lines]
    for source in dict.fromkeys(line.source for line in lines if line.source):
        places = [place for place, line in enumerate(lines) if line.source == source]
        masked = [spans.mask(lines[place].text) for place in places]
        answers = await _in_batches(
            engine, [m.text for m in masked], source=source, target=target
        )
        for place, mask, answer in zip(places, masked, answers, strict=True):
            line = lines[place].text
            try:
                done[place] = _accepted(line, spans.unmask(answer.strip(), mask), target=target)
            except (AnswerRefused, SpansLost):
                if not mask.spans:
                    raise
                done[place] = await _piecewise(engine, line, source=source, target=target)
                confidence = CONFIDENCE_PIECEWISE
    whole = "\n".join(done)
    checking.check(source_text, whole, target=target)
    return Translated(
        text=whole, engine=engine.card.name, engine_version=engine.card.version,
        confidence_ratio=confidence,
    )


def _accepted(line: str, answer: str, *, target: Lang) -> str:
    checking.check(line, answer, target=target)
    return answer


async def _piecewise(engine: Engine, line: str, *, source: Lang, target: Lang) -> str:
    """A line translated between its spans, for engines that lose placeholders."""
    cut = spans.pieces(line)
    words = [
        piece.text for piece in cut if not piece.stays and any(c.isalpha() for c in piece.text)
    ]
    answers = iter(await _in_batches(engine, words, source=source, target=target))
    out = []
    for piece in cut:
        if piece.stays or not any(c.isalpha() for c in piece.text):
            out.append(piece.text)
            continue
        answer = _accepted(piece.text, next(answers).strip(), target=target)
        if spans.OPEN in answer or spans.CLOSE in answer or spans.mask(answer).spans:
            raise SpansLost(missing=(), repeated=(answer,))
        lead = piece.text[: len(piece.text) - len(piece.text.lstrip())]
        tail = piece.text[len(piece.text.rstrip()) :]
        out.append(lead + answer + tail)
    return "".join(out)


async def _in_batches(
    engine: Engine, texts: Sequence[str], *, source: Lang, target: Lang
) -> list[str]:
    """The answers to any number of texts, asked for within the engine's limits, each once."""
    unique = list(dict.fromkeys(texts))
    answers: dict[str, str] = {}
    for batch in _batches(unique, chars=engine.card.batch_limit_chars,
                          count=engine.card.batch_limit_texts):
        ENGINE_CHARS.labels(engine.card.name).inc(sum(len(text) for text in batch))
        got = await engine.translate(Batch(source=source, target=target, texts=batch))
        if len(got) != len(batch):
            raise EngineRefused(f"{len(got)} answers to {len(batch)} texts")
        ENGINE_CALLS.labels(engine.card.name, "done").inc()
        answers.update(zip(batch, got, strict=True))
    return [answers[text] for text in texts]


def _batches(texts: Sequence[str], *, chars: int, count: int) -> list[list[str]]:
    batches: list[list[str]] = []
    size = 0
    for text in texts:
        if not batches or len(batches[-1]) >= count or size + len(text) > chars:
            batches.append([])
            size = 0
        batches[-1].append(text)
        size += len(text)
    return batches
