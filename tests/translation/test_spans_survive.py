"""What must survive translation does, whatever an engine does to its markers; or nothing is shown."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.translation import detection, pipeline, segments, spans
from catflap.translation.codes import Lang
from tests.conftest import run
from tests.translation.scripted_endpoints import plausible
from tests.translation.test_pure import Mangler

KINDS = {
    "mention": ["@阿橘", "@mei@x.social", "@juniper_2"],
    "tag": ["#猫税", "#cattax", "#年货2025"],
    "link": ["https://a.b/c?d=1&e=2", "www.example.org/猫", "http://x.y/z#frag"],
    "mail": ["someone@example.org", "a.b+c@d-e.co.uk"],
    "code": ["`x = 1`", "`rm -rf /`", "```\nfor cat in cats:\n    feed(cat)\n```"],
    "custom": [":blob_cat:"],
    "sticker": ["[doge]", "[笑哭R]"],
    "emoji": ["👨‍👩‍👧‍👦", "🇨🇳", "❤️", "🐱📄❓", "👍🏽", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"],
    "kaomoji": ["(╯°□°)╯︵ ┻━┻", "ヽ(✿ﾟ▽ﾟ)ノ", "¯\\_(ツ)_/¯", "(T_T)"],
    "emoticon": [":-)", "<3", "QAQ", "=_="],
    "number": ["$4.29", "12%", "¥1,299", "12:30", "5kg", "-5°C", "3.5 km", "20 EUR", "2025/1/19"],
    "secret": ["11010519491231002X", "DE89370400440532013000"],
    "own": ["⟦", "⟧⟧", "⟦0⟧", "⟦ 1 ⟧"],
}
EACH = [(kind, span) for kind, examples in KINDS.items() for span in examples]
WORDS = {
    "en": ["the cat sleeps on the sofa", "we ate noodles", "so happy", "look at this"],
    "zh": ["猫在沙发上睡觉", "我们吃了面", "太开心了", "你看这个"],
}


@st.composite
def texts(draw):
    """A text of one language, full of spans, and into what it is to be translated."""
    lang = draw(st.sampled_from(["en", "zh"]))
    parts = draw(st.lists(
        st.one_of(st.sampled_from(WORDS[lang]), st.sampled_from([span for _, span in EACH])),
        min_size=1, max_size=9,
    ))
    gap = draw(st.sampled_from([" ", " ", "\n"]))
    return gap.join([WORDS[lang][0], *parts]), lang, "zh" if lang == "en" else "en"


@st.composite
def mixed(draw):
    """A line in two languages with spans anywhere, and for whose readers."""
    words = WORDS["en"] + WORDS["zh"] + ["，", "。", ". ", "hotpot", "猫", "Whole Foods Market", " "]
    parts = draw(st.lists(
        st.one_of(st.sampled_from(words), st.sampled_from([span for _, span in EACH])),
        min_size=2, max_size=12,
    ))
    return parts, draw(st.sampled_from(["en", "zh"]))


MARKER = re.compile(r"⟦(\d+)⟧")


def wide(number: str) -> str:
    return number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


MANGLES = {
    "keeps": lambda text, _: text,
    "drops": lambda text, _: MARKER.sub("", text),
    "drops one": lambda text, _: MARKER.sub("", text, count=1),
    "doubles": lambda text, _: MARKER.sub(r"⟦\1⟧ ⟦\1⟧", text),
    "reorders": lambda text, rng: shuffled(text, rng),
    "swaps brackets": lambda text, _: text.replace("⟦", "[").replace("⟧", "]"),
    "chinese brackets": lambda text, _: text.replace("⟦", "【").replace("⟧", "】"),
    "braces": lambda text, _: text.replace("⟦", "{{").replace("⟧", "}}"),
    "spaces out": lambda text, _: MARKER.sub(r"⟦  \1 ⟧", text),
    "spaces in digits": lambda text, _: MARKER.sub(lambda m: f"⟦{' '.join(m[1])} x⟧", text),
    "full width": lambda text, _: MARKER.sub(lambda m: f"［{wide(m[1])}］", text),
    "translates": lambda text, _: MARKER.sub("⟦零⟧", text),
    "renumbers": lambda text, _: MARKER.sub(lambda m: f"⟦{int(m[1]) + 1}⟧", text),
    "invents": lambda text, _: text + " ⟦7⟧ [8]",
    "halves": lambda text, _: text.replace("⟧", ""),
    "huge": lambda text, _: MARKER.sub("⟦" + "9" * 5000 + "⟧", text),
}


def shuffled(text: str, rng: random.Random) -> str:
    numbers = [m[1] for m in MARKER.finditer(text)]
    rng.shuffle(numbers)
    return MARKER.sub(lambda _: f"⟦{numbers.pop()}⟧", text)


class Mangling(Mangler):
    """An engine that translates the words and does one thing to every marker."""

    def __init__(self, mangle: str) -> None:
        self._mangle = MANGLES[mangle]
        self._rng = random.Random(7)

    async def translate(self, batch):
        return [self._mangle(plausible(text), self._rng) for text in batch.texts]


def outcome_of(text: str, source: str, target: str, mangle: str):
    asked = pipeline.Asked(text=text, langs=(Lang(source),), target=Lang(target))
    return run(pipeline.translated([asked], route=lambda *_: [Mangling(mangle)]))[0]


def spans_in(text: str) -> list[str]:
    return [piece.text for piece in spans.pieces(text) if piece.stays]


@pytest.mark.parametrize("mangle", sorted(MANGLES))
@settings(deadline=None, max_examples=40)
@given(made=texts())
def test_every_span_stands_in_the_translation_as_often_as_in_the_text(mangle, made):
    text, source, target = made
    outcome = outcome_of(text, source, target, mangle)
    if not isinstance(outcome, pipeline.Translated):
        return
    for span, times in Counter(spans_in(text)).items():
        assert outcome.text.count(span) >= times, (span, outcome.text)
    assert Counter(spans_in(outcome.text)) == Counter(spans_in(text)), outcome.text
    for bracket in "⟦⟧":
        assert outcome.text.count(bracket) == text.count(bracket)


@pytest.mark.parametrize("mangle", [
    "keeps", "reorders", "swaps brackets", "chinese brackets", "braces", "spaces out",
    "full width", "drops", "doubles", "translates", "renumbers", "halves",
])
@pytest.mark.parametrize(("kind", "span"), EACH)
def test_what_can_be_repaired_is(mangle, kind, span):
    if kind == "own":
        return
    for lang, target in (("en", "zh"), ("zh", "en")):
        text = f"{WORDS[lang][0]} {span} {WORDS[lang][1]}"
        outcome = outcome_of(text, lang, target, mangle)
        assert isinstance(outcome, pipeline.Translated), (text, outcome)
        assert outcome.text.count(span) == 1
        assert WORDS[lang][0] not in outcome.text


@pytest.mark.parametrize(("kind", "span"), EACH)
def test_a_span_is_one(kind, span):
    for text in (f"{WORDS['en'][0]} {span} {WORDS['en'][1]}", f"{WORDS['zh'][0]} {span}，好"):
        if kind != "own":
            assert spans_in(text) == [span]


def test_a_block_of_code_is_left_alone_and_is_no_language():
    text = "看看这段代码\n```\nprint('hello, this is the cat')\n\nfeed(cat)\n```\n好用吗"
    outcome = outcome_of(text, "zh", "en", "keeps")
    assert "```\nprint('hello, this is the cat')\n\nfeed(cat)\n```" in outcome.text
    assert len(outcome.text.split("\n")) == len(text.split("\n"))


@settings(deadline=None, max_examples=200)
@given(made=mixed(), gap=st.sampled_from(["", " "]), by_sentence=st.booleans())
def test_segments_of_two_languages_join_to_the_text_again(made, gap, by_sentence):
    text, target = gap.join(made[0]), made[1]
    langs = detection.detect(text, prior=("zh", "en")).langs
    cut = segments.segments(text, langs=langs, target=Lang(target), by_sentence=by_sentence)
    assert "".join(segment.text for segment in cut) == text
    own = re.compile(r"[\u4e00-\u9fff]" if target == "zh" else r"[A-Za-z]")
    for segment in cut:
        if segment.inside:
            assert not own.search(spans.words_only(segment.text)), segment
    # What is foreign somewhere is so in a segment: no reader waits for a translation of nothing.
    if gap and any(lang not in (target, "und") for lang in langs):
        assert any(segment.source for segment in cut)


@pytest.mark.parametrize("mangle", ["keeps", "drops", "reorders", "renumbers"])
@settings(deadline=None, max_examples=60)
@given(made=mixed())
def test_every_span_stands_in_what_was_said_of_two_languages(mangle, made):
    text, target = " ".join(made[0]), made[1]
    langs = detection.detect(text, prior=("zh", "en")).langs
    asked = pipeline.Asked(text=text, langs=langs, target=Lang(target))
    [outcome] = run(pipeline.translated([asked], route=lambda *_: [Mangling(mangle)]))
    if isinstance(outcome, pipeline.Translated):
        for span, times in Counter(spans_in(text)).items():
            assert outcome.text.count(span) >= times, (span, outcome.text)


@given(st.lists(st.sampled_from(["cat", "猫。", "```", "\n", "`", " ", "Hi. "]), max_size=14))
def test_lines_and_segments_join_to_the_text_again(parts):
    text = "".join(parts)
    assert "\n".join(spans.lines(text)) == text
    cut = segments.segments(text, langs=(Lang("en"),), target=Lang("zh"), by_sentence=True)
    assert "".join(segment.text for segment in cut) == text
