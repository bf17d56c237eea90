"""Answers against references: BLEU and chrF2++ by sacreBLEU, with how sure they are.

Several systems are scored on the same resamples of the same sentences, so that the difference
between two of them is judged by itself: intervals that overlap prove nothing. Only scores with
the same signature may be compared.

Source: Papineni et al. 2002 (BLEU); Popović 2017, "chrF++: words helping character n-grams";
Post 2018, "A Call for Clarity in Reporting BLEU Scores" (sacreBLEU and its signatures); Koehn
2004, "Statistical Significance Tests for Machine Translation Evaluation" (paired bootstrap).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest

from catflap.translation.codes import CHINESE, Lang

RESAMPLES = 1000
DIGITS = 2
_WORD_ORDER = 2


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A score from 0 to 100 with its 95 % interval.

    ``p_value`` is the chance of a difference to the first system as large as the one found, were
    there none; None for the first system itself.
    """

    score: float
    low: float
    high: float
    p_value: float | None


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Both scores of one system."""

    bleu: Score
    chrf: Score


class Signatures(msgspec.Struct, frozen=True, kw_only=True):
    """How the scores were made, in sacreBLEU's words."""

    bleu: str
    chrf: str


def tokenizer(target: Lang) -> str:
    """The tokenizer of sacreBLEU for a target: Chinese is cut into characters, all else by 13a."""
    return "zh" if target in (CHINESE, "yue") else "13a"


def scored(
    systems: Mapping[str, Sequence[str]], references: Sequence[str], *, target: Lang
) -> tuple[dict[str, Scores], Signatures]:
    """Every system's scores by its name, each compared with the first. Two systems at least.

    The seed of the resampling is sacreBLEU's own, 12345, and stands in the signature.
    """
    metrics = {"bleu": BLEU(tokenize=tokenizer(target)), "chrf": CHRF(word_order=_WORD_ORDER)}
    signatures, found = PairedTest(
        list(systems.items()), metrics, [list(references)], test_type="bs", n_samples=RESAMPLES
    )()
    # sacreBLEU names its answers as it prints them, not by the names that it was given.
    bleu, chrf = (name for name in found if name != "System")
    first = next(iter(systems.values()))
    scores = {
        system: Scores(
            bleu=_score(found[bleu][place], is_same=list(texts) == list(first)),
            chrf=_score(found[chrf][place], is_same=list(texts) == list(first)),
        )
        for place, (system, texts) in enumerate(systems.items())
    }
    return scores, Signatures(bleu=str(signatures[bleu]), chrf=str(signatures[chrf]))


def _score(result: Any, *, is_same: bool) -> Score:
    chance = result.p_value
    if chance is not None and is_same:
        # sacreBLEU counts resamples that differ by more than was found: of none, none.
        chance = 1.0
    return Score(
        score=round(float(result.score), DIGITS),
        # The interval stands around its own middle, and of few sentences outgrows the scale.
        low=max(0.0, round(float(result.mean - result.ci), DIGITS)),
        high=min(100.0, round(float(result.mean + result.ci), DIGITS)),
        p_value=None if chance is None else round(float(chance), 4),
    )


def closeness(answer: str, reference: str) -> float:
    """How near one answer is to its reference, 0 to 100: chrF2++, which alone suits one sentence.

    BLEU is 0 for most single sentences, however good.
    """
    metric = CHRF(word_order=_WORD_ORDER)
    return round(float(metric.sentence_score(answer, [reference]).score), DIGITS)
