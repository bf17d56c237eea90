"""What leaves the machine, what it may cost, and how a failing engine is left alone."""

from __future__ import annotations

import asyncio
import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from catflap.ground import clock, http
from catflap.translation import figures, pipeline
from catflap.translation.codes import Lang
from catflap.translation.engines import guarding
from catflap.translation.engines.deepl import DeepL
from catflap.translation.engines.libretranslate import LibreTranslate
from catflap.translation.engines.openai import OpenAI
from catflap.translation.engines.port import Batch, EngineBusy, EngineRefused
from catflap.translation.figures import Figure
from tests.conftest import house_at, run
from tests.translation.scripted_endpoints import Endpoint, asked, chat, libre, plausible
from tests.translation.test_pure import Mangler

SECRETS = [
    "someone.private@example.org", "138 1234 5678", "+1 (555) 867-5309", "+86-10-6552-9988",
    "4111 1111 1111 1111", "4111-1111-1111-1111", "11010519491231002X", "078-05-1120",
    "DE89 3704 0044 0532 0130 00", "https://bank.example/login?token=s3cr3t&user=mei#key=9f8e",
    "www.example.org/reset?code=424242", "example.org/invite?t=abcdefgh", "１３８１２３４５６７８",
    "api_key_9f8e7d6c5b4a39281706", "192.168.178.23", "`password: hunter22`",
]
PARTS = re.compile(r"\d{2,}|[a-z]{4,}\d*|[A-Z]{2}\d+", re.ASCII)


def deepl(body):
    texts = [{"text": plausible(text)} for text in body["text"]]
    return 200, {}, json.dumps({"translations": texts}).encode()


ENGINES = {
    "openai": (lambda client, url: OpenAI(client, url=f"{url}/v1", model="scripted"),
               lambda body: chat([plausible(text) for text in asked(body)])),
    "libretranslate": (lambda client, url: LibreTranslate(client, url=url),
                       lambda body: libre([plausible(text) for text in asked(body)])),
    "deepl": (lambda client, url: DeepL(client, url=url, api_key="k"), deepl),
}


@pytest.mark.parametrize("name", sorted(ENGINES))
@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_private_never_leaves_and_comes_back_in_place(name, secret):
    make, answer = ENGINES[name]
    here = Endpoint(answer)

    async def work():
        async with http.client([here.url]) as client:
            engine = make(client, here.url)
            return await pipeline.translated(
                [
                    pipeline.Asked(
                        text=text, langs=(Lang(source),), target=Lang(target), context="about cats"
                    )
                    for text, source, target in (
                        (f"please write to {secret} when the cat is home", "en", "zh"),
                        (f"猫回家了就联系 {secret} 谢谢大家", "zh", "en"),
                    )
                ],
                route=lambda *_: [engine],
            )

    outcomes = run(work())
    here.stop()
    sent = json.dumps(  # the words of messages, without their roles
        [body.get("q") or body.get("text") or [m["content"] for m in body["messages"][1:]] for body in here.bodies],
        ensure_ascii=False,
    )
    assert here.bodies
    assert secret not in sent
    for part in PARTS.findall(secret):
        assert part not in sent, part
    for outcome in outcomes:
        assert isinstance(outcome, pipeline.Translated), outcome
        assert outcome.text.count(secret) == 1
        assert not outcome.text.startswith(secret)
        assert not outcome.text.endswith(secret)


TEXT = "the cat sleeps"
BATCH = Batch(source=Lang("en"), target=Lang("zh"), texts=[TEXT])


def in_a_house(url, folder, here: Endpoint, story, **settings):
    async def play():
        house = house_at(
            url, folder, engines=("libretranslate",), libretranslate_url=here.url, **settings
        )
        try:
            return await story(house.engines[0])
        finally:
            await house.close()

    return run(play())


async def tried(engine, *, times: int = 1) -> list[object]:
    return await asyncio.gather(
        *(engine.translate(BATCH) for _ in range(times)), return_exceptions=True
    )


def test_a_days_budget_holds_for_all_at_once_and_after_a_restart(database_url, tmp_path):
    here = Endpoint(lambda body: libre(["猫在睡觉"]))
    chosen = {"engine_chars_a_day": {"libretranslate": 3 * len(TEXT) + 5}}
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with clock.frozen_at(noon):
        told = in_a_house(database_url, tmp_path, here, lambda e: tried(e, times=8), **chosen)
        assert sum(isinstance(one, list) for one in told) <= 3
        told += in_a_house(database_url, tmp_path, here, lambda e: tried(e, times=4), **chosen)
        told += in_a_house(database_url, tmp_path, here, tried, **chosen)
        refused = [one for one in told if not isinstance(one, list)]
        assert len(here.bodies) <= 3
        assert isinstance(refused[-1], EngineBusy)
        assert refused[-1].retry_after_s == 12 * 3600
    with clock.frozen_at(noon + timedelta(hours=12, minutes=1)):
        told = in_a_house(database_url, tmp_path, here, tried, **chosen)
    assert told == [["猫在睡觉"]]
    here.stop()


def test_a_budget_in_tokens_counts_what_the_server_says(tmp_path, database_url):
    def answer(body):
        status, headers, content = chat(["猫在睡觉"])
        return status, headers, json.dumps(json.loads(content) | {"usage": {"total_tokens": 40}}).encode()

    here = Endpoint(answer)

    async def play():
        house = house_at(
            database_url, tmp_path, engines=("openai",), openai_url=f"{here.url}/v1",
            openai_model="scripted", engine_tokens_a_day={"scripted": 100, "openai": 100},
        )
        told = [(await tried(house.engines[0]))[0] for _ in range(5)]
        await house.close()
        return told

    told = run(play())
    here.stop()
    assert [isinstance(one, list) for one in told] == [True, True, True, False, False]


