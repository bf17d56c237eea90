"""An app asks for a status in another language, and gets it from memory or from the engine."""

from __future__ import annotations

import re
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from mastodon.return_types import Status, Translation

from tests.browser.scripted_engine import ScriptedEngine
from tests.conftest import Server, photo_bytes
from tests.mastodon.app import App, joined, signed_in, token_of
from tests.mastodon.cast import until
from tests.mastodon.typed import wrong

KNOWN = {
    "My cat stole the fish from the table": "我的猫从桌上偷了鱼",
    "A cat under a table": "桌子下面的一只猫",
    "A story about food": "一个关于食物的故事",
    "Give it back": "还回来",
    "Let it eat": "让它吃",
    "Wait for me at the station": "在车站等我",
    "Le chat dort sur le canapé et il est très content": "猫睡在沙发上，非常满足",
    "今天的天气真好，我们去公园走走": "The weather is lovely today, let us walk in the park",
}


@pytest.fixture(scope="module")
def engine():
    made = ScriptedEngine(KNOWN)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(engine, tmp_path_factory):
    # No language is translated ahead of need: what comes, comes because an app asked.
    made = Server(
        Path(tmp_path_factory.mktemp("translating")), engines="openai", openai_url=engine.url,
        openai_model="scripted", languages="ko", attempts_per_hour="10000",
        posts_per_hour="10000",
    ).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def juniper(server):
    with signed_in(server, "juniper") as app:
        yield app


@pytest.fixture(scope="module")
def aju(server):
    with signed_in(server, "阿橘", reads="zh") as app:
        yield app


def translate(app, note, status=200, **asked):
    told = app.json("POST", f"/api/v1/statuses/{note['id']}/translate", status=status, data=asked)
    assert status != 200 or wrong(told, Translation) == []
    return told


def posted(app, text, **more):
    return app.json("POST", "/api/v1/statuses", data={"status": text, **more})


def test_a_status_with_its_warning_and_pictures_is_translated_once_and_remembered(
    engine, juniper, aju
):
    file = juniper.json(
        "POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")},
        data={"description": "A cat under a table"},
    )
    note = posted(
        juniper, "My cat stole the fish from the table", spoiler_text="A story about food",
        **{"media_ids[]": file["id"]},
    )
    said = translate(aju, note)
    assert said["content"] == "<p>我的猫从桌上偷了鱼</p>"
    assert said["spoiler_text"] == "一个关于食物的故事"
    assert said["media_attachments"] == [{"id": file["id"], "description": "桌子下面的一只猫"}]
    assert said["detected_source_language"] == "en"
    assert said["language"] == "zh"
    assert said["poll"] is None
    assert said["provider"]
    asked = len(engine.asked)
    assert translate(aju, note) == said
    assert len(engine.asked) == asked


def test_a_comment_under_a_picture_is_translated_and_so_is_what_it_shows(server, juniper, aju):
    """Elsewhere, in January 2025, comments with pictures had no translation at all."""
    note = posted(aju, "我们的猫在车站")
    file = juniper.json(
        "POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")},
        data={"description": "A cat under a table"},
    )
    comment = posted(
        juniper, "My cat stole the fish from the table", in_reply_to_id=note["id"],
        **{"media_ids[]": file["id"]},
    )
    said = translate(aju, comment)
    assert said["content"] == "<p>我的猫从桌上偷了鱼</p>"
    assert said["media_attachments"] == [{"id": file["id"], "description": "桌子下面的一只猫"}]
    page = httpx2.get(
        f"{server.url}/@阿橘/{note['id']}", headers={"accept-language": "zh"}
    ).text
    thread = page[page.index('<article class="comment') :]
    assert "我的猫从桌上偷了鱼" in thread
    assert re.search(r'<img[^>]+alt="桌子下面的一只猫"', thread)


@pytest.mark.parametrize(
    ("code", "word"),
    [("zh", "从"), ("zh-CN", "从"), ("zh-Hans", "从"), ("zh-TW", "從"), ("zh-HK", "從"),
     ("zh-Hant", "從"), ("yue", "從")],
)
def test_chinese_is_one_language_under_all_its_codes(juniper, aju, code, word):
    note = posted(juniper, "My cat stole the fish from the table")
    said = translate(aju, note, lang=code)
    assert word in said["content"]
    assert said["language"] == code


