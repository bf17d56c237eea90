"""One suite that every HTTP engine passes: what it gives, and how it fails."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable

import httpx2
import pytest

from catflap.ground import http
from catflap.translation import pipeline
from catflap.translation.codes import Lang
from catflap.translation.engines import libretranslate, openai
from catflap.translation.engines.libretranslate import LibreTranslate
from catflap.translation.engines.openai import OpenAI
from catflap.translation.engines.port import Batch, EngineBusy, EngineRefused, PairUnsupported
from tests.conftest import Server, free_port
from tests.translation.scripted_endpoints import Endpoint, asked, chat, libre, stalled

KEY = "a-secret-key-of-ours"
TEXTS = ["第一句", "带 ⟦0⟧ 的第二句\n还有一行", "第三句"]
FORMS = {"openai": chat, "libretranslate": libre}


def made(kind: str, client: httpx2.AsyncClient, url: str):
    if kind == "openai":
        return OpenAI(client, url=f"{url}/v1", model="scripted", api_key=KEY)
    return LibreTranslate(client, url=url, api_key=KEY)


def translated(kind: str, url: str, texts=tuple(TEXTS)):
    async def work():
        async with http.client([url]) as client:
            batch = Batch(source=Lang("zh"), target=Lang("en"), texts=list(texts))
            return await made(kind, client, url).translate(batch)

    return asyncio.run(work())


@pytest.fixture
def endpoint():
    started: list[Endpoint] = []

    def start(answer: Callable) -> Endpoint:
        started.append(Endpoint(answer))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(params=sorted(FORMS))
def kind(request) -> str:
    return request.param


def test_answers_come_back_in_order_and_number(kind, endpoint):
    here = endpoint(lambda body: FORMS[kind]([f"<{text}>" for text in asked(body)]))
    assert translated(kind, here.url) == [f"<{text}>" for text in TEXTS]
    assert len(here.bodies) == 1


def test_nothing_is_asked_for_nothing(kind, endpoint):
    here = endpoint(lambda body: FORMS[kind]([]))
    assert translated(kind, here.url, ()) == []
    assert here.bodies == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_engine_says_when_to_come_back(kind, endpoint, status):
    here = endpoint(lambda body: (status, {"retry-after": "7"}, b"later"))
    with pytest.raises(EngineBusy) as caught:
        translated(kind, here.url)
    assert caught.value.retry_after_s == 7


def test_an_engine_that_is_not_there_is_busy(kind):
    with pytest.raises(EngineBusy):
        translated(kind, f"http://127.0.0.1:{free_port()}")


def test_an_engine_that_stalls_is_busy_within_its_time(kind, endpoint, monkeypatch):
    monkeypatch.setattr(openai, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(libretranslate, "TIMEOUT_S", 0.3)
    with pytest.raises(EngineBusy):
        translated(kind, endpoint(stalled).url)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_is_told_without_the_key(kind, endpoint, status):
    here = endpoint(lambda body: (status, {}, f"no: {KEY}".encode()))
    with pytest.raises(EngineRefused) as caught:
        translated(kind, here.url)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "setting"), [(401, "api_key"), (402, "api_key"), (403, "api_key"), (404, "url")]
)
def test_an_engine_that_does_not_let_us_in_names_what_to_change(kind, endpoint, status, setting):
    here = endpoint(lambda body: (status, {}, f"no: {KEY}".encode()))
    with pytest.raises(EngineBusy) as caught:
        translated(kind, here.url)
    assert f"`{kind}_{setting}`" in caught.value.reason
    assert str(status) in caught.value.reason
    assert KEY not in str(caught.value)
    assert caught.value.retry_after_s > 60


@pytest.mark.parametrize("status", [408, 425])
def test_an_engine_that_was_too_slow_or_too_early_is_busy(kind, endpoint, status):
    here = endpoint(lambda body: (status, {}, b""))
    with pytest.raises(EngineBusy) as caught:
        translated(kind, here.url)
    assert not caught.value.reason


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"<html>", b'{"choices":[]}', b'{"translatedText":"one"}',
     b'{"choices":[{"message":{"content":"I cannot do that."}}]}', b"\xff\xfe", b"9" * 100],
)
def test_what_is_no_answer_is_refused(kind, endpoint, content):
    here = endpoint(lambda body: (200, {}, content))
    with pytest.raises(EngineRefused):
        translated(kind, here.url)


def test_too_few_or_too_many_answers_are_refused(kind, endpoint):
    for answers in (["only one"], ["one", "two", "three", "four"]):
        here = endpoint(lambda body, answers=answers: FORMS[kind](answers))
        with pytest.raises(EngineRefused):
            translated(kind, here.url)


def test_an_endless_answer_is_cut_off(kind, endpoint):
    here = endpoint(lambda body: (200, {}, b'"' + b"a" * 3_000_000))
    with pytest.raises(EngineRefused):
        translated(kind, here.url)


def test_no_other_origin_can_be_reached(endpoint):
    here = endpoint(lambda body: chat(["x"]))

    async def work():
        async with http.client([here.url]) as client:
            with pytest.raises(http.HostNotConfigured):
                await client.get(f"http://localhost:{here.server.server_port}/")
            with pytest.raises(http.HostNotConfigured):
                await client.get("http://169.254.169.254/latest/meta-data")

    asyncio.run(work())
    assert here.bodies == []


def test_redirects_are_not_followed(kind, endpoint):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        there = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        here = endpoint(lambda body: (302, {"location": there}, b""))
        with pytest.raises(EngineRefused):
            translated(kind, here.url)


PAIRS = {"en": ["en", "zh-Hans", "zh-Hant", "es"], "zh-Hans": ["en", "es"], "zh-Hant": ["en"], "es": ["en"]}


def at_libretranslate(here: Endpoint, story):
    async def work():
        async with http.client([here.url]) as client:
            engine = LibreTranslate(client, url=here.url)
            try:
                return await story(engine)
            finally:
                await engine.close()

    return asyncio.run(work())


def one(source: str, target: str) -> Batch:
    return Batch(source=Lang(source), target=Lang(target), texts=["x"])


def test_libretranslate_knows_the_pairs_that_its_server_names_by_its_names(endpoint):
    here = endpoint(lambda body: libre(["answer" for _ in asked(body)]))
    here.languages = PAIRS

    async def story(engine: LibreTranslate):
        for pair in (("en", "zh"), ("zh", "es"), ("en", "es")):
            assert await engine.translate(one(*pair)) == ["answer"]
            assert engine.supports(*map(Lang, pair))
        for pair in (("es", "zh"), ("en", "ko"), ("ko", "en"), ("zh", "zh")):
            assert not engine.supports(*map(Lang, pair))
            with pytest.raises(PairUnsupported):
                await engine.translate(one(*pair))
        assert [engine.via(*map(Lang, pair)) for pair in (("zh", "es"), ("en", "es"), ("zh", "en"))] == [
            "en", None, None,
        ]

    at_libretranslate(here, story)
    assert [(body["source"], body["target"]) for body in here.bodies] == [
        ("en", "zh-Hans"), ("zh-Hans", "es"), ("en", "es"),
    ]
    assert here.looked == ["/languages"]


def test_who_only_shows_pages_learns_libretranslates_pairs_too_and_again_every_hour(
    endpoint, monkeypatch
):
    here = endpoint(lambda body: libre([]))
    here.languages = PAIRS
    monkeypatch.setattr(libretranslate, "LANGUAGES_S", 0.3)

    async def until(is_so):
        async with asyncio.timeout(10):
            while not is_so():
                await asyncio.sleep(0.02)

    async def story(engine: LibreTranslate):
        assert engine.supports(Lang("en"), Lang("ko")), "any pair until its server was heard"
        await until(lambda: not engine.supports(Lang("en"), Lang("ko")))
        here.languages = PAIRS | {"ko": ["en"], "en": ["ko"]}
        await until(lambda: engine.supports(Lang("en"), Lang("ko")))
        assert not engine.supports(Lang("en"), Lang("es"))

    at_libretranslate(here, story)


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"error":"x"}'])
def test_a_libretranslate_that_does_not_say_its_languages_is_asked_all_the_same(endpoint, content):
    here = endpoint(lambda body: libre(["answer"]))
    here.languages = None
    here.unsaid = content
    assert at_libretranslate(here, lambda engine: engine.translate(one("ko", "ja"))) == ["answer"]
    assert here.bodies[0]["source"] == "ko"


def test_an_old_libretranslate_without_targets_knows_all_with_all():
    known = libretranslate.pairs([libretranslate._Language(code) for code in ("en", "zt", "zh", "nb")])
    assert known[Lang("en"), Lang("zh")] == ("en", "zh")
    assert known[Lang("no"), Lang("zh")] == ("nb", "zh")


def test_readers_are_told_that_libretranslate_goes_through_english(endpoint):
    here = endpoint(lambda body: libre(["El gato duerme en el sofá todo el día"]))
    asked_for = pipeline.Asked(text="猫整天都睡在沙发上", langs=(Lang("zh"),), target=Lang("es"))

    async def story(engine: LibreTranslate):
        return await pipeline.translated([asked_for], route=lambda *_: [engine])

    [outcome] = at_libretranslate(here, story)
    assert (outcome.engine, outcome.via) == ("LibreTranslate", "en")
    assert outcome.confidence_ratio < pipeline.CONFIDENCE_WHOLE


def test_a_community_reads_through_libretranslate(endpoint, tmp_path, request):
    known = {"交猫税了": "Paying my cat tax", "它叫饼干。": "Its name is Biscuit."}
    here = endpoint(lambda body: libre([known[text] for text in asked(body)]))
    server = Server(
        tmp_path, engines="libretranslate", libretranslate_url=here.url,
        libretranslate_api_key=KEY,
    ).start()
    try:
        writer = httpx2.Client(base_url=server.url, headers={"accept-language": "zh-CN"})
        request.addfinalizer(writer.close)
        writer.post("/join", data={"handle": "阿橘", "password": "correct horse 9", "reads": "zh"})
        note = writer.post("/new", data={"title": "交猫税了", "body": "它叫饼干。"}).headers["location"]
        for _ in range(150):
            page = httpx2.get(server.url + note, headers={"accept-language": "en"}).text
            words = re.sub(r"</?a\b[^>]*>", "", page)  # 猫税 is explained once the glossary is planted
            if all(text in words for text in known.values()):
                break
            time.sleep(0.1)
        assert "Paying my cat tax" in words
        assert "LibreTranslate" in words
        assert "交猫税了" in words
        assert KEY not in server.log()
        assert here.bodies[0]["api_key"] == KEY
    finally:
        server.stop()
