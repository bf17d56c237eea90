"""Slang explained: what hosts write down, where it is found, what engines are told."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime

import pytest

from catflap.ground import http
from catflap.ground.errors import NotFound, TextMissing, TextTooLong, TooMany
from catflap.translation import glossary, glossing, queries, term_history, terming
from catflap.translation.codes import Lang
from catflap.translation.engines.libretranslate import LibreTranslate
from catflap.translation.engines.openai import OpenAI
from catflap.translation.engines.pivoting import Pivoting
from catflap.translation.engines.port import Batch, Term
from catflap.translation.errors import HostsOnly, TermTaken
from catflap.translation.glossary import Entry, Glossaries, Glossary
from catflap.translation.glossing import Written
from catflap.translation.model import Meaning, key_of
from catflap.web.entities.said import _as_word, marked_up
from tests.conftest import house_at, run
from tests.notes.test_storage import Place
from tests.translation.scripted_endpoints import Endpoint, asked, chat, libre
from tests.translation.test_suggesting import Readers, among

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def entry(term: str, lang: str, *variants: str, rendering: str, target: str = "", id_: int = 7):
    other = target or ("en" if lang == "zh" else "zh")
    return Entry(
        id=id_, lang=Lang(lang), term=term, variants=variants, note="", by_id=None,
        meanings=(Meaning(target=Lang(other), rendering=rendering, note="…"),), changed_at=NOW,
    )


def written(term: str = "摆烂", *variants: str, lang: str = "zh", **given) -> Written:
    meaning = {"target": "en", "rendering": "to let it rot", "note": "Giving up, happily."}
    meaning |= {name: given[name] for name in meaning if name in given}
    return Written(
        lang=lang, term=term, variants=variants, note=given.get("own", ""),
        meanings=[Meaning(**meaning)],
    )


# -- the seeds ----------------------------------------------------------------


def test_a_catflap_begins_with_terms_of_both_sides_explained_to_both():
    found = glossing.seeds()
    assert len(found) >= 150
    assert sum(seed.lang == "zh" for seed in found) >= 50
    assert sum(seed.lang == "en" for seed in found) >= 50
    forms: dict[tuple[str, str], str] = {}
    for seed in found:
        [meaning] = seed.meanings
        assert {seed.lang, meaning.target} == {"zh", "en"}, seed.term
        assert len(seed.note) >= 8, seed.term
        assert len(meaning.note) >= 8, seed.term
        for form in (seed.term, *seed.variants):
            mine = (seed.lang, glossary.folded(form))
            assert forms.setdefault(mine, seed.term) == seed.term, f"{form} is two terms"


# -- what hosts do ------------------------------------------------------------


async def every(r: Readers) -> dict[str, Entry]:
    async with r.db.reads() as reads:
        return {found.term: found for found in await glossary.entries(reads)}


def test_hosts_write_the_glossary_and_nobody_else(database_url, tmp_path):
    async def story(r: Readers) -> None:
        host = r.hosts[0]
        async with r.db.tx() as tx:
            id_ = await glossing.add(tx, written("摆烂", "擺爛", own="躺平的升级版"), by=host)
            for deed in (
                glossing.add(tx, written("内卷"), by=r.mei),
                glossing.change(tx, id_, written(rendering="nothing"), by=r.mei),
                glossing.remove(tx, id_, by=r.mei),
            ):
                with pytest.raises(HostsOnly):
                    await deed
        found = (await every(r))["摆烂"]
        assert (found.variants, found.note, found.by_id) == (("擺爛",), "躺平的升级版", host)
        async with r.db.tx() as tx:
            await glossing.change(tx, id_, written(rendering="to quit trying"), by=r.hosts[1])
        found = (await every(r))["摆烂"]
        assert found.meaning(Lang("en")).rendering == "to quit trying"
        assert found.by_id == r.hosts[1]
        async with r.db.tx() as tx:
            await glossing.remove(tx, id_, by=host)
            with pytest.raises(NotFound):
                await glossing.remove(tx, 404, by=host)
        assert "摆烂" not in await every(r)

    among(database_url, tmp_path, story)


def test_every_change_of_a_term_is_kept_and_hosts_go_back(database_url, tmp_path):
    async def story(r: Readers) -> None:
        one, other = r.hosts
        async with r.db.tx() as tx:
            id_ = await glossing.add(tx, written("摆烂", "擺爛", rendering="to let it rot"), by=one)
        async with r.db.tx() as tx:
            await glossing.change(tx, id_, written("摆烂", rendering="nonsense"), by=other)
            await glossing.change(tx, id_, written("摆烂", rendering="nonsense"), by=one)  # the same
            await glossing.remove(tx, id_, by=one)
        async with r.db.reads() as reads:
            kept = await term_history.of_term(reads, id_)
        told = [(v.by_id, v.removed, v.variants, v.meanings[0].rendering) for v in kept]
        assert told == [
            (one, True, (), "nonsense"), (other, False, (), "nonsense"),
            (one, False, ("擺爛",), "to let it rot"),
        ]
        for by, version, error in (
            (r.mei, kept[-1].id, HostsOnly), (one, 404, NotFound),
        ):
            async with r.db.tx() as tx:
                with pytest.raises(error):
                    await glossing.restore(tx, id_, version, by=by)
        async with r.db.tx() as tx:
            await glossing.restore(tx, id_, kept[-1].id, by=other)
        found = (await every(r))["摆烂"]
        assert (found.variants, found.by_id) == (("擺爛",), other)
        assert found.meaning(Lang("en")).rendering == "to let it rot"
        async with r.db.reads() as reads:
            assert len(await term_history.of_term(reads, id_)) == 4

    among(database_url, tmp_path, story)


def test_what_stood_before_there_was_a_history_is_kept_at_the_first_change(database_url, tmp_path):
    async def story(r: Readers) -> None:
        async with r.db.tx() as tx:
            await glossing.plant(tx)
        yyds = (await every(r))["yyds"]
        async with r.db.reads() as reads:
            assert await term_history.of_term(reads, yyds.id) == []
        async with r.db.tx() as tx:
            await glossing.change(tx, yyds.id, written("yyds", rendering="the best"), by=r.hosts[0])
        async with r.db.reads() as reads:
            now, first = await term_history.of_term(reads, yyds.id)
        assert (now.by_id, now.meanings[0].rendering) == (r.hosts[0], "the best")
        assert (first.by_id, first.meanings, first.made_at) == (None, yyds.meanings, yyds.changed_at)
        # Somebody else took a spelling meanwhile: going back would make one word two terms.
        async with r.db.tx() as tx:
            await glossing.add(tx, written("神了", *yyds.variants[:1]), by=r.hosts[0])
            with pytest.raises(TermTaken):
                await glossing.restore(tx, yyds.id, first.id, by=r.hosts[0])

    among(database_url, tmp_path, story)


def test_a_word_is_one_term_however_it_is_written(database_url, tmp_path):
    async def story(r: Readers) -> None:
        host = r.hosts[0]
        async with r.db.tx() as tx:
            id_ = await glossing.add(tx, written("yyds", "永远的神"), by=host)
            other = await glossing.add(tx, written("OP", lang="en", target="zh"), by=host)
            await glossing.add(tx, written("op", lang="en", target="zh"), by=host)  # only in capitals
            for again in (
                written("yyds"), written("YyDs"), written(" 永远的神 "), written("牛", "永远的神"),
                written("Yes", "yyds"),
            ):
                with pytest.raises((TermTaken, TextMissing)):
                    await glossing.add(tx, again, by=host)
            with pytest.raises(TermTaken):
                await glossing.change(tx, other, written("OP", "op", lang="en", target="zh"), by=host)
            await glossing.change(tx, id_, written("yyds", "永远的神", "永遠的神"), by=host)
            await glossing.add(tx, written("yyds", lang="en", target="zh"), by=host)  # another language's
            await glossing.remove(tx, id_, by=host)
            assert await glossing.add(tx, written("yyds"), by=host) == id_  # it comes back
        assert len(await every(r)) == 3

    among(database_url, tmp_path, story)


def test_two_who_write_the_same_term_at_once_write_it_once(database_url, tmp_path):
    async def story(r: Readers) -> None:
        async def adds(host) -> int | None:
            try:
                async with r.db.tx() as tx:
                    return await glossing.add(tx, written(), by=host)
            except TermTaken:
                return None

        await r.at_once()
        made = await asyncio.gather(*(adds(host) for host in r.hosts for _ in range(2)))
        [id_] = [one for one in made if one]
        assert (await every(r))["摆烂"].id == id_

    among(database_url, tmp_path, story)


REFUSED = [
    (written("x"), TextMissing), (written("摆烂", lang="!!"), TextMissing),
    (written("x" * 41), TextTooLong), (written(rendering="", note=" "), TextMissing),
    (written(target="zh"), TextMissing), (written(target="no such language"), TextMissing),
    (written(rendering="x" * 61), TextTooLong), (written(note="x" * 401), TextTooLong),
    (written("摆烂", *(f"v{n}" for n in range(13))), TooMany), (written(own="x" * 401), TextTooLong),
]


def test_a_term_needs_words_a_language_and_a_meaning(database_url, tmp_path):
    async def story(r: Readers) -> None:
        async with r.db.tx() as tx:
            for wrong, refusal in REFUSED:
                with pytest.raises(refusal):
                    await glossing.add(tx, wrong, by=r.hosts[0])

    among(database_url, tmp_path, story)


def test_seeds_of_an_upgrade_undo_nothing_that_hosts_did(database_url, tmp_path):
    async def story(r: Readers) -> None:
        host = r.hosts[0]
        async with r.db.tx() as tx:
            await glossing.add(tx, written("敲可爱", "yyds"), by=host)  # before it was a seed's
            await glossing.plant(tx)
        planted = await every(r)
        assert "yyds" not in planted
        assert len(planted) == len(glossing.seeds())
        async with r.db.tx() as tx:
            changed, removed = planted["牛马"], planted["猫税"]
            await glossing.change(tx, changed.id, written("牛马", rendering="a mule"), by=host)
            await glossing.remove(tx, removed.id, by=host)
            await glossing.plant(tx)
        found = await every(r)
        assert len(found) == len(planted) - 1
        assert "猫税" not in found
        assert found["牛马"].meaning(Lang("en")).rendering == "a mule"
        assert found["牛马"].variants == ()

    among(database_url, tmp_path, story)


def test_what_another_process_changed_is_seen_at_the_next_look(database_url, tmp_path):
    async def story(r: Readers) -> None:
        ours = Glossaries()
        assert (await ours.current(r.db)).entries == []
        async with r.db.tx() as tx:
            id_ = await glossing.add(tx, written(), by=r.hosts[0])
        assert (await ours.current(r.db)).entries == []  # within its five seconds
        ours.outdated()
        first = await ours.current(r.db)
        assert [found.term for found in first.entries] == ["摆烂"]
        for deed in (glossing.change, glossing.remove):
            async with r.db.tx() as tx:
                given = (id_, written(rendering="other")) if deed is glossing.change else (id_,)
                await deed(tx, *given, by=r.hosts[1])
            ours.outdated()
            assert (await ours.current(r.db)).version > first.version
        assert ours.known.entries == []

    among(database_url, tmp_path, story)


# -- where terms stand --------------------------------------------------------

TERMS = Glossary([
    entry("牛马", "zh", "牛馬", rendering="wage slave", id_=1),
    entry("牛", "zh", "牛", rendering="impressive", id_=2),
    entry("OP", "en", rendering="楼主", id_=3),
    entry("tea", "en", rendering="八卦", id_=4),
    entry("spill the tea", "en", rendering="爆料", id_=5),
    entry("666", "zh", rendering="awesome", id_=6),
    entry("R&D <b>", "en", rendering="<i>研发</i>", id_=8),
])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("今天又当了一天牛马", ["牛马"]), ("做牛馬的一天", ["牛馬"]), ("真牛啊", ["牛"]),
        ("Ask the OP.", ["OP"]), ("a shop, an op, OPs, COOP, OP2", []),
        ("Spill the tea, please", ["Spill the tea"]), ("teapot, steam, tea-time", ["tea"]),
        ("#牛马 @牛马 https://a.example/牛马 `牛马` :tea:", []), ("看看#牛马", []),
        ("666！", ["666"]), ("¥666 6666 666元 66.6 2666 666%", []),
        ("tea " * 30, ["tea"] * 20),
    ],
)
def test_terms_are_found_where_they_stand_as_words(text, found):
    places = TERMS.found(text, langs=["zh", "en"])
    assert [text[one.start : one.end] for one in places] == found
    assert all(one.end <= two.start for one, two in itertools.pairwise(places))


@pytest.mark.parametrize(
    ("text", "place"),
    [("she works in the shop", None), ("the OP says", 4), ("OP", 0), ("他是楼主吗", None)],
)
def test_a_rendering_is_found_where_it_stands_as_words(text, place):
    found = _as_word("op").search(text)
    assert (found.start() if found else None) == place
    assert _as_word("楼主").search("他是楼主吗")


def test_a_term_is_underlined_escaped_and_leads_to_its_explanation():
    from tests.translation.test_claims import seen, text

    shown = seen(
        text("<b>R&D <b> & tea</b> #tea", "en", zh="<i>研发</i>和八卦 #tea"), *TERMS.entries
    )
    assert str(shown.original) == (
        '<p>&lt;b&gt;<a class="term" href="/glossary/8">R&amp;D &lt;b&gt;</a> &amp; '
        '<a class="term" href="/glossary/4">tea</a>&lt;/b&gt; <a href="/tags/tea">#tea</a></p>'
    )
    assert '<a class="term" href="/glossary/8">&lt;i&gt;研发&lt;/i&gt;</a>' in str(shown.translation)
    assert '<a class="term" href="/glossary/4">八卦</a>' in str(shown.translation)
    assert "term" not in str(seen(text("tea", "en"), *TERMS.entries, reads=("en",)).original)
    assert "term" not in str(marked_up("牛马"))


# -- what engines are told ----------------------------------------------------


CATTLE, SLAVE = "今天又当了一天牛马", "Another day as a wage slave"


def rendered(database_url, folder, endpoint: Endpoint, name: str, text: str = CATTLE) -> str:
    """What a reader of English is shown of a note, by an engine of this name at an endpoint."""
    at = {"openai": {"openai_url": f"{endpoint.url}/v1", "openai_model": "scripted"},
          "libretranslate": {"libretranslate_url": endpoint.url}}

    async def play() -> str:
        house = house_at(database_url, folder, engines=(name,), languages=("en",), **at[name])
        place = Place(house)
        try:
            await place.settle()
            async with place.db.tx() as tx:
                await glossing.plant(tx)
            await place.posts(place.aju, text)
            await place.works()
            async with place.db.reads() as reads:
                found = (await queries.kept(reads, [key_of(text)], target=Lang("en")))[key_of(text)]
            return found.rendition.text
        finally:
            await house.close()

    try:
        return run(play())
    finally:
        endpoint.stop()


@pytest.mark.parametrize("obeys", [True, False])
def test_a_model_is_told_the_terms_and_asked_again_where_it_ignores_them(
    database_url, tmp_path, obeys
):
    def answer(text: str) -> str:
        if "⟦0⟧" in text:
            return "Another day as a ⟦0⟧"
        return SLAVE if obeys else "Another day of hard work"

    engine = Endpoint(lambda body: chat([answer(text) for text in asked(body)]))
    assert rendered(database_url, tmp_path, engine, "openai") == SLAVE
    assert [asked(body) for body in engine.bodies] == [[CATTLE], ["今天又当了一天⟦0⟧"]][: 2 - obeys]
    told = [message["content"] for body in engine.bodies for message in body["messages"]]
    assert any('{"牛马":"wage slave"}' in words for words in told)
    assert not any("yyds" in words for words in told)
    # What a host wrote is told as data, never among the orders.
    assert "牛马" not in told[0]


@pytest.mark.parametrize(("first", "second", "shown"), [
    # An engine without a prompt is given the term as it is given a link.
    ("Another day of cattle and horses", "Another day as a ⟦0⟧", SLAVE),
    ("Another day of cattle and horses", "Another day as a[0]", SLAVE),
    ("Another day of cattle and horses", "Another day as a⟦0⟧.", f"{SLAVE}."),
    # Another ending is no other word, and nobody asks again.
    ("Another day as Wage-slaves", None, "Another day as Wage-slaves"),
    # Where its place is lost, or nothing comes, the first answer stands.
    ("Another day of cattle and horses", "Another day", "Another day of cattle and horses"),
    ("Another day of cattle and horses", "Day ⟦0⟧ as ⟦0⟧", "Another day of cattle and horses"),
    ("Another day of cattle and horses", "⟦0⟧ 今天又当了一天", "Another day of cattle and horses"),
    ("Another day of cattle and horses", 400, "Another day of cattle and horses"),
])
def test_an_engine_that_ignores_a_term_is_asked_once_more_with_the_term_set_aside(
    database_url, tmp_path, first, second, shown
):
    def answer(body):
        if "⟦0⟧" not in asked(body)[0]:
            return libre([first])
        return (second, {}, b"{}") if isinstance(second, int) else libre([second])

    engine = Endpoint(answer)
    assert rendered(database_url, tmp_path, engine, "libretranslate") == shown
    wanted = [[CATTLE]] + ([] if second is None else [["今天又当了一天⟦0⟧"]])
    assert [asked(body) for body in engine.bodies] == wanted


def test_a_term_is_set_aside_beside_what_is_anyway_and_only_where_it_stands_as_a_word():
    terms = [Term(text="OP", rendering="楼主"), Term(text="tea", rendering="八卦")]
    text = "OP shops at https://a.example/OP and has 12 kg of tea (#tea) and a teapot"
    assert terming.inside(text, terms) == tuple(terms)
    masked = terming.protected(text, terms, with_numbers=True)
    assert masked.text == "⟦0⟧ shops at ⟦1⟧ and has ⟦2⟧ of ⟦3⟧ (⟦4⟧) and a teapot"
    answer = "⟦0⟧ 在 ⟦1⟧ 买东西，有 ⟦2⟧ 的 ⟦3⟧ （⟦4⟧）和茶壶"
    assert terming.restored(answer, masked) == (
        "楼主在 https://a.example/OP 买东西，有 12 kg 的八卦 （#tea）和茶壶"
    )
    assert terming.inside("a teapot, a shop, #tea, https://a.example/OP", terms) == ()
    assert terming.ignored("楼主喝茶", terms) == (terms[1],)


def test_of_two_engines_in_a_row_the_second_is_told_the_terms():
    first = Endpoint(lambda body: libre(["Another day of cattle"] * len(asked(body))))
    second = Endpoint(lambda body: chat(["Otro día de esclavo"] * len(asked(body))))

    async def work() -> list[str]:
        async with http.client([first.url, second.url]) as client:
            both = Pivoting(
                LibreTranslate(client, url=first.url),
                OpenAI(client, url=f"{second.url}/v1", model="scripted"), through=Lang("en"),
            )
            return await both.translate(Batch(
                source=Lang("zh"), target=Lang("es"), texts=[CATTLE],
                terms=[Term(text="牛马", rendering="esclavo")],
            ))

    assert run(work()) == ["Otro día de esclavo"]
    first.stop()
    second.stop()
    told = [message["content"] for message in second.bodies[0]["messages"]]
    assert any('{"牛马":"esclavo"}' in words for words in told)


def test_a_term_is_told_in_the_first_of_ones_languages_that_has_it():
    told = [Meaning(target=Lang(code), rendering=code, note="") for code in ("en", "zh")]
    term = Entry(
        id=1, lang=Lang("ja"), term="推し", variants=(), note="", meanings=tuple(told), by_id=None,
        changed_at=NOW,
    )
    assert term.told(("fr", "zh", "en")).target == "zh"
    assert term.told(("en", "zh")).target == "en"
    assert term.told(("fr", "ja")) is None
