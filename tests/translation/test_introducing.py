"""What people say of themselves is texts: places and lines too, kept, let go of and completed."""

from __future__ import annotations

import asyncio

from catflap.arrivals import taking
from catflap.ground.sealing import Seal
from catflap.notes import leaving, wording
from catflap.people import actions as people
from catflap.people import profiles
from catflap.people import queries as people_queries
from catflap.people.model import Field
from catflap.translation import actions, introducing, queries
from catflap.translation import jobs as translation_jobs
from catflap.translation.codes import Lang
from catflap.translation.jobs import After
from catflap.translation.model import Origin, key_of
from tests.notes.test_storage import Place, at

LINES = (
    Field(name="Reading", value="A thick book about bread"),
    Field(name="Site", value="https://moss.example"),
    Field(name="Elsewhere", value="@moss@fern.example"),
    Field(name="Also", value="moss_fern"),
)
WORDS = (
    *(text for line in LINES for text in (line.name, line.value)), "the old mill", "the new mill",
    "Cats", "two of them", "Baking",
)



async def who(p: Place, tx=None):
    async with p.db.reads() as reads:
        return await people_queries.by_id(tx or reads, p.juniper, viewer=p.juniper)


async def says(p: Place, *lines: Field, bio: str = "", home: str = "") -> None:
    async with p.db.tx() as tx:
        await people.hold(tx, p.juniper)
        old = await people_queries.by_id(tx, p.juniper, viewer=p.juniper)
        await introducing.introduce(tx, old, name="Juniper", bio=bio, home=home, prior=("en",))
        kept = await introducing.lines(tx, old, lines, prior=("en",))
        await profiles.show(tx, old, fields=kept)


async def kept_texts(p: Place) -> list[str]:
    async with p.db.reads() as reads:
        kept = await queries.kept(reads, [key_of(text) for text in WORDS], target=Lang("zh"))
        return sorted(one.text for one in kept.values())


def test_lines_and_places_are_texts_and_what_is_no_words_is_not(database_url, tmp_path):
    async def story(p: Place) -> None:
        await says(p, *LINES, home="the old mill")
        found = await who(p)
        assert [bool(line.name_key) for line in found.fields] == [True] * 4
        assert [line.value_key for line in found.fields] == [key_of(LINES[0].value), "", "", ""]
        assert found.home_key == key_of("the old mill")
        assert await kept_texts(p) == sorted(
            ["A thick book about bread", "Also", "Elsewhere", "Reading", "Site", "the old mill"]
        )
        async with p.db.reads() as reads:
            assert await wording.is_only_author(reads, found.home_key, person=p.juniper)
            assert not await wording.is_only_author(reads, found.home_key, person=p.aju)

    at(database_url, tmp_path, story)


def test_an_edit_keeps_the_translations_of_what_stays_and_forgets_the_rest(database_url, tmp_path):
    async def story(p: Place) -> None:
        await says(p, LINES[0], Field(name="Cats", value="two of them"), home="the old mill")
        key = key_of(LINES[0].value)
        async with p.db.tx() as tx:
            await actions.render(tx, key, target=Lang("zh"), text="一本很厚的面包书", origin=Origin.ENGINE)
        await says(p, Field(name="Baking", value=LINES[0].value), home="the new mill")
        assert await kept_texts(p) == ["A thick book about bread", "Baking", "the new mill"]
        async with p.db.reads() as reads:
            kept = (await queries.kept(reads, [key], target=Lang("zh")))[key]
            assert kept.rendition.text == "一本很厚的面包书"
            assert await queries.uses(reads, key) == 1
        await says(p)
        assert await kept_texts(p) == []

    at(database_url, tmp_path, story)


def test_who_leaves_takes_their_lines_along_as_written_and_leaves_none(database_url, tmp_path):
    async def story(p: Place) -> None:
        await says(p, *LINES[:2], home="the old mill")
        async with p.db.tx() as tx:
            await actions.render(
                tx, key_of("Reading"), target=Lang("zh"), text="正在读", origin=Origin.ENGINE
            )
        seal = Seal(tmp_path)
        pages = [
            page async for page in taking.pages(p.db, "people", p.juniper, place="x", seal=seal)
        ]
        row = pages[0][0]
        assert row["home"] == "the old mill"
        assert [(line["name"], line["value"]) for line in row["fields"]] == [
            (line.name, line.value) for line in LINES[:2]
        ]
        assert set(row["fields"][0]) == {"name", "value"}
        assert "正在读" not in str(row)
        async with p.db.tx() as tx:
            await leaving.leave(tx, p.juniper, seal=Seal(tmp_path))
        assert await kept_texts(p) == []

    at(database_url, tmp_path, story)


def test_what_was_said_before_there_were_keys_is_completed_once(database_url, tmp_path):
    async def story(p: Place) -> None:
        for n in range(translation_jobs.BACKFILLED_AT_ONCE):
            await p.joins(f"p{n}", "en")
        await asyncio.sleep(0.002)  # ids sort by the millisecond
        p.juniper = await p.joins("last", "en")
        async with p.db.tx() as tx:
            old = await people_queries.by_id(tx, p.juniper, viewer=p.juniper)
            await people.describe(
                tx, p.juniper, name="Juniper", bio="", bio_key="", bio_lang="zxx", home="the old mill"
            )
            await profiles.show(tx, old, fields=LINES)
        assert await kept_texts(p) == []
        for _ in range(2):
            await translation_jobs.backfill_lines(p.house, After())
            await p.works()
        found = await who(p)
        assert found.home_key == key_of("the old mill")
        assert found.fields[0].value_key == key_of(LINES[0].value)
        async with p.db.reads() as reads:
            for key in found.keys():
                assert await queries.uses(reads, key) == 1

    at(database_url, tmp_path, story)
