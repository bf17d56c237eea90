"""The operator's figures, computed from rows that real work and known inputs leave."""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

from catflap import app
from catflap.ground import clock
from catflap.ground.settings import Settings
from catflap.translation import actions as translation
from catflap.translation import figures
from catflap.translation.codes import Lang
from catflap.translation.figures import Figure, Spot
from catflap.translation.prices import Prices
from catflap.web.routes import operator
from tests.conftest import Server, house_at, run
from tests.mastodon.app import joined
from tests.translation.scripted_endpoints import Endpoint, asked, chat, libre, plausible

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ZH_EN = {"source": "zh", "target": "en"}
EN_ZH = {"source": "en", "target": "zh"}


def played(database_url, folder, story, **chosen):
    async def play():
        house = house_at(database_url, folder, **chosen)
        try:
            return await story(house)
        finally:
            await house.close()

    return run(play())


async def counted(house, days: int):
    async with house.database.reads() as reads:
        rows = await figures.since(reads, days=days)
    return operator.pairs(rows, prices=Prices()), operator.engines(rows, prices=Prices())


def test_shares_waits_errors_and_corrections_are_those_of_the_rows(database_url, tmp_path):
    async def story(house):
        for days_ago, times in ((40, 1000), (2, 1), (0, 1), (0, 1)):
            waits = {0.4: 10, 3.0: 6, 55.0: 3, 9999.0: 1}
            with clock.frozen_at(NOON - timedelta(days=days_ago)):
                async with house.database.tx() as tx:
                    await figures.add(tx, {
                        Spot(figure=Figure.VIEWS_FOREIGN, **ZH_EN): 100 * times,
                        Spot(figure=Figure.VIEWS_TRANSLATED, **ZH_EN): 98 * times,
                        Spot(figure=Figure.VIEWS_FOREIGN, **EN_ZH): 10 * times,
                        Spot(figure=Figure.TEXTS, engine="a", **ZH_EN): 150 * times,
                        Spot(figure=Figure.TEXTS, engine="b", **ZH_EN): 50 * times,
                        Spot(figure=Figure.REFUSED, **ZH_EN): 4 * times,
                        Spot(figure=Figure.CORRECTIONS, engine="a", **ZH_EN): 3 * times,
                        Spot(figure=Figure.DOUBTS, engine="b", **ZH_EN): 1 * times,
                        Spot(figure=Figure.CALLS, engine="a"): 40 * times,
                        Spot(figure=Figure.ERRORS, engine="a"): 2 * times,
                        Spot(figure=Figure.CHARS, engine="a"): 12_000 * times,
                        Spot(figure=Figure.TOKENS, engine="a"): 700 * times,
                        Spot(figure=Figure.MILLISECONDS, engine="a"): 8_000 * times,
                        **{
                            Spot(figure=figures.wait_figure(s), **ZH_EN): count * times
                            for s, count in waits.items()
                        },
                    })
        with clock.frozen_at(NOON):
            return await counted(house, 7), await counted(house, 1)

    (week, engines), (today, _) = played(database_url, tmp_path, story)
    zh, en = week
    assert (zh.source, zh.target, zh.views, zh.covered_ratio) == ("zh", "en", 300, 0.98)
    assert (zh.texts, zh.refused) == (600, 12)
    assert (zh.wait_p50_s, zh.wait_p95_s) == (0.5, 60.0)
    assert zh.corrections_per_1000 == 15.0
    assert zh.doubts_per_1000 == 5.0
    assert (en.views, en.covered_ratio, en.wait_p50_s, en.corrections_per_1000) == (30, 0.0, None, None)
    assert today[0].views == 200
    [a, b] = engines
    assert (a.name, a.calls, a.errors, a.chars, a.tokens, a.mean_ms) == ("a", 120, 6, 36_000, 2_100, 200.0)
    assert a.corrections_per_1000 == 20.0
    assert (b.name, b.texts, b.doubts_per_1000) == ("b", 150, 20.0)


def test_what_work_leaves_is_what_was_done(database_url, tmp_path):
    texts = [f"Today I saw the {name}." for name in ("cat", "river", "house")]
    here = Endpoint(lambda body: libre([
        "" if "house" in text else plausible(text) for text in asked(body)
    ]))

    async def story(house):
        with clock.frozen_at(NOON):
            async with house.database.tx() as tx:
                keys = [await translation.keep(tx, text, prior=("en",)) for text in texts]
                await translation.want(tx, keys, target=Lang("zh"))
        with clock.frozen_at(NOON + timedelta(seconds=8)):
            await app.runner(house, name="w").drain()
            return await counted(house, 1)

    [pair], [engine] = played(
        database_url, tmp_path, story, engines=("libretranslate",), libretranslate_url=here.url,
        languages=("zh",),
    )
    here.stop()
    assert (pair.source, pair.target, pair.texts, pair.refused) == ("en", "zh", 2, 1)
    assert (pair.wait_p50_s, pair.wait_p95_s) == (10.0, 10.0)
    assert engine.chars == sum(map(len, texts))
    assert engine.errors == 0


