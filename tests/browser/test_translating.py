"""People make translations better, and read what is foreign, in real browsers."""

from __future__ import annotations

import re
import threading

import pytest
from playwright.sync_api import expect

from catflap.demo import films
from catflap.translation.model import key_of
from tests.browser.scripted_engine import ScriptedEngine
from tests.browser.test_conversation import BODY, KNOWN, TITLE, comment, joined, published
from tests.conftest import Server

pytestmark = pytest.mark.browser

BETTER = "这是饼干，它一整天都赖在沙发上。"
SRT = "1\n00:00:00,200 --> 00:00:01,000\nThe train leaves.\n\n2\n00:00:01,200 --> 00:00:02,000\nSee you!\n"
SPOKEN = {"The train leaves.": "火车开了。", "See you!": "再见！"}
SLANG = "今天又当了一天牛马"


@pytest.fixture
def scripted(tmp_path):
    engine = ScriptedEngine({**KNOWN, **SPOKEN, SLANG: "Another day as an office drudge"})
    server = Server(
        tmp_path, engines="openai", openai_url=engine.url, openai_model="scripted",
        operators="阿橘", attempts_per_hour="10000", posts_per_hour="10000",
    ).start()
    server.engine = engine
    yield server
    server.stop()
    engine.stop()


def reads(page, server, *codes: str) -> None:
    """Say in the settings which languages one reads."""
    page.goto(f"{server.url}/settings/languages")
    for box in page.locator("[name=reads]").all():
        box.set_checked(box.get_attribute("value") in codes)
    page.click("main form button.button")
    expect(page.locator(".notice")).to_be_visible()


def translated(page, url: str, selector: str, text: str) -> None:
    """Look again until the translation stands: a page shows the original rather than wait."""
    for _ in range(60):
        page.goto(url)
        if page.locator(selector).count() and page.locator(selector).first.inner_text() == text:
            return
        page.wait_for_timeout(250)
    expect(page.locator(selector).first).to_have_text(text)


def test_a_better_translation_is_suggested_accepted_credited_and_taken_back(
    browser, scripted, tmp_path
):
    juniper = joined(browser, scripted, handle="juniper", locale="en-US", width=390)
    url = published(juniper, tmp_path)
    aju = joined(browser, scripted, handle="阿橘", locale="zh-CN", width=390)
    translated(aju, url, ".body .as-translation", KNOWN[BODY])

    aju.locator(".body .better").first.click()
    aju.fill("#better", BETTER)
    aju.click("#suggest button.button")
    expect(aju.locator(".error")).to_contain_text("English和中文")
    expect(aju.locator("#better")).to_have_value(BETTER)
    about = aju.url.replace("/suggest", "/about")
    reads(aju, scripted, "zh", "en")
    aju.goto(f"{about}?to=zh")
    aju.fill("#better", BETTER)
    aju.click("#suggest button.button")
    expect(aju.locator(".suggestions")).to_contain_text(BETTER)

    juniper.goto(f"{scripted.url}/notices")
    juniper.locator(".what", has_text="better translation").click()
    expect(juniper.locator(".suggestions")).to_contain_text(BETTER)
    juniper.locator(".suggestions button").first.click()
    expect(juniper.locator(".text-page .by").first).to_contain_text("阿橘")

    douhua = joined(browser, scripted, handle="豆花", locale="zh-CN", width=390)
    douhua.goto(url)
    expect(douhua.locator(".body .as-translation")).to_have_text(BETTER)
    expect(douhua.locator(".body .by")).to_contain_text("阿橘")

    juniper.locator(".suggestions button").first.click()
    douhua.goto(url)
    expect(douhua.locator(".body .as-translation")).to_have_text(KNOWN[BODY])


