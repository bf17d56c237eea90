"""kill -9 while people post: everything acknowledged is there, nothing is half there."""

from __future__ import annotations

import random
import threading
import time

import httpx2
from pysqlite3 import dbapi2

from tests.conftest import Server

POSTS = 1000


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(tmp_path):
    server = Server(tmp_path, attempts_per_hour="10000", posts_per_hour="100000").start()
    answer = httpx2.post(
        f"{server.url}/join", data={"handle": "juniper", "password": "correct horse 9", "reads": "en"}
    )
    cookie = {"cookie": f"catflap={answer.cookies['catflap']}"}
    kept: dict[str, str] = {}
    numbers = iter(range(POSTS))

    def post() -> None:
        with httpx2.Client(base_url=server.url, headers=cookie, timeout=5) as client:
            for number in numbers:
                body = f"note number {number} written before the lights went out"
                try:
                    told = client.post("/new", data={"title": f"Title {number}", "body": body})
                except httpx2.HTTPError:
                    return
                if told.status_code == 303:
                    kept[told.headers["location"].rpartition("/")[2]] = body

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    seed = random.randrange(10**6)
    print("seed", seed)
    pause_until = 100 + random.Random(seed).randrange(500)
    deadline = time.monotonic() + 30
    while len(kept) < pause_until and time.monotonic() < deadline:
        time.sleep(0.01)
    server.kill()
    for thread in threads:
        thread.join()
    assert len(kept) >= 100

    server.start()
    database = dbapi2.connect(f"file:{tmp_path}/data/catflap.db?mode=ro", uri=True)
    found = dict(
        database.execute(
            "SELECT CAST(n.id AS TEXT), t.text FROM notes n JOIN texts t ON t.key = n.body_key"
        ).fetchall()
    )
    assert {id_: found.get(id_) for id_ in kept} == kept
    [(notes, wordless)] = database.execute(
        "SELECT count(*), sum(body_key NOT IN (SELECT key FROM texts)) FROM notes"
    ).fetchall()
    assert (notes, wordless) == (len(found), 0)
    [(counted,)] = database.execute("SELECT notes_count FROM people").fetchall()
    assert counted == notes

    deadline = time.monotonic() + 60
    while database.execute("SELECT count(*) FROM jobs").fetchone()[0] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert database.execute("SELECT kind, dead, error FROM jobs LIMIT 3").fetchall() == []
    assert database.execute("SELECT count(*) FROM feed_entries").fetchone()[0] == notes
    server.stop()
