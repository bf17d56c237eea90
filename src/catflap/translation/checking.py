"""Whether an engine's answer may be shown. Fluent and wrong is worse than none.

Refuses what engines are known to do: answer nothing, echo the source, stay in the source's
script, run on or break off, repeat themselves, talk about the task instead of doing it, obey what
they are to translate, and bring markup or invisible control characters that the source did not
have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import regex

from catflap.translation.codes import CHINESE, UNKNOWN, Lang
from catflap.translation.detection import count_letters, line_languages
from catflap.translation.errors import AnswerRefused, Reason
from catflap.translation.spans import words_only

LENGTH_RATIO_MAX = 3.0
LENGTH_RATIO_MIN = 0.28
"""Of 600 human translations in our test sets the tersest has 0.46, the longest 2.64."""
LENGTH_SLACK = 24
LENGTH_SLACK_BELOW = 2
SURE_LETTERS = 24
HAN_WEIGHT = 3
REPEATED_TIMES = 6
FOREIGN_SCRIPT_RATIO = 0.25

_HAN = regex.compile(r"\p{Han}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_LETTER = regex.compile(r"\p{L}")
_SAYS = regex.compile(r"[\p{L}\p{N}]")
_TOKEN = regex.compile(r"\p{Han}|[^\P{L}\p{Han}]+")
_NAME = regex.compile(r"(?<![A-Za-z])[A-Z][A-Za-z]{3,}")
_LAUGHING = re.compile(r"(.{1,3}?)\1{2,}")
_WRITTEN_IN_HAN = frozenset({"zh", "ja", "yue"})
_SCRIPTS = (
    (_KANA, frozenset({"ja"})),
    (regex.compile(r"\p{Hangul}"), frozenset({"ko"})),
    (regex.compile(r"\p{Cyrillic}"), frozenset({"ru", "uk", "bg", "sr", "be", "mk", "kk", "mn"})),
    (regex.compile(r"\p{Arabic}"), frozenset({"ar", "fa", "ur", "ug", "ps"})),
    (regex.compile(r"\p{Thai}"), frozenset({"th"})),
    (regex.compile(r"\p{Devanagari}"), frozenset({"hi", "mr", "ne"})),
    (regex.compile(r"\p{Hebrew}"), frozenset({"he", "yi"})),
    (regex.compile(r"\p{Greek}"), frozenset({"el"})),
)
"""Scripts and the languages written in them; only those may bring letters of them."""
_IN_SCRIPTS = regex.compile(
    r"[\p{Hiragana}\p{Katakana}\p{Hangul}\p{Cyrillic}\p{Arabic}\p{Thai}\p{Devanagari}\p{Hebrew}\p{Greek}]"
)

_MARKUP = regex.compile(
    r"<\s*/?\s*[a-zA-Z][\w:-]*|<\s*[!?]|&(?:#\d+|#x[0-9a-f]+|[a-z]+);", regex.IGNORECASE
)
# What shows nothing and hides or turns round much: controls, directions, zero widths, tags. The
# joiners stay: emoji and several scripts are written with them.
_HIDDEN = regex.compile(
    r"[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B\u2028-\u202E\u2060-\u206F\uFEFF"
    r"\U000E0000-\U000E007F]"
)
_MARKS = regex.compile(r"[\u061C\u200E\u200F]")
_LEFTWARDS = frozenset({"ar", "fa", "ur", "ug", "ps", "he", "yi"})

_ASIDES = tuple(
    (regex.compile(answer, regex.IGNORECASE), regex.compile(excused, regex.IGNORECASE))
    for answer, excused in (
        (
            (r"\bas an? (?:AI|artificial intelligence|(?:large )?language model)\b"
            r"|(?:作为|身为)(?:一个|一名|一款)?\s?(?:AI|人工智能|(?:大型?)?语言模型)"
            r"|我(?:只?是)(?:一个|一名|一款)?\s?(?:AI|人工智能|(?:大型?)?语言模型)"),
            r"(?<![A-Za-z])(?:AI(?![A-Za-z])|GPT)|language model|人工智能|语言模型|機器|机器",
        ),
        (
            (r"^\W*(?:sure|certainly|of course|okay|ok|absolutely)?[,!.:]?\s*"
            r"(?:here(?:['’]s| is| are)(?: the| your| a| my)?\s+(?:\w+\s+)?translat"
            r"|(?:the |my )?translation\s*(?:is\b|[:：]))"
            r"|^\W*(?:好的?|当然|沒問題|没问题)?[，,。！!：:]?\s*"
            r"(?:以下|下面|这)是?.{0,8}(?:翻译|译文)|(?:^|\n)\W*(?:翻译|译文)(?:如下|是|结果)?\s*[：:]"),
            r"translat|翻译|翻譯|译文|譯文",
        ),
        (
            (r"\bI (?:cannot|can['’]t|can not|am unable to|won['’]t be able to) "
            r"(?:assist|help with|comply|fulfil|translate|process)"
            r"|(?:我)?(?:无法|不能)(?:协助|翻译|满足|完成)(?:您|你|这|该)"),
            r"can['’]?t|cannot|unable|won['’]t|无法|無法|不能|没法|沒辦法",
        ),
        (
            (r"\b(?:my|your|previous|prior|these|those|the) (?:previous )?(?:instructions|prompt)\b"
            r"|system prompt|(?:之前|我|先前|系统)的?(?:指令|提示词|提示)"),
            r"instruct|prompt|\brule|order|command|指令|指示|提示|规则|命令|要求",
        ),
        (
            (r"\bI(?:['’]ll| will| have| shall) (?:now )?(?:ignore|follow|disregard|comply|obey)"
            r"|我(?:会|将|将会|已|已经)(?:忽略|无视|遵循|遵守|照做|按照)"),
            r"\bI(?:['’](?:ll|ve|m)| will| have| am| ignore)|我们?(?:会|将|已|要|就|可)",
        ),
        (
            (r"(?:^|\n)\W*(?:translator['’]?s? )?note\s*[:：]|\((?:translator['’]?s? )?note\b"
            r"|(?:译者?|翻译)(?:注|按|说明)\s*[：:]"),
            r"(?<![A-Za-z])(?:note|ps|nb)|注|备注|備註|按|说明|提示|PS",
        ),
    )
)
"""Talk about the task, and what in a source excuses it: then it is a translation."""


def weight(text: str) -> int:
    """How much a text says, in Latin letters: a Han character counts for three."""
    return len(text) + (HAN_WEIGHT - 1) * len(_HAN.findall(text))


def check(source: str, answer: str, *, target: Lang) -> None:
    """Accept a whole text's translation, or say why not. Both texts have their spans in them.

    Raises:
        AnswerRefused: with the first reason found.
    """
    _check(source, answer, words_only(source), words_only(answer), target=target)


def check_segment(source: str, answer: str, *, target: Lang) -> None:
    """`check`, and what holds for one line only: it stays one, and says it in other words.

    What obeys "ignore your instructions and say X" says X, which stands in the source.

    Raises:
        AnswerRefused: with the first reason found.
    """
    if answer.count("\n") != source.count("\n"):
        raise AnswerRefused(Reason.ASIDE)
    said, given = words_only(source), words_only(answer)
    _check(source, answer, said, given, target=target)
    _check_names(said, given, target=target)
    said, given = said.casefold(), given.casefold()
    tokens = set(_TOKEN.findall(given))
    if tokens and not _KANA.search(said) and tokens <= set(_TOKEN.findall(said)):
        raise AnswerRefused(Reason.UNCHANGED)


def _check(source: str, answer: str, said: str, given: str, *, target: Lang) -> None:
    """`check`, with the words of both texts besides."""
    _check_words(said, given)
    _check_hidden(source, answer, target=target)
    _check_length(source, answer)
    _check_script(said, given, target=target)
    _check_language(given, target=target)
    _check_repetition(source, answer)
    _check_task(source, answer)


def _check_words(said: str, given: str) -> None:
    if _LETTER.search(said) and not _SAYS.search(given):
        raise AnswerRefused(Reason.EMPTY)


def _check_hidden(source: str, answer: str, *, target: Lang) -> None:
    patterns = (_HIDDEN,) if target in _LEFTWARDS else (_HIDDEN, _MARKS)
    if any(_brings(pattern, source, answer) for pattern in patterns):
        raise AnswerRefused(Reason.CONTROL)
    if _brings(_MARKUP, source, answer, form=_tight):
        raise AnswerRefused(Reason.MARKUP)


def _brings(
    pattern: regex.Pattern[str], source: str, answer: str, *, form: Callable[[str], str] = str
) -> bool:
    """Whether an answer has what its source has not, or more of it."""
    brought = pattern.findall(answer)
    if not brought:  # as nearly always
        return False
    return bool(Counter(map(form, brought)) - Counter(map(form, pattern.findall(source))))


def _tight(tag: str) -> str:
    return "".join(tag.split()).casefold()


def _check_length(source: str, answer: str) -> None:
    # Laughter is as long as one likes.
    said, given = (weight(_LAUGHING.sub(r"\1\1", text)) for text in (source, answer))
    if given > LENGTH_RATIO_MAX * said + LENGTH_SLACK:
        raise AnswerRefused(Reason.LENGTH)
    if given < LENGTH_RATIO_MIN * said - LENGTH_SLACK_BELOW:
        raise AnswerRefused(Reason.LENGTH)


def _check_script(source: str, answer: str, *, target: Lang) -> None:
    letters, han = count_letters(answer), len(_HAN.findall(answer))
    others = letters - han
    said, given = ("".join(_SAYS.findall(text)).casefold() for text in (source, answer))
    if said == given and (others >= 4 or (han and target not in _WRITTEN_IN_HAN)):
        raise AnswerRefused(Reason.UNCHANGED)
    if target not in _WRITTEN_IN_HAN and han * HAN_WEIGHT > others and (han > 1 or not others):
        raise AnswerRefused(Reason.WRONG_SCRIPT)
    if target == CHINESE and not han and letters >= 4:
        raise AnswerRefused(Reason.WRONG_SCRIPT)
    has_others = _IN_SCRIPTS.search(answer) is not None
    for pattern, languages in _SCRIPTS:
        found = len(pattern.findall(answer)) if has_others else 0
        if target in languages:
            is_wrong = not found and letters >= 4 and not (han and target == "ja")
        else:
            is_wrong = found >= max(1.0, FOREIGN_SCRIPT_RATIO * letters) and (
                found > len(pattern.findall(source))
            )
        if is_wrong:
            raise AnswerRefused(Reason.WRONG_SCRIPT)


def _check_names(source: str, answer: str, *, target: Lang) -> None:
    """Latin names that stand in Han text stand in Latin text too, most of them."""
    if target in _WRITTEN_IN_HAN or not _HAN.search(source):
        return
    names = {name.casefold() for name in _NAME.findall(source)}
    words = set(_TOKEN.findall(answer.casefold()))
    if names and 2 * len(names & words) < len(names):
        raise AnswerRefused(Reason.SPANS)


def _check_language(answer: str, *, target: Lang) -> None:
    """Long enough to be sure, it must be the target's language, with the benefit of doubt."""
    # A name left in Han says nothing of the words around it; how much is left was judged before.
    words = " ".join((answer if target in _WRITTEN_IN_HAN else _HAN.sub(" ", answer)).split())
    if count_letters(words) < SURE_LETTERS:
        return
    found = line_languages(words, prior=(target,))
    if found and found[0] not in (target, UNKNOWN):
        raise AnswerRefused(Reason.WRONG_LANGUAGE)


def _check_repetition(source: str, answer: str) -> None:
    times, length = _runs(answer)
    is_long = weight(source) < weight(answer)
    # A list or a song repeats itself, and so does its translation.
    if times >= REPEATED_TIMES and times * 8 > length and times > 2 * _runs(source)[0] and is_long:
        raise AnswerRefused(Reason.REPETITION)


def _runs(text: str) -> tuple[int, int]:
    """How often the most frequent run of four words, or characters, stands in how many of them."""
    words = text.split() if " " in text.strip() else list(text)
    runs = Counter(tuple(words[i : i + 4]) for i in range(len(words) - 3))
    return max(runs.values(), default=0), len(words)


def _check_task(source: str, answer: str) -> None:
    for said, excused in _ASIDES:
        if said.search(answer) and not excused.search(source):
            raise AnswerRefused(Reason.ASIDE)
