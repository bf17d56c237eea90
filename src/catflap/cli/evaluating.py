"""The command that scores engines: ``catflap translation evaluate``."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catflap.cli.speaking import AsJson, Data, read_settings, say
from catflap.cli.wiring import Wiring
from catflap.ground import logging
from catflap.ground.errors import CatflapError
from catflap.ground.settings import Settings, SettingsInvalid
from catflap.translation import errors
from catflap.translation.engines.port import EngineBusy
from catflap.translation.testset import SEED, TestSet, chosen_set

if TYPE_CHECKING:
    from catflap.translation.evaluating import Evaluated, Evaluation
    from catflap.translation.scoring import Score

ROUTE = "route"
_FAULTS = {
    errors.Fault.NOT_TEXT: "is not UTF-8",
    errors.Fault.NOT_TWO: "should be a sentence, one tab and its reference",
    errors.Fault.EMPTY: "has nothing on one side of its tab",
    errors.Fault.NOTHING: "and all others are missing: the file is empty",
}


def add_evaluating(group: typer.Typer, wiring: Wiring) -> None:
    """Put the command beside the others of its group."""

    @group.command()
    def evaluate(
        pair: Annotated[str, typer.Option(help="The pair of languages: zh-en, en-zh.")],
        engine: Annotated[
            list[str] | None,
            typer.Option(metavar="NAME", help="A configured engine, or `route`; may come twice."),
        ] = None,
        own: Annotated[
            Path | None,
            typer.Option("--set", metavar="FILE", help="Your own: source, tab, reference."),
        ] = None,
        limit: Annotated[
            int | None, typer.Option(min=1, help="Score this many sentences of the set.")
        ] = None,
        seed: Annotated[int, typer.Option(help="Which sentences --limit takes.")] = SEED,
        show: Annotated[int, typer.Option(min=0, help="Show so many worst answers.")] = 0,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Score engines with BLEU and chrF2++, as readers get them, beside copying the source.

        What a change of engine is worth: catflap translation evaluate --pair zh-en --engine
        ctranslate2 --engine openai --limit 100

        Without --engine, the pair's route with its fall-back. Costs what translating does, and
        counts towards the day's budget.
        """
        chosen = read_settings(data=data)
        names = list(dict.fromkeys(engine or [ROUTE]))
        try:
            sentences = chosen_set(pair, path=own)
            if limit is not None:
                sentences = sentences.drawn(limit=limit, seed=seed)
            found = asyncio.run(_evaluated(wiring, chosen, names, sentences, show=show))
        except (CatflapError, OSError) as error:
            print(f"catflap: {_words(error, own)}", file=sys.stderr)
            raise typer.Exit(1) from error
        say(found, as_json=as_json, text="\n".join(_report(found)))


async def _evaluated(
    wiring: Wiring, settings: Settings, names: Sequence[str], sentences: TestSet, *, show: int
) -> Evaluation:
    # Scoring brings NumPy along, which no other command needs.
    from catflap.migrations import running
    from catflap.translation import evaluating, glossing, prices

    logging.set_up(level="warning", as_json=False)
    house = wiring.open_house(settings)
    try:
        systems = {
            name: evaluating.route_of(
                house.routes, name, source=sentences.source, target=sentences.target
            )
            for name in names
        }
        await running.upgrade_if_behind(settings.database_address())
        async with house.database.tx() as tx:
            await glossing.plant(tx)
        return await evaluating.evaluate(
            systems, sentences, glossary=await house.glossaries.current(house.database),
            prices=prices.of(
                house.routes, chars=settings.engine_price_chars,
                tokens=settings.engine_price_tokens, currency=settings.engine_currency,
            ),
            show=show, progress=_draw,
        )
    finally:
        await house.close()


