"""Translating ahead of need: for whom, in which order, and what gives way when there is too much."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from catflap import app
from catflap.access import actions as access
from catflap.ground import clock
from catflap.ground import jobs as ground
from catflap.translation import actions as translation
from catflap.translation import jobs, queries
from catflap.translation.codes import Lang
from catflap.translation.model import key_of
from tests.conftest import house_at, run
from tests.translation.scripted_endpoints import Endpoint, asked, libre, plausible

NAMES = ("cat", "sofa", "river", "noodle", "fish", "house", "mountain", "street")
TEXTS = [f"Today I saw the {name}." for name in NAMES]
KEYS = [key_of(text) for text in TEXTS]
ZH = Lang("zh")


@pytest.fixture
def heard():
    """What an engine was asked, in order; one text a request."""
    texts: list[str] = []

    def answer(body):
        texts.extend(asked(body))
        return libre([plausible(text) for text in asked(body)])

    endpoint = Endpoint(answer)
    endpoint.texts = texts
    yield endpoint
    endpoint.stop()


def at(database_url, folder, heard, story, **settings) -> None:
    async def play():
        house = house_at(
            database_url, folder, engines=("libretranslate",), libretranslate_url=heard.url,
            **{"languages": ("zh",), **settings},
        )
        try:
            await story(house)
        finally:
            await house.close()

    run(play())


async def keep(house, texts=TEXTS, *, prior=("en",)) -> None:
    for text in texts:
        async with house.database.tx() as tx:
            await translation.keep(tx, text, prior=prior)


async def planned(house, texts=TEXTS) -> None:
    """What is to be translated is queued, nothing is translated."""
    for text in texts:
        await jobs.ahead(house, [jobs.Ahead(key=key_of(text))])
    async with house.database.tx() as tx:
        for job in await ground.claim(tx, worker="planner", count=99):
            await ground.finish(tx, [job])


async def one_by_one(house) -> list[str]:
    """Run the queue a job at a time; the keys in the order of their turn."""
    order = []
    while True:
        async with house.database.tx() as tx:
            claimed = await ground.claim(tx, worker="w", count=1, lane=ground.ENGINE)
            for job in claimed:
                await ground.finish(tx, [job])
        if not claimed:
            return order
        order.append(msgspec.json.decode(claimed[0].payload, type=jobs.Translate).key)


async def look(house, *keys) -> None:
    async with house.database.tx() as tx:
        await translation.want(tx, keys, target=ZH)


def test_a_new_text_is_translated_into_what_its_likely_readers_read(database_url, tmp_path, heard):
    async def story(house) -> None:
        for handle, lang in (("a", "zh"), ("b", "zh"), ("c", "es"), ("d", "es"), ("e", "ko")):
            async with house.database.tx() as tx:
                await access.sign_up(
                    tx, handle=f"{handle}_reader", password_hash="x", email=None, locale="en",
                    reads=(lang,),
                )
        await keep(house, TEXTS[:1])
        await planned(house, TEXTS[:1])
        async with house.database.tx() as tx:
            claimed = await ground.claim(tx, worker="w", count=9, lane=ground.ENGINE)
        wanted = [msgspec.json.decode(job.payload, type=jobs.Translate).target for job in claimed]
        # Not English, which it is in; not Korean, which only one person reads first.
        assert sorted(wanted) == ["es", "zh"]

    at(database_url, tmp_path, heard, story, languages=("en", "zh"))


def test_what_is_looked_at_goes_first_then_the_newest(database_url, tmp_path, heard):
    async def story(house) -> None:
        await keep(house)
        await planned(house)
        await look(house, KEYS[1])
        await look(house, KEYS[3])
        # Three people look at this one, so it goes before those that one looks at.
        for _ in range(3):
            await look(house, KEYS[2])
        order = await one_by_one(house)
        assert order[:3] == [KEYS[2], KEYS[3], KEYS[1]]
        assert order[3:] == [KEYS[n] for n in (7, 6, 5, 4, 0)]

    at(database_url, tmp_path, heard, story)


def test_under_overload_the_newest_and_the_looked_at_stay_and_nothing_is_lost(
    database_url, tmp_path, heard
):
    async def story(house) -> None:
        await keep(house)
        await planned(house)
        await look(house, KEYS[0])
        await jobs.thin(house, jobs.Thin(limit=4))
        assert await one_by_one(house) == [KEYS[0], KEYS[7], KEYS[6], KEYS[5]]
        # Whoever opens one that gave way has it translated.
        await look(house, KEYS[2])
        await app.runner(house, name="w").drain()
        async with house.database.reads() as reads:
            kept = await queries.kept(reads, KEYS, target=ZH)
        assert kept[KEYS[2]].rendition.text == plausible(TEXTS[2])
        assert heard.texts == [TEXTS[2]]

    at(database_url, tmp_path, heard, story)


def test_an_engine_that_is_busy_loses_nothing_and_is_wanted_once(database_url, tmp_path, heard):
    async def story(house) -> None:
        await keep(house, TEXTS[:2])
        good, heard.answer = heard.answer, lambda body: (503, {"retry-after": "5"}, b"")
        await app.runner(house, name="w").drain()
        for _ in range(4):
            await look(house, *KEYS[:2])
        async with house.database.reads() as reads:
            waiting = {line.kind: line.count for line in await ground.backlog(reads)}
        assert waiting["translation.translate"] == 2
        heard.answer = good
        with clock.moved_by(timedelta(seconds=20)):
            await app.runner(house, name="w").drain()
        assert sorted(heard.texts) == sorted(TEXTS[:2])

    at(database_url, tmp_path, heard, story)
