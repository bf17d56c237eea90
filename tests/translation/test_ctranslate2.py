"""`ctranslate2` with a real model, which the tests train and convert themselves."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import psutil
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.ground import http
from catflap.translation import pipeline
from catflap.translation.codes import CHINESE, ENGLISH
from catflap.translation.engines.ctranslate2 import CTranslate2
from catflap.translation.engines.ctranslate2_serving import Model, cut
from catflap.translation.engines.guarding import OPEN_AFTER_FAILURES, OPEN_FIRST_S
from catflap.translation.engines.libretranslate import LibreTranslate
from catflap.translation.engines.port import Batch, EngineBusy, PairUnsupported
from catflap.translation.models import keeping
from catflap.translation.segments import joined, segments
from tests.conftest import Server, house_at, run
from tests.forked import catflap
from tests.mastodon.app import joined as signed_up
from tests.translation import tiny_model
from tests.translation.scripted_endpoints import Endpoint, asked, libre
from tests.translation.tiny_model import held_out

SERVING = "catflap.translation.engines.ctranslate2_serving"
SAID = {
    "老师喜欢那个船。": "The teacher likes that boat.",
    "小猫画这个花。": "The little cat draws this flower.",
    "妈妈找我的钥匙。": "Mum looks for my key.",
    "我看见那个风筝。": "I see that kite.",
}


@pytest.fixture(scope="session")
def opus(shared) -> Path:
    """The model as Helsinki would publish it."""
    with FileLock(shared / "tiny-model.lock"):
        return tiny_model.kept()


@pytest.fixture(scope="session")
def installed(opus, tmp_path_factory) -> Path:
    """The folder of models with it, put there by the command."""
    data = tmp_path_factory.mktemp("tiny")
    told = catflap("translation", "install", "zh-en", "--from", opus, "--data", data)
    assert told.returncode == 0, told.stderr
    return data / "models"


@pytest.fixture
def models(installed, tmp_path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(installed, tmp_path / "models"))


@asynccontextmanager
async def engine_at(models: Path):
    engine = CTranslate2(models, threads=1, device="cpu")
    try:
        yield engine
    finally:
        await engine.close()


def batch(*texts: str) -> Batch:
    return Batch(source=CHINESE, target=ENGLISH, texts=list(texts))


def translated(models: Path, *texts: str) -> list[str]:
    async def work():
        async with engine_at(models) as engine:
            return await engine.translate(batch(*texts))

    return run(work())


def serving(parent: int | None = None) -> list[psutil.Process]:
    """The processes below one that hold models."""
    below = psutil.Process(parent).children(recursive=True)
    return [one for one in below if SERVING in one.cmdline()]


def test_the_command_converts_it_to_eight_bits(installed, opus):
    import ctranslate2

    [row] = [row for row in json.loads(catflap("translation", "list", "--data", installed.parent, "--json").stdout)
             if row["installed"]]
    assert row["name"] == "zh-en"
    assert keeping.installed(installed)[0].record.origin == str(opus)
    here = ctranslate2.Translator(str(installed / "zh-en"), device="cpu", compute_type="default")
    assert here.compute_type.startswith("int8")


def test_it_translates_what_it_was_never_shown(installed):
    pairs = held_out(240)

    async def work():
        async with engine_at(installed) as engine:
            return [
                answer for start in range(0, len(pairs), 60)
                for answer in await engine.translate(
                    batch(*(pair.source for pair in pairs[start : start + 60]))
                )
            ]

    answers = run(work())
    right = sum(answer == pair.target for answer, pair in zip(answers, pairs, strict=True))
    assert right / len(pairs) >= 0.95


def test_a_batch_says_what_each_text_alone_would_say(installed):
    sources = [pair.source for pair in held_out(60)]
    # Of what it was not taught, a model may go on and on: as long beside a long text as alone.
    endless = "小狗画那个漂亮的箱子但是妹妹冬天带来每个花但是爷爷想要那个花"
    texts = ["书", *sources, endless, "".join(sources[:9]), "？！", "a 龙 ⟦0⟧ b", ""]

    async def work():
        async with engine_at(installed) as engine:
            together = await engine.translate(batch(*texts))
            return together, [(await engine.translate(batch(text)))[0] for text in texts]

    together, alone = run(work())
    assert together == alone


def test_nothing_is_asked_for_nothing(installed):
    async def work():
        async with engine_at(installed) as engine:
            assert await engine.translate(batch()) == []
            assert serving() == []

    run(work())


def test_the_other_direction_is_refused(installed):
    async def work():
        async with engine_at(installed) as engine:
            assert engine.supports(CHINESE, ENGLISH)
            assert not engine.supports(ENGLISH, CHINESE)
            with pytest.raises(PairUnsupported):
                await engine.translate(Batch(source=ENGLISH, target=CHINESE, texts=["A cat."]))
            assert serving() == []

    run(work())


# Long texts.


@settings(max_examples=200, deadline=None)
@given(
    tokens=st.lists(st.sampled_from(["▁书", "花", ",", "▁,", "。", "x"]), max_size=80),
    limit=st.integers(1, 20),
)
def test_tokens_are_cut_without_losing_one(tokens, limit):
    parts = cut(tokens, limit)
    assert [token for part in parts for token in part] == tokens
    assert all(len(part) <= limit for part in parts)
    assert all(parts) or not tokens


def test_tokens_are_cut_behind_a_comma_else_before_a_word():
    assert cut(["a", "b", ",", "c", "d", "e"], 5) == [["a", "b", ","], ["c", "d", "e"]]
    assert cut(["▁a", "b", "▁c", "d", "e"], 4) == [["▁a", "b", "▁c", "d"], ["e"]]
    assert cut(["▁a", "b", "c", "▁d", "e"], 4) == [["▁a", "b", "c"], ["▁d", "e"]]
    assert cut(["a", "b", "c", "d", "e"], 4) == [["a", "b", "c", "d"], ["e"]]


def test_a_text_beyond_the_models_positions_is_read_whole(installed):
    from sentencepiece import SentencePieceProcessor

    folder = str(installed / "zh-en")
    pieces = SentencePieceProcessor(model_file=f"{folder}/source.spm")
    alike = [
        pair for pair in held_out(300)
        if pair.source.endswith("。") and "，" not in pair.source
        and 9 <= len(pieces.encode(pair.source)) <= 12
    ][:8]
    from catflap.translation.engines.ctranslate2_serving import Question

    def said(model: Model, text: str) -> str:
        question = Question(
            folder=folder, version="", kind="marian", source="zh", target="en", texts=[text]
        )
        [answer] = model.translate(question).texts
        return answer

    short = Model(folder, "marian", threads=1, device="cpu", positions=13)
    assert len(alike) == 8
    whole = said(short, "".join(pair.source for pair in alike))
    assert whole == " ".join(said(short, pair.source) for pair in alike)
    assert sum(pair.target in whole for pair in alike) >= 7
    # And with all its positions it neither breaks nor leaves a thing out unread.
    full = Model(folder, "marian", threads=1, device="cpu")
    endless = "".join(pair.source for pair in held_out(200))
    question = Question(
        folder=folder, version="", kind="marian", source="zh", target="en", texts=[endless]
    )
    assert full.translate(question).tokens > len(pieces.encode(endless)) > 1000


@pytest.mark.parametrize(("text", "target", "parts", "whole"), [
    ("你好。再见。", "en", ["Hello.", "Bye."], "Hello. Bye."),
    ("你好。 再见。", "en", ["Hello.", " ", "Bye."], "Hello. Bye."),
    ("你好！😀再见。", "en", ["Hello!", "😀", "Bye."], "Hello!😀 Bye."),
    ("你好。\n再见。", "en", ["Hello.", "\n", "Bye."], "Hello.\nBye."),
    ("你好。Bye now.", "en", ["Hello.", "Bye now."], "Hello. Bye now."),
    ("Hello there. Good bye.", "zh", ["你好。", " ", "再见。"], "你好。再见。"),
    ("Hello there.  \nGood bye.", "zh", ["你好。", "  ", "\n", "再见。"], "你好。  \n再见。"),
    ("Hello there. Good bye.", "zh", ["好", " ", "再见。"], "好 再见。"),
])
def test_sentences_are_joined_as_the_language_joins_them(text, target, parts, whole):
    source = CHINESE if target == "en" else ENGLISH
    pieces = segments(text, langs=(source,), target=target, by_sentence=True)
    assert len(pieces) == len(parts)
    assert joined(parts, pieces, target=target) == whole


# What goes wrong.


def test_a_serving_process_that_is_killed_is_started_again(installed, tmp_path):
    async def work():
        house = house_at(
            f"sqlite:///{tmp_path / 'catflap.db'}", tmp_path, engines=("ctranslate2",),
            models_dir=str(installed), ctranslate2_threads=1,
        )
        from catflap.migrations import running

        await running.upgrade(f"sqlite:///{tmp_path / 'catflap.db'}")
        [engine] = house.routes.route(CHINESE, ENGLISH)
        first, second, *_ = SAID
        try:
            assert await engine.translate(batch(first)) == [SAID[first]]
            [before] = serving()
            before.kill()
            assert await engine.translate(batch(second)) == [SAID[second]]
            [after] = serving()
            assert after.pid != before.pid
            # Killed in the middle of an answer.
            after.suspend()
            asking = asyncio.create_task(engine.translate(batch(*SAID)))
            await asyncio.sleep(0.1)
            after.kill()
            assert await asking == list(SAID.values())
        finally:
            await house.close()

    run(work())


def test_the_serving_process_ends_with_its_pipe():
    process = subprocess.Popen(
        [sys.executable, "-m", SERVING, "1", "cpu", "0"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    process.communicate(timeout=30)
    assert process.returncode == 0


def spoil(models: Path, name: str) -> None:
    path = models / "zh-en" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


@pytest.mark.parametrize("name", ["model.bin", "config.json", "source.spm", "shared_vocabulary.json"])
def test_a_spoiled_model_says_so_and_works_again_once_mended(models, installed, name):
    text = next(iter(SAID))

    async def work():
        async with engine_at(models) as engine:
            spoil(models, name)
            with pytest.raises(EngineBusy) as caught:
                await engine.translate(batch(text))
            assert "zh-en cannot be opened" in caught.value.reason
            assert caught.value.reason in str(caught.value)
            shutil.copyfile(installed / "zh-en" / name, models / "zh-en" / name)
            assert await engine.translate(batch(text)) == [SAID[text]]

    run(work())


def test_a_model_that_is_replaced_is_opened_anew(models, installed):
    text = next(iter(SAID))

    async def work():
        async with engine_at(models) as engine:
            assert await engine.translate(batch(text)) == [SAID[text]]
            spoil(models, "model.bin")
            brought = models.parent / "brought"
            shutil.copytree(models / "zh-en", brought)
            keeping.take(brought, entry=None, into=models, name="zh-en")
            with pytest.raises(EngineBusy):
                await engine.translate(batch(text))

    run(work())


def test_behind_a_spoiled_model_the_next_engine_answers_and_the_circuit_opens(models, tmp_path):
    spoil(models, "model.bin")
    text = next(iter(SAID))
    endpoint = Endpoint(lambda body: libre([SAID[text] for text in asked(body)]))
    url = f"sqlite:///{tmp_path / 'catflap.db'}"

    async def work():
        from catflap.migrations import running

        await running.upgrade(url)
        house = house_at(
            url, tmp_path, engines=("ctranslate2",), models_dir=str(models), ctranslate2_threads=1
        )
        [first] = house.routes.route(CHINESE, ENGLISH)
        try:
            async with http.client([endpoint.url]) as client:
                second = LibreTranslate(client, url=endpoint.url)
                one = pipeline.Asked(text=text, langs=(CHINESE,), target=ENGLISH)
                [outcome] = await pipeline.translated([one], route=lambda *_: [first, second])
                assert isinstance(outcome, pipeline.Translated)
                assert (outcome.text, outcome.engine) == (SAID[text], second.card.name)
            for _ in range(OPEN_AFTER_FAILURES - 1):
                with pytest.raises(EngineBusy) as caught:
                    await first.translate(batch(text))
                assert caught.value.reason
            with pytest.raises(EngineBusy) as caught:
                await first.translate(batch(text))
            assert not caught.value.reason
            assert caught.value.retry_after_s <= OPEN_FIRST_S
        finally:
            await house.close()

    try:
        run(work())
    finally:
        endpoint.stop()


# A community.


@pytest.fixture
def server(installed, tmp_path) -> Iterator[Server]:
    made = Server(
        tmp_path, engines="ctranslate2", models_dir=str(installed), ctranslate2_threads="1",
        ctranslate2_device="cpu", attempts_per_hour="10000",
    ).start()
    yield made
    made.stop()


def shown(server: Server, note: str, *texts: str) -> str:
    """The page an English reader gets, once all of ``texts`` stand in it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        page = httpx2.get(server.url + note, headers={"accept-language": "en"}).text
        if all(text in page for text in texts):
            return page
        time.sleep(0.05)
    raise AssertionError((texts, page[-6000:], server.log()[-2000:]))