def _draw(name: str, done: int, whole: int) -> None:
    """How far an engine is, on a terminal, drawn over itself."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{name}: {done} of {whole}\x1b[K" + "\n" * (done == whole))
        sys.stderr.flush()


def _report(found: Evaluation) -> Iterator[str]:
    drawn = f", {found.whole} in the set, drawn by seed {found.seed}"
    yield (
        f"{found.pair}, {found.test_set}: {found.sentences} sentences"
        + drawn * (found.sentences < found.whole)
    )
    yield ""
    wide = max(len(one.name) for one in found.systems)
    has_cost = any(one.cost is not None for one in found.systems)
    yield (
        f"{'':{wide}}    BLEU {'95 %':14}  chrF2++ {'95 %':14}"
        "refused   chars  tokens  seconds  chars/s" + "  cost" * has_cost
    )
    for one in found.systems:
        yield (
            f"{one.name:{wide}}  {_told(one.bleu)}   {_told(one.chrf)}"
            f"{one.refused_ratio:7.1%}  {one.chars:6}  {one.tokens:6}  {one.seconds:7.1f}"
            f"  {one.chars_per_second:7.0f}"
            + f"  {_money(one.cost, found.currency)}" * has_cost
        )
    yield ""
    yield from _beside(found)
    yield f"BLEU     {found.signatures.bleu}"
    yield f"chrF2++  {found.signatures.chrf}"
    for one in found.systems:
        yield from _details(one)


def _money(cost: float | None, currency: str) -> str:
    """A cost with enough digits for one that is far below a cent."""
    return "–" if cost is None else f"{cost:.4f} {currency}"


def _told(score: Score) -> str:
    return f"{score.score:6.2f} {f'{score.low:.2f}–{score.high:.2f}':14}"


def _beside(found: Evaluation) -> Iterator[str]:
    first, *others = found.systems
    for one in others:
        yield (
            f"p = {one.bleu.p_value:.3f} (BLEU), {one.chrf.p_value:.3f} (chrF2++) that "
            f"{one.name} differs from {first.name} by luck alone"
        )


def _details(one: Evaluated) -> Iterator[str]:
    if len(one.by_engine) > 1:
        yield f"\nAnswers of {one.name}: {_counted(one.by_engine)}"
    if one.refused:
        yield f"\nRefused, {len(one.refused)} of {one.name}, scored as nothing:"
    for refused in one.refused:
        yield f"  line {refused.line}: {refused.source}  ({'; '.join(refused.reasons)})"
    if one.worst:
        yield f"\nWorst of {one.name}, by chrF2++:"
    for shown in one.worst:
        yield f"  line {shown.line}, {shown.chrf:.1f}"
        yield f"    source     {shown.source}"
        yield f"    reference  {shown.reference}"
        yield f"    answer     {shown.answer}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(counts).most_common())


def _words(error: CatflapError | OSError, own: Path | None) -> str:
    match error:
        case errors.TestSetInvalid(line=line, reason=reason):
            return f"{own}: line {line} {_FAULTS[reason]}"
        case errors.PairUnknown(pair=pair, known=known):
            return (
                f"there is no test set for {pair!r}; {' and '.join(known)} have one, for others "
                "bring your own with --set"
            )
        case errors.EngineUnknown(name=name, known=known):
            if not known:
                return f"there is no engine {name!r}: none is configured; set `engines` to add one"
            return f"there is no engine {name!r}; configured are {_listed(known)}, or `route`"
        case errors.PairUntranslated(pair=pair, engine=name, known=known):
            able = f"{_listed(known)} may" if known else "no configured engine does"
            return f"{name} does not translate {pair}; {able}"
        case EngineBusy(retry_after_s=seconds):
            return (
                "an engine is busy, over its budget or does not answer, and nothing was scored; "
                f"it asks for {seconds:.0f} s (`catflap doctor` looks at every engine)"
            )
        case SettingsInvalid(where=where, reason=reason):
            return f"{where}: {reason}"
        case _:
            return f"{type(error).__name__}: {error}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
