"""What language a text is in: its author's word, its readers', and who wants it translated."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import sqlalchemy as sa

from catflap.ground import events, jobs
from catflap.ground.errors import NotFound
from catflap.ground.statements import Statement
from catflap.mastodon.presenting import as_rendered
from catflap.notes import translating
from catflap.translation import actions, queries, suggesting
from catflap.translation.codes import UNKNOWN, Lang
from catflap.translation.glossary import Glossary
from catflap.translation.model import Kept, Origin, Reading, Rendition, key_of
from catflap.web.entities.said import Eyes, credit, said
from catflap.words.catalogue import words
from tests.arrivals.test_bringing import of_test
from tests.notes.test_storage import Place
from tests.translation.test_glossary import NOW, entry
from tests.translation.test_suggesting import KEY, ZH, Readers, among

_AHEAD = Statement(
    sa.select(sa.func.count()).select_from(jobs.jobs).where(jobs.jobs.c.key == sa.bindparam("name")),
    int,
)

_NEWS = of_test(
    sa.select(sa.func.count()).select_from(events.events)
    .where(events.events.c.kind == "RenditionMade"),
    int,
)


async def kept(place: Place | Readers, key=KEY) -> Kept:
    async with place.db.reads() as reads:
        return (await queries.kept(reads, [key], target=ZH))[key]


async def claims(r: Readers, by, lang: str) -> bool:
    async with r.db.tx() as tx:
        return await translating.claim_language(tx, r.note, KEY, lang=lang, by=by)


def test_what_the_author_says_is_kept_beside_what_is_found(database_url, tmp_path):
    async def story(r: Readers) -> None:
        wrong = "今天又是被猫叫醒的一天，谁懂啊"
        await r.p.posts(r.juniper, wrong, lang="en-GB")
        found = await kept(r, key_of(wrong))
        assert (found.claimed, found.langs) == ("en", ("zh",))
        short = "chat"  # too short to tell: what its author says decides
        await r.p.posts(r.juniper, short, lang="fr")
        found = await kept(r, key_of(short))
        assert (found.claimed, found.langs) == ("fr", ("fr",))
        await r.p.posts(r.juniper, "Nothing was said of this sentence.")
        assert (await kept(r, key_of("Nothing was said of this sentence."))).claimed == ""

    among(database_url, tmp_path, story)


def test_the_author_a_host_or_two_readers_say_what_it_really_is(database_url, tmp_path):
    async def story(r: Readers) -> None:
        assert await claims(r, r.mei, "es") is False
        assert await claims(r, r.mei, "es") is False  # twice the same person
        assert await claims(r, r.tang, "fr") is False
        assert (await kept(r)).lang == "en"
        assert await claims(r, r.tang, "es-MX") is True  # they think again, and agree
        assert (await kept(r)).langs == ("es",)
        assert await claims(r, r.hosts[0], "de") is True
        assert (await kept(r)).langs == ("de",)
        assert await claims(r, r.juniper, "en") is True
        assert (await kept(r)).langs == ("en",)
        for nothing in ("", "und", "klingon!", "x" * 500):
            with pytest.raises(NotFound):
                await claims(r, r.juniper, nothing)
        with pytest.raises(NotFound):
            async with r.db.tx() as tx:
                await translating.claim_language(
                    tx, r.note, key_of("elsewhere"), lang="fr", by=r.juniper
                )

    among(database_url, tmp_path, story)


def test_what_readers_fixed_is_not_found_otherwise_and_is_translated_again(
    database_url, tmp_path
):
    async def story(r: Readers) -> None:
        async with r.db.tx() as tx:
            await translating.doubt(tx, r.note, KEY, target=ZH, by=r.mei)
            await actions.render(
                tx, KEY, target=Lang("fr"), text="par une personne", origin=Origin.PERSON,
                by=r.mei,
            )
        await claims(r, r.juniper, "nl")
        assert (await kept(r)).rendition is None
        async with r.db.reads() as reads:
            assert await suggesting.doubted(reads) == []  # it doubted what is gone
            french = (await queries.kept(reads, [KEY], target=Lang("fr")))[KEY].rendition
            assert french.text == "par une personne"
            assert await reads.one(_AHEAD, name=f"translation.ahead:{KEY}") == 1
        await r.p.posts(r.juniper, (await kept(r)).text)
        assert (await kept(r)).langs == ("nl",)

    among(database_url, tmp_path, story)


def test_readers_who_agree_at_once_are_two(database_url, tmp_path):
    async def story(r: Readers) -> None:
        told = await asyncio.gather(claims(r, r.mei, "es"), claims(r, r.tang, "es"))
        assert sorted(told) == [False, True]
        assert (await kept(r)).langs == ("es",)

    among(database_url, tmp_path, story)


# -- as one reader sees it ----------------------------------------------------


class NoLexicon:
    """A reading aid that knows nothing."""

    def supports(self, *, source, target) -> bool:
        return False


def text(words_: str, *langs: str, zh: str = "", target: str = "zh") -> Kept:
    rendition = zh and Rendition(
        text=zh, target=Lang(target), engine="opus", engine_version="1", origin=Origin.ENGINE,
        by_id=None, confidence_ratio=0.8, failed=False, made_at=NOW,
    )
    return Kept(
        key=key_of(words_), text=words_, langs=tuple(map(Lang, langs)),
        rendition=rendition or None,
    )


def seen(kept_: Kept, *terms, **reading):
    eyes = Eyes(
        reading=Reading(**{"reads": ("zh",), **reading}), words=words("en"),
        lexicon=NoLexicon(), glossary=Glossary(terms), has_engine=True,
    )
    return said(kept_, eyes=eyes)


ENGLISH = text("The cat is out of the bag.", "en", zh="秘密泄露了。")


def test_translation_is_switched_off_whole_or_for_a_language():
    assert seen(ENGLISH).first == "秘密泄露了。"
    for reading in ({"translate": False}, {"never_translate": ("en",)}, {"reads": ("zh", "en")}):
        shown = seen(ENGLISH, **reading)
        assert (shown.state, shown.first, shown.translation) == ("own", ENGLISH.text, None)
    assert seen(ENGLISH, never_translate=("fr",)).state == "translated"
    unsaid = text("Guten Morgen zusammen", "de")
    assert seen(unsaid).state == "pending"
    assert seen(unsaid, never_translate=("de",)).state == "own"
    assert seen(text("🐈🐈", *()), reads=("en",)).state == "own"
    assert seen(text("lol", UNKNOWN)).state == "own"


def test_a_line_one_reads_anyway_stays_as_it_was_written():
    mixed = text("Good morning!\n早安！", "en", "zh", zh="早上好！\n早上好呀！")
    assert seen(mixed).first == "早上好！\n早安！"
    # What apps are given in the place of originals, and what is pushed to them, is the same.
    reading = Reading(reads=("zh",))
    assert as_rendered(reading, mixed)[0] == "早上好！\n早安！"
    assert as_rendered(reading, ENGLISH)[0] == "秘密泄露了。"


@pytest.mark.parametrize(
    ("script", "shown"), [("", "头发 頭髮"), ("Hans", "头发 头发"), ("Hant", "頭髮 頭髮")]
)
def test_chinese_is_shown_in_the_script_one_prefers(script, shown):
    both = "头发 頭髮"
    assert seen(text(both, "zh"), script=script).first == shown
    assert seen(text("hair", "en", zh=both), script=script).first == shown
    mixed = text(f"I like your hair a lot.\n{both}", "en", "zh", zh=f"我喜欢。\n{both}")
    assert seen(mixed, script=script).plain.endswith(shown)


def test_names_tags_and_links_are_addresses_in_any_script():
    calls = "@头发 #头发 https://头发.example/头发 `头发`"
    assert seen(text(calls, "zh"), script="Hant").first == calls
    assert seen(text("头发", "zh"), script="Hant").lang == "zh-Hant"
    assert seen(text("かみの毛、発する", "ja"), reads=("ja",), script="Hant").first == "かみの毛、発する"


def test_a_term_is_found_in_the_script_it_is_shown_in():
    tax = entry("cat tax", "en", rendering="猫税")
    paid = text("She paid her cat tax.", "en", zh="她交了猫税。")
    for script, form in (("", "猫税"), ("Hans", "猫税"), ("Hant", "貓稅")):
        assert f'href="/glossary/7">{form}</a>' in str(seen(paid, tax, script=script).translation)


def test_whose_translation_it_is_is_said():
    by_mei = msgspec.structs.replace(
        ENGLISH.rendition, origin=Origin.PERSON, by_id=5, engine="",
    )
    ours = msgspec.structs.replace(ENGLISH, rendition=by_mei)
    through = msgspec.structs.replace(ENGLISH.rendition, via=Lang("fr"))
    assert "opus" in seen(ENGLISH).by
    assert credit(by_mei, words=words("en"), names={5: "Mei"}) == "Translated by Mei"
    assert seen(ours).by == "Corrected by people here"  # who left, or hides
    assert "Français" in credit(through, words=words("en"), names={})


def test_a_translation_that_says_what_stood_there_is_news_to_nobody(database_url, tmp_path):
    async def story(r: Readers) -> None:
        async def told(text: str) -> int:
            async with r.db.tx() as tx:
                before = await tx.one(_NEWS)
                assert await actions.render(
                    tx, KEY, target=ZH, text=text, origin=Origin.MEMORY, engine="memory"
                )
                return await tx.one(_NEWS) - before

        assert await told("一样的话") == 1
        assert await told("一样的话") == 0
        assert await told("别的话") == 1

    among(database_url, tmp_path, story)
