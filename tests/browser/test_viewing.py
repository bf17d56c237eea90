"""Photos over the whole screen, and pictures that move, in a real browser."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_accessibility import faults
from tests.browser.test_conversation import joined, photo

pytestmark = pytest.mark.browser

ALT = "a grey square, lighter below"


def gif(path):
    """A GIF of three colours, half a second each."""
    colours = [Image.new("RGB", (160, 120), colour) for colour in ("red", "green", "blue")]
    colours[0].save(path, "GIF", save_all=True, append_images=colours[1:], duration=500, loop=0)
    return path


def noted(page, files):
    """A note with these files, the first of them described."""
    page.goto(page.url.rstrip("/") + "/new")
    page.set_input_files("input[name=files]", [str(file) for file in files])
    expect(page.locator(".chosen li[data-id]:not([data-id=''])")).to_have_count(len(files), timeout=20000)
    page.locator(".chosen label input").first.fill(ALT)
    page.fill("#title", "Look")
    page.click("form.stack .row.end button:last-child")
    page.wait_for_url("**/@juniper/*")
    return page.url


def width_of(page, at):
    return page.locator(".slide img").nth(at).bounding_box()["width"]


@pytest.mark.parametrize(("locale", "width"), [("en-US", 390), ("zh-CN", 1280)])
def test_photos_open_over_the_whole_screen_and_everything_is_as_before_afterwards(
    browser, server, tmp_path, locale, width
):
    page = joined(browser, server, handle="juniper", locale=locale, width=width)
    here = noted(page, [photo(tmp_path / "a.jpg", (40, 10, 0)), photo(tmp_path / "b.jpg", (0, 20, 60))])
    viewer = page.locator("dialog.viewer")
    expect(viewer).to_be_hidden()
    page.locator("a.view").first.click()
    expect(viewer).to_be_visible()
    box = viewer.bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, width, 844)
    expect(viewer.locator(".about")).to_have_text(ALT)

    fits = width_of(page, 0)
    page.mouse.click(width / 2, 420)
    assert width_of(page, 0) > 2 * fits
    page.mouse.click(width / 2, 420)
    assert width_of(page, 0) == pytest.approx(fits)
    page.keyboard.press("+")
    assert width_of(page, 0) > 1.4 * fits
    page.keyboard.press("ArrowRight")
    expect(viewer.locator(".where")).to_contain_text("2")
    expect(viewer.locator(".about")).to_be_empty()

    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    assert page.url == here
    # A dialog tells that it is closed a moment after it is.
    expect(page.locator("a.view").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(viewer).to_be_visible()
    page.go_back()
    expect(viewer).to_be_hidden()
    assert page.url == here


def test_a_finger_swipes_and_two_taps_zoom(browser, server, tmp_path):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    here = noted(page, [photo(tmp_path / "a.jpg", (40, 10, 0)), photo(tmp_path / "b.jpg", (0, 20, 60))])
    phone = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    page = phone.new_page()
    page.goto(here)
    page.locator("a.view").first.tap()
    viewer = page.locator("dialog.viewer")
    expect(viewer).to_be_visible()
    fits = width_of(page, 0)
    page.touchscreen.tap(195, 420)
    page.wait_for_timeout(500)
    assert width_of(page, 0) == pytest.approx(fits)
    page.touchscreen.tap(195, 420)
    page.touchscreen.tap(195, 420)
    page.wait_for_timeout(100)
    assert width_of(page, 0) > 2 * fits
    page.touchscreen.tap(195, 420)
    page.wait_for_timeout(400)
    page.touchscreen.tap(195, 420)
    page.touchscreen.tap(195, 420)
    cdp = phone.new_cdp_session(page)
    cdp.send("Input.synthesizeScrollGesture", {"x": 300, "y": 420, "xDistance": -260, "speed": 1200})
    expect(viewer.locator(".where")).to_contain_text("2 of 2")
    fits = width_of(page, 1)
    for kind, apart in (("touchStart", 60), ("touchMove", 90), ("touchMove", 120), ("touchEnd", 0)):
        points = [{"x": 195 - apart / 2, "y": 420}, {"x": 195 + apart / 2, "y": 420}] if apart else []
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert width_of(page, 1) > 1.5 * fits


def test_without_scripts_a_photo_leads_to_its_largest_size(browser, server, tmp_path):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    here = noted(page, [photo(tmp_path / "a.jpg", (40, 10, 0))])
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(here)
    page.locator("a.view").click()
    assert page.url.endswith("large.webp") or page.url.endswith("medium.webp")


def test_a_gif_moves_unless_its_reader_wants_less_of_that(browser, server, tmp_path):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    here = noted(page, [gif(tmp_path / "a.gif")])
    expect(page.locator(".frames .mark")).to_have_text("GIF")
    source = "document.querySelector('.frames picture img').currentSrc"
    page.wait_for_function(f"() => {source}.endsWith('/moving.webp')")
    page.emulate_media(reduced_motion="reduce")
    page.goto(here)
    page.wait_for_function(f"() => {source} && !{source}.endsWith('/moving.webp')")
    # Whoever opens it asks for it.
    page.locator("a.view").click()
    page.wait_for_function("() => document.querySelector('.slide img').currentSrc.endsWith('/moving.webp')")
    page.goto(f"{server.url}/@juniper")
    expect(page.locator(".card .mark")).to_have_text("GIF")
    assert "moving" not in page.locator(".card picture").inner_html()


def now_shown(page, where: str) -> str:
    return page.evaluate(f"document.querySelector('{where} picture img').currentSrc")


@pytest.mark.parametrize(("locale", "pause", "play"), [
    ("en-US", "Pause this picture", "Play this picture"), ("zh-CN", "暂停播放这张动图", "播放这张动图"),
])
def test_a_picture_that_moves_is_paused_and_played_by_keyboard(browser, server, tmp_path, locale, pause, play):
    page = joined(browser, server, handle="juniper", locale=locale, width=390)
    here = noted(page, [gif(tmp_path / "a.gif")])
    page.set_input_files(".write-comment input[name=photos]", str(gif(tmp_path / "b.gif")))
    page.fill("#text", "mine too")
    page.click(".write-comment button.button")
    page.locator(".comment .shot").wait_for()  # whoever sent it is led there
    for where in ("figure", ".comment .shot"):
        button = page.locator(f"{where} cat-moving button")
        expect(button).to_have_accessible_name(pause)
        moves = f"document.querySelector('{where} picture img').currentSrc.endsWith('/moving.webp')"
        page.wait_for_function(f"() => {moves}")
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => !{moves}")
        expect(button).to_have_accessible_name(play)
        expect(button).to_be_focused()
        page.keyboard.press("Space")
        page.wait_for_function(f"() => {moves}")
        expect(button).to_have_accessible_name(pause)
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 24
    assert faults(page) == []

    page.locator("figure a.view").click()
    page.wait_for_function("() => document.querySelector('.slide img').currentSrc.endsWith('/moving.webp')")
    fits = width_of(page, 0)
    page.locator(".slide cat-moving button").click()
    page.wait_for_function("() => !document.querySelector('.slide img').currentSrc.endsWith('/moving.webp')")
    assert width_of(page, 0) == fits
    page.keyboard.press("Escape")
    page.wait_for_function("() => !history.state?.viewing")  # else its way back ends the next visit

    page.emulate_media(reduced_motion="reduce")
    page.goto(here)
    button = page.locator("figure cat-moving button")
    expect(button).to_have_accessible_name(play)
    assert not now_shown(page, "figure").endswith("/moving.webp")
    button.click()
    page.wait_for_function("() => document.querySelector('figure picture img').currentSrc.endsWith('/moving.webp')")


def test_without_scripts_nothing_promises_to_pause(browser, server, tmp_path):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    here = noted(page, [gif(tmp_path / "a.gif")])
    context = browser.new_context(java_script_enabled=False, reduced_motion="reduce")
    page = context.new_page()
    page.goto(here)
    expect(page.locator("figure .mark")).to_have_text("GIF")
    expect(page.locator("figure cat-moving button")).to_be_hidden()
    assert page.locator("figure picture source").first.get_attribute("media") == "(prefers-reduced-motion: no-preference)"
