"""Which engine a pair is given to, what follows when it fails, and what readers are told of it."""

from __future__ import annotations

import httpx2
import msgspec
import pytest

from catflap.translation import actions, pipeline
from catflap.translation.codes import Lang
from catflap.translation.engines.port import EngineBusy, EngineRefused, PairUnsupported
from catflap.translation.model import Origin, key_of
from catflap.translation.routes import Routes
from tests.conftest import Server, house_at, run
from tests.translation.test_pure import Mangler

ZH, EN, ES = Lang("zh"), Lang("en"), Lang("es")
SPANISH = "El gato duerme en el sofá de la abuela todo el día"
ENGLISH = "The cat sleeps on grandmother's sofa all day long"
CHINESE = "猫整天都睡在奶奶的沙发上"


class Knowing(Mangler):
    """An engine for some pairs, with one answer or one failure for each."""

    def __init__(self, name, **pairs) -> None:
        self.card = msgspec.structs.replace(Mangler.card, name=name)
        self._pairs = {tuple(pair.split("_")): answer for pair, answer in pairs.items()}
        self.asked: list[tuple[str, str]] = []

    def supports(self, source, target):
        return (source, target) in self._pairs

    async def translate(self, batch):
        self.asked.append((batch.source, batch.target))
        answer = self._pairs[(batch.source, batch.target)]
        if isinstance(answer, Exception):
            raise answer
        return [answer for _ in batch.texts]


def translated(routes: Routes, text: str, source: Lang, target: Lang):
    asked_for = pipeline.Asked(text=text, langs=(source,), target=target)
    return run(pipeline.translated([asked_for], route=routes.route))[0]


@pytest.mark.parametrize("failure", [
    EngineBusy(retry_after_s=5), EngineRefused("no"), RuntimeError("down"), CHINESE, "", "<b>cat</b>",
    PairUnsupported(source="zh", target="en"),
])
def test_each_engine_has_its_turn_in_the_pairs_own_order(failure):
    first = Knowing("first", zh_en=failure, en_zh=CHINESE)
    second = Knowing("second", zh_en=failure)
    third = Knowing("third", zh_en=ENGLISH, en_zh=CHINESE)
    routes = Routes(
        {"third": third, "first": first, "second": second},
        general=("third", "first"), chosen={"zh-en": ("first", "second", "third")},
    )
    outcome = translated(routes, CHINESE, ZH, EN)
    assert (outcome.engine, outcome.text, outcome.via) == ("third", ENGLISH, None)
    assert [len(engine.asked) for engine in (first, second, third)] == [1, 1, 1]
    assert translated(routes, ENGLISH, EN, ZH).engine == "third"


def test_two_engines_are_joined_only_where_no_direct_one_knows_the_pair():
    out_of, into = Knowing("out", es_en=ENGLISH, zh_en=ENGLISH), Knowing("into", en_zh=CHINESE)
    routes = Routes({"out": out_of, "into": into})
    outcome = translated(routes, SPANISH, ES, ZH)
    assert (outcome.text, outcome.via, outcome.engine) == (CHINESE, EN, "out + into")
    assert outcome.confidence_ratio < pipeline.CONFIDENCE_WHOLE
    direct = Knowing("direct", es_zh=CHINESE)
    outcome = translated(Routes({"out": out_of, "into": into, "direct": direct}), SPANISH, ES, ZH)
    assert (outcome.engine, outcome.via) == ("direct", None)
    # A direct engine that fails is not replaced by a worse way.
    failing = Knowing("direct", es_zh=EngineRefused("no"))
    routes = Routes({"out": out_of, "into": into, "direct": failing})
    assert isinstance(translated(routes, SPANISH, ES, ZH), pipeline.Untranslated)
    assert not Routes({"into": into}).has(ES, ZH)


def test_a_reader_is_told_which_language_stood_in_between(tmp_path):
    server = Server(tmp_path, attempts_per_hour="10000", posts_per_hour="10000").start()
    try:
        with httpx2.Client(base_url=server.url, headers={"accept-language": "en"}) as client:
            secret = {"password": "correct horse 9"}
            client.post("/join", data={"handle": "abuela", "reads": "es", **secret})
            note = client.post("/new", data={"body": SPANISH}).headers["location"]

            async def rendered() -> None:
                house = house_at(f"sqlite:///{tmp_path}/data/catflap.db", tmp_path)
                async with house.database.tx() as tx:
                    await actions.render(
                        tx, key_of(SPANISH), target=ZH, text=CHINESE, origin=Origin.ENGINE,
                        engine="one + two", via=EN,
                    )
                await house.close()

            run(rendered())
            client.post("/join", data={"handle": "popo", "reads": "zh", **secret})
            page = client.get(note).text
        assert CHINESE in page
        assert "Translated by one + two through English" in page
    finally:
        server.stop()
