"""Engines are scored by what readers would get from them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import msgspec
import pytest
import sacrebleu

from catflap.ground import http
from catflap.translation import checking, errors, evaluating, spans, testset
from catflap.translation.engines.libretranslate import LibreTranslate
from catflap.translation.engines.openai import OpenAI
from catflap.translation.engines.port import EngineBusy
from catflap.translation.evaluating import COPY, Evaluated, Evaluation
from catflap.translation.glossary import Glossary
from catflap.translation.model import normalised
from catflap.translation.routes import Routes
from tests.conftest import free_port
from tests.forked import catflap
from tests.translation.scripted_endpoints import Endpoint, asked, chat, libre

KINDS = {"openai": chat, "libretranslate": libre}
PAIRS = ("zh-en", "en-zh")
TOKENIZERS = {"zh-en": "13a", "en-zh": "zh"}


def plain(pair: str):
    """The shipped set without sentences that have spans: an engine is given all others whole."""
    whole = testset.chosen_set(pair)
    kept = tuple(
        one for one in whole.sentences
        if not spans.placed(one.source) and not spans.placed(one.reference)
    )
    assert len(kept) > 150
    return msgspec.structs.replace(whole, sentences=kept, whole=len(kept))


def references(chosen) -> dict[str, str]:
    return {one.source: one.reference for one in chosen.sentences}


def half_right(chosen) -> dict[str, str]:
    """Every other answer is right; the others are right but for their second half."""
    every = list(references(chosen).items())
    return {
        source: right if place % 2 else right[: (len(right) + 1) // 2]
        for place, (source, right) in enumerate(every)
    }


@pytest.fixture
def endpoint():
    started: list[Endpoint] = []

    def start(kind: str, say) -> Endpoint:
        """An endpoint that answers each text with what ``say`` gives for it."""
        started.append(Endpoint(lambda body: KINDS[kind]([say(text) for text in asked(body)])))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def evaluated(endpoints: dict[str, Endpoint], chosen, *, names=None, **more) -> Evaluation:
    """An evaluation of engines at these endpoints, each by the name of its kind."""

    async def work():
        async with http.client([one.url for one in endpoints.values()]) as client:
            made = {
                name: OpenAI(client, url=f"{one.url}/v1", model="scripted")
                if name == "openai"
                else LibreTranslate(client, url=one.url)
                for name, one in endpoints.items()
            }
            routes = Routes(made)
            systems = {
                name: evaluating.route_of(
                    routes, name, source=chosen.source, target=chosen.target
                )
                for name in (names or endpoints)
            }
            return await evaluating.evaluate(systems, chosen, glossary=Glossary(()), **more)

    return asyncio.run(work())


def by_name(found: Evaluation) -> dict[str, Evaluated]:
    return {one.name: one for one in found.systems}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("pair", PAIRS)
def test_perfect_answers_score_100_and_copying_the_source_next_to_nothing(kind, pair, endpoint):
    chosen = plain(pair)
    found = evaluated({kind: endpoint(kind, references(chosen).__getitem__)}, chosen)
    perfect, copying = found.systems
    assert (perfect.name, copying.name) == (kind, COPY)
    for score in (perfect.bleu, perfect.chrf):
        assert (score.score, score.low, score.high) == (100, 100, 100)
    assert perfect.refused == ()
    assert copying.bleu.score < 5
    assert copying.bleu.p_value == copying.chrf.p_value == 0.001


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_engine_that_echoes_is_refused_and_scores_less_than_copying_would(kind, endpoint):
    chosen = testset.chosen_set("en-zh")
    found = by_name(evaluated({kind: endpoint(kind, lambda text: text)}, chosen))
    assert found[kind].bleu.score == found[kind].chrf.score == 0
    assert found[COPY].chrf.score > 1
    assert found[kind].refused_ratio == 1
    assert [one.line for one in found[kind].refused] == list(range(1, 301))
    assert all("unchanged" in one.reasons[0] or "script" in one.reasons[0]
               for one in found[kind].refused if len(one.source) > 12)
    assert found[COPY].refused == ()


@pytest.mark.parametrize("pair", PAIRS)
def test_scores_are_those_that_sacrebleu_gives_with_refused_sentences_as_nothing(pair, endpoint):
    chosen = plain(pair)
    said = half_right(chosen)
    echoed = [one.source for one in chosen.sentences[::7]]
    said |= {source: source for source in echoed}
    found = evaluated({"libretranslate": endpoint("libretranslate", said.__getitem__)}, chosen)
    system = found.systems[0]
    refused = {one.source for one in system.refused}
    assert refused >= {text for text in echoed if len(text) > 12}
    hypotheses = ["" if one.source in refused else said[one.source] for one in chosen.sentences]
    right = [one.reference for one in chosen.sentences]
    bleu = sacrebleu.corpus_bleu(hypotheses, [right], tokenize=TOKENIZERS[pair])
    chrf = sacrebleu.corpus_chrf(hypotheses, [right], word_order=2)
    assert system.bleu.score == pytest.approx(bleu.score, abs=0.01)
    assert system.chrf.score == pytest.approx(chrf.score, abs=0.01)
    assert f"tok:{TOKENIZERS[pair]}" in found.signatures.bleu
    assert "nw:2" in found.signatures.chrf
    assert all("bs:1000|seed:12345" in one for one in msgspec.structs.astuple(found.signatures))


def test_the_interval_holds_the_score_and_shrinks_with_more_sentences(endpoint):
    chosen = plain("zh-en")
    here = endpoint("libretranslate", half_right(chosen).__getitem__)
    few, many = (
        evaluated({"libretranslate": here}, chosen.drawn(limit=limit)).systems[0]
        for limit in (20, 160)
    )
    for one in (few, many):
        assert one.bleu.low < one.bleu.score < one.bleu.high
        assert one.chrf.low < one.chrf.score < one.chrf.high
    assert many.bleu.high - many.bleu.low < (few.bleu.high - few.bleu.low) / 1.5
    assert many.chrf.high - many.chrf.low < (few.chrf.high - few.chrf.low) / 1.5


def test_engines_are_compared_on_the_same_resamples_with_the_first(endpoint):
    chosen = plain("zh-en").drawn(limit=80)
    right, half = references(chosen), half_right(chosen)
    here = {
        "openai": endpoint("openai", right.__getitem__),
        "libretranslate": endpoint("libretranslate", half.__getitem__),
    }
    first, second, _ = evaluated(here, chosen).systems
    assert first.bleu.p_value is first.chrf.p_value is None
    assert second.bleu.p_value == second.chrf.p_value == 0.001
    here["libretranslate"].answer = lambda body: libre([right[text] for text in asked(body)])
    _, same, _ = evaluated(here, chosen).systems
    assert same.bleu.p_value == same.chrf.p_value == 1


def test_what_is_scored_and_how_is_the_same_every_time(endpoint):
    chosen = plain("zh-en")
    here = endpoint("libretranslate", half_right(chosen).__getitem__)

    def once(seed: int) -> dict:
        found = evaluated({"libretranslate": here}, chosen.drawn(limit=40, seed=seed))
        told = msgspec.to_builtins(found)
        for system in told["systems"]:
            del system["seconds"], system["chars_per_second"]
        return told

    assert once(1) == once(1)
    assert once(1) != once(2)


def test_a_limit_takes_sentences_from_all_over_the_set_in_its_order():
    whole = testset.chosen_set("zh-en")
    some = whole.drawn(limit=60, seed=3)
    lines = [one.line for one in some.sentences]
    assert lines == sorted(set(lines))
    assert len(lines) == 60
    assert min(lines) < 60
    assert max(lines) > 240
    assert some == whole.drawn(limit=60, seed=3)
    assert some.sentences != whole.drawn(limit=60, seed=4).sentences
    assert (some.whole, some.seed) == (300, 3)
    assert whole.drawn(limit=999).sentences == whole.sentences


def test_an_engine_alone_has_no_help_and_the_route_falls_back(endpoint):
    chosen = plain("zh-en").drawn(limit=30)
    right = references(chosen)
    known = [one.source for one in chosen.sentences[:12]]
    here = {
        "libretranslate": endpoint(
            "libretranslate", lambda text: right[text] if text in known else text
        ),
        "openai": endpoint("openai", right.__getitem__),
    }
    found = by_name(evaluated(here, chosen, names=["libretranslate", "route"]))
    assert found["libretranslate"].by_engine == {"LibreTranslate": 12}
    assert found["libretranslate"].refused_ratio == 0.6
    assert found["route"].by_engine == {"LibreTranslate": 12, "scripted": 18}
    assert found["route"].bleu.score == 100


def test_the_cost_is_what_engines_were_given_and_say_they_spent(endpoint):
    chosen = plain("zh-en").drawn(limit=25)
    right = references(chosen)
    here = endpoint("openai", right.__getitem__)

    def answer(body):
        status, headers, content = chat([right[text] for text in asked(body)])
        told = {**json.loads(content), "usage": {"total_tokens": 11}}
        return status, headers, json.dumps(told).encode()

    here.answer = answer
    system, copying = evaluated({"openai": here}, chosen).systems
    assert system.chars == sum(len(text) for body in here.bodies for text in asked(body))
    assert system.chars == sum(len(one.source) for one in chosen.sentences)
    assert system.tokens == 11 * len(here.bodies)
    assert system.seconds > 0
    assert system.chars_per_second == pytest.approx(system.chars / system.seconds, rel=0.1)
    assert (copying.chars, copying.tokens, copying.chars_per_second) == (0, 0, 0)


def test_the_worst_answers_that_stand_are_shown_worst_first(endpoint):
    chosen = plain("zh-en").drawn(limit=30)
    said = references(chosen)
    refused, bad, worse = (one.source for one in chosen.sentences[3:6])
    said[refused] = refused
    said[bad], said[worse] = said[bad][: len(said[bad]) // 2].strip(), "entirely other words"
    here = endpoint("libretranslate", said.__getitem__)
    system, copying = evaluated({"libretranslate": here}, chosen, show=3).systems
    assert [one.source for one in system.worst[:2]] == [worse, bad]
    assert [one.answer for one in system.worst[:2]] == [said[worse], said[bad]]
    assert system.worst[0].chrf < system.worst[1].chrf < system.worst[2].chrf == 100
    assert [one.source for one in system.refused] == [refused]
    assert copying.worst == ()


def test_a_busy_engine_is_waited_for_and_not_scored_as_bad(endpoint):
    chosen = plain("zh-en").drawn(limit=30)
    here = endpoint("libretranslate", references(chosen).__getitem__)
    well, busy = here.answer, [(429, {"retry-after": "1"}, b"")] * 2
    here.answer = lambda body: busy.pop() if busy else well(body)
    assert evaluated({"libretranslate": here}, chosen).systems[0].bleu.score == 100
    for retry_after in ("1", "3600"):
        here.answer = lambda body, after=retry_after: (429, {"retry-after": after}, b"")
        with pytest.raises(EngineBusy) as caught:
            evaluated({"libretranslate": here}, chosen)
        assert caught.value.retry_after_s == float(retry_after)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 1, errors.Fault.NOTHING),
        (b"\n", 1, errors.Fault.NOTHING),
        ("你好\thello\n没有制表符\n".encode(), 2, errors.Fault.NOT_TWO),
        ("# a comment\n你好\thello\n".encode(), 1, errors.Fault.NOT_TWO),
        ("你好\thello\n\n再见\tbye\n".encode(), 2, errors.Fault.NOT_TWO),
        ("你好\thello\n你好\thello\tmore\n".encode(), 2, errors.Fault.NOT_TWO),
        ("你好\thello\n再见\t \n".encode(), 2, errors.Fault.EMPTY),
        ("你好\thello\n再见\tbye\n".encode() + "早\tmorning".encode("gbk"), 3, errors.Fault.NOT_TEXT),
    ],
)
def test_a_test_set_that_is_none_is_refused_with_its_line(content, line, reason):
    with pytest.raises(errors.TestSetInvalid) as caught:
        testset.sentences(content)
    assert (caught.value.line, caught.value.reason) == (line, reason)


def test_a_test_set_as_a_spreadsheet_writes_it_is_read():
    found = testset.sentences("\ufeff#猫税 已交\t#猫税 paid\r\n再见\tbye".encode())
    assert [(one.line, one.source, one.reference) for one in found] == [
        (1, "#猫税 已交", "#猫税 paid"), (2, "再见", "bye"),
    ]


@pytest.mark.parametrize("pair", PAIRS)
def test_the_shipped_references_pass_every_check_of_ours(pair):
    chosen = testset.chosen_set(pair)
    assert len(chosen.sentences) == 300
    for one in chosen.sentences:
        checking.check(one.source, one.reference, target=chosen.target)
        assert spans.is_faithful(one.source, one.reference), one
        carried = [
            Counter(text[start:end] for start, end, kind in spans.placed(text) if kind != "number")
            for text in (one.source, one.reference)
        ]
        assert carried[0] == carried[1], one


def test_no_shipped_sentence_is_there_twice():
    every = Counter(
        side
        for pair in PAIRS
        for one in testset.chosen_set(pair).sentences
        for side in (one.source, one.reference)
    )
    assert [text for text, count in every.items() if count > 1] == []
    assert all(normalised(text) == text for text in every)


@pytest.mark.parametrize("pair", ["zh-zh", "zh-CN-zh", "en", "", "zh-fr", "klingonese-en"])
def test_a_pair_without_a_test_set_is_told_with_those_that_have_one(pair):
    with pytest.raises(errors.PairUnknown) as caught:
        testset.chosen_set(pair)
    assert (caught.value.pair, caught.value.known) == (pair, PAIRS)


def test_ones_own_set_serves_any_pair(tmp_path):
    own = tmp_path / "own.tsv"
    own.write_text("hallo\tbonjour\n")
    found = testset.chosen_set("de-fr", path=own)
    assert (found.name, found.source, found.target, found.whole) == ("own.tsv", "de", "fr", 1)


@pytest.mark.parametrize("name", ["memory", "copy-source", "lexicon", "deepl", ""])
def test_only_configured_engines_and_their_route_can_be_scored(name, endpoint):
    here = endpoint("libretranslate", str)
    with pytest.raises(errors.EngineUnknown) as caught:
        evaluated({"libretranslate": here}, plain("zh-en"), names=[name])
    assert (caught.value.name, caught.value.known) == (name, ("libretranslate",))
    assert here.bodies == []


@pytest.fixture
def told(tmp_path):
    """The command over one community, with engines at these endpoints."""

    def tell(*arguments: object, **settings: str):
        return catflap(
            "translation", "evaluate", *arguments, "--data", tmp_path / "data", **settings
        )

    return tell


def test_the_command_scores_configured_engines_and_gives_json(endpoint, told):
    right = references(testset.chosen_set("zh-en"))
    one = endpoint("openai", lambda text: right.get(text, f"not {text}"))
    other = endpoint("libretranslate", lambda text: text)
    settings = {
        "engines": "libretranslate,openai", "openai_url": f"{one.url}/v1", "openai_model": "m",
        "libretranslate_url": other.url,
    }
    names = ("--engine", "openai", "--engine", "libretranslate", "--engine", "route")
    done = told("--pair", "zh-en", *names, "--limit", 30, "--seed", 5, "--show", 2, "--json",
                **settings)
    assert done.returncode == 0, done.stderr
    found = msgspec.json.decode(done.stdout, type=Evaluation)
    assert (found.pair, found.test_set, found.sentences, found.whole, found.seed) == (
        "zh-en", "social.zh-en.tsv", 30, 300, 5,
    )
    systems = by_name(found)
    assert list(systems) == ["openai", "libretranslate", "route", COPY]
    assert systems["openai"].bleu.score > 60
    assert systems["openai"].bleu == msgspec.structs.replace(systems["route"].bleu, p_value=None)
    assert systems["libretranslate"].refused_ratio > 0.9
    assert len(systems["openai"].worst) == 2
    written = json.loads(done.stdout)["systems"][0]
    assert sorted(written) == sorted(Evaluated.__struct_fields__)
    assert sorted(written["bleu"]) == ["high", "low", "p_value", "score"]


def test_what_scoring_cost_is_said_in_money_where_a_price_is_set(endpoint, told):
    right = references(testset.chosen_set("zh-en"))
    one = endpoint("openai", lambda text: "")
    other = endpoint("libretranslate", lambda text: right.get(text, f"not {text}"))
    settings = {
        "engines": "openai,libretranslate", "openai_url": f"{one.url}/v1", "openai_model": "m",
        "libretranslate_url": other.url, "engine_currency": "元",
    }
    arguments = ("--pair", "zh-en", "--engine", "route", "--engine", "openai", "--limit", 5)
    priced = settings | {"engine_price_chars": "openai=1000000; libretranslate=100000"}
    done = told(*arguments, "--json", **priced)
    assert done.returncode == 0, done.stderr
    found = msgspec.json.decode(done.stdout, type=Evaluation)
    systems = by_name(found)
    chars = systems["openai"].chars
    assert found.currency == "元"
    assert systems["openai"].cost == chars
    assert systems["route"].chars == 2 * chars
    assert systems["route"].cost == pytest.approx(1.1 * chars)
    assert systems[COPY].cost is None
    lines = told(*arguments, **priced).stdout.splitlines()
    [row] = [line for line in lines if line.startswith("openai ")]
    assert row.endswith(f"  {chars:.4f} 元")
    assert lines[2].endswith("  cost")
    assert "cost" not in told(*arguments, **settings).stdout


def test_the_command_tells_people_all_of_it_and_engines_the_glossary(endpoint, told, tmp_path):
    own = tmp_path / "own.tsv"
    own.write_text("这歌yyds，单曲循环一下午了\tthis song is the GOAT\n我的猫在这里\tmy cat is here\n")
    right = {"这歌yyds，单曲循环一下午了": "this song is the GOAT", "我的猫在这里": "我的猫在这里"}
    here = endpoint("openai", right.__getitem__)
    done = told(
        "--pair", "zh-en", "--set", own, "--show", 1,
        engines="openai", openai_url=f"{here.url}/v1", openai_model="m",
    )
    assert done.returncode == 0, done.stderr
    assert "zh-en, own.tsv: 2 sentences" in done.stdout
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "50.0%" in lines["route"]
    assert "0.0%" in lines[COPY]
    assert f"that {COPY} differs from route" in lines["p"]
    assert "tok:13a" in lines["BLEU"]
    assert "nw:2" in lines["chrF2++"]
    assert "line 2: 我的猫在这里  (m: AnswerRefused" in done.stdout
    assert "answer     this song is the GOAT" in done.stdout
    assert '"yyds":' in here.bodies[0]["messages"][1]["content"]


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["--pair", "zh-en", "--engine", "deepl"], {}, "`libretranslate`, or `route`"),
        (["--pair", "zh-en"], {"engines": ""}, "none is configured"),
        (["--pair", "zh-fr"], {}, "zh-en and en-zh"),
        (
            ["--pair", "zh-en", "--engine", "ctranslate2"],
            {"engines": "ctranslate2,libretranslate"},
            "ctranslate2 does not translate zh-en; `libretranslate` may",
        ),
        (["--pair", "zh-en", "--set", "/nowhere.tsv"], {}, "/nowhere.tsv"),
        (["--pair", "zh-en"], {"engines": "openai", "openai_url": "x"}, "openai_url"),
    ],
)
def test_what_cannot_be_scored_is_told_in_one_line(told, arguments, settings, said):
    url = f"http://127.0.0.1:{free_port()}"
    done = told(*arguments, **({"engines": "libretranslate", "libretranslate_url": url} | settings))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("catflap: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_bad_set_is_told_by_its_line_and_a_busy_engine_by_when_to_come_back(
    endpoint, told, tmp_path
):
    own = tmp_path / "own.tsv"
    own.write_text("你好\thello\n再见，没有制表符\n")
    here = endpoint("libretranslate", lambda text: text)
    here.answer = lambda body: (429, {"retry-after": "900"}, b"")
    settings = {"engines": "libretranslate", "libretranslate_url": here.url}
    done = told("--pair", "zh-en", "--set", own, **settings)
    assert done.returncode == 1
    assert "own.tsv: line 2 should be a sentence, one tab and its reference" in done.stderr
    done = told("--pair", "zh-en", "--limit", 2, **settings)
    assert done.returncode == 1
    assert "900 s" in done.stderr
