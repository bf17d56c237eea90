"""Polls in comments, in real browsers: voted in by keyboard, on the spot, and live for others."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import faults
from tests.browser.test_conversation import joined
from tests.conftest import Server
from tests.mastodon.app import signed_in

pytestmark = pytest.mark.browser


@pytest.fixture
def asked(server: Server):
    """A note of moss's with a poll under it: their ids."""
    with signed_in(server, "moss") as moss:
        note = moss.json("POST", "/api/v1/statuses", json={"status": "hello"})["id"]
        poll = {"options": ["tea", "coffee"], "expires_in": 600}
        answer = {"status": "Which?", "in_reply_to_id": note, "poll": poll}
        yield note, moss.json("POST", "/api/v1/statuses", json=answer)["id"]


def test_a_vote_by_keyboard_shows_its_results_on_the_spot_and_counts_on_other_pages(browser, server, asked):
    note, comment = asked
    fern = joined(browser, server, handle="fern", locale="en-US", width=390)
    mei = joined(browser, server, handle="mei", locale="zh-CN", width=1280)
    for page in (fern, mei):
        page.goto(f"{server.url}/n/{note}")
    mei.locator(f"#c{comment} input").nth(1).check()
    ends_at = fern.locator(f"#c{comment} .voted time")
    told = fern.evaluate("at => new Date(at).toLocaleTimeString('en', {timeStyle: 'short'})", ends_at.get_attribute("datetime"))
    expect(ends_at).to_contain_text(told)
    fern.evaluate("window.isSame = true")
    fern.locator(f"#c{comment} input").first.focus()
    fern.keyboard.press("ArrowDown")
    fern.keyboard.press("Tab")
    fern.keyboard.press("Enter")
    poll = fern.locator(f"#c{comment} .poll")
    expect(poll.locator(".share").nth(1)).to_contain_text("100%")
    expect(poll).to_contain_text("your vote")
    expect(poll).to_be_focused()
    assert fern.evaluate("window.isSame")
    other = mei.locator(f"#c{comment} .poll")
    expect(other.locator(".voted")).to_contain_text("1")
    expect(other.locator("input").nth(1)).to_be_checked()
    other.locator("button").click()
    expect(poll.locator(".voted")).to_contain_text("2 people voted")
    assert faults(fern) == []
    assert fern.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_vote_needs_no_script(browser, server, asked):
    note, comment = asked
    fern = joined(browser, server, handle="fern", locale="en-US", width=390)
    context = browser.new_context(java_script_enabled=False, storage_state=fern.context.storage_state())
    page = context.new_page()
    page.goto(f"{server.url}/n/{note}")
    page.locator(f"#c{comment} label").first.click()
    page.locator(f"#c{comment} .poll button").click()
    expect(page.locator(f"#c{comment} .poll")).to_contain_text("your vote")
    assert page.url.endswith(f"/@moss/{note}#c{comment}")
