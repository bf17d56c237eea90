"""Finding people, taking everything, leaving and coming back, over a real server, without scripts."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import psutil
import pytest
from PIL import Image
from pysqlite3 import dbapi2

from tests.conftest import Server, free_port, photo_bytes
from tests.web.test_bring_page import PASSWORD, Person


class Old(BaseHTTPRequestHandler):
    """A server of the fediverse with one person, whose bio others may set."""

    bio = "nothing"

    def do_GET(self) -> None:
        base = f"http://{self.headers['host']}"
        known = {
            f"/.well-known/webfinger?resource=acct:poppy@{self.headers['host']}": {
                "links": [{"rel": "self", "type": "application/activity+json", "href": f"{base}/users/poppy"}]},
            "/users/poppy": {
                "id": f"{base}/users/poppy", "preferredUsername": "poppy", "summary": f"<p>{Old.bio}</p>"},
        }
        body = json.dumps(known.get(self.path, {})).encode()
        self.send_response(200 if self.path in known else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def old():
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Old)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Server(
        tmp_path_factory.mktemp("leaving"), attempts_per_hour="10000", posts_per_hour="10000",
        proofs_privately="true",
    ).start()
    yield server
    server.stop()


@pytest.fixture
def joins(served):
    """People at their browsers, who close them afterwards."""
    with ExitStack() as open_:
        def one(handle: str) -> Person:
            person = Person(served, handle)
            open_.callback(person.link.close)
            return person

        yield one


def until(person: Person, path: str, wanted: str) -> str:
    """A page once it says something."""
    for _ in range(200):
        page = person.link.get(path).text
        if wanted in page:
            return page
        time.sleep(0.05)
    raise AssertionError(page[-3000:] + person.server.log()[-2000:])


def test_a_code_in_the_old_profile_proves_a_claim_and_who_looked_for_it_hears(joins, old, tmp_path):
    poppy, fan = joins("poppy"), joins("fan")
    page = fan.link.post("/arrive/people/seek").text
    assert "Nobody you knew is here yet" in page
    table = tmp_path / "following_accounts.csv"
    table.write_text(f"Account address,Show boosts\npoppy@{old},true\n")
    fan.reads(fan.brings(table))
    poppy.link.post("/arrive/people/seek")
    said = poppy.link.post("/arrive/people/claim", data={"network": "fediverse", "handle": f"@Poppy@{old}"})
    code = re.search(r"catflap-[0-9a-z]{16}", said.text)[0]
    refused = poppy.link.post("/arrive/people/claim", data={"network": "fediverse", "handle": "no handle"})
    assert (refused.status_code, "is no handle there" in refused.text) == (422, True)
    looks = re.search(r'action="(/arrive/people/claims/\d+/prove)"', said.text)[1]
    assert fan.link.post(looks).status_code == 404
    Old.bio = f"my new home: {code}"
    poppy.link.post(looks)
    until(poppy, "/arrive/people", "proven")
    page = until(fan, "/arrive/people", "1 person you knew is here")
    assert f"poppy@{old}" in page
    assert "you knew each other elsewhere" in until(fan, "/notices", "@poppy")
    assert "following" in fan.link.post("/arrive/people/follow").text.casefold()
    assert "@fan" in poppy.link.get("/@poppy/followers").text
    poppy.link.post("/arrive/people/forget")
    assert "Delete every handle" not in until(poppy, "/arrive/people", "proven")


def test_an_old_profile_that_does_not_say_it_proves_nothing(joins, old):
    sam = joins("sam")
    sam.link.post("/arrive/people/seek")
    said = sam.link.post("/arrive/people/claim", data={"network": "fediverse", "handle": f"other@{old}"})
    looks = re.search(r'action="(/arrive/people/claims/\d+/prove)"', said.text)[1]
    sam.link.post(looks)
    page = until(sam, "/arrive/people", "did not find it yet")
    assert "· proven" not in page
    again = sam.link.post(looks)
    assert (again.status_code, "retry-after" in again.headers) == (429, True)


def test_everything_is_taken_in_parts_under_a_private_address(served, joins):
    sun = joins("sun")
    sun.link.post("/new", data={"title": "", "body": "my only note", "visibility": "public"})
    page = sun.link.post("/settings/export").text
    assert "data-import" in page or "It is ready" in page
    page = until(sun, "/settings/export", "It is ready")
    address = re.search(r'href="(/exports/\d+/[\w-]+\.zip)"', page)[1]
    with httpx2.Client(base_url=served.url) as stranger:  # the address alone is enough, and needed
        whole = stranger.get(address)
        assert zipfile.ZipFile(io.BytesIO(whole.content)).testzip() is None
        assert b"my only note" in zipfile.ZipFile(io.BytesIO(whole.content)).read("outbox.json")
        rest = stranger.get(address, headers={"range": f"bytes={len(whole.content) - 10}-"})
        assert (rest.status_code, rest.content) == (206, whole.content[-10:])
        assert "no-store" in rest.headers["cache-control"]
        assert stranger.get(address.replace(".zip", "x.zip")).status_code == 404
    assert sun.link.post("/settings/export").status_code == 429


def test_a_download_that_broke_off_goes_on_where_it_stopped(joins, served):
    moon = joins("moon")
    noise = io.BytesIO()
    Image.effect_noise((1600, 1600), 90).convert("RGB").save(noise, "JPEG", quality=95)
    for _ in range(3):
        moon.link.post("/new", data={"body": "x", "visibility": "public"}, files={
            "files": ("noise.jpg", noise.getvalue(), "image/jpeg")})
    moon.link.post("/settings/export")
    page = until(moon, "/settings/export", "It is ready")
    address = re.search(r'href="(/exports/\d+/[\w-]+\.zip)"', page)[1]
    with httpx2.Client(base_url=served.url) as stranger:
        got = b""
        with stranger.stream("GET", address) as answer:
            size, mark = int(answer.headers["content-length"]), answer.headers["etag"]
            assert answer.headers["accept-ranges"] == "bytes"
            for chunk in answer.iter_bytes(65_536):
                got += chunk
                if len(got) > 300_000:
                    break  # the train goes into a tunnel
        assert 300_000 < len(got) < size
        while len(got) < size:
            part = stranger.get(address, headers={
                "range": f"bytes={len(got)}-{len(got) + 400_000}", "if-range": mark})
            assert part.status_code == 206
            assert part.headers["content-range"].startswith(f"bytes {len(got)}-")
            got += part.content
        zipped = zipfile.ZipFile(io.BytesIO(got))
        assert zipped.testzip() is None
        assert sum(name.startswith("media/") for name in zipped.namelist()) == 3
        # Of another file than this one nothing is gone on with.
        other = stranger.get(address, headers={"range": "bytes=10-", "if-range": '"another"'})
        assert (other.status_code, len(other.content)) == (200, size)


@pytest.fixture
def tight_and_jay(tmp_path, monkeypatch):
    """A server whose passing files stand where the test sees them."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    server = Server(tmp_path).start()
    jay = Person(server, "jay")
    yield server, jay
    jay.link.close()
    server.stop()


