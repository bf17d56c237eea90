"""What went wrong elsewhere in January 2025: mixed texts, codes, emoji, names."""

from __future__ import annotations

import pytest

from catflap.translation import detection, pipeline
from catflap.translation.codes import Lang
from catflap.translation.engines.port import Term
from catflap.translation.model import Reading
from catflap.translation.segments import key_of
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


@pytest.mark.parametrize(("text", "target", "asked", "shown"), [
    ("周末去了 the new coffee shop downtown，拿铁很好喝，老板人也很好", "zh",
     {"the new coffee shop downtown": "市中心新开的咖啡店"},
     "周末去了市中心新开的咖啡店，拿铁很好喝，老板人也很好"),
    ("我今天 meeting 开了三个，真的是 so tired, can't even think，只想回家躺着睡觉", "zh",
     {"so tired, can't even think": "累得脑子都转不动。"},
     "我今天 meeting 开了三个，真的是累得脑子都转不动，只想回家躺着睡觉"),
    ("我爱 the new coffee shop 真的很好喝啊。I'll be back with all of my friends soon!", "zh",
     {"the new coffee shop": "新咖啡店", "I'll be back with all of my friends soon!": "很快就会带朋友再来！"},
     "我爱新咖啡店真的很好喝啊。很快就会带朋友再来！"),
    ("My grandma makes 红烧肉 every Sunday and I could eat it forever 😋", "en",
     {"红烧肉": "braised pork."},
     "My grandma makes braised pork every Sunday and I could eat it forever 😋"),
    ('They shouted"加油"and then everybody laughed at me, I keep hearing内卷everywhere', "en",
     {"加油": "go for it", "内卷": "the rat race"},
     'They shouted"go for it"and then everybody laughed at me, I keep hearing the rat race everywhere'),
    # Mostly foreign: whole, from the language it mostly is.
    ("周末去了 the new coffee shop downtown，拿铁很好喝，老板人也很好", "en",
     {"周末去了 the new coffee shop downtown，拿铁很好喝，老板人也很好": "The new coffee shop downtown was great, and so was its owner."},
     "The new coffee shop downtown was great, and so was its owner."),
    ("My grandma makes 红烧肉 every Sunday and I could eat it forever", "zh",
     {"My grandma makes 红烧肉 every Sunday and I could eat it forever": "我奶奶每个星期天都做红烧肉，我怎么吃都不够"},
     "我奶奶每个星期天都做红烧肉，我怎么吃都不够"),
    ("求助 help me with this homework please and thank you 谢谢", "zh",
     {"求助 help me with this homework please and thank you 谢谢": "求助，请帮我做这份作业，谢谢"},
     "求助，请帮我做这份作业，谢谢"),
])
def test_of_a_sentence_in_two_languages_what_is_ones_own_stays(text, target, asked, shown):
    class Saying(Hearing):
        async def translate(self, batch):
            self.asked += batch.texts
            self.sources = {*getattr(self, "sources", ()), batch.source}
            return [asked[text] for text in batch.texts]

    engine = Saying()
    langs = detection.detect(text, prior=("zh", "en")).langs
    assert Reading(reads=(target,)).is_foreign(langs)
    assert not Reading(reads=("zh", "en")).is_foreign(langs)
    wanted = pipeline.Asked(text=text, langs=langs, target=Lang(target))
    [outcome] = run(pipeline.translated([wanted], route=lambda *_: [engine]))
    assert sorted(engine.asked) == sorted(asked)
    assert engine.sources == {"en" if target == "zh" else "zh"}
    assert isinstance(outcome, pipeline.Translated), outcome
    assert outcome.text == shown
    # A run is remembered as a text of its own, whatever sentence it stands in.
    keys = {key_of(one, source=Lang("en" if target == "zh" else "zh"), target=Lang(target),
                   engine="mangler", version="1") for one in asked}
    assert outcome.segments.keys() == keys


@pytest.mark.parametrize(("text", "lang"), [
    ("今天 meeting 开了三个 so tired 真的 can't", "zh"),
    ("今天去了 Whole Foods Market 买菜，好贵", "zh"),
    ("这个 yyds xswl nsdd 真的", "zh"),
    ("人 and 入 look quite the same to me, honestly", "en"),
])
def test_borrowed_words_names_and_codes_are_no_second_language(text, lang):
    engine, shown = read(text, by=("zh", "en"), target=lang)
    assert detection.detect(text, prior=("zh", "en")).langs == (lang,)
    assert (engine.asked, shown) == ([], text)


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
