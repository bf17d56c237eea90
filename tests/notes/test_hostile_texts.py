"""What nobody types: kept without harm on both databases, and harmful to nobody else."""

from __future__ import annotations

import pytest

from catflap.ground.errors import NotFound, TextMissing
from catflap.notes import boards, drafts, queries
from catflap.notes.errors import NoteEmpty
from catflap.people import actions as people
from catflap.people import queries as people_queries
from catflap.search import queries as search
from catflap.translation import actions as translation
from catflap.translation import queries as texts
from catflap.translation.codes import Lang
from catflap.translation.model import Origin
from tests.notes.test_storage import Place, at

NASTY = "a\x00b\x1b\ud83d\x9fc"


def test_characters_that_no_database_holds_are_dropped_from_every_text(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, NASTY, title=NASTY, place=NASTY, warning=NASTY)
        comment = await p.says(p.aju, note, NASTY)
        async with p.db.tx() as tx:
            board = await boards.make(tx, by=p.aju, title=NASTY, is_public=True)
            draft = await drafts.save(
                tx, by=p.aju, draft=None, fields={"body": NASTY}, media_ids=[]
            )
            await people.describe(
                tx, p.aju, name=NASTY, bio=NASTY, bio_key="", bio_lang="zxx", home=NASTY
            )
            key = (await queries.note(tx, note, viewer=None)).body_key
            await translation.render(
                tx, key, target=Lang("zh"), text=NASTY, origin=Origin.ENGINE
            )
        await p.works()
        async with p.db.reads() as reads:
            shown = [await queries.note(reads, id_, viewer=None) for id_ in (note, comment)]
            keys = [key for one in shown for key in one.keys()]
            keys.append((await queries.board(reads, board, viewer=p.aju)).title_key)
            kept = await texts.kept(reads, keys, target=Lang("zh"))
            assert {item.text for item in kept.values()} == {"abc"}
            assert {item.rendition.text for item in kept.values() if item.rendition} == {"abc"}
            assert (await queries.draft(reads, draft, viewer=p.aju)).fields["body"] == "abc"
            person = await people_queries.by_id(reads, p.aju, viewer=None)
            assert (person.name, person.bio, person.home) == ("abc", "abc", "abc")

    at(database_url, tmp_path, story)


def test_a_text_of_nothing_else_is_no_text(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello")
        with pytest.raises(NoteEmpty):
            await p.posts(p.juniper, "\x00", title="\x1b")
        with pytest.raises(TextMissing):
            await p.says(p.aju, note, "\x00\ud800")
        async with p.db.tx() as tx:
            with pytest.raises(TextMissing):
                await boards.make(tx, by=p.aju, title="\x00", is_public=True)

    at(database_url, tmp_path, story)


def test_whatever_is_looked_for_is_found_or_not_found(database_url, tmp_path):
    async def story(p: Place) -> None:
        async with p.db.reads() as reads:
            for text in (NASTY, "\x00", "\ud800", "@" * 5000, "juniper\x00"):
                with pytest.raises(NotFound):
                    await people_queries.by_handle(reads, text, viewer=p.aju)
                asked = await search.understood(reads, text)
                assert (await search.notes(reads, asked, viewer=p.aju, after=None)).items == []

    at(database_url, tmp_path, story)
