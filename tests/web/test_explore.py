"""Explore as a browser without scripts sees it: chosen feeds, reasons, less like this, the status."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2
import pytest
from pysqlite3 import dbapi2

from catflap.feed import versions
from catflap.feed.model import (
    BridgingFigures,
    Figures,
    HeadFigures,
    HeadsFigures,
    Learned,
    ModelState,
)
from catflap.ground import clock
from tests.conftest import Server, house_at, run, sqlite_database
from tests.past import TOLD

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
    _learned(server)
    said = until(lambda: operator.get("/operator/feed"), lambda page: "What was foreseen" in page)
    shown = " ".join(re.sub(r"<[^>]+>", " ", said).split())
    assert "2 420 0.311 0.352 0.402 1000 0.501 0.533" in shown
    assert "Each head of version 2" in shown
    assert "Reports 3 0.011 0.012 0.013 1.250" in shown
    listed = subprocess.run(
        [sys.executable, "-m", "catflap", "feed", "models", "--data", str(server.folder / "data")],
        capture_output=True, text=True, check=True,
    ).stdout
    assert "random slots held out 420: loss 0.311, before 0.352, constant 0.402" in listed
    assert "ratings held out 1000: loss of bridging 0.501, of the topic's mean 0.533" in listed


def _learned(server: Server) -> None:
    """Two nights: one from before anything but recall was judged, and one from after."""
    old = {
        "likes": 40, "people": 9, "notes": 8, "held_out": 0, "recall": None, "recall_before": None,
        "recall_popular": None, "impressions": 0, "random_impressions": 0, "ratings": 40,
        "seconds": 0.1,
    }
    data = server.folder / "data"
    link = dbapi2.connect(str(data / "catflap.db"), timeout=20)
    link.execute(
        "INSERT INTO feed_models (number, night, made_at, file, size_bytes, figures, state)"
        " VALUES (1, '2025-01-01', 0, '', 1, ?, 'kept')", (json.dumps(old),),
    )
    link.execute(TOLD)
    link.commit()
    link.close()
    heads = HeadsFigures(
        held_out=420, loss=0.311, loss_before=0.352, loss_constant=0.402, error=0.01,
        each=(HeadFigures(
            head="report", came=3, loss=0.011, loss_before=0.012, loss_constant=0.013,
            calibration=1.25,
        ),),
    )
    bridging = BridgingFigures(held_out=1000, loss=0.501, loss_topic=0.533)

    async def kept() -> None:
        house = house_at(sqlite_database(data / "catflap.db"), data)
        async with house.database.tx() as tx:
            await versions.keep(tx, Learned(
                number=2, night="2025-01-02", made_at=clock.now(), file="", size_bytes=1,
                figures=Figures(**old, heads=heads, bridging=bridging), state=ModelState.KEPT,
                chosen_at=None,
            ))
        await house.close()

    run(kept())


def test_what_was_shown_is_written_down_behind_the_page(server, joined):
    note = posted(joined("rowan"), "What somebody is shown")
    until(lambda: httpx2.get(server.url), lambda page: note in ids(page))
    # Only what is composed is written down: this reader's first page, once the note is known.
    stranger = joined("ivy")
    until(lambda: stranger.get("/?fresh=1"), lambda page: note in ids(page))
    shown = ids(main(joined("holly").get("/")))
    assert shown
    server.stop()
    link = dbapi2.connect(str(server.folder / "data" / "catflap.db"))
    [[count]] = link.execute(
        "SELECT SUM(slots_count) FROM feed_pages JOIN people ON people.id = reader_id"
        " WHERE handle = 'holly'"
    ).fetchall()
    link.close()
    assert count == len(shown)