def test_failures_open_the_breaker_which_tries_once_and_closes(tmp_path, database_url, monkeypatch):
    monkeypatch.setattr(guarding, "OPEN_FIRST_S", 0.3)
    down = True

    def answer(body):
        if down:
            return 503, {"retry-after": "60"}, b""
        time.sleep(0.2)
        return libre(["猫在睡觉"])

    here = Endpoint(answer)

    async def story(engine):
        nonlocal down
        for _ in range(guarding.OPEN_AFTER_FAILURES):
            await tried(engine)
        asked_for = len(here.bodies)
        assert asked_for == guarding.OPEN_AFTER_FAILURES
        assert all(isinstance(one, EngineBusy) for one in await tried(engine, times=20))
        assert len(here.bodies) == asked_for, "an open breaker asks nobody"
        await asyncio.sleep(0.35)
        assert all(isinstance(one, EngineBusy) for one in await tried(engine, times=5))
        assert len(here.bodies) == asked_for + 1, "half open, one batch tries for all"
        down = False
        await asyncio.sleep(0.65)
        told = await tried(engine, times=5)
        assert len(here.bodies) == asked_for + 2
        assert sum(isinstance(one, list) for one in told) == 1
        assert await tried(engine, times=3) == [["猫在睡觉"]] * 3

    in_a_house(database_url, tmp_path, here, story)
    here.stop()


async def counted(house) -> dict[str, int]:
    """What was noted of calls, by figure, of the one pair that was asked for."""
    async with house.database.reads() as reads:
        rows = [row for row in await figures.since(reads, days=1) if row.sum]
    assert {(row.source, row.target) for row in rows} == {("en", "zh")}
    return {row.figure: row.sum for row in rows if row.figure != Figure.MILLISECONDS}


class Crashing(Mangler):
    """An engine with a fault of its own."""

    def __init__(self, *, fault: Exception) -> None:
        self.fault = fault
        self.asked = 0

    async def translate(self, batch: Batch) -> list[str]:
        self.asked += 1
        raise self.fault


def guarded_in_a_house(url, folder, engine, story, *, chars: int = 0):
    async def play():
        house = house_at(url, folder)
        guarded = guarding.Guarded(
            engine, budget=guarding.Budget(chars=chars), ledger=guarding.Ledger(house.database)
        )
        try:
            return await story(house, guarded)
        finally:
            await house.close()

    return run(play())


CALLS = 2 * guarding.OPEN_AFTER_FAILURES


@pytest.mark.parametrize("fault", [RuntimeError("down"), KeyError("x"), EngineBusy(retry_after_s=99)])
def test_crashes_are_counted_and_open_the_breaker(tmp_path, database_url, fault):
    engine = Crashing(fault=fault)

    async def story(house, guarded):
        told = [(await tried(guarded))[0] for _ in range(CALLS)]
        return told, await counted(house)

    told, sums = guarded_in_a_house(database_url, tmp_path, engine, story, chars=1000)
    assert engine.asked == guarding.OPEN_AFTER_FAILURES
    assert told[: engine.asked] == [fault] * engine.asked
    assert all(isinstance(one, EngineBusy) for one in told[engine.asked :])
    assert sums == {Figure.CALLS: engine.asked, Figure.ERRORS: engine.asked}


def test_a_refusal_is_counted_and_leaves_the_breaker_closed(tmp_path, database_url):
    engine = Crashing(fault=EngineRefused("not a JSON array of strings"))

    async def story(house, guarded):
        for _ in range(CALLS):
            assert await tried(guarded) == [engine.fault]
        return await counted(house)

    sums = guarded_in_a_house(database_url, tmp_path, engine, story, chars=1000)
    assert engine.asked == CALLS
    assert sums == {Figure.CALLS: CALLS, Figure.ERRORS: CALLS, Figure.CHARS: CALLS * len(TEXT)}


def test_an_engine_that_lets_us_in_no_more_is_left_alone(tmp_path, database_url):
    here = Endpoint(lambda body: (401, {}, b"{}"))

    async def story(engine):
        told = [(await tried(engine))[0] for _ in range(CALLS)]
        assert [bool(one.reason) for one in told] == [n < len(here.bodies) for n in range(CALLS)]

    in_a_house(database_url, tmp_path, here, story)
    here.stop()
    assert len(here.bodies) == guarding.OPEN_AFTER_FAILURES


@pytest.mark.parametrize(("status", "headers", "asked_times", "waits_s"), [
    (429, {"retry-after": "1"}, 2, 1),
    (503, {"retry-after": "1"}, 2, 1),
    (429, {"retry-after": "40"}, 1, 40),
    (429, {"retry-after": "999999"}, 1, 3600),
    (500, {"retry-after": "soon"}, 1, 15),
    (400, {}, 1, None), (401, {}, 1, 120), (404, {}, 1, 120), (200, {}, 1, None),
])
def test_only_who_is_busy_is_asked_again_and_when_it_said(
    tmp_path, status, headers, asked_times, waits_s, monkeypatch
):
    from catflap.migrations import running

    slept: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    url = f"sqlite:///{tmp_path / 'c.db'}"
    run(running.upgrade(url))
    here = Endpoint(lambda body: (status, headers, b"[]"))
    monkeypatch.setattr(guarding.asyncio, "sleep", noted)
    [error] = in_a_house(url, tmp_path, here, tried)
    monkeypatch.undo()
    here.stop()
    assert len(here.bodies) == asked_times
    assert getattr(error, "retry_after_s", None) == waits_s
    assert len([s for s in slept if s]) == asked_times - 1
    assert all(0.5 <= seconds <= 1 for seconds in slept if seconds), "jittered around what it said"
