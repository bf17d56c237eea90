"""What is asked of an engine, counted at its endpoint: each segment once, whoever wants it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from pysqlite3 import dbapi2

from catflap import app
from catflap.access import actions as access
from catflap.ground import runner
from catflap.migrations import running
from catflap.notes import actions, queries
from catflap.notes.model import Written
from catflap.translation import actions as translation
from catflap.translation import queries as texts
from catflap.translation.codes import Lang
from catflap.translation.model import key_of
from tests.conftest import LEXICON, Server, house_at, run
from tests.translation.scripted_endpoints import Endpoint, asked, libre, plausible

TITLE = "Paying my cat tax with Biscuit"
BODY = "This is Biscuit the cat.\nShe sleeps on the sofa all day.\nShe likes noodles more than fish."
NAMES = ("cat", "sofa", "river", "noodle", "fish", "house", "mountain", "street", "garden", "moon")


class Counting:
    """A LibreTranslate endpoint that translates, slowly, and counts what it is asked."""

    def __init__(self, *, slow_s: float = 0.0) -> None:
        self.slow_s = slow_s
        self.sizes: list[int] = []
        self.times: Counter[str] = Counter()
        self.open = threading.Event()
        self.open.set()
        self._lock = threading.Lock()
        self.endpoint = Endpoint(self._answer)

    def _answer(self, body):
        wanted = asked(body)
        with self._lock:
            self.times.update(wanted)
            self.sizes.append(len(wanted))
        time.sleep(self.slow_s)
        self.open.wait(timeout=30)
        return libre([plausible(text) for text in wanted])


@pytest.fixture
def counting() -> Iterator[Counting]:
    made = Counting()
    yield made
    made.open.set()
    made.endpoint.stop()


class Place:
    """A house with an engine and a person who writes English."""

    def __init__(self, house) -> None:
        self.house, self.db = house, house.database

    async def settle(self) -> None:
        async with self.db.tx() as tx:
            self.juniper = await access.sign_up(
                tx, handle="juniper", password_hash="x", email=None, locale="en", reads=("en",)
            )

    async def posts(self, body: str, **written):
        async with self.db.tx() as tx:
            return await actions.post(
                tx, by=self.juniper, written=Written(body=body, **written), prior=("en",)
            )

    async def works(self, *, workers: int = 1) -> None:
        await asyncio.gather(
            *(app.runner(self.house, name=f"worker {n}").drain() for n in range(workers))
        )

    async def read(self, note) -> str:
        async with self.db.reads() as reads:
            key = (await queries.note(reads, note, viewer=None)).body_key
            rendition = (await texts.kept(reads, [key], target=Lang("zh")))[key].rendition
        return "" if rendition is None or rendition.failed else rendition.text


def at(database_url, folder, counting: Counting, story) -> None:
    async def play() -> None:
        house = house_at(
            database_url, folder, engines=("libretranslate",), languages=("zh",),
            libretranslate_url=counting.endpoint.url,
        )
        place = Place(house)
        try:
            await place.settle()
            await story(place)
        finally:
            await house.close()

    run(play())


def test_a_text_in_fifty_notes_is_asked_for_once_by_four_workers(database_url, tmp_path, counting):
    counting.slow_s = 0.2

    async def story(p: Place) -> None:
        notes = [await p.posts(BODY, title=TITLE) for _ in range(50)]
        # Others say one of its sentences among their own.
        lines = BODY.split("\n")
        notes += [
            await p.posts(f"Look at the {name} today.\n{lines[n % 3]}") for n, name in enumerate(NAMES)
        ]
        await p.works(workers=4)
        await p.works()
        assert all([await p.read(note) for note in notes])

    at(database_url, tmp_path, counting, story)
    assert {text: count for text, count in counting.times.items() if count > 1} == {}
    assert {TITLE, *BODY.split("\n")} <= set(counting.times)


def test_who_looks_while_it_is_being_translated_does_not_have_it_asked_again(
    database_url, tmp_path, counting
):
    async def story(p: Place) -> None:
        note = await p.posts(BODY, title=TITLE)
        counting.open.clear()
        working = asyncio.create_task(p.works(workers=2))
        while not counting.times:
            await asyncio.sleep(0.01)
        async with p.db.reads() as reads:
            keys = (await queries.note(reads, note, viewer=None)).keys()
        for _ in range(3):
            async with p.db.tx() as tx:
                await translation.want(tx, keys, target=Lang("zh"))
            others = asyncio.create_task(p.works())
            await asyncio.sleep(0.05)
            assert others.done(), "somebody took up what is being done"
        counting.open.set()
        await working
        await p.works()
        assert await p.read(note)

    at(database_url, tmp_path, counting, story)
    assert set(counting.times.values()) == {1}


@pytest.mark.parametrize("between", ["\n", " "])
def test_an_edit_asks_for_the_sentence_that_changed(database_url, tmp_path, counting, between):
    said = [f"This sentence is about the {name}." for name in NAMES]
    changed = [*said[:6], "This one is about a dog now.", *said[7:]]

    async def story(p: Place) -> None:
        note = await p.posts(between.join(said))
        await p.works()
        assert await p.read(note)
        counting.times.clear()
        async with p.db.tx() as tx:
            await actions.edit(
                tx, note, by=p.juniper, written=Written(body=between.join(changed)), prior=("en",)
            )
        await p.works()
        assert dict(counting.times) == {"This one is about a dog now.": 1}
        for sentence in changed:
            assert plausible(sentence) in await p.read(note)

    at(database_url, tmp_path, counting, story)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def joined(server: Server, handle: str, lang: str) -> Iterator[httpx2.Client]:
    headers = {"accept-language": lang}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=20) as client:
        client.post("/join", data={"handle": handle, "password": "correct horse 9", "reads": lang})
        yield client


@pytest.fixture
def served(tmp_path, counting) -> Iterator[Server]:
    server = Server(
        tmp_path, engines="libretranslate", libretranslate_url=counting.endpoint.url,
        attempts_per_hour="10000", posts_per_hour="100000",
    ).start()
    yield server
    server.stop()


def test_a_note_that_is_posted_and_read_at_once_is_asked_for_once(served, counting):
    counting.slow_s = 0.4
    with joined(served, "juniper", "en") as writer, joined(served, "阿橘", "zh") as reader:
        note = writer.post("/new", data={"title": TITLE, "body": BODY}).headers["location"]
        # The glossary's term is ignored at first, and asked for once more, set aside.
        title = plausible(TITLE.replace("cat tax", "⟦0⟧")).replace(" ⟦0⟧ ", "猫税")
        wanted = [title, *(plausible(text) for text in BODY.split("\n"))]
        until(lambda: all(text in reader.get(note).text + reader.get("/").text for text in wanted))
    assert set(counting.times.values()) == {1}
    assert TITLE.replace("cat tax", "⟦0⟧") in counting.times


class Worker:
    """A worker in a process of its own, without a server."""

    def __init__(self, folder: Path, url: str) -> None:
        self._command = [sys.executable, "-m", "catflap", "work", "--data", str(folder)]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CATFLAP_")}
        self._environment = kept | {
            "CATFLAP_LEXICON_DIR": str(LEXICON), "CATFLAP_LIBRETRANSLATE_URL": url,
            "CATFLAP_ENGINES": "libretranslate", "CATFLAP_LANGUAGES": "zh",
        }
        self._log = folder / "worker.log"
        self.start()

    def start(self) -> None:
        """Begin, or begin again."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()


