"""A wave of people who write is taken by a process of its own, and nobody notices but who reads."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx2
import psutil
import pytest

from catflap.ground import processors
from catflap.ground.handing import AnswerLost
from catflap.media import making
from catflap.web import wave
from catflap.web.wave import Wave
from tests.conftest import Server, photo_bytes, run
from tests.ground.test_handing import asked, handing, mirror
from tests.mastodon.app import App, joined, token_of

ROUTE = "/api/v1/statuses"


@pytest.fixture
def server(tmp_path):
    """A server that takes two posts a second for a wave."""
    made = Server(
        tmp_path, attempts_per_hour="10000", posts_per_hour="100000", wave_per_second="1",
        log_level="info",
    ).start()
    yield made
    made.stop()


@pytest.fixture
def juniper(server):
    """Her browser."""
    with closing(joined(server, "juniper")) as person:
        yield person


@pytest.fixture
def app(server, juniper):
    """Her app."""
    with App(server, token=token_of(server, juniper)) as app:
        yield app


def taken(server: Server, route: str = ROUTE) -> int:
    """How many answers came from the other process."""
    told = httpx2.get(f"{server.url}/metrics").text
    found = re.findall(r'catflap_requests_total\{door="wave",route="(.*?)",status="\d+"\} (\S+)', told)
    return sum(int(float(count)) for its, count in found if its == route)


def writers(server: Server) -> list[psutil.Process]:
    """The processes that a wave is handed to: the worker is forked beside."""
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if "write" in child.cmdline()]


def risen(server: Server, app: App) -> psutil.Process:
    """Post until another process takes it."""
    before, deadline = taken(server), time.monotonic() + 30
    while taken(server) == before:
        assert time.monotonic() < deadline
        for _ in range(5):
            app.json("POST", ROUTE, json={"status": f"the water rises {time.monotonic_ns()}"})
    [writer] = writers(server)
    return writer


def worker_of(server: Server) -> psutil.Process:
    """The process that does the work behind."""
    children = psutil.Process(server.process.pid).children()
    others = [one for one in children if making.__name__ not in one.cmdline()]
    [worker] = [one for one in others if one not in writers(server)]
    return worker


def test_most_days_there_is_one_process(server, app):
    for n in range(3):
        app.json("POST", ROUTE, json={"status": f"slowly {n}"})
        time.sleep(1)
    assert not taken(server)
    assert not writers(server)


@pytest.fixture
def busy(server):
    """A server that others read without a pause: it has looked at its database a moment ago."""
    ended = threading.Event()

    def read() -> None:
        with httpx2.Client(base_url=server.url) as reader:
            while not ended.is_set():
                reader.get("/api/v1/timelines/public")

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        yield
        ended.set()
        reading.result()


def test_what_a_wave_writes_is_there_at_once_for_whoever_reads(server, juniper, app, busy):
    risen(server, app)
    me = app.json("GET", "/api/v1/accounts/verify_credentials")["id"]
    before = taken(server)
    for n in range(20):
        note = app.json("POST", ROUTE, json={"status": f"thought {n}"})
        assert app.json("GET", f"/api/v1/accounts/{me}/statuses")[0]["id"] == note["id"]
        answer = app.json("POST", ROUTE, json={"status": "and so?", "in_reply_to_id": note["id"]})
        assert app.json("GET", f"{ROUTE}/{note['id']}/context")["descendants"][0]["id"] == answer["id"]
        assert app.json("POST", f"{ROUTE}/{note['id']}/favourite")["favourited"] is True
        assert app.json("GET", f"{ROUTE}/{note['id']}")["favourites_count"] == 1
    assert taken(server) == before + 40
    assert taken(server, ROUTE + "/{id}/favourite") == 20
    told = juniper.post("/new", data={"title": "Rain", "body": "It rains on the sill."})
    assert told.status_code == 303
    number = told.headers["location"].rpartition("/")[2]
    assert "It rains on the sill." in juniper.get(told.headers["location"]).text
    commented = juniper.post(f"/n/{number}/comments", data={"text": "On mine too."})
    assert "On mine too." in juniper.get(commented.headers["location"], follow_redirects=True).text
    assert juniper.post(f"/n/{number}/like").status_code == 303
    assert (taken(server, "/new"), taken(server, "/n/{id}/comments"), taken(server, "/n/{id}/like")) == (1, 1, 1)


def test_a_refusal_is_said_as_ever(server, app):
    risen(server, app)
    before = taken(server)
    assert "blank" in app.json("POST", ROUTE, json={"status": ""}, status=422)["error"]
    assert "x-ratelimit-remaining" in app.post(ROUTE, json={"status": "here"}).headers
    with App(server, token="none") as nobody:
        nobody.json("POST", ROUTE, json={"status": "hello"}, status=401)
    elsewhere = {"sec-fetch-site": "cross-site", "accept-language": "zh"}
    refused = httpx2.post(f"{server.url}/new", data={"body": "hello"}, headers=elsewhere)
    assert refused.status_code == 403
    assert 'lang="zh' in refused.text
    assert taken(server) == before + 3
    assert taken(server, "/new") == 1


def test_uploads_and_what_is_long_stay_where_they_came_in(server, juniper, app):
    risen(server, app)
    before = taken(server)
    picture = {"files": ("cat.jpg", photo_bytes(), "image/jpeg")}
    told = juniper.post("/new", data={"title": "Cat", "body": "Look."}, files=picture)
    assert told.status_code == 303
    many = {"status": "short", "beside": "x" * wave.BODY_MOST_BYTES}
    app.json("POST", ROUTE, json=many)
    assert taken(server) == before
    assert taken(server, "/new") == 0


def test_pages_have_a_processor_of_their_own_while_it_lasts(server, app):
    every = processors.available()
    if len(every) < 2:
        pytest.skip('one processor')
    writer = risen(server, app)
    assert set(writer.cpu_affinity()) == every - {min(every)}
    assert set(psutil.Process(server.process.pid).cpu_affinity()) == every
    worker = worker_of(server)
    assert set(worker.cpu_affinity()) == every - {min(every)}
    writer.kill()
    deadline = time.monotonic() + 10
    while set(worker.cpu_affinity()) != every:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_one_that_is_killed_is_done_without_and_then_another_begins(server, app):
    first = risen(server, app)
    first.kill()
    for n in range(10):
        app.json("POST", ROUTE, json={"status": f"on we go {n}"}, headers={"idempotency-key": f"k{n}"})
    first.wait(timeout=20)
    second = risen(server, app)
    assert second.pid != first.pid
    assert "writer_died" in server.log()


def test_it_ends_with_its_server(server, app):
    writer = risen(server, app)
    server.stop()
    writer.wait(timeout=20)
    server.start()
    writer = risen(server, app)
    server.kill()
    writer.wait(timeout=20)
    server.start()


def asked_of_one_that_dies(server: Server, app: App, ask) -> httpx2.Response:
    """What is told whose request was with the other process when that was killed."""
    writer = risen(server, app)
    writer.suspend()
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(ask)
        time.sleep(0.3)
        assert not asking.done()
        writer.kill()
        return asking.result(timeout=20)


def test_where_nobody_knows_what_was_done_it_is_said(server, juniper, app):
    told = asked_of_one_that_dies(server, app, lambda: app.post(ROUTE, json={"status": "lost?"}))
    assert told.status_code == 503
    assert "before you send it again" in told.json()["error"]
    assert told.headers["access-control-allow-origin"] == "*"
    told = asked_of_one_that_dies(server, app, lambda: juniper.post("/new", data={"body": "lost?"}))
    assert told.status_code == 503
    assert "before you send it again" in told.text
    assert "再发之前" in told.text


def test_what_names_a_key_is_done_all_the_same_and_once(server, app):
    again = {"headers": {"idempotency-key": "once"}, "json": {"status": "this, once"}}
    told = asked_of_one_that_dies(server, app, lambda: app.post(ROUTE, **again))
    assert told.status_code == 200
    risen(server, app)
    assert app.json("POST", ROUTE, **again)["id"] == told.json()["id"]


@pytest.mark.parametrize(("path", "headers", "status"), [
    (ROUTE, [], None), (ROUTE, [(b"idempotency-key", b"k")], 418), (ROUTE + "/7/favourite", [], 418),
    ("/n/7/like", [], 418), ("/n/7/comments", [(b"idempotency-key", b"k")], None), ("/new", [], None),
])
def test_only_what_may_be_done_twice_is_done_again(path, headers, status):
    async def told():
        async with handing() as (hands, other):
            at_the_door = Wave(Nowhere(), per_second=1)
            with at_the_door.taken_by(hands):
                asking = asyncio.create_task(answered(at_the_door, asked(path, query=b"0.2", headers=headers)))
                await asyncio.sleep(0.05)
                other.cancel()
                return await asking

    if status is None:
        with pytest.raises(AnswerLost):
            run(told())
    else:
        assert run(told()) == status


def test_one_that_dies_while_a_body_is_on_its_way_is_done_without():
    async def told():
        async with handing() as (hands, other):
            at_the_door = Wave(Nowhere(), per_second=1)
            with at_the_door.taken_by(hands):
                begun = asyncio.create_task(answered(at_the_door, asked("/new"), slowly=True))
                await asyncio.sleep(0.02)
                other.cancel()
                return await begun

    assert run(told()) == 418


class Nowhere:
    """A database that nobody writes to."""

    def look(self) -> None:
        """Nothing to see."""


async def answered(at_the_door: Wave, scope: dict, *, slowly: bool = False) -> int:
    """The status that a request is answered with, by whichever process."""
    scope["headers"] = [*scope["headers"], (b"content-length", b"4")]
    said: list[int] = []

    async def receive():
        await asyncio.sleep(0.2 if slowly else 0)
        return {"type": "http.request", "body": b"meow"}

    async def send(message) -> None:
        if message["type"] == "http.response.start":
            said.append(message["status"])

    await at_the_door.answer(mirror, scope, receive, send)
    [status] = said
    return status


def test_everything_that_a_process_has_started_is_known():
    command = "import subprocess, threading, time; threading.Thread(target=time.sleep, args=(9,)).start()"
    below = f"{command}; subprocess.Popen(['sleep', '9']); print(1, flush=True); time.sleep(9)"
    with subprocess.Popen([sys.executable, "-c", below], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"1\n"
        [child] = psutil.Process(process.pid).children()
        own = [thread.id for thread in psutil.Process(process.pid).threads()]
        assert len(own) == 2
        assert sorted(processors.threads_below(process.pid)) == sorted([*own, child.pid])
        child.kill()
        process.kill()
    assert processors.threads_below(process.pid) == []


def test_one_processor_is_nobodys_own(monkeypatch):
    monkeypatch.setattr(processors, "available", lambda: frozenset({3}))
    assert processors.count() == 1
    assert processors.all_but_one(processors.available()) == frozenset()
    processors.confine([0], frozenset())  # where there is nowhere else to go, all stay
    monkeypatch.undo()
    assert psutil.Process().cpu_affinity() == sorted(processors.available())
