"""Spans, languages, checks, the pipeline and the reading aid, without a database."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.translation import codes, detection, pipeline, spans
from catflap.translation.codes import Lang
from catflap.translation.engines.port import Batch, Card, EngineBusy
from catflap.translation.errors import SpansLost
from catflap.translation.lexicon import Lexicon

PIECES = st.sampled_from([
    "@阿橘", "@mei@x.social", "#猫税", "#cattax", "https://a.b/c?d=1&e=2", "`x = 1`",
    ":blob_cat:", "[doge]", "👨‍👩‍👧‍👦", "🇨🇳", "❤️", "$4.29", "12%", "⟦", "⟧", "⟦0⟧",
    "hello there", "你好呀", " ", "\n", "，", "! ",
])
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=20).map("".join)


@given(TEXTS)
def test_what_is_set_aside_comes_back(text):
    assert spans.unmask(spans.mask(text).text, spans.mask(text)) == text


@given(TEXTS)
def test_pieces_join_to_the_text_again(text):
    assert "".join(piece.text for piece in spans.pieces(text)) == text
    assert "".join(part.text for part in spans.linked(text)) == text


class Mangler:
    """An engine that loses every placeholder on purpose."""

    card = Card(
        name="mangler", version="1", batch_limit_chars=500, batch_limit_texts=3,
        leaves_house=False,
    )

    async def translate(self, batch: Batch) -> list[str]:
        return ["翻译" + text.replace("⟦", "[").replace("⟧", "]") for text in batch.texts]


class Honest(Mangler):
    """An engine that keeps what it was given."""

    async def translate(self, batch: Batch) -> list[str]:
        assert len(batch.texts) <= self.card.batch_limit_texts
        return ["翻译" + text for text in batch.texts]


class Answering(Mangler):
    """An engine that answers everything with one thing."""

    def __init__(self, answer):
        self.answer = answer

    async def translate(self, batch: Batch) -> list[str]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer for _ in batch.texts]


def translated(text, *engines, target="zh"):
    found = pipeline.translated(text, langs=(Lang("en"),), target=Lang(target), engines=engines)
    return asyncio.run(found)


@pytest.mark.parametrize("engine", [Mangler(), Honest()])
@settings(deadline=None, max_examples=60)
@given(text=TEXTS.map(lambda t: "These are some English words " + t))
def test_spans_survive_every_engine(engine, text):
    outcome = translated(text, engine)
    if isinstance(outcome, pipeline.Translated):
        for piece in spans.pieces(text):
            assert not piece.stays or piece.text in outcome.text


@pytest.mark.parametrize("answer", [
    "", "   ", "<script>alert(1)</script>", "<b>你好</b>", "Hello my friends, how are you",
    "你好" * 500, "safe \u202e evil 你好", RuntimeError("down"), "你好 ⟦7⟧",
])
def test_what_no_reader_may_see_is_refused(answer):
    outcome = translated("Hello my friends, how are you", Answering(answer))
    assert isinstance(outcome, pipeline.Untranslated)


def test_the_next_engine_gets_its_turn_and_a_busy_one_says_when():
    text = "Hello my friends"
    good = translated(text, Answering(EngineBusy(retry_after_s=9)), Honest())
    assert isinstance(good, pipeline.Translated)
    busy = translated(text, Answering(EngineBusy(retry_after_s=9)))
    assert isinstance(busy, pipeline.Untranslated)
    assert busy.retry_after_s == 9


def test_a_line_its_readers_can_read_is_left_alone():
    outcome = translated("你好，今天吃什么\nI am eating noodles today", Honest())
    assert outcome.text == "你好，今天吃什么\n翻译I am eating noodles today"


@pytest.mark.parametrize(("text", "prior", "langs"), [
    ("今天吃了 hotpot 很开心", ("zh",), ("zh",)),
    ("so cute", ("en",), ("en",)),
    ("so cute", ("zh",), ("und",)),
    ("😂😂", ("zh",), ()),
    ("@alice 请看 https://x.y/z", (), ("zh",)),
    ("hola a todos, soy nuevo aquí", ("en",), ("es",)),
    ("猫です", (), ("ja",)),
    ("안녕하세요", (), ("ko",)),
    ("Привет всем", (), ("ru",)),
    ("12,000 ¥", (), ()),
])
def test_languages_are_found_not_claimed(text, prior, langs):
    assert detection.detect(text, prior=prior).langs == langs


@pytest.mark.parametrize(
    "code", ["zh", "zh-CN", "zh_CN", "zh-Hans", "zh-Hans-CN", "zh-SG", "zh-TW", "ZH-HK", "cmn"]
)
def test_every_chinese_code_is_chinese(code):
    assert codes.canonical(code) == "zh"


@given(st.text(max_size=12))
def test_a_canonical_code_stays_what_it_is(code):
    once = codes.canonical(code)
    assert codes.canonical(once) == once


@pytest.mark.parametrize("answer", ["see ⟦0⟧", "⟦0⟧⟦0⟧⟦1⟧", "⟦0⟧⟦1⟧⟦2⟧", "⟦0⟧⟦1"])
def test_lost_and_invented_placeholders_are_noticed(answer):
    with pytest.raises(SpansLost):
        spans.unmask(answer, spans.mask("see https://a.b and @you"))


@pytest.fixture(scope="session")
def lexicon(tmp_path_factory) -> Lexicon:
    return Lexicon(tmp_path_factory.mktemp("lexicon"))


def test_the_reading_aid_knows_common_words(lexicon: Lexicon):
    [line] = lexicon.aid("交猫税", source=Lang("zh"), target=Lang("en"))
    assert [(w.text, w.reading) for w in line][1:] == [("猫", "māo"), ("税", "shuì")]
    [line] = lexicon.aid("my cats slept", source=Lang("en"), target=Lang("zh"))
    assert {w.text: w.gloss for w in line}["cats"] == "猫"


@settings(max_examples=40, deadline=None)
@given(text=TEXTS)
def test_the_aids_words_join_to_the_line_again(lexicon: Lexicon, text):
    for source, target in (("zh", "en"), ("en", "zh")):
        lines = lexicon.aid(text, source=Lang(source), target=Lang(target))
        assert ["".join(word.text for word in line) for line in lines] == text.split("\n")
