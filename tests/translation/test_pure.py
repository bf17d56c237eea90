"""Spans, languages, checks, the pipeline and the reading aid, without a database."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catflap.translation import codes, detection, pipeline, segments, spans
from catflap.translation.codes import Lang
from catflap.translation.engines.port import Batch, Card, EngineBusy
from catflap.translation.errors import SpansLost
from catflap.translation.lexicon import Lexicon
from tests.conftest import LEXICON, run

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
    tokens_spent = 0

    def supports(self, source, target):
        return True

    def via(self, source, target):
        return None

    async def close(self):
        pass

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
    asked = pipeline.Asked(text=text, langs=(Lang("en"),), target=Lang(target))
    return asyncio.run(pipeline.translated([asked], route=lambda *_: engines))[0]


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
    ("I felt that in my spine.", ("en",), ("en",)),
    ("Check the whole kitchen.", ("en",), ("en",)),
    ("Ich auch, das ist sehr schön", ("en",), ("de",)),
    ("好耶ヽ(✿ﾟ▽ﾟ)ノ周末了", (), ("zh",)),
    ("(╯°□°)╯︵ ┻━┻", ("en",), ()),
    ("W mom, L landlord", ("en",), ("en",)),
    ("W mom, L landlord", ("zh",), ("und",)),
    ("delulu is the solulu", ("en",), ("en",)),
    ("delulu is the solulu", (), ("en",)),
    ("touch grass bestie", ("en",), ("en",)),
    ("merci beaucoup", ("en",), ("fr",)),
    ("bonjour tout le monde", ("en",), ("fr",)),
    ("Say nǐ hǎo to the neighbours, shēngrì kuàilè", ("en",), ("en",)),
])
def test_languages_are_found_not_claimed(text, prior, langs):
    assert detection.detect(text, prior=prior).langs == langs


DUTCH = "Vandaag heb ik de hele dag met mijn kat op de bank gezeten en dat was heerlijk."
GERMAN = "Ich habe heute einen sehr langen Spaziergang gemacht und danach Kuchen gegessen."
ENGLISH = "I sat on the sofa with my cat all day and it was lovely."
BEYOND = [
    ("nl", DUTCH), ("nl", "Heeft iemand een goed recept voor erwtensoep? Ik kan het mijne niet vinden."),
    ("nl", "Die kat van mij is zo lui, die wil alleen maar in de zon liggen."),
    ("sv", "Idag sov min katt hela dagen i soffan och det var underbart."),
    ("sv", "Vi ska åka till stugan i helgen, hoppas att det inte regnar."),
    ("pl", "Dzisiaj mój kot spał cały dzień na kanapie i było cudownie."),
    ("pl", "To jest mój kot i to do niego mówię, a on mnie nie słucha."),
    ("tl", "Ngayong araw natulog ang pusa ko buong araw sa sofa."),
    ("tl", "Ang sarap ng sinigang na luto ng nanay ko, sana makauwi na ako."),
]


@pytest.mark.parametrize(("lang", "text"), BEYOND)
def test_who_writes_a_language_that_nobody_here_can_tell_is_believed(lang, text):
    for prior in ((lang,), (lang, "en"), (lang, "zh", "en")):
        assert detection.detect(text, prior=prior).langs == (lang,)
    # And so is each of its sentences, when it is translated or shown.
    [cut] = segments.segments(text.split("?")[0], langs=(lang,), target="zh", by_sentence=False)
    assert cut.source == lang


@pytest.mark.parametrize("said", ["nl", "sv", "pl", "tl", "en", "fr", "fa", "und"])
def test_a_wrong_claim_is_overruled_by_a_text_that_is_clearly_of_another(said):
    for lang, text in (("de", GERMAN), ("en", ENGLISH), ("es", "Hoy mi gato durmió todo el día en el sofá y no me dejó nada de sitio.")):
        assert detection.detect(text, prior=(said, "zh")).langs == (lang,)
    assert detection.detect("今天天气真好", prior=(said,)).langs == ("zh",)


def test_a_few_letters_in_the_wrong_hands_are_of_no_language():
    assert detection.detect("so cute", prior=("nl", "en")).langs == ("und",)
    assert detection.detect("Goedemorgen", prior=("nl",)).langs == ("nl",)


def test_who_shares_a_script_says_which_language_it_is():
    bulgarian = "Днес котката ми спа цял ден на дивана и беше прекрасно."
    assert detection.detect(bulgarian, prior=("bg", "en")).langs == ("bg",)
    assert detection.detect(bulgarian, prior=("en",)).langs == ("ru",)
    assert detection.detect(bulgarian, prior=("fa",)).langs == ("ru",)
    assert detection.detect("Привіт, як справи?", prior=("bg",)).langs == ("uk",)


@pytest.mark.parametrize("face", [
    "ヽ(✿ﾟ▽ﾟ)ノ", "(╯°□°)╯︵ ┻━┻", "¯\\_(ツ)_/¯", "o(╥﹏╥)o", "╮(╯▽╰)╭", "ヾ(≧▽≦*)o", "Σ(っ °Д °;)っ",
    "(๑•̀ㅂ•́)و✧", "(T_T)", "ʕ•ᴥ•ʔ", "=_=", "QAQ", ":-)", "\\(^o^)/",
])
def test_a_face_is_one_span_with_its_arms(face):
    for text in (f"今天{face}开心", f"so happy {face} today"):
        assert face in [piece.text for piece in spans.pieces(text) if piece.stays], text


@pytest.mark.parametrize("text", [
    "(Thanks a lot)", "(Tom is here)", "（笑）", "(好吃)", "他(她)说", "hello (again) you", "f(x) = y",
])
def test_words_in_brackets_are_no_face(text):
    assert not [piece.text for piece in spans.pieces(text) if piece.stays]


@pytest.mark.parametrize(
    "code", ["zh", "zh-CN", "zh_CN", "zh-Hans", "zh-Hans-CN", "zh-SG", "zh-TW", "ZH-HK", "cmn"]
)
def test_every_chinese_code_is_chinese(code):
    assert codes.canonical(code) == "zh"


@given(st.text(max_size=12))
def test_a_canonical_code_stays_what_it_is(code):
    once = codes.canonical(code)
    assert codes.canonical(once) == once


@settings(deadline=None, max_examples=400)
@given(
    text=TEXTS
    | st.text("aWw.QAT_;:)D(3<^ℹ©8猫,。 ", max_size=12)
    | st.text("xXDoOrzTQZuU.;18A猫 ,", max_size=10)
    | st.lists(
        st.sampled_from(["QwQ", "TAT", "xD", "orz", "T.T", "o.O", "8D", "1⃣", "12", "5 kg", "DE89",
                         "3704 0044 0532 0130 00", "a1" * 12, "½", "٣", " ", "猫", "cat", ".", "。"]),
        max_size=6,
    ).map("".join)
    | st.text(max_size=8)
)
@example("我哭了 TAT")
@example("so tired orz")
def test_no_span_is_missed_by_the_quick_look(text):
    found = [match.group() for match in spans._span().finditer(text)]
    assert [text[start:end] for start, end, _ in spans.placed(text)] == found


@pytest.mark.parametrize("answer", ["see ⟦0⟧", "⟦0⟧⟦0⟧⟦1⟧", "⟦0⟧⟦1⟧⟦2⟧", "⟦0⟧⟦1"])
def test_lost_and_invented_placeholders_are_noticed(answer):
    with pytest.raises(SpansLost):
        spans.unmask(answer, spans.mask("see https://a.b and @you"))


def test_without_its_file_there_is_no_aid(tmp_path):
    assert Lexicon(tmp_path).aid("猫", source=Lang("zh"), target=Lang("en")) == []


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return Lexicon(LEXICON)


def test_a_dictionary_whose_building_is_stopped_leaves_nothing_behind(tmp_path):
    async def stopped():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await Lexicon(tmp_path).build()

    run(stopped())
    assert list(tmp_path.iterdir()) == []
    assert not Lexicon(tmp_path).is_ready()


def test_the_reading_aid_knows_common_words(lexicon: Lexicon):
    [line] = lexicon.aid("交猫税", source=Lang("zh"), target=Lang("en"))
    assert [(w.text, w.reading) for w in line][1:] == [("猫", "māo"), ("税", "shuì")]
    [line] = lexicon.aid("我们去吃火锅，胖", source=Lang("zh"), target=Lang("en"))
    told = {w.text: (w.reading, w.gloss) for w in line}
    assert told["火锅"] == ("huǒ guō", "hotpot")
    assert told["胖"] == ("pàng", "fat; plump")
    [line] = lexicon.aid("my cats slept", source=Lang("en"), target=Lang("zh"))
    assert {w.text: w.gloss for w in line}["cats"] == "猫"


@settings(max_examples=40, deadline=None)
@given(text=TEXTS)
def test_the_aids_words_join_to_the_line_again(lexicon: Lexicon, text):
    for source, target in (("zh", "en"), ("en", "zh")):
        lines = lexicon.aid(text, source=Lang(source), target=Lang(target))
        assert ["".join(word.text for word in line) for line in lines] == text.split("\n")


def test_sentences_stand_as_the_target_writes_them():
    class Saying(Honest):
        card = msgspec.structs.replace(Honest.card, takes_sentences=True)

        def __init__(self, answers):
            self._answers = answers

        async def translate(self, batch):
            return [self._answers[text] for text in batch.texts]

    zh = Saying({"我吃了面。": "I ate noodles.", "猫睡了！": "The cat slept!", "好": "Good"})
    asked = pipeline.Asked(text="我吃了面。猫睡了！好", langs=(Lang("zh"),), target=Lang("en"))
    [outcome] = run(pipeline.translated([asked], route=lambda *_: [zh]))
    assert outcome.text == "I ate noodles. The cat slept! Good"
    en = Saying({"I ate noodles.": "我吃了面。", "The cat slept.": "猫睡了。"})
    assert translated("I ate noodles. The cat slept.", en).text == "我吃了面。猫睡了。"


@pytest.mark.parametrize(("lang", "line"), [
    ("zh", "今天天气真好，适合睡觉。"), ("ja", "今日はいい天気ですね。"), ("ko", "오늘 날씨가 좋네요."),
])
def test_letters_that_tell_no_language_are_english_for_readers_of_every_script(lang, line):
    cut = segments.segments(
        f"{line}\nlol ok", langs=(Lang(lang),), target=Lang(lang), by_sentence=False
    )
    assert [(one.text, one.source) for one in cut] == [(line, None), ("\n", None), ("lol ok", "en")]


def test_whose_only_language_in_latin_letters_is_known_needs_no_detector(monkeypatch):
    def nobody() -> None:
        raise AssertionError("the detector was asked")

    monkeypatch.setattr(detection, "_detector", nobody)
    found = (codes.CHINESE, codes.ENGLISH)
    line = "Landlord came again yesterday asking November rent"
    assert detection.line_languages(line, prior=found, found=found) == ("en",)
    assert detection.line_languages("房东又来了", prior=found, found=found) == ("zh",)
    assert detection.line_languages("🐱 12 #cattax", prior=found, found=found) == ()
    with pytest.raises(AssertionError):
        detection.line_languages(line, prior=found, found=(*found, Lang("fr")))


@pytest.mark.parametrize(("line", "lang"), [
    ("I think that he was there with the others", "en"),
    ("je ne sais pas si c'est dans la maison", "fr"),
    ("ich weiß nicht, ob das ein Hund ist und wie er heißt", "de"),
])
def test_many_small_words_of_one_language_need_no_detector(monkeypatch, line, lang):
    def nobody() -> None:
        raise AssertionError("the detector was asked")

    monkeypatch.setattr(detection, "_detector", nobody)
    assert detection.line_languages(line, prior=("en", "fr", "de")) == (lang,)
