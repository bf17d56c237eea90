"""Cards of links as apps and pages have them: from a real page elsewhere, by a real server."""

from __future__ import annotations

from contextlib import closing

import httpx2
import pytest

from tests.conftest import Server, photo_bytes
from tests.mastodon.app import App
from tests.mastodon.cast import person, posts, until
from tests.mastodon.sockets import Socket
from tests.previews.pages import elsewhere


@pytest.fixture(scope="module")
def place():
    with elsewhere() as made:
        made.says("/cat.jpg", photo_bytes(), kind="image/jpeg")
        made.page(
            "/cat", title="A cat &amp; its tax", description="It sleeps.", site_name="The Cat Times", image="/cat.jpg",
            image__alt="A cat",
        )
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("cards"), attempts_per_hour="1000", link_previews="true", previews_privately="true"
    ).start()
    yield made
    made.stop()


@pytest.fixture
def moss(server):
    with closing(person(server, "moss")) as made:
        yield made


@pytest.fixture
def fern(server):
    with closing(person(server, "fern")) as made:
        yield made


def shown(by: App, note: dict) -> dict | None:
    return by.json("GET", f"/api/v1/statuses/{note['id']}")["card"]


def test_a_card_comes_by_the_stream_and_its_picture_from_us(server, place, moss):
    with Socket(server, access_token=moss.token, stream="user") as stream:
        note = posts(moss, f"Read this: {place.url}/cat")
        assert note["card"] is None
        events = [stream.hear() for _ in range(2)]
    assert [one["event"] for one in events] == ["update", "status.update"]
    card = events[1]["payload"]["card"]
    assert card == shown(moss, note)
    assert {name: card[name] for name in ("title", "description", "provider_name", "type", "image_description")} == {
        "title": "A cat & its tax", "description": "It sleeps.", "provider_name": "The Cat Times", "type": "link",
        "image_description": "A cat",
    }
    assert card["image"].startswith(f"{server.url}/files/")
    picture = httpx2.get(card["image"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    page = httpx2.get(note["url"]).text
    assert "A cat &amp; its tax" in page
    assert f'href="{place.url}/cat"' in page
    assert "/cat.jpg" not in page


def test_a_link_edited_away_takes_the_card_along(place, moss):
    note = posts(moss, f"{place.url}/cat")
    until(lambda: shown(moss, note))
    changed = moss.json("PUT", f"/api/v1/statuses/{note['id']}", json={"status": "nothing to see"})
    assert changed["card"] is None
    assert 'class="linked"' not in httpx2.get(note["url"]).text


def test_a_comments_card_stands_under_its_note(place, moss):
    note = posts(moss, "What do you read?")
    answer = posts(moss, f"{place.url}/cat", in_reply_to_id=note["id"])
    until(lambda: shown(moss, answer))
    assert 'class="linked"' in httpx2.get(note["url"]).text


def test_trends_and_the_timeline_of_a_link_tell_of_public_notes(server, place, moss, fern):
    url = place.page("/trend", title="Many cats")
    notes = [posts(by, f"{url} #{n}") for n, by in enumerate((moss, fern, fern))]
    private = posts(moss, url, visibility="private")
    until(lambda: shown(moss, private))
    with App(server) as nobody:
        trends = nobody.json("GET", "/api/v1/trends/links")
        one = next(one for one in trends if one["url"] == url)
        assert (one["title"], one["history"][0]["accounts"], one["history"][0]["uses"]) == ("Many cats", "2", "3")
        assert len(one["history"]) == 7
        listed = nobody.json("GET", "/api/v1/timelines/link", params={"url": url + "#part", "limit": 2})
        assert [status["id"] for status in listed] == [notes[2]["id"], notes[1]["id"]]
        nobody.json("GET", "/api/v1/timelines/link", params={"url": "https://nobody.example/"}, status=404)
    fern.json("POST", f"/api/v1/accounts/{moss.id}/block")
    one = next(one for one in fern.json("GET", "/api/v1/trends/links") if one["url"] == url)
    assert one["history"][0]["accounts"] == "1"
    listed = fern.json("GET", "/api/v1/timelines/link", params={"url": url})
    assert [status["id"] for status in listed] == [notes[2]["id"], notes[1]["id"]]


def test_a_boost_has_its_card_in_what_it_passes_on(place, moss, fern):
    note = posts(moss, f"{place.url}/cat")
    until(lambda: shown(moss, note))
    boost = fern.json("POST", f"/api/v1/statuses/{note['id']}/reblog")
    assert (boost["card"], boost["reblog"]["card"]["title"]) == (None, "A cat & its tax")


def test_words_of_a_page_are_words_and_never_markup(place, moss):
    url = place.page("/evil", title="&lt;img src=x onerror=alert(1)&gt;Cats", description="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;")
    note = posts(moss, url)
    until(lambda: shown(moss, note))
    page = httpx2.get(note["url"]).text
    assert "<script>alert" not in page
    assert "onerror" not in page
    assert shown(moss, note)["title"] == "Cats"


def test_an_author_here_is_named_where_they_let_the_site_say_so(server, place, moss, fern):
    host = server.url.removeprefix("http://")
    url = place.says(
        "/by", f'<title>By moss</title><meta name="fediverse:creator" content="@{moss.handle}@{host}">'
    )
    note = posts(fern, url)
    card = until(lambda: shown(fern, note))
    assert card["authors"] == []
    moss.json("PATCH", "/api/v1/accounts/update_credentials", json={"attribution_domains": ["127.0.0.1"]})
    again = posts(fern, url)
    card = until(lambda: shown(fern, again))
    assert [(one["name"], one["account"]["id"]) for one in card["authors"]] == [(moss.handle, moss.id)]


def test_sites_that_may_name_somebody_are_kept(moss):
    told = moss.json("PATCH", "/api/v1/accounts/update_credentials", json={"attribution_domains": ["Cats.example", "cats.example"]})
    assert told["source"]["attribution_domains"] == ["cats.example"]
    wrong = moss.json("PATCH", "/api/v1/accounts/update_credentials", json={"attribution_domains": ["no site"]}, status=422)
    assert "Domain" in wrong["error"]
    too_many = [f"c{n}.example" for n in range(11)]
    moss.json("PATCH", "/api/v1/accounts/update_credentials", json={"attribution_domains": too_many}, status=422)
    assert moss.json("GET", "/api/v1/accounts/verify_credentials")["source"]["attribution_domains"] == ["cats.example"]
