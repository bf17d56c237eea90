"""What a phone shows before anybody scrolls: notes, whatever else has to be said."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_conversation import joined
from tests.conftest import Server

pytestmark = pytest.mark.browser

LONG = "On Tuesday night this place gets a new coat of paint, and for a while nothing loads. " * 4


def written(page, url, title):
    """A note without pictures, by its form."""
    page.goto(f"{url}/new")
    page.fill("#title", title)
    page.click("form.stack .row.end button:last-child")
    page.wait_for_url("**/@*/*")


def announced(page, url, text):
    """An announcement, by its form."""
    page.goto(f"{url}/operator/announcements")
    page.fill("#text", text)
    page.click("form.stack .row.end button")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_notes_begin_on_the_first_screen_and_what_is_above_them_opens_and_goes(
    browser, tmp_path, locale
):
    server = Server(tmp_path, operators="juniper").start()
    try:
        page = joined(browser, server, handle="juniper", locale=locale, width=390)
        written(page, server.url, "Soup on a Sunday")
        for text in (LONG, "And tea at five."):
            announced(page, server.url, text)
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{server.url}/?feed=latest")
        assert page.locator(".card").first.bounding_box()["y"] < 844 / 2.5
        # One row of tabs, which goes on to the right; the chosen one is in sight wherever it is.
        page.goto(f"{server.url}/?format=text")
        page.goto(f"{server.url}/?format=remake")
        assert page.locator(".tabs").count() == 1
        chosen = page.locator(".tabs [aria-current]").bounding_box()
        assert chosen["x"] >= 0
        assert chosen["x"] + chosen["width"] <= 390

        page.goto(server.url)
        told = page.locator(".announcement").first
        closed = told.bounding_box()["height"]
        told.locator(".rest > summary").click()
        expect(told).to_contain_text("And tea at five.")
        assert told.bounding_box()["height"] > 2 * closed
        told.locator(".rest > summary").click()
        assert told.bounding_box()["height"] == closed

        page.locator(".slim button").click()
        expect(page.locator(".slim")).to_be_hidden()
        page.goto(f"{server.url}/?format=text")
        expect(page.locator(".slim")).to_be_hidden()
    finally:
        server.stop()