def test_a_killed_worker_loses_no_text_and_asks_again_only_for_what_was_in_flight(
    tmp_path, counting
):
    bodies = [
        f"Today I saw the {one} and the {two} by the {three}."
        for one in NAMES for two in NAMES for three in ("bridge", "station")
    ]
    url = f"sqlite:///{tmp_path / 'catflap.db'}"
    run(running.upgrade(url))
    counting.slow_s = 0.3
    counting.open.clear()

    async def written(p: Place) -> None:
        async with p.db.tx() as tx:
            for body in bodies:
                await translation.keep(tx, body, prior=("en",))
            await translation.want(tx, [key_of(body) for body in bodies], target=Lang("zh"))

    at(url, tmp_path, counting, written)
    worker = Worker(tmp_path, counting.endpoint.url)
    try:
        until(lambda: len(counting.sizes) >= 2)
        counting.open.set()
        # In the middle of two turns of many batches.
        until(lambda: len(counting.sizes) >= 6)
        worker.kill()
        at_the_kill = Counter(counting.times)
        assert len(at_the_kill) < len(bodies), "all was done before the worker could be killed"
        worker.start()
        database = dbapi2.connect(f"file:{tmp_path}/catflap.db?mode=ro", uri=True)
        count = "SELECT count(*) FROM renditions WHERE failed = 0"
        until(lambda: database.execute(count).fetchone() == (len(bodies),))
        database.close()
    finally:
        worker.kill()
    assert set(counting.times) == set(bodies)
    again = {text for text, times in counting.times.items() if times > 1}
    in_flight = runner.LANE_WIDTH["engine"] * max(counting.sizes)
    assert again <= set(at_the_kill)
    assert len(again) <= in_flight
    assert max(counting.times.values()) <= 2
