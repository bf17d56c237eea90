"""Wherever a text stands translated its original, and who translated it, is one tap or key away."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from pysqlite3 import dbapi2

from tests.browser.test_using import entered

pytestmark = pytest.mark.browser

HAN = re.compile("[一-鿿]")
MADE_BY = "A person’s translation, from memory"


def columns(page) -> int:
    """In how many columns cards stand."""
    return page.evaluate("new Set([...document.querySelectorAll('.card')].map(c => Math.round(c.getBoundingClientRect().x))).size")


def told(page, button, *, by_key: bool) -> str:
    """What opens over the page, by hand or by key, and closes again."""
    opened = page.locator(".turned:popover-open")
    if by_key:
        button.focus()
        page.keyboard.press("Enter")
    else:
        button.click()
    expect(opened).to_have_count(1)
    box = opened.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    text = opened.inner_text()
    page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    return text


@pytest.mark.parametrize(("width", "count"), [(390, 2), (1280, 4)])
def test_originals_are_a_tap_or_a_key_away_on_cards_and_in_lists(browser, demo_server, width, count):
    page = entered(browser, demo_server, "juniper", locale="en-US", width=width)
    assert columns(page) == count
    translated = page.locator(".card:has(> .whom)")
    plain = page.locator(".card:not(:has(> .whom))")
    assert translated.count() > 0
    assert plain.count() > 0
    said = told(page, translated.first.locator(".whom"), by_key=width > 390)
    assert HAN.search(said)
    assert MADE_BY in said
    with dbapi2.connect(str(demo_server.folder / "data" / "catflap.db")) as connection:
        owner, = connection.execute(
            "SELECT handle FROM boards JOIN people ON people.id = owner_id LIMIT 1"
        ).fetchone()
        note, author = connection.execute(
            "SELECT notes.id, handle FROM notes JOIN people ON people.id = author_id"
            " JOIN texts ON key = place_key WHERE text = '厦门' LIMIT 1"
        ).fetchone()
    for path, where in (
        ("/@juniper/followers", ".list"), (f"/@{owner}?tab=boards", ".shelves"), (f"/@{author}/{note}", ".facts"),
    ):
        page.goto(demo_server.url + path)
        button = page.locator(f"{where} .whom").first
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 24, path
        said = told(page, button, by_key=width > 390)
        assert HAN.search(said), path
        assert re.search("ranslat|orrected", said), path
    page.context.close()


@pytest.mark.parametrize(("width", "is_beside"), [(390, False), (1280, True)])
def test_both_stand_side_by_side_where_there_is_room_and_stacked_on_a_phone(
    browser, demo_server, width, is_beside
):
    page = entered(browser, demo_server, "juniper", locale="en-US", width=width)
    with dbapi2.connect(str(demo_server.folder / "data" / "catflap.db")) as connection:
        note, author = connection.execute(
            "SELECT notes.id, handle FROM notes JOIN people ON people.id = author_id"
            " JOIN texts ON key = body_key WHERE langs LIKE '%zh%' AND length(text) > 80"
            " AND notes.id IN (SELECT note_id FROM media) LIMIT 1"
        ).fetchone()
    page.goto(f"{demo_server.url}/@{author}/{note}")
    said = page.locator(".body cat-said")
    said.get_by_text("Both", exact=True).click()
    one, other = (said.locator(part).bounding_box() for part in (".as-translation", ".as-original"))
    if is_beside:
        assert other["x"] >= one["x"] + one["width"]
        assert abs(other["y"] - one["y"]) < 4
        assert min(one["width"], other["width"]) > 180
    else:
        assert other["y"] >= one["y"] + one["height"]
        assert max(one["width"], other["width"]) > 300
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
