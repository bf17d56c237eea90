"""Explore as a browser without scripts sees it: chosen feeds, reasons, less like this, the status."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator

import httpx2
import pytest
from pysqlite3 import dbapi2

from tests.conftest import Server

PASSWORD = "correct horse 9"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    made = Server(
        tmp_path_factory.mktemp("explore"), attempts_per_hour="10000", posts_per_hour="10000",
        operators="aju",
    ).start()
    yield made
    made.stop()


@pytest.fixture
def joined(server) -> Iterator:
    opened = []

    def join(handle: str, **more) -> httpx2.Client:
        one = httpx2.Client(base_url=server.url, timeout=30, headers={"accept-language": "en"})
        opened.append(one)
        assert one.post("/join", data={"handle": handle, "password": PASSWORD, **more}).status_code == 303
        return one

    yield join
    for one in opened:
        one.close()


def posted(who: httpx2.Client, body: str) -> str:
    answer = who.post("/new", data={"body": body, "visibility": "public"})
    assert answer.status_code == 303
    return answer.headers["location"].rpartition("/")[2]


def main(answer: httpx2.Response) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.text.partition("<main")[2])


def ids(page: str) -> list[str]:
    return re.findall(r'data-id="(\d+)"', page)


def until(read, wanted) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        page = main(read())
        if wanted(page):
            return page
        time.sleep(0.05)
    raise AssertionError(page)


def test_what_is_shown_is_chosen_with_one_tap_and_stays_chosen(server, joined):
    writer, reader = joined("mei"), joined("rose")
    first = posted(writer, "An early note about soup")
    second = posted(writer, "A later note about soup")
    until(lambda: reader.get("/?fresh=1"), lambda page: {first, second} <= set(ids(page)))
    for chosen, label in (("latest", "Latest"), ("following", "Following"), ("for-you", "For you")):
        tab = re.search(rf'href="(/\?feed={chosen})"', main(reader.get("/")))[1]
        for path in (tab, "/"):
            page = main(reader.get(path))
            assert f'aria-current="true">{label}' in page
        listed = ids(page)
        if chosen == "latest":
            assert listed.index(second) < listed.index(first)
        if chosen == "following":
            assert not listed
    assert "fresh=1" in page
    stranger = httpx2.get(server.url)
    assert "/?feed=" not in stranger.text
    assert first in ids(stranger.text)


def test_every_note_of_others_says_why_and_can_be_told_less_like_this(server, joined):
    writer, reader = joined("lin"), joined("fay", likes=["cats"])
    note = posted(writer, "My cat sleeps on the stove #cattax")
    other = posted(reader, "What I wrote myself")
    page = until(lambda: reader.get("/?fresh=1"), lambda page: {note, other} <= set(ids(page)))
    for card in page.split("<article")[1:]:
        if f'data-id="{other}"' not in card:
            assert re.search(r'<span class="why">[^<]+</span>', card), card
            assert re.search(r'action="/n/\d+/less', card), card
    mine = next(card for card in page.split("<article") if f'data-id="{other}"' in card)
    assert "/less" not in mine

    answer = reader.post(f"/n/{note}/less?back=/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert note not in ids(main(reader.get("/")))
    assert note not in ids(main(reader.get("/?fresh=1")))
    listed = main(reader.get("/settings/feed"))
    assert "My cat sleeps on the stove" in listed
    told = reader.post(f"/n/{note}/less", headers={"accept": "application/json"}).json()
    assert told["action"] == f"/n/{note}/as-before"
    assert reader.post(told["action"]).status_code == 303
    assert "My cat sleeps on the stove" not in main(reader.get("/settings/feed"))
    assert note in ids(main(reader.get("/?fresh=1")))
    assert reader.post("/n/123/less").status_code == 404


def test_how_much_politics_is_the_reader_s_to_set(server, joined):
    reader = joined("sage")
    assert re.search(r'value="0.1" checked', main(reader.get("/settings/feed")))
    reader.post("/settings/feed", data={"politics": "0.0"})
    assert re.search(r'value="0.0" checked', main(reader.get("/settings/feed")))
    reader.post("/settings/feed", data={"politics": "7"})
    assert re.search(r'value="0.0" checked', main(reader.get("/settings/feed")))


def test_how_the_floor_stands_is_public_and_versions_are_for_operators(server, joined):
    writer = joined("anna")
    posted(writer, "My very first note, without any tag")
    page = until(lambda: httpx2.get(f"{server.url}/status", headers={"accept-language": "en"}),
                 lambda page: "first note" in page)
    assert "shown 100 times within a day" in page
    told = httpx2.get(f"{server.url}/status", headers={"accept": "application/json"}).json()
    assert set(told) == {"floor", "first_notes_of_the_week"}
    assert writer.get("/operator/feed").status_code == 404
    operator = joined("aju")
    assert "Nothing was learned yet" in main(operator.get("/operator/feed"))
    assert operator.post("/operator/feed/revert", data={"to": "4"}).status_code == 404


def test_what_was_shown_is_written_down_behind_the_page(server, joined):
    reader = joined("holly")
    shown = ids(main(reader.get("/")))
    assert shown
    server.stop()
    link = dbapi2.connect(str(server.folder / "data" / "catflap.db"))
    [[count]] = link.execute(
        "SELECT SUM(slots_count) FROM feed_pages JOIN people ON people.id = reader_id"
        " WHERE handle = 'holly'"
    ).fetchall()
    link.close()
    assert count == len(shown)
