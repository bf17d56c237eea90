"""The search page and its suggestions, from a real server over the demo community."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import httpx2
import pytest

from tests.web.hostile import TEXTS

LARGEST_BYTES = 60_000


@pytest.fixture(scope="module")
def searched(demo_server):
    """Asks the demo's search page."""
    with httpx2.Client(base_url=demo_server.url, timeout=30) as client:

        def ask(query: str, *, lang: str = "en", path: str = "/search") -> httpx2.Response:
            answer = client.get(path, params={"q": query}, headers={"accept-language": lang})
            assert answer.status_code == 200, query
            return answer

        yield ask


def cards(page: str) -> list[str]:
    return re.findall(r'<article class="card.*?</article>', page, re.DOTALL)


def marks(page: str) -> set[str]:
    return {unescape(found) for found in re.findall(r"<mark>(.*?)</mark>", page)}


def test_one_page_has_notes_people_and_tags_under_headings(searched):
    page = searched("cat").text
    assert len(cards(page)) == 20
    assert 'rel="next"' in page
    assert {mark.casefold()[:3] for mark in marks(page)} == {"cat"}
    assert '<h2 id="finds-tags">' in page
    assert re.search(r'href="/tags/cattax">#cattax <small>\d+</small>', page)
    assert '<h2 id="finds-people">' in searched("juni").text
    assert "/@juniper" in searched("juni").text


def test_every_page_is_small_and_the_pages_together_repeat_nothing(searched, demo_server):
    seen: list[str] = []
    href = "/search?q=cat"
    with httpx2.Client(base_url=demo_server.url, timeout=30) as client:
        for _ in range(12):
            answer = client.get(href)
            assert len(answer.content) < LARGEST_BYTES
            seen += re.findall(r'data-id="(\d+)"', answer.text)
            more = re.search(r'rel="next" href="([^"]+)"', answer.text)
            if more is None:
                break
            href = unescape(more[1])
    assert more is None
    assert len(seen) == len(set(seen)) > 40


def test_what_was_looked_for_is_marked_as_it_was_written(searched):
    for query in ("猫税", "貓稅"):
        page = searched(query, lang="zh-CN").text
        assert len(cards(page)) >= 3
        assert "猫税" in marks(page)
        assert all("猫税" in mark for mark in marks(page)), query  # 交猫税 is of its family
    assert "<mark>" not in searched("zzzzz").text


def test_a_page_without_answers_teaches_how_to_ask(searched):
    assert "ask in yours" in searched("").text
    for query in ("🐱🐱", "...", '"', "*", "\x00"):
        page = searched(query).text
        assert "There is no word in this" in page, query
        assert cards(page) == []
    assert "Fewer words find more" in searched("zzzzz qqqqq").text


def test_whatever_is_asked_comes_back_as_text(searched):
    for label, text in TEXTS.items():
        page = searched(text[:200]).text
        assert "<script>window" not in page, label
        assert "<img src=x" not in page, label
    for text in ("NEAR(a b)", "title:cat", '"cat', "cat*", "^cat", "a" * 5000, "cat OR", "{a}:b"):
        searched(text[:3000])


def test_a_handle_alone_leads_to_its_page(demo_server):
    answer = httpx2.get(f"{demo_server.url}/search", params={"q": "@juniper"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/@juniper")


def test_suggestions_are_json_that_only_the_readers_browser_keeps(searched):
    answer = searched("cat", path="/search/suggest")
    assert answer.headers["cache-control"] == "private, max-age=30"
    assert "cookie" in answer.headers["vary"]
    found = answer.json()["suggestions"]
    assert 1 <= len(found) <= 8
    assert found[0]["kind"] == "tag"
    assert found[0]["href"] == f"/tags/{quote(found[0]['text'][1:])}"
    assert int(found[0]["beside"]) > 0
    people = searched("@juni", path="/search/suggest").json()["suggestions"]
    assert [(one["kind"], one["href"]) for one in people] == [("person", "/@juniper")]
    assert searched("猫", path="/search/suggest").json()["suggestions"]
    assert searched("  ", path="/search/suggest").json() == {"suggestions": []}