def test_one_tap_says_that_a_translation_is_wrong_and_the_figures_tell(
    browser, scripted, tmp_path
):
    juniper = joined(browser, scripted, handle="juniper", locale="en-US", width=1280)
    url = published(juniper, tmp_path)
    aju = joined(browser, scripted, handle="阿橘", locale="zh-CN", width=1280)
    translated(aju, url, ".body .as-translation", KNOWN[BODY])
    aju.locator(".body cat-doubt button").click()
    expect(aju.locator(".toast")).to_contain_text("谢谢")
    for _ in range(100):
        told = aju.request.get(
            f"{scripted.url}/operator/translation", headers={"accept": "application/json"}
        ).json()
        if told["pairs"] and told["pairs"][0]["covered_ratio"]:
            break
        aju.wait_for_timeout(250)
    pair = told["pairs"][0]
    assert (pair["source"], pair["target"]) == ("en", "zh")
    assert 0 < pair["covered_ratio"] <= 1
    assert pair["doubts_per_1000"] > 0
    assert told["engines"][0]["chars"] >= len(TITLE + BODY)
    aju.goto(f"{scripted.url}/operator/translation")
    expect(aju.locator("tbody tr")).to_have_count(2)
    juniper.goto(f"{scripted.url}/operator/translation")
    expect(juniper.locator("h1")).not_to_contain_text("figures")