def test_chinese_in_the_other_script_needs_no_engine(aju, juniper):
    note = posted(aju, "我们的猫在车站")
    said = translate(juniper, note, lang="zh-TW")
    assert said["content"] == "<p>我們的貓在車站</p>"
    assert said["provider"] == "OpenCC"


def test_what_is_not_for_everybody_or_not_foreign_is_not_translated(juniper, aju):
    note = posted(juniper, "My cat stole the fish from the table")
    translate(juniper, note, 403, lang="en")
    translate(aju, note, 403, lang="klingonese-of-the-north")
    own = posted(juniper, "My cat stole the fish from the table", visibility="private")
    translate(juniper, own, 403, lang="zh")
    translate(aju, own, 404, lang="zh")
    translate(aju, {"id": "1"}, 404, lang="zh")


def test_a_text_that_no_engine_can_be_trusted_with_is_refused(juniper, aju):
    note = posted(juniper, "Nobody taught the engine to say this sentence")
    translate(aju, note, 503, lang="zh")


def test_a_call_gives_up_on_a_slow_engine_and_the_next_one_finds_the_answer(
    engine, juniper, aju
):
    note = posted(juniper, "Wait for me at the station")
    engine.gate = threading.Event()
    try:
        translate(aju, note, 503)
    finally:
        engine.gate.set()
    assert translate(aju, note)["content"] == "<p>在车站等我</p>"


def test_a_polls_options_are_translated_in_apps_and_on_the_page(server, juniper, aju):
    note = juniper.json("POST", "/api/v1/statuses", json={
        "status": "My cat stole the fish from the table",
        "poll": {"options": ["Give it back", "Let it eat"], "expires_in": 600},
    })
    said = translate(aju, note)
    assert said["poll"] == {
        "id": note["poll"]["id"], "options": [{"title": "还回来"}, {"title": "让它吃"}],
    }
    page = httpx2.get(
        f"{server.url}/@juniper/{note['id']}", headers={"accept-language": "zh"}
    ).text
    assert re.search(
        r'<span lang="zh-Hans">还回来</span> <small lang="en">Give it back</small>'
        r'<button type="button" class="whom" .+?<small class="by">[^<]+</small>', page,
    )


def test_a_line_that_ones_person_reads_stays_as_it_was_written(server, juniper):
    english, french = (next(t for t in KNOWN if t.startswith(b)) for b in ("My cat", "Le chat"))
    note = posted(juniper, f"{french}\n{english}")
    with signed_in(server, "gingko", reads=["zh", "fr"]) as gingko:
        said = translate(gingko, note)
        assert said["content"] == f"<p>{french}<br />{KNOWN[english]}</p>"
        # What they read wholly is translated whole where they ask for it.
        own = translate(gingko, posted(juniper, french), lang="zh")
        assert own["content"] == f"<p>{KNOWN[french]}</p>"