def state_of(server: Server) -> tuple[str, int, float]:
    link = dbapi2.connect(str(server.folder / "data" / "catflap.db"), timeout=20)
    try:
        return link.execute("SELECT state, begun_count, progress_ratio FROM exports").fetchone()
    finally:
        link.close()


def test_a_worker_killed_in_the_middle_leaves_no_half_and_the_next_one_does_it_whole(tight_and_jay):
    tight, jay = tight_and_jay
    jay.link.post("/new", data={"body": "x", "visibility": "public"}, files={
        "files": ("photo.jpg", photo_bytes(), "image/jpeg")})
    media = tight.folder / "data" / "media"
    photos = list(media.rglob("*.webp"))
    assert photos
    for path in photos:
        with path.open("r+b") as file:
            file.truncate(120_000_000)  # as long as a long film, and takes no room
    [worker] = psutil.Process(tight.process.pid).children()
    jay.link.post("/settings/export")
    while state_of(tight)[2] < 0.4:  # after its tables come its files
        time.sleep(0.005)
    worker.kill()
    assert state_of(tight)[:2] == ("reading", 1)
    assert [p for p in (tight.folder / "tmp").rglob("*") if p.is_file()] == []
    page = until(jay, "/settings/export", "It is ready")
    assert state_of(tight)[:2] == ("ready", 2)
    with jay.link.stream("GET", re.search(r'href="(/exports/\d+/[\w-]+\.zip)"', page)[1]) as answer:
        got = io.BytesIO(answer.read())
    assert zipfile.ZipFile(got).testzip() is None
    assert len(list((media / "exports").rglob("*.zip*"))) == 1


