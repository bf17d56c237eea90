"""Coming in on a phone: four taps, under a minute, and the sum that a browser does in a wave."""

from __future__ import annotations

import json
import re
import time

import pytest
from playwright.sync_api import expect

from tests.conftest import Server
from tests.forked import catflap

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


def test_four_taps_and_less_than_a_minute(browser, server):
    context = browser.new_context(locale="zh-CN", viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    taps = 0

    def tap(what: str) -> None:
        nonlocal taps
        page.locator(what).first.tap()
        taps += 1

    began = time.monotonic()
    page.goto(f"{server.url}/join")
    tap("#handle")
    page.keyboard.type("小满", delay=60)
    tap("#password")
    page.keyboard.type("a long way from home", delay=60)
    tap(".tiles label:has([value=cats])")
    tap("form.stack .button.wide")
    page.wait_for_url(f"{server.url}/")
    seconds = time.monotonic() - began
    assert taps <= 4
    assert seconds < 60
    page.goto(f"{server.url}/settings/interests")
    expect(page.locator(".tiles :checked")).to_have_value("cats")
    page.goto(f"{server.url}/new")
    expect(page.locator("[name=pays_tax]")).to_be_checked()
    context.close()


def test_whoever_is_refused_stands_where_it_says_why_with_what_they_wrote(browser, server):
    context = browser.new_context(locale="zh-CN", viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server.url}/join")
    page.fill("#handle", "小满")
    page.fill("#password", "password")
    page.locator("form.stack .button.wide").tap()
    expect(page.locator(".error")).to_be_focused()
    expect(page.locator(".error")).to_be_in_viewport()
    expect(page.locator("#handle")).to_have_value("小满")
    # Chinese sentences follow each other without a space.
    for told in (".place", "#handle-hint"):
        assert not re.search(r"[。…] +\S", page.locator(told).inner_text())
    page.fill("#password", "a long way from home")
    page.locator("form.stack .button.wide").tap()
    page.wait_for_url(f"{server.url}/")
    page.locator(".bar a").last.tap()
    page.locator("main .empty .button").tap()
    page.wait_for_url("**/new")
    context.close()


@pytest.mark.parametrize(("locale", "handle", "foreign"), [
    ("zh-CN", "小满", re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")),
    ("en-US", "maple", re.compile(r"[\u4e00-\u9fff]")),
])
def test_who_was_invited_reads_the_rules_in_their_language_and_is_in_within_four_taps(
    browser, demo_server, locale, handle, foreign
):
    made = catflap("invite", "--uses", "1", "--json", "--data", demo_server.folder / "data")
    code = json.loads(made.stdout)["code"]
    context = browser.new_context(locale=locale, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    taps = 0

    def tap(what: str) -> None:
        nonlocal taps
        page.locator(what).first.tap()
        taps += 1

    began = time.monotonic()
    page.goto(f"{demo_server.url}/join/{code}")
    tap("#handle")
    page.keyboard.type(handle, delay=60)
    tap("#password")
    page.keyboard.type("a long way from home", delay=60)
    tap(".tiles label:has([value=cats])")
    tap("form.stack .button.wide")
    page.wait_for_url(f"{demo_server.url}/")
    assert taps <= 4
    assert time.monotonic() - began < 60
    context.close()

    # What the same door says to whoever looks before they tap: the rules, one tap away.
    context = browser.new_context(locale=locale, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    code = json.loads(
        catflap("invite", "--uses", "1", "--json", "--data", demo_server.folder / "data").stdout
    )["code"]
    page.goto(f"{demo_server.url}/join/{code}")
    expect(page.locator(".norms li").first).to_be_hidden()
    page.locator(".norms summary").tap()
    expect(page.locator(".norms li").first).to_be_visible()
    rules = [text.strip() for text in page.locator(".norms li").all_inner_texts()]
    assert len(rules) >= 3
    for text in rules:
        assert text
        assert not foreign.search(text), text
    context.close()


def test_the_browser_does_the_sum_while_the_form_is_filled_in(browser, tmp_path):
    server = Server(tmp_path, attempts_per_hour="1").start()
    try:
        for handle in ("first", "second"):
            context = browser.new_context(locale="en-US", viewport=PHONE)
            page = context.new_page()
            faults: list[str] = []
            page.on("console", lambda told, kept=faults: kept.append(told.text) if told.type == "error" else None)
            page.goto(f"{server.url}/join")
            asked = page.locator("cat-proof")
            expect(asked).to_have_count(0 if handle == "first" else 1)
            page.fill("#handle", handle)
            page.fill("#password", "a long way from home")
            page.click("form.stack .button.wide")
            page.wait_for_url(f"{server.url}/")
            assert faults == []
            context.close()
    finally:
        server.stop()
