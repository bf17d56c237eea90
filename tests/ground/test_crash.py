"""kill -9 during 1,000 posts: everything acknowledged is there, nothing is half there."""

from __future__ import annotations

import io
import random
import threading
import time
from collections.abc import Callable

import httpx2
import psutil
from PIL import Image
from pysqlite3 import dbapi2

from catflap.media import making
from tests.conftest import Server

POSTS = 1000
WRITERS = 4
KILLS_AT = (150, 400, 750)
WORKER_KILLED_AT = 550
PHOTO_EVERY, COMMENT_EVERY = 40, 10

HALF_THERE = {
    "notes without their words": (
        "SELECT count(*) FROM notes WHERE body_key NOT IN (SELECT key FROM texts)"
    ),
    "words that nobody wrote": (
        "SELECT count(*) FROM texts WHERE uses < 1 OR key NOT IN "
        "(SELECT body_key FROM notes UNION SELECT title_key FROM notes)"
    ),
    "notes without their event": (
        "SELECT count(*) FROM notes WHERE CAST(id AS TEXT) NOT IN "
        "(SELECT json_extract(payload, '$.note') FROM events) AND id NOT IN "
        "(SELECT json_extract(payload, '$.note') FROM events)"
    ),
    "events without their note": (
        "SELECT count(*) FROM events WHERE kind IN ('NotePosted', 'CommentPosted') AND "
        "CAST(json_extract(payload, '$.note') AS INTEGER) NOT IN (SELECT id FROM notes)"
    ),
    "notes that the feed does not know": (
        "SELECT count(*) FROM notes WHERE root_id IS NULL AND "
        "id NOT IN (SELECT note_id FROM feed_entries)"
    ),
    "counts of comments that are wrong": (
        "SELECT count(*) FROM notes r WHERE root_id IS NULL AND comments_count != "
        "(SELECT count(*) FROM notes c WHERE c.root_id = r.id)"
    ),
    "counts of notes that are wrong": (
        "SELECT count(*) FROM people p WHERE notes_count != "
        "(SELECT count(*) FROM notes WHERE author_id = p.id AND root_id IS NULL)"
    ),
    "jobs left or dead": "SELECT count(*) FROM jobs WHERE key IS NULL OR key NOT LIKE 'every:%'",
}


def photo() -> bytes:
    held = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(held, "JPEG")
    return held.getvalue()


class Writers:
    """Several people who post until every number was acknowledged, whatever happens."""

    def __init__(self, server: Server, cookie: str) -> None:
        self.server = server
        self.headers = {"cookie": cookie}
        self.kept: dict[str, str] = {}
        self.tries = 0
        self._numbers = iter(range(POSTS))
        self.threads = [threading.Thread(target=self._post_all) for _ in range(WRITERS)]

    def _post_all(self) -> None:
        with httpx2.Client(base_url=self.server.url, headers=self.headers, timeout=20) as client:
            for number in self._numbers:
                note = self._until_acknowledged(
                    client, "/new", f"note {number} written before the lights went out",
                    {"title": f"Title {number}"}, with_photo=number % PHOTO_EVERY == 0,
                )
                if number % COMMENT_EVERY == 0:
                    words = f"comment under {number}"
                    self._until_acknowledged(client, f"/n/{note}/comments", words, {})

    def _until_acknowledged(
        self, client: httpx2.Client, path: str, words: str, fields: dict[str, str], *,
        with_photo: bool = False,
    ) -> str:
        files = {"files": ("a.jpg", photo(), "image/jpeg")} if with_photo else None
        while True:
            self.tries += 1
            try:
                told = client.post(
                    path, files=files, data={**fields, "body": words, "text": words}
                )
            except httpx2.HTTPError:
                time.sleep(0.05)
                continue
            if told.status_code == 503:  # the process that a wave is handed to was killed with it
                continue
            assert told.status_code == 303, told.text[-500:]
            id_ = told.headers["location"].rpartition("/")[2]
            self.kept[id_] = words
            return id_


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_so()


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(tmp_path):
    server = Server(
        tmp_path, attempts_per_hour="10000", posts_per_hour="100000", wave_per_second="5",
        log_level="info",
    ).start()
    answer = httpx2.post(
        f"{server.url}/join", data={"handle": "juniper", "password": "correct horse 9"}
    )
    writers = Writers(server, f"catflap={answer.cookies['catflap']}")
    seed = random.randrange(10**6)
    print("seed", seed)
    rng = random.Random(seed)
    for thread in writers.threads:
        thread.start()
    for count in sorted((*KILLS_AT, WORKER_KILLED_AT)):
        at = count + rng.randrange(60)
        wait_until(lambda at=at: len(writers.kept) >= at, 60)
        if count == KILLS_AT[0]:  # so that it is both processes that write
            wait_until(lambda: "wave_begins" in server.log(), 30)
        if count == WORKER_KILLED_AT:
            # Whatever else it has started makes somebody's photo at this moment.
            children = psutil.Process(server.process.pid).children()
            workers = [child for child in children if making.__name__ not in child.cmdline()]
            assert workers
            for worker in workers:
                worker.kill()
            continue
        server.kill()
        server.start()
    for thread in writers.threads:
        thread.join(timeout=120)
    database = dbapi2.connect(f"file:{tmp_path}/data/catflap.db?mode=ro", uri=True)

    def counted(sql: str) -> int:
        return int(database.execute(sql).fetchone()[0])

    wait_until(lambda: not counted(HALF_THERE["jobs left or dead"]), 240)
    found = dict(
        database.execute(
            "SELECT CAST(n.id AS TEXT), t.text FROM notes n JOIN texts t ON t.key = n.body_key"
        ).fetchall()
    )
    assert len(writers.kept) == POSTS + POSTS // COMMENT_EVERY
    assert {id_: found.get(id_) for id_ in writers.kept} == writers.kept
    # What was written but never acknowledged may be there too, whole; nothing else is.
    assert len(writers.kept) <= len(found) <= writers.tries
    assert set(found.values()) == set(writers.kept.values())
    assert {what: counted(sql) for what, sql in HALF_THERE.items()} == dict.fromkeys(HALF_THERE, 0)
    for folder, note in database.execute("SELECT folder, note_id FROM media").fetchall():
        assert any((tmp_path / "data" / "media" / folder).iterdir()), note
    photos = counted("SELECT count(*) FROM media WHERE note_id IS NOT NULL")
    assert photos >= POSTS // PHOTO_EVERY
    server.stop()