def test_who_leaves_is_gone_for_others_and_back_by_signing_in(joins):
    leaf, other = joins("leaf"), joins("other")
    wrong = leaf.link.post("/settings/close", data={"current": "wrong"})
    assert wrong.status_code == 403
    assert "You have left" in leaf.link.post("/settings/close", data={"current": PASSWORD}).text
    assert "/enter" in str(leaf.link.get("/settings").url)
    assert other.link.get("/@leaf").status_code == 404
    assert other.link.get("/api/v1/accounts/lookup?acct=leaf").status_code == 404
    assert leaf.link.post("/join", data={"handle": "leaf", "password": PASSWORD}).status_code == 422
    back = leaf.link.post("/enter", data={"handle": "leaf", "password": PASSWORD})
    assert "Welcome back" in back.text
    assert other.link.get("/@leaf").status_code == 200
    assert "nobody can take it after you" in leaf.link.get("/settings/account").text
    leaf.link.post("/settings/delete", data={"current": PASSWORD})
    assert leaf.link.post("/enter", data={"handle": "leaf", "password": PASSWORD}).status_code == 403


def test_nobody_comes_as_somebody_who_left_but_by_the_operator(joins, served):
    ivy = joins("ivy")
    taken = joins("stem").link.post("/join", data={"handle": "Ivy", "password": PASSWORD})
    ivy.link.post("/settings/delete", data={"current": PASSWORD})
    with httpx2.Client(base_url=served.url, headers={"accept-language": "en"}) as stranger:
        left = stranger.post("/join", data={"handle": "Ivy", "password": PASSWORD})
        told = re.search(r'role="alert"[^>]*>(.*?)<', left.text, re.S)[1]
        assert "Somebody has this handle" in told
        assert (left.status_code, told) == (422, re.search(r'role="alert"[^>]*>(.*?)<', taken.text, re.S)[1])
        app = stranger.post("/api/v1/apps", json={
            "client_name": "app", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "write"}).json()
        token = stranger.post("/oauth/token", json={
            "grant_type": "client_credentials", "client_id": app["client_id"],
            "client_secret": app["client_secret"], "scope": "write"}).json()["access_token"]
        refused = stranger.post("/api/v1/accounts", headers={"authorization": f"Bearer {token}"}, json={
            "username": "ivy", "email": "i@mail.example", "password": PASSWORD, "agreement": True})
        assert (refused.status_code, refused.json()["details"]["username"][0]["error"]) == (422, "ERR_TAKEN")
        added = subprocess.run(
            [sys.executable, "-m", "catflap", "people", "add", "ivy", "--password-stdin", "--data",
             str(served.folder / "data")], input=f"{PASSWORD}\n", capture_output=True, text=True, timeout=60)
        assert added.returncode == 0, added.stderr
        assert stranger.post("/enter", data={"handle": "ivy", "password": PASSWORD}).status_code == 303
