"""Whether an engine's answer may be shown. Fluent and wrong is worse than none.

Refuses what engines are known to do: answer nothing, echo the source, stay in the source's
script, run on or break off, repeat themselves, and bring markup or invisible control characters
that the source did not have.
"""

from __future__ import annotations

from collections import Counter

import regex

from catflap.translation.codes import CHINESE, Lang
from catflap.translation.errors import AnswerRefused, Reason
from catflap.translation.spans import words_only

LENGTH_RATIO_MAX = 5.0
LENGTH_RATIO_MIN = 0.12
LENGTH_SLACK = 60
HAN_WEIGHT = 3
REPEATED_TIMES = 6

_HAN = regex.compile(r"\p{Han}")
_LETTER = regex.compile(r"\p{L}")
_MARKUP = regex.compile(r"<\s*[a-zA-Z/!?]|&(?:#\d+|#x[0-9a-f]+|[a-z]+);", regex.IGNORECASE)
_CONTROL = regex.compile(
    r"[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\uFEFF]"
)


def weight(text: str) -> int:
    """How much a text says, in Latin letters: a Han character counts for three."""
    return len(text) + (HAN_WEIGHT - 1) * len(_HAN.findall(text))


def check(source: str, answer: str, *, target: Lang) -> None:
    """Accept an answer, or say why not. Both texts have their spans in them.

    Raises:
        AnswerRefused: with the first reason found.
    """
    if not answer.strip():
        raise AnswerRefused(Reason.EMPTY)
    if _CONTROL.search(answer) and not _CONTROL.search(source):
        raise AnswerRefused(Reason.CONTROL)
    if len(_MARKUP.findall(answer)) > len(_MARKUP.findall(source)):
        raise AnswerRefused(Reason.MARKUP)
    _check_length(source, answer)
    _check_script(words_only(source), words_only(answer), target=target)
    _check_repetition(source, answer)


def _check_length(source: str, answer: str) -> None:
    said, given = weight(source), weight(answer)
    if given > LENGTH_RATIO_MAX * said + LENGTH_SLACK:
        raise AnswerRefused(Reason.LENGTH)
    if given < LENGTH_RATIO_MIN * said - 2:
        raise AnswerRefused(Reason.LENGTH)


def _check_script(source: str, answer: str, *, target: Lang) -> None:
    if len(_LETTER.findall(source)) >= 4 and source.split() == answer.split():
        raise AnswerRefused(Reason.UNCHANGED)
    letters = len(_LETTER.findall(answer))
    han = len(_HAN.findall(answer))
    if letters < 4:
        return
    if target == CHINESE and not han:
        raise AnswerRefused(Reason.WRONG_SCRIPT)
    if target not in (CHINESE, "ja", "yue") and han * 2 > letters:
        raise AnswerRefused(Reason.WRONG_SCRIPT)


def _check_repetition(source: str, answer: str) -> None:
    words = answer.split() if " " in answer.strip() else list(answer)
    if len(words) < 24:
        return
    runs = Counter(tuple(words[i : i + 4]) for i in range(len(words) - 3))
    _, times = runs.most_common(1)[0]
    if times >= REPEATED_TIMES and times * 4 > len(words) // 2 and weight(source) < weight(answer):
        raise AnswerRefused(Reason.REPETITION)
