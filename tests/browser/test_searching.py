"""The search box: suggestions with the keyboard and the finger, and a plain form without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import Server

pytestmark = pytest.mark.browser

OPTIONS = "#seek-list [role=option]"


def opened(browser: Browser, server: Server, **options):
    page = browser.new_context(viewport={"width": 390, "height": 844}, **options).new_page()
    page.goto(server.url)
    return page


def test_suggestions_are_chosen_with_the_keyboard(browser, demo_server):
    page = opened(browser, demo_server, locale="en-US")
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("cat")
    expect(page.locator(OPTIONS).first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("listbox")).to_have_accessible_name("Search suggestions")
    box.press("ArrowDown")
    first = page.locator(OPTIONS).first
    expect(first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == first.get_attribute("id")
    box.press("ArrowUp")
    expect(page.locator("#seek-list [aria-selected=true]")).to_have_count(0)
    box.press("ArrowUp")
    expect(page.locator(OPTIONS).last).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(page.locator(OPTIONS)).to_have_count(0)
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("cat")
    box.press("Enter")
    page.wait_for_url("**/search?q=cat")
    expect(page.locator(".card mark").first).to_be_visible()
    page.context.close()


def test_a_tag_a_person_and_a_word_lead_where_they_say(browser, demo_server):
    page = opened(browser, demo_server, locale="zh-CN", has_touch=True)
    page.get_by_role("combobox").press_sequentially("@juni")
    page.locator(f"{OPTIONS}.person").tap()
    page.wait_for_url("**/@juniper")
    box = page.get_by_role("combobox")
    box.press_sequentially("猫")
    expect(page.locator(f"{OPTIONS}.tag").first).to_contain_text("#猫")
    box.press("ArrowDown")
    box.press("Enter")
    page.wait_for_url("**/tags/*")
    box = page.get_by_role("combobox")
    box.press_sequentially("ca")
    word = page.locator(f"{OPTIONS}.word").first
    text = word.inner_text()
    word.tap()
    page.wait_for_url("**/search?q=*")
    expect(page.get_by_role("combobox")).to_have_value(text)
    expect(page.locator(".card").first).to_be_visible()
    page.context.close()


def test_an_input_method_keeps_its_own_keys(browser, demo_server):
    page = opened(browser, demo_server, locale="zh-CN")
    box = page.get_by_role("combobox")
    box.press_sequentially("猫")
    expect(page.locator(OPTIONS).first).to_be_visible()
    box.evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', isComposing: true, bubbles: true}))"
    )
    expect(page.locator("#seek-list [aria-selected=true]")).to_have_count(0)
    page.context.close()


def test_without_a_script_the_box_is_a_form(browser, demo_server):
    page = opened(browser, demo_server, locale="en-US", java_script_enabled=False)
    page.fill("#q", "猫税")
    page.press("#q", "Enter")
    page.wait_for_url("**/search?q=*")
    assert page.locator(".card mark").count() >= 3
    page.context.close()
