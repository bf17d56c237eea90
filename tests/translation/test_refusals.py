"""A refusal stands for as long as what refused it, and only a text's own fault is one."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import httpx2
import pytest

from catflap import app
from catflap.ground import clock, http
from catflap.translation import actions, pipeline, queries, refusals
from catflap.translation.codes import Lang
from catflap.translation.engines.openai import OpenAI
from catflap.translation.model import key_of
from tests.conftest import Server, house_at, run
from tests.translation.scripted_endpoints import Endpoint, asked, chat, libre, plausible

ZH, EN = Lang("zh"), Lang("en")
TEXT = "Today I saw the cat by the river."


class Place:
    """A community on one database whose settings may change from one day to the next."""

    def __init__(self, database_url, folder) -> None:
        self.url, self.folder = database_url, folder

    def day(self, *, wanted: bool = True, **settings):
        """Have the text wanted and everything done that can be; what stands of it then."""

        async def play():
            house = house_at(self.url, self.folder, languages=("zh",), **settings)
            try:
                async with house.database.tx() as tx:
                    if not await queries.uses(tx, key_of(TEXT)):
                        await actions.keep(tx, TEXT, prior=("en",))
                    if wanted:
                        await actions.want(tx, [key_of(TEXT)], target=ZH)
                await app.runner(house, name="w").drain()
                async with house.database.reads() as reads:
                    return (await queries.kept(reads, [key_of(TEXT)], target=ZH))[key_of(TEXT)].rendition
            finally:
                await house.close()

        return run(play())


@pytest.fixture
def place(database_url, tmp_path) -> Place:
    return Place(database_url, tmp_path)


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 425])
def test_what_is_the_engines_fault_is_not_the_texts(place, status):
    good = False

    def answer(body):
        texts = [{"text": plausible(text)} for text in body["text"]]
        return (200 if good else status), {}, json.dumps({"translations": texts}).encode()

    here = Endpoint(answer)
    chosen = {"engines": ("deepl",), "deepl_url": here.url, "deepl_api_key": "k"}
    assert place.day(**chosen) is None
    good = True
    with clock.moved_by(timedelta(minutes=5)):
        rendition = place.day(wanted=False, **chosen)
    here.stop()
    assert (rendition.text, rendition.failed) == (plausible(TEXT), False)


LINES = [f"Today I saw the {name}." for name in ("cat", "river", "house", "noodle")]


@pytest.mark.parametrize("garbage", [
    "I cannot do that.", "[]", '["one", 2]', '["one", "two", "three"]',
])
def test_of_a_batch_without_an_answer_only_the_text_to_blame_is_refused(garbage):
    def answer(body):
        texts = asked(body)
        if len(texts) == 1 and "house" not in texts[0]:
            return chat([plausible(texts[0])])
        return 200, {}, json.dumps({"choices": [{"message": {"content": garbage}}]}).encode()

    here = Endpoint(answer)

    async def work():
        async with http.client([here.url]) as client:
            engine = OpenAI(client, url=f"{here.url}/v1", model="scripted")
            wanted = [pipeline.Asked(text=text, langs=(EN,), target=ZH) for text in LINES]
            whole = pipeline.Asked(text="\n".join(LINES[:2]), langs=(EN,), target=ZH)
            return (
                await pipeline.translated([whole], route=lambda *_: [engine]),
                await pipeline.translated(wanted, route=lambda *_: [engine]),
            )

    [lines], texts = run(work())
    here.stop()
    assert lines.text == "\n".join(map(plausible, LINES[:2]))
    assert [isinstance(one, pipeline.Translated) for one in texts] == [True, True, False, True]
    assert "EngineRefused" in texts[2].reasons[0]
    batches = [asked(body) for body in here.bodies]
    assert [batch for batch in batches if len(batch) > 1] == [LINES[:2]]
    assert batches.count([LINES[2]]) == 1


def test_a_refusal_is_forgotten_when_the_engine_or_the_route_changes(place):
    here = Endpoint(lambda body: chat([
        plausible(text) if body["model"] == "good" else "" for text in asked(body)
    ]))
    deaf = Endpoint(lambda body: libre(["" for _ in asked(body)]))
    chosen = {"engines": ("openai",), "openai_url": f"{here.url}/v1"}
    refusal = place.day(openai_model="bad", **chosen)
    assert (refusal.failed, refusal.engine_version) == (True, "bad 2")
    assert place.day(openai_model="bad", **chosen) == refusal
    assert len(here.bodies) == 1
    assert place.day(openai_model="worse", **chosen).failed
    assert len(here.bodies) == 2
    both = {"libretranslate_url": deaf.url, **chosen, "engines": ("libretranslate", "openai")}
    assert place.day(openai_model="worse", **both).engine_version == "LibreTranslate 1 → worse 2"
    assert (len(deaf.bodies), len(here.bodies)) == (1, 3)
    assert place.day(openai_model="good", **chosen).text == plausible(TEXT)
    here.stop()
    deaf.stop()


def test_a_text_that_nobody_can_translate_is_asked_once_in_a_while(place):
    here = Endpoint(lambda body: chat(["" for _ in asked(body)]))
    chosen = {"engines": ("openai",), "openai_url": f"{here.url}/v1", "openai_model": "m"}
    hours = range(0, 24 * 7, 6)
    for hour in hours:
        with clock.moved_by(timedelta(hours=hour)):
            assert place.day(**chosen).failed
    here.stop()
    assert len(here.bodies) == 1 + timedelta(hours=hours[-1]) // refusals.REFUSAL_STANDS


def test_who_refused_a_text_is_not_asked_each_minute_because_another_is_away(place):
    refuses = Endpoint(lambda body: chat(["" for _ in asked(body)]))
    away = Endpoint(lambda body: (401, {}, b"{}"))
    chosen = {
        "engines": ("libretranslate", "openai"), "libretranslate_url": away.url,
        "openai_url": f"{refuses.url}/v1", "openai_model": "m",
    }
    for minute in range(0, 240, 3):
        with clock.moved_by(timedelta(minutes=minute)):
            assert place.day(**chosen) is None
    assert 3 < len(refuses.bodies) < 10
    away.answer = lambda body: libre([plausible(text) for text in asked(body)])
    with clock.moved_by(timedelta(hours=9)):
        assert place.day(**chosen).text == plausible(TEXT)
    refuses.stop()
    away.stop()


def test_readers_get_the_translation_once_an_operator_took_a_better_model(tmp_path):
    here = Endpoint(lambda body: chat([
        plausible(text) if body["model"] == "good" else "" for text in asked(body)
    ]))
    settings = {"engines": "openai", "openai_url": f"{here.url}/v1", "attempts_per_hour": "1000"}

    def page_with(server: Server, note: str, words: str) -> str:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            page = httpx2.get(server.url + note, headers={"accept-language": "zh"}).text
            if words in page:
                return page
            time.sleep(0.1)
        raise AssertionError(server.log()[-3000:])

    server = Server(tmp_path, openai_model="bad", **settings).start()
    try:
        with httpx2.Client(base_url=server.url, headers={"accept-language": "en"}) as client:
            client.post(
                "/join", data={"handle": "juniper", "password": "correct horse 9", "reads": "en"}
            )
            note = client.post("/new", data={"body": TEXT}).headers["location"]
        assert page_with(server, note, "by refused")
        asked_for = len(here.bodies)
        assert page_with(server, note, "by refused")
        assert len(here.bodies) == asked_for, "a look at a refusal asks nobody"
    finally:
        server.stop()
    server = Server(tmp_path, openai_model="good", **settings).start()
    try:
        page = page_with(server, note, plausible(TEXT).strip())
        assert "by refused" not in page
    finally:
        server.stop()
        here.stop()