CHINESE_NOTE = "我看见那个风筝。"
GERMAN_NOTE = "Ich habe heute einen sehr langen Spaziergang gemacht und danach Kuchen gegessen."
EXPLORE = "No engine here translates into your language yet"


def unrouted(source: str, target: str) -> str:
    return f"No engine here translates {source} into {target}; this is the original."


@pytest.mark.parametrize("has_model", [True, False])
def test_whose_languages_no_model_knows_is_told_so_on_every_page(
    has_model, installed, tmp_path, request
):
    made = Server(
        tmp_path, engines="ctranslate2", ctranslate2_threads="1", ctranslate2_device="cpu",
        models_dir=str(installed if has_model else tmp_path / "none"), attempts_per_hour="10000",
        operators="juniper",
    ).start()
    request.addfinalizer(made.stop)
    people = [signed_up(made, "juniper"), signed_up(made, "阿橘", reads="zh"), signed_up(made, "troll")]
    for one in people:
        request.addfinalizer(one.close)
    juniper, aju, troll = people

    def posted(**fields: str) -> str:
        return troll.post("/new", data=fields).headers["location"]

    def case_about(note: str) -> str:
        number = note.rpartition("/")[2]
        aju.post(f"/n/{number}/report", data={"category": "spam", "message": "他说猫的坏话"})
        page = juniper.get("/operator/cases").text
        return juniper.get(max(re.findall(r"/operator/cases/\d+", page))).text

    german, chinese = posted(body=GERMAN_NOTE), posted(title=CHINESE_NOTE)
    from_german, from_chinese = unrouted("Deutsch", "English"), unrouted("中文", "English")
    # Readers: at what they read, once, and before they read anything.
    assert juniper.get(german).text.count(from_german) == 1
    assert (from_chinese in juniper.get(chinese).text) is not has_model
    assert ("Translating…" in juniper.get(chinese).text) is has_model
    assert (EXPLORE in juniper.get("/").text) is not has_model
    # The one model translates into English only.
    assert "这里还没有能译成你的语言的引擎" in aju.get("/").text
    juniper.post(f"/n/{german.rpartition('/')[2]}/comments", data={"text": "Look at that"})
    troll.post(f"/n/{chinese.rpartition('/')[2]}/comments", data={"text": GERMAN_NOTE})
    assert juniper.get(chinese).text.count(from_german) == 1
    # Moderators: at what was reported, and at what was said of it.
    page = case_about(german)
    assert page.count(from_german) == 1
    assert (from_chinese in page) is not has_model


def test_a_note_is_read_through_the_model_and_no_page_waits_for_it(server, request):
    writer = httpx2.Client(base_url=server.url, headers={"accept-language": "zh-CN"})
    request.addfinalizer(writer.close)
    writer.post("/join", data={"handle": "阿橘", "password": "correct horse 9", "reads": "zh"})

    def posted(title: str, body: str) -> str:
        return writer.post("/new", data={"title": title, "body": body}).headers["location"]

    boat, flower, key, kite = SAID
    note = posted(kite, boat + flower)
    page = shown(server, note, SAID[kite], f"{SAID[boat]} {SAID[flower]}")
    assert kite in page
    assert "ctranslate2" in page.lower()

    [model] = serving(server.process.pid)
    os.kill(model.pid, signal.SIGSTOP)
    try:
        # The model now takes forever, and pages still come with the original.
        later = posted(key, f"{key}\n{boat}")
        for _ in range(5):
            page = httpx2.get(server.url + later, headers={"accept-language": "en"}, timeout=5)
            assert page.status_code == 200
            assert key in page.text
            assert SAID[key] not in page.text
    finally:
        os.kill(model.pid, signal.SIGCONT)
    shown(server, later, SAID[key])