def test_an_app_that_translates_tells_profiles_and_places_in_its_persons_language(server, juniper):
    bio, asks, says = "Wait for me at the station", "A story about food", "Let it eat"
    juniper.json("PATCH", "/api/v1/accounts/update_credentials", json={
        "note": bio, "fields_attributes": [
            {"name": asks, "value": says}, {"name": "Site", "value": "https://juniper.example"},
        ],
    })
    note = posted(juniper, "My cat stole the fish from the table", place="Shanghai")
    me = f"/api/v1/accounts/{juniper.json('GET', '/api/v1/accounts/verify_credentials')['id']}"
    with closing(joined(server, "lian", reads="zh")) as person:
        token = token_of(server, person)
        with App(server, token=token) as lian:
            plain = lian.json("GET", me)
            assert (plain["note"], plain["fields"][0]["name"]) == (f"<p>{bio}</p>", asks)
            assert "translated_from" not in plain["catflap"]
            (app,) = re.findall(r"/settings/apps/(\d+)/translate", person.get("/settings/apps").text)
            person.post(f"/settings/apps/{app}/translate", data={"translate": "on"})
            deadline = time.monotonic() + 15
            while KNOWN[says] != (told := lian.json("GET", me))["fields"][0]["value"] or (
                told["fields"][0]["name"] == asks or told["note"] == plain["note"]
            ):
                assert time.monotonic() < deadline, told
                time.sleep(0.1)
            assert told["note"] == f"<p>{KNOWN[bio]}</p>"
            assert told["fields"] == [
                {"name": KNOWN[asks], "value": KNOWN[says], "verified_at": None}, plain["fields"][1],
            ]
            before = told["catflap"]["translated_from"]
            assert before["note"] == plain["note"]
            assert before["fields"] == plain["fields"]
            assert lian.json("GET", "/api/v1/accounts/lookup", params={"acct": "juniper"}) == told
            status = lian.json("GET", f"/api/v1/statuses/{note['id']}")
            assert "上海" in status["content"]
            assert translate(lian, note)["content"].count("上海") == 1
    own = juniper.json("GET", me)
    assert own["note"] == plain["note"]


def test_an_app_that_translates_is_given_the_translation_marked_with_what_was_written_beside_it(server, juniper):
    text, warning = "My cat stole the fish from the table", "A story about food"
    file = juniper.json(
        "POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")},
        data={"description": "A cat under a table"},
    )
    note = juniper.json("POST", "/api/v1/statuses", json={
        "status": text, "spoiler_text": warning, "language": "en", "media_ids": [file["id"]],
    })
    asked = juniper.json("POST", "/api/v1/statuses", json={
        "status": text, "poll": {"options": ["Give it back", "Let it eat"], "expires_in": 600},
    })
    with closing(joined(server, "gefei", reads="zh")) as person, App(server, token=token_of(server, person)) as gefei:

        def shown(one: dict) -> dict:
            return gefei.json("GET", f"/api/v1/statuses/{one['id']}")

        plain = shown(note)
        assert (plain["content"], plain["spoiler_text"]) == (f"<p>{text}</p>", warning)
        assert plain["catflap"]["translated_from"] is None
        (app,) = re.findall(r"/settings/apps/(\d+)/translate", person.get("/settings/apps").text)
        person.post(f"/settings/apps/{app}/translate", data={"translate": "on"})

        told = until(lambda: (one := shown(note))["media_attachments"][0]["description"] == KNOWN["A cat under a table"]
                     and one["spoiler_text"] != warning and one["content"] != plain["content"] and one)
        assert (told["content"], told["spoiler_text"]) == (f"<p>{KNOWN[text]}</p>", KNOWN[warning])
        before = told["catflap"]["translated_from"]
        assert (before["content"], before["spoiler_text"], before["language"]) == (plain["content"], warning, "en")
        assert before["by"]
        assert wrong(told, Status) == []
        listed = next(one for one in gefei.json("GET", "/api/v1/timelines/public") if one["id"] == note["id"])
        assert listed == told
        options = until(lambda: [one["title"] for one in shown(asked)["poll"]["options"]] == ["还回来", "让它吃"])
        assert options
        # Whoever did not ask for it has the original, the author first of all.
        assert juniper.json("GET", f"/api/v1/statuses/{note['id']}")["catflap"]["translated_from"] is None
        # Nothing is written any more but this choice, which the next answer knows of.
        for choice, expected in (("", plain), ("on", told)) * 3:
            person.post(f"/settings/apps/{app}/translate", data={"translate": choice})
            for _ in range(2):
                assert shown(note) == expected, choice


def test_without_an_engine_memory_still_answers(server, juniper, aju):
    remembered = posted(juniper, "My cat stole the fish from the table")
    new = posted(juniper, "The bread is warm and the coffee is ready")
    said = translate(aju, remembered)
    server.stop()
    engines = server.settings.pop("engines")
    server.start()
    try:
        assert translate(aju, remembered) == said
        translate(aju, new, 503)
    finally:
        server.stop()
        server.settings["engines"] = engines
        server.start()