def test_what_engines_cost_is_said_in_money_where_a_price_is_set(tmp_path):
    server = Server(
        tmp_path, operators="juniper", engine_price_chars="deepl=25",
        engine_price_tokens="openai=0.6; deepl=1", engine_currency="元",
    ).start()
    free = Server(tmp_path / "free", operators="juniper").start()

    async def count(at):
        house = app.open_house(Settings(data=at.folder / "data"))
        async with house.database.tx() as tx:
            await figures.add(tx, {
                Spot(figure=figure, engine=engine): number
                for engine, figure, number in (
                    ("deepl", Figure.CHARS, 400_000), ("deepl", Figure.CALLS, 9),
                    ("openai", Figure.CHARS, 70), ("openai", Figure.TOKENS, 2_500_000),
                    ("openai", Figure.CALLS, 8), ("libretranslate", Figure.CHARS, 5_000_000),
                    ("libretranslate", Figure.CALLS, 7),
                )
            })
        await house.close()

    try:
        pages = []
        for at in (server, free):
            run(count(at))
            with closing(joined(at, "juniper")) as juniper:
                pages.append(juniper.get("/operator/translation").text)
                told = juniper.get("/operator/translation", headers={"accept": "application/json"}).json()
        assert "<td>10.00 元</td>" in pages[0]
        assert "<td>1.50 元</td>" in pages[0]
        assert pages[0].count(" 元</td>") == 2
        assert ">Cost<" not in pages[1]
        assert {engine["cost"] for engine in told["engines"]} == {None}
    finally:
        server.stop()
        free.stop()


def deepl(body):
    if "river" in str(body["text"]):
        return 400, {}, b"{}"
    texts = [{"text": plausible(text)} for text in body["text"]]
    return 200, {}, json.dumps({"translations": texts}).encode()


def tokens(body):
    status, headers, content = chat([plausible(text) for text in asked(body)])
    return status, headers, json.dumps(json.loads(content) | {"usage": {"total_tokens": 40}}).encode()


def test_what_a_real_engine_cost_stands_on_the_operators_page_by_engine_and_by_pair(tmp_path):
    paid, model = Endpoint(deepl), Endpoint(tokens)
    server = Server(
        tmp_path, operators="juniper", engines="deepl", routes="zh-en=openai", deepl_url=paid.url,
        deepl_api_key="k", openai_url=f"{model.url}/v1", openai_model="scripted",
        engine_price_chars="deepl=1000000", engine_price_tokens="openai=500000",
        engine_currency="元", languages="zh,en",
    ).start()
    texts = ["Today I saw the cat.", "Today I saw the river.", "今天我看见了一只猫。"]
    try:
        with closing(joined(server, "juniper")) as juniper:
            for text in texts:
                juniper.post("/new", data={"body": text})
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                told = juniper.get("/operator/translation", headers={"accept": "application/json"}).json()
                if sum(row["texts"] + row["refused"] for row in told["pairs"]) == len(texts):
                    break
                time.sleep(0.1)
            page = juniper.get("/operator/translation").text
        by_engine = {row["name"]: row for row in told["engines"]}
        by_pair = {(row["source"], row["target"]): row for row in told["pairs"]}
    finally:
        server.stop()
        paid.stop()
        model.stop()
    chars = sum(len(text) for body in paid.bodies for text in body["text"])
    assert chars == sum(map(len, texts[:2]))
    assert by_engine["DeepL"]["cost"] == chars
    assert by_engine["scripted"]["cost"] == 40 * 0.5
    assert by_pair["en", "zh"]["cost"] == chars
    assert by_pair["zh", "en"]["cost"] == 40 * 0.5
    assert (by_pair["en", "zh"]["calls"], by_pair["en", "zh"]["errors"]) == (2, 1)
    assert (by_pair["zh", "en"]["calls"], by_pair["zh", "en"]["errors"]) == (1, 0)
    assert page.count(f"<td>{chars}.00 元</td>") == page.count("<td>20.00 元</td>") == 2
