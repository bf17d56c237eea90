"""Two people, two languages, one conversation, in two real browsers."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.scripted_engine import ScriptedEngine
from tests.conftest import Server

pytestmark = pytest.mark.browser

TITLE, BODY = "Paying my cat tax", "This is Biscuit. She sleeps on the sofa all day."
COMMENT_ZH = "好可爱的猫！它叫什么名字？"
ANSWER_EN = "Her name is Biscuit, and she says hello."
KNOWN = {
    TITLE: "来交猫税了",
    BODY: "这是饼干。它整天睡在沙发上。",
    COMMENT_ZH: "What a cute cat! What is its name?",
    ANSWER_EN: "它叫饼干，它说你好。",
}


def photo(path: Path, colour: tuple[int, int, int]) -> Path:
    """A photo as a phone would send it: a real JPEG with EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.linear_gradient("L").resize((1600, 1200)).convert("RGB").point(
        [min(255, value + c) for c in colour for value in range(256)]
    ).save(path, "JPEG", exif=exif)
    return path


def joined(browser: Browser, server: Server, *, handle: str, locale: str, width: int) -> Page:
    """Somebody who signed up in a browser of their own language; `test_threshold` fills the form."""
    context = browser.new_context(locale=locale, viewport={"width": width, "height": 844})
    joining = context.request.post(
        f"{server.url}/join", form={"handle": handle, "password": "correct horse 9"},
        headers={"accept-language": locale},
    )
    assert joining.ok
    page = context.new_page()
    page.goto(f"{server.url}/")
    return page


def signed_up(browser: Browser, server: Server, *, handle: str, locale: str, width: int) -> Page:
    """Somebody who filled in the form, in a browser of their own language."""
    context = browser.new_context(locale=locale, viewport={"width": width, "height": 844})
    page = context.new_page()
    page.goto(f"{server.url}/join")
    page.fill("#handle", handle)
    page.fill("#password", "correct horse 9")
    page.click("form.stack .button.wide")
    page.wait_for_url(f"{server.url}/")
    return page


def published(page: Page, tmp_path: Path) -> str:
    """A note with two photos, written in the composer."""
    page.goto(page.url.rstrip("/") + "/new")
    files = [photo(tmp_path / "a.jpg", (40, 10, 0)), photo(tmp_path / "b.jpg", (0, 20, 60))]
    page.set_input_files("input[name=files]", [str(file) for file in files])
    expect(page.locator(".chosen li[data-id]:not([data-id=''])")).to_have_count(2, timeout=20000)
    page.fill("#title", TITLE)
    page.fill("#body", BODY)
    page.fill("#tags", "cattax 猫税")
    page.click("form.stack .row.end button:last-child")
    page.wait_for_url("**/@juniper/*")
    return page.url


def comment(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.click(".write-comment button.button")


def until_translated(page: Page, url: str) -> None:
    """Look at explore again until the title came: a page shows the original rather than wait."""
    for _ in range(60):
        page.goto(url)
        if page.locator(".card .title").all_inner_texts() == [KNOWN[TITLE]]:
            return
        page.wait_for_timeout(250)
    expect(page.locator(".card .title")).to_have_text(KNOWN[TITLE])


def test_they_read_and_answer_each_other_through_an_engine(browser, another_browser, tmp_path):
    engine = ScriptedEngine(KNOWN)
    server = Server(
        tmp_path, engines="openai", openai_url=engine.url, openai_model="scripted"
    ).start()
    try:
        juniper = signed_up(browser, server, handle="juniper", locale="en-US", width=390)
        aju = signed_up(another_browser, server, handle="阿橘", locale="zh-CN", width=390)
        url = published(juniper, tmp_path)

        until_translated(aju, server.url)
        aju.click(".card .face")
        aju.wait_for_url(url)
        expect(aju.locator("h1 .as-translation")).to_have_text(KNOWN[TITLE])
        expect(aju.locator(".body .as-translation")).to_have_text(KNOWN[BODY])
        expect(aju.locator(".body .as-original")).to_be_hidden()
        aju.locator(".body .modes label").nth(1).click()
        expect(aju.locator(".body .as-original")).to_have_text(BODY)
        expect(aju.locator(".body .as-translation")).to_be_hidden()
        aju.locator(".body .modes label").nth(2).click()
        expect(aju.locator(".body .as-translation")).to_be_visible()
        expect(aju.locator(".frames figure")).to_have_count(2)

        comment(aju, COMMENT_ZH)
        expect(aju.locator(".comment").first).to_contain_text(COMMENT_ZH)
        live = juniper.locator(".comment").first
        expect(live).to_contain_text(KNOWN[COMMENT_ZH], timeout=15000)
        expect(juniper.locator("[data-unread]")).to_have_text("1", timeout=15000)

        live.locator(".answer").click()
        comment(juniper, ANSWER_EN)
        answer = aju.locator(".comment.reply").first
        expect(answer).to_contain_text(KNOWN[ANSWER_EN], timeout=15000)
        answer.locator(".like").click()
        expect(answer.locator(".like")).to_have_attribute("aria-pressed", "true")

        for page in (juniper, aju):
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390
    finally:
        server.stop()
        engine.stop()


def test_without_an_engine_the_reading_aid_and_the_notice_stand_in(
    browser, another_browser, server, tmp_path
):
    juniper = signed_up(browser, server, handle="juniper", locale="en-US", width=1280)
    aju = signed_up(another_browser, server, handle="阿橘", locale="zh-CN", width=1280)
    url = published(juniper, tmp_path)

    aju.goto(url)
    expect(aju.locator(".body .aid .as-original")).to_have_text(BODY)
    expect(aju.locator(".body .word", has_text="sofa")).to_contain_text("沙发")
    expect(aju.locator(".side > .notice")).to_be_visible()
    comment(aju, COMMENT_ZH)
    live = juniper.locator(".comment").first
    expect(live.locator(".as-original")).to_have_text(COMMENT_ZH, timeout=15000)
    live.locator("summary").click()
    cat = live.locator(".word", has_text="猫")
    expect(cat).to_contain_text("māo")
    expect(cat).to_contain_text("cat")
    expect(live.locator(".reading .by")).to_contain_text("not a translation")


def test_a_page_is_useful_before_any_script_has_loaded(browser, server, tmp_path):
    juniper = joined(browser, server, handle="juniper", locale="en-US", width=390)
    cookies = juniper.context.cookies()
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{server.url}/new")
    page.set_input_files("input[name=files]", str(photo(tmp_path / "c.jpg", (9, 9, 9))))
    page.fill("#title", "No scripts here")
    page.click("form.stack .row.end button:last-child")
    expect(page.locator("h1")).to_contain_text("No scripts here")
    expect(page.locator(".frames img:not(.blur)")).to_have_count(1)
    comment(page, "and a comment")
    expect(page.locator(".comment")).to_contain_text("and a comment")
    page.click(".acts .like >> nth=0")
    expect(page.locator(".acts .like").first).to_have_attribute("aria-pressed", "true")