SPEAKS = """
window.spoken = [];
const synthesis = {
  speaking: false,
  getVoices: () => [{lang: "zh-CN", name: "Tingting"}, {lang: "en-US", name: "Samantha"}],
  speak: (words) => {
    synthesis.speaking = true;
    spoken.push({text: words.text.trim(), lang: words.lang, voice: words.voice && words.voice.name});
  },
  cancel: () => { synthesis.speaking = false; },
};
Object.defineProperty(window, "speechSynthesis", {value: synthesis});
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""
SPEAKS_NOT = "delete window.speechSynthesis; delete Window.prototype.speechSynthesis;"


def test_a_text_is_read_aloud_in_its_language_where_the_browser_can_speak(browser, scripted):
    juniper = joined(browser, scripted, handle="juniper", locale="en-US", width=390)
    aju = joined(browser, scripted, handle="阿橘", locale="zh-CN", width=390)
    for writer, text, lang, voice in (
        (juniper, BODY, "en", "Samantha"), (aju, SLANG, "zh-CN", "Tingting"),
    ):
        answer = writer.request.post(
            f"{scripted.url}/new", form={"body": text}, headers={"origin": scripted.url},
            max_redirects=0,
        )
        note = answer.headers["location"].rpartition("/")[2]
        about = f"{scripted.url}/n/{note}/texts/{key_of(text)}/about"
        silent = writer.context.new_page()
        silent.add_init_script(SPEAKS_NOT)
        silent.goto(about)
        expect(silent.locator(".body").first).to_have_text(text)
        expect(silent.locator("cat-speak").first).to_be_hidden()

        page = writer.context.new_page()
        page.add_init_script(SPEAKS)
        page.goto(about)
        button = page.locator("section", has_text=text).first.locator("cat-speak button")
        expect(button).to_be_visible()
        for _ in range(60):
            page.keyboard.press("Tab")
            if button.evaluate("button => button === document.activeElement"):
                break
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        assert page.evaluate("spoken") == [{"text": text, "lang": lang, "voice": voice}]
        # Once more is enough of it.
        page.keyboard.press("Enter")
        assert page.evaluate("[spoken.length, speechSynthesis.speaking]") == [1, False]


def test_a_term_explains_itself_and_words_open_where_one_reads(browser, scripted, tmp_path):
    juniper = joined(browser, scripted, handle="juniper", locale="en-US", width=390)
    url = published(juniper, tmp_path)
    aju = joined(browser, scripted, handle="阿橘", locale="zh-CN", width=390)
    aju.goto(url)
    comment(aju, SLANG)
    expect(aju.locator(".comment")).to_be_visible()
    translated(juniper, url, ".comment .as-translation", "Another day as an office drudge")
    line = juniper.locator(".comment")
    term = line.locator(".as-original .term")
    for _ in range(40):  # the worker plants the glossary when a community is new
        if term.count():
            break
        juniper.wait_for_timeout(250)
        juniper.goto(url)
    line.locator(".modes label").nth(1).click()
    expect(term).to_have_text("牛马")
    term.click()
    expect(juniper.locator(".gloss")).to_contain_text("牛马")
    box = juniper.locator(".gloss").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    juniper.keyboard.press("Escape")
    expect(juniper.locator(".gloss")).to_have_count(0)
    expect(term).to_be_focused()

    line.locator(".aid-of").click()
    expect(line.locator(".aid-words .word", has_text="今天")).to_contain_text("jīn tiān")
    line.locator(".aid-of").click()
    expect(line.locator(".aid-words")).to_have_count(0)

    plain = browser.new_context(java_script_enabled=False, locale="en-US")
    plain.add_cookies(juniper.context.cookies())
    page = plain.new_page()
    page.goto(url)
    page.locator(".comment .modes label").nth(1).click()
    page.locator(".comment .as-original .term").click()
    expect(page.locator(".entry")).to_contain_text("牛马")


def test_subtitles_of_a_film_come_in_ones_own_language_while_its_page_is_open(
    browser, scripted, tmp_path
):
    juniper = joined(browser, scripted, handle="juniper", locale="en-US", width=390)
    films.shoot("train", tmp_path / "train.mp4")
    (tmp_path / "train.srt").write_text(SRT)
    (tmp_path / "broken.srt").write_text("1\n00:00:0x --> never\nHm\n")
    juniper.goto(f"{scripted.url}/new")
    juniper.set_input_files("input[name=files]", str(tmp_path / "train.mp4"))
    expect(juniper.locator(".chosen li[data-state=ready]")).to_have_count(1, timeout=60000)
    juniper.fill("#title", TITLE)
    juniper.click("form.stack .row.end button:last-child")
    juniper.wait_for_url("**/@juniper/*")
    url = juniper.url
    scripted.engine.gate = threading.Event()
    for name in ("broken.srt", "train.srt"):
        juniper.goto(url)
        juniper.click(".subtitles summary")
        juniper.set_input_files("#subtitles", str(tmp_path / name))
        juniper.select_option("#subtitles-lang", "en")
        juniper.click(".subtitles button")
        if name == "broken.srt":
            expect(juniper.locator("main")).to_contain_text(re.compile("Line|subtitles"))
    expect(juniper.locator("track")).to_have_attribute("srclang", "en")

    aju = joined(browser, scripted, handle="阿橘", locale="zh-CN", width=390)
    aju.goto(url)
    expect(aju.locator("track")).to_have_count(1)
    aju.locator(".subtitles summary").focus()
    aju.keyboard.press("Enter")
    expect(aju.locator(".subtitles .pending")).to_be_visible()
    scripted.engine.gate.set()
    expect(aju.locator("track")).to_have_count(2, timeout=20000)
    expect(aju.locator(".subtitles .pending")).to_have_count(0)
    expect(aju.locator(".subtitles cat-track")).to_contain_text("中文")
    aju.wait_for_timeout(300)  # browsers choose among tracks a moment after one came
    shown = "[...document.querySelector('video').textTracks].map((track) => track.mode)"
    assert aju.evaluate(shown) == ["showing", "disabled"]
    track = aju.locator("track").first
    expect(track).to_have_attribute("srclang", "zh-Hans")
    cues = aju.evaluate(
        """() => new Promise((done) => {
        const track = document.querySelector('track');
        const cues = () => [...track.track.cues].map((cue) => [cue.startTime, cue.endTime, cue.text]);
        track.readyState === 2 ? done(cues()) : track.addEventListener('load', () => done(cues()));
        })"""
    )
    assert cues == [[0.2, 1, "火车开了。"], [1.2, 2, "再见！"]]
