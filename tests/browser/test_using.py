"""What people do with it, in a real browser."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import Browser, Page, expect

from catflap.demo import films
from tests.browser.scripted_engine import ScriptedEngine
from tests.browser.test_conversation import (
    BODY,
    KNOWN,
    TITLE,
    comment,
    joined,
    photo,
    published,
)
from tests.conftest import Server

pytestmark = pytest.mark.browser

PASSWORD = "meet me at the door"


def entered(
    browser: Browser, server: Server, handle: str, *, locale: str, width: int, height: int = 844
) -> Page:
    """Somebody of the demo who signed in."""
    context = browser.new_context(locale=locale, viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{server.url}/enter")
    page.fill("#handle", handle)
    page.fill("#password", PASSWORD)
    page.click("main form button.button")
    page.wait_for_url(f"{server.url}/")
    return page


def test_a_draft_outlives_its_tab_with_its_photo(browser, server, tmp_path):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    page.goto(f"{server.url}/new")
    page.set_input_files("input[name=files]", str(photo(tmp_path / "a.jpg", (40, 10, 0))))
    expect(page.locator(".chosen li[data-id]:not([data-id=''])")).to_have_count(1, timeout=20000)
    page.fill(".chosen label input", "a cat, orange")
    page.fill("#title", "Half a thought")
    page.fill("#body", "and the cat jumped on the")
    page.select_option("#visibility", "only_me")
    context = page.context
    page.close()

    again = context.new_page()
    again.goto(f"{server.url}/new")
    expect(again.locator("#title")).to_have_value("Half a thought")
    expect(again.locator("#body")).to_have_value("and the cat jumped on the")
    expect(again.locator(".chosen img")).to_have_count(1)
    expect(again.locator(".chosen label input")).to_have_value("a cat, orange")
    expect(again.locator(".saved")).to_contain_text("what you were writing")
    expect(again.locator("#visibility")).to_have_value("only_me")
    again.click("form.stack .row.end button:last-child")
    again.wait_for_url("**/@juniper/*")
    expect(again.locator(".frames img:not(.blur)")).to_have_attribute("alt", "a cat, orange")
    again.goto(f"{server.url}/new")
    expect(again.locator("#title")).to_have_value("")


def test_publishing_waits_for_the_photo_that_is_still_going_up(browser, server, tmp_path):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    held = []
    page.route("**/media", lambda route: held.append(route))
    page.goto(f"{server.url}/new")
    page.set_input_files("input[name=files]", str(photo(tmp_path / "a.jpg", (40, 10, 0))))
    page.fill("#title", TITLE)
    page.click("form.stack .row.end button:last-child")
    expect(page.locator(".saved")).to_contain_text("as soon as the files are up")
    assert page.url == f"{server.url}/new"
    held.pop().continue_()
    page.wait_for_url("**/@juniper/*")
    expect(page.locator("main img").first).to_be_visible()


def test_a_draft_on_its_way_does_not_outlive_the_note(browser, server):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    held = []
    page.route("**/drafts", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    page.goto(f"{server.url}/new")
    page.fill("#title", TITLE)
    for _ in range(100):
        if held:
            break
        page.wait_for_timeout(100)
    page.click("form.stack .row.end button:last-child")
    page.wait_for_timeout(300)
    assert page.url == f"{server.url}/new"
    held.pop().continue_()
    page.wait_for_url("**/@juniper/*")
    page.goto(f"{server.url}/drafts")
    expect(page.locator("main")).not_to_contain_text(TITLE)


def test_a_note_that_went_out_without_a_network_is_not_lost(browser, server):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    page.goto(f"{server.url}/new")
    page.fill("#title", TITLE)
    page.context.set_offline(True)
    page.locator("form.stack .row.end button:last-child").click(no_wait_after=True)
    page.wait_for_timeout(500)
    page.context.set_offline(False)
    context = page.context
    page.close()
    again = context.new_page()
    again.goto(f"{server.url}/new")
    expect(again.locator("#title")).to_have_value(TITLE)


def test_explore_keeps_its_place_when_one_comes_back(browser, demo_server):
    page = entered(browser, demo_server, "juniper", locale="en-US", width=390)
    for _ in range(40):
        page.mouse.wheel(0, 2500)
        page.wait_for_timeout(60)
        if page.locator(".card").count() > 45:
            break
    assert page.locator(".card").count() > 45
    card = page.locator(".card").nth(40)
    card.scroll_into_view_if_needed()
    number, before = card.get_attribute("data-id"), page.evaluate("scrollY")
    card.locator(".face").click()
    page.wait_for_url("**/@*/*")
    page.go_back()
    page.wait_for_url(f"{demo_server.url}/")
    same = page.locator(f'.card[data-id="{number}"]')
    expect(same).to_be_in_viewport(timeout=10000)
    assert abs(page.evaluate("scrollY") - before) < 200


def test_a_video_shows_how_far_it_is_and_then_plays(browser, server, tmp_path):
    films.shoot("window", tmp_path / "rain.mp4")
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    page.goto(f"{server.url}/new")
    # What its author is shown while the worker makes it; a bar's value is an attribute too.
    page.evaluate("""() => {
      window.shown = [];
      new MutationObserver((changes) => {
        for (const { target } of changes)
          if (target.matches("[data-state=working] progress")) window.shown.push(target.value);
      }).observe(document.querySelector(".chosen"), { subtree: true, attributeFilter: ["value"] });
    }""")
    page.set_input_files("input[name=files]", str(tmp_path / "rain.mp4"))
    expect(page.locator(".chosen li[data-id]:not([data-id=''])")).to_have_count(1, timeout=20000)
    expect(page.locator(".chosen li[data-state=ready]")).to_have_count(1, timeout=60000)
    shown = page.evaluate("window.shown")
    assert [value for value in shown if 0 < value < 100], shown
    assert shown == sorted(shown)
    page.fill("#title", "Rain")
    page.click("form.stack .row.end button:last-child")
    page.wait_for_url("**/@juniper/*")
    film = page.locator("video")
    expect(film).to_have_count(1, timeout=60000)
    assert film.get_attribute("poster").startswith("/files/")
    page.evaluate("document.querySelector('video').muted = true")
    page.evaluate("document.querySelector('video').play()")
    for _ in range(100):
        if page.evaluate("document.querySelector('video').currentTime") > 0.3:
            break
        page.wait_for_timeout(100)
    assert page.evaluate("document.querySelector('video').currentTime") > 0.3
    assert page.evaluate("document.querySelector('video').videoWidth") > 100


def test_a_card_is_translated_before_ones_eyes(browser, tmp_path):
    engine, gate = ScriptedEngine(KNOWN), threading.Event()
    engine.gate = gate
    server = Server(
        tmp_path, engines="openai", openai_url=engine.url, openai_model="scripted"
    ).start()
    try:
        juniper = joined(browser, server, handle="juniper", locale="en-US", width=390)
        aju = joined(browser, server, handle="阿橘", locale="zh-CN", width=390)
        published(juniper, tmp_path)
        title = aju.locator(".card .title")
        for _ in range(100):
            aju.goto(server.url)
            if title.count():
                break
        expect(title).to_have_text(TITLE)
        gate.set()
        expect(title).to_have_text(KNOWN[TITLE], timeout=20000)
    finally:
        gate.set()
        server.stop()
        engine.stop()


def test_what_one_mutes_or_blocks_is_gone_everywhere(browser, server, tmp_path):
    juniper = joined(browser, server, handle="juniper", locale="en-US", width=1280)
    aju = joined(browser, server, handle="阿橘", locale="zh-CN", width=1280)
    url = published(juniper, tmp_path)
    aju.goto(url)
    comment(aju, "好可爱")
    expect(aju.locator(".comment")).to_have_count(1)
    for verb, visible in (("mute", True), ("block", False)):
        aju.goto(f"{server.url}/@juniper")
        with aju.expect_navigation():
            aju.evaluate(
                "verb => { const f = document.createElement('form'); f.method = 'post';"
                "f.action = `/@juniper/${verb}`; document.body.append(f); f.submit() }", verb,
            )
        aju.goto(server.url)
        expect(aju.locator(".card")).to_have_count(0)
        aju.goto(f"{server.url}/search?q=biscuit")
        expect(aju.locator(".card")).to_have_count(0)
        aju.goto(url)
        assert (BODY in aju.content()) is visible
    juniper.goto(f"{server.url}/@%E9%98%BF%E6%A9%98")
    expect(juniper.locator("h1")).not_to_contain_text("阿橘")


def test_search_finds_in_both_scripts_and_settings_change_the_language_at_once(browser, demo_server):
    page = entered(browser, demo_server, "juniper", locale="en-US", width=1280)
    for query in ("steamed egg", "蒸蛋", "CATTAX", "猫税"):
        page.fill("#q", query)
        page.press("#q", "Enter")
        page.wait_for_url("**/search?*")
        assert page.locator(".card").count() >= 3, query
    page.goto(f"{demo_server.url}/settings/languages")
    page.select_option("[name=locale]", "zh-Hans")
    page.click("main form button.button")
    expect(page.locator("nav.bar")).to_contain_text("发现")
    page.select_option("[name=locale]", "en")
    page.click("main form button.button")
    expect(page.locator("nav.bar")).to_contain_text("Explore")


def test_everything_can_be_done_by_keyboard(browser, server):
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 844})
    page = context.new_page()
    page.goto(f"{server.url}/join")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for field, text in (("handle", "keyboardist"), ("password", "correct horse 9")):
        for _ in range(40):
            if page.evaluate("document.activeElement.id") == field:
                break
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}/")
    page.goto(f"{server.url}/new")
    page.focus("#title")
    page.keyboard.type("Typed, not tapped")
    page.keyboard.press("Enter")
    page.wait_for_url("**/@keyboardist/*")
    page.focus("#text")
    page.keyboard.type("a comment")
    page.focus(".write-comment button.button")
    page.keyboard.press("Enter")
    expect(page.locator(".comment")).to_have_count(1)
    like = page.locator(".acts .like").first
    like.focus()
    page.keyboard.press("Enter")
    expect(like).to_have_attribute("aria-pressed", "true")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_photos_go_by_arrow_keys_and_buttons(browser, server, tmp_path):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    published(page, tmp_path)
    frames = page.locator(".frames")
    frames.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".carousel .where")).to_contain_text("2")
    page.locator(".carousel .prev").click()
    expect(page.locator(".carousel .where")).to_contain_text("1")


def test_without_a_network_there_is_still_a_page(browser, server):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.goto(f"{server.url}/notices")
    expect(page.locator("h1")).to_be_visible()
    page.context.set_offline(False)
    manifest = page.request.get(f"{server.url}/manifest.webmanifest").json()
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    assert manifest["display"] == "standalone"


def test_what_one_taps_is_large_enough(browser, demo_server):
    page = entered(browser, demo_server, "juniper", locale="en-US", width=390)
    small = []
    for path in ("/", page.locator(".card .face").first.get_attribute("href"), "/new", "/notices"):
        page.goto(demo_server.url + path)
        small += page.evaluate(
            """() => [...document.querySelectorAll('button, nav.bar a, .button, .tabs a')]
            .filter(e => e.checkVisibility() && !e.closest('[hidden], [aria-hidden=true]'))
            .map(e => [e, e.getBoundingClientRect()])
            .filter(([, r]) => r.width > 0 && (r.height < 24 || r.width < 24))
            .map(([e, r]) => `${e.outerHTML.slice(0, 60)} ${r.width}x${r.height}`)"""
        )
    assert small == []


def test_an_edit_outlives_its_tab_until_it_is_saved_or_thrown_away(browser, server, tmp_path):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    published(page, tmp_path)
    note = page.url.rpartition("/")[2]
    edit = f"{server.url}/n/{note}/edit"
    page.goto(edit)
    expect(page.locator(".offer")).to_be_hidden()
    page.fill("#body", "Half a change 🐈")
    page.locator(".chosen [data-remove]").first.click()
    context = page.context
    page.close()

    again = context.new_page()
    again.goto(edit)
    expect(again.locator("#body")).to_have_value(BODY)
    again.click("[data-offer=take]")
    expect(again.locator("#body")).to_have_value("Half a change 🐈")
    expect(again.locator(".chosen li")).to_have_count(1)
    again.click("form.stack .row.end button:last-child")
    again.wait_for_url(f"**/@juniper/{note}")
    again.goto(edit)
    expect(again.locator(".offer")).to_be_hidden()

    again.fill("#title", "Thrown away")
    again.goto(edit)
    again.click("[data-offer=drop]")
    again.goto(edit)
    expect(again.locator(".offer")).to_be_hidden()
    expect(again.locator("#title")).to_have_value(TITLE)
