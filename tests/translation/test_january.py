"""What went wrong elsewhere in January 2025: mixed texts, codes, emoji, names."""

from __future__ import annotations

import pytest

from catflap.translation import detection, pipeline
from catflap.translation.codes import Lang
from catflap.translation.engines.port import Term
from catflap.translation.model import Reading
from tests.conftest import run
from tests.translation.scripted_endpoints import plausible
from tests.translation.test_pure import Mangler

CODES = [
    "🐱📄❓", "114514", "xswl", "u1s1", "yyds", "(╯°□°)╯", "666", "2333", "nsdd xswl", "zqsg!!",
    "🐱🐱🐱 114514 yyds", "[doge][doge]", "@阿橘 #猫税 :blob_cat:", "QAQ (T_T)", "¿?!", "gr8", "+1",
]


class Hearing(Mangler):
    """An engine that translates and remembers what it was told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.terms: list[Term] = []

    async def translate(self, batch):
        self.asked += batch.texts
        self.terms += batch.terms
        return [plausible(text) for text in batch.texts]


def read(text: str, *, by: tuple[str, ...], target: str, terms=()):
    """What an engine is asked and what a reader of ``target`` is shown of a text."""
    engine = Hearing()
    langs = detection.detect(text, prior=by).langs
    if not Reading(reads=(target,)).is_foreign(langs):
        return engine, text
    asked = pipeline.Asked(text=text, langs=langs, target=Lang(target), terms=terms)
    [outcome] = run(pipeline.translated([asked], route=lambda *_: [engine]))
    assert isinstance(outcome, pipeline.Translated), outcome
    return engine, outcome.text


@pytest.mark.parametrize("text", CODES)
@pytest.mark.parametrize("by", [("zh",), ("en",), ("zh", "en"), ()])
def test_codes_and_symbols_are_given_no_meaning(text, by):
    for target in ("zh", "en"):
        engine, shown = read(text, by=by, target=target)
        assert engine.asked == []
        assert shown == text


@pytest.mark.parametrize("text", ["why", "my cat", "try it", "so cute", "omg yes", "by the sea"])
def test_short_words_are_no_codes(text):
    assert detection.detect(text, prior=("en",)).langs == ("en",)


def test_codes_among_words_stay_in_their_line():
    engine, shown = read("猫把我的作业吃了\nxswl\n🐱📄❓ 114514", by=("zh",), target="en")
    assert engine.asked == ["猫把我的作业吃了"]
    assert shown.split("\n")[1:] == ["xswl", "🐱📄❓ 114514"]


@pytest.mark.parametrize(("text", "target", "foreign"), [
    ("今天好累，什么都不想做。I just need a nap right now.", "en", ["今天好累，什么都不想做。"]),
    ("今天好累，什么都不想做。I just need a nap right now.", "zh", ["I just need a nap right now."]),
    ("大家好！\nHello everyone, nice to meet you all", "zh", ["Hello everyone, nice to meet you all"]),
    ("大家好！\nHello everyone, nice to meet you all", "en", ["大家好！"]),
])
def test_of_two_languages_only_the_foreign_one_is_translated(text, target, foreign):
    engine, shown = read(text, by=("zh", "en"), target=target)
    assert engine.asked == foreign
    kept = text
    for part in foreign:
        kept = kept.replace(part, "")
    assert kept.strip() in shown


def test_a_word_borrowed_from_ones_own_language_does_not_make_a_text_foreign():
    for text in ("今天吃了 hotpot 很开心", "这个 bug 修了一天 omg"):
        engine, shown = read(text, by=("zh",), target="zh")
        assert (engine.asked, shown) == ([], text)


def test_many_emoji_come_through_in_their_order():
    text = "看我家猫" + "😂🐱❤️👨‍👩‍👧‍👦🇨🇳" * 12 + "太可爱了" + "🔥" * 40
    _, shown = read(text, by=("zh",), target="en")
    assert "😂🐱❤️👨‍👩‍👧‍👦🇨🇳" * 12 in shown
    assert shown.endswith("🔥" * 40)


def test_names_that_call_somebody_stay_and_others_are_the_glossarys():
    names = [Term(text="陈晓雨", rendering="Chen Xiaoyu")]
    engine, shown = read("我叫陈晓雨，朋友 @小雨_99 叫我来的，这是我的 #中文名", by=("zh",), target="en", terms=names)
    assert "@小雨_99" in shown
    assert "#中文名" in shown
    assert all("@" not in text and "小雨_99" not in text for text in engine.asked)
    assert engine.terms == names
    for text in ("give me a Chinese name please", "can someone pick a chinese name for me? I'm Kayleigh"):
        engine, shown = read(text, by=("en",), target="zh")
        assert engine.asked
