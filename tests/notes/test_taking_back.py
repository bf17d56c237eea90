"""What is taken back takes nothing of anybody else's with it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from catflap.ground.errors import NotFound, Overtaken
from catflap.media import actions as media_actions
from catflap.media import queries as media
from catflap.media.model import PhotoMade
from catflap.notes import actions, boards, leaving, queries
from catflap.notes.model import Written
from catflap.people import queries as people
from catflap.translation import queries as texts
from catflap.translation.codes import Lang
from tests.notes.test_storage import Place, at

MADE = PhotoMade(width=1, height=1, sizes=(), blur="", blurhash="", animated=False)


async def thread(p: Place, root):
    """A thread's texts in order, "" for one that was taken back, and how many are counted."""
    async with p.db.reads() as reads:
        found = (await queries.thread(reads, root, viewer=None, after=None)).items
        kept = await texts.kept(reads, [note.body_key for note in found], target=Lang("und"))
        count = (await queries.note(reads, root, viewer=None)).comments_count
    return [kept[n.body_key].text if n.body_key else "" for n in found], count


async def takes_back(p: Place, note, *, by) -> None:
    async with p.db.tx() as tx:
        await actions.withdraw(tx, note, by=by)


def test_an_answer_to_an_answer_stays_when_what_it_answers_goes(database_url, tmp_path):
    async def story(p: Place) -> None:
        root = await p.posts(p.juniper, "hello")
        first = await p.says(p.juniper, root, "first")
        answer = await p.says(p.aju, first, "answer")
        await p.says(p.juniper, answer, "answer to the answer")
        await takes_back(p, answer, by=p.aju)
        assert await thread(p, root) == (["first", "", "answer to the answer"], 2)
        await takes_back(p, first, by=p.juniper)
        assert await thread(p, root) == (["", "", "answer to the answer"], 1)

    at(database_url, tmp_path, story)


def test_what_is_taken_back_twice_counts_once(database_url, tmp_path):
    async def story(p: Place) -> None:
        root = await p.posts(p.juniper, "hello")
        first = await p.says(p.aju, root, "first")
        await p.says(p.juniper, first, "answer")
        async with p.db.tx() as tx:
            await actions.like(tx, root, by=p.aju)
            await actions.like(tx, first, by=p.juniper)
        for _ in range(3):
            await takes_back(p, first, by=p.aju)
        async with p.db.reads() as reads:
            person = await people.by_id(reads, p.aju, viewer=None)
            assert (person.comments_count, person.likes_count) == (0, 0)
        assert await thread(p, root) == (["", "answer"], 1)
        async with p.db.tx() as tx:
            with pytest.raises(NotFound):
                await actions.edit(tx, first, by=p.aju, written=Written(body="back again"))
        await takes_back(p, root, by=p.juniper)
        with pytest.raises(NotFound):
            await takes_back(p, root, by=p.juniper)
        async with p.db.reads() as reads:
            person = await people.by_id(reads, p.juniper, viewer=None)
            assert (person.notes_count, person.comments_count, person.likes_count) == (0, 0, 0)

    at(database_url, tmp_path, story)


def test_others_answers_stay_when_a_person_leaves(database_url, tmp_path):
    async def story(p: Place) -> None:
        root = await p.posts(p.juniper, "hello")
        theirs = await p.says(p.aju, root, "theirs")
        await p.says(p.juniper, theirs, "mine to theirs")
        first = await p.says(p.juniper, root, "first")
        deep = await p.says(p.aju, first, "deep")
        await p.says(p.juniper, deep, "mine to deep")
        async with p.db.tx() as tx:
            await leaving.leave(tx, p.aju, seal=p.house.seal)
        assert await thread(p, root) == (["mine to theirs", "first", "mine to deep"], 3)
        async with p.db.reads() as reads:
            person = await people.by_id(reads, p.juniper, viewer=None)
            assert person.comments_count == 3

    at(database_url, tmp_path, story)


def test_a_file_named_twice_takes_no_words_from_others(database_url, tmp_path):
    async def story(p: Place) -> None:
        theirs = await p.posts(p.aju, "a cat on a sofa")
        async with p.db.tx() as tx:
            photo = await media_actions.add_photo(
                tx, owner=p.juniper, folder="twice", made=MADE
            )
            mine = await actions.post(
                tx, by=p.juniper, written=Written(title="Mine"), media_ids=[photo],
                alts={photo: "a cat on a sofa"},
            )
            await actions.edit(
                tx, mine, by=p.juniper, written=Written(title="Mine"),
                media_ids=[photo] * 9, alts={photo: "another"},
            )
        async with p.db.reads() as reads:
            found = await queries.note(reads, theirs, viewer=None)
            assert await texts.text(reads, found.body_key) == "a cat on a sofa"
            assert len((await media.of_notes(reads, [mine]))[mine]) == 1

    at(database_url, tmp_path, story)


def test_every_word_of_a_note_that_was_edited_often_goes_with_it(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "version 0")
        async with p.db.tx() as tx:
            first = (await queries.note(tx, note, viewer=None)).body_key
            for number in range(1, 61):
                await actions.edit(
                    tx, note, by=p.juniper, written=Written(body=f"version {number}")
                )
        await takes_back(p, note, by=p.juniper)
        async with p.db.reads() as reads:
            assert await texts.text(reads, first) == ""

    at(database_url, tmp_path, story)


def test_what_many_hands_take_back_at_once_is_let_go_once(database_url, tmp_path):
    async def story(p: Place) -> None:
        theirs = await p.posts(p.aju, "the same words")
        mine = await p.posts(p.juniper, "the same words")
        async with p.db.tx() as tx:
            board = await boards.make(tx, by=p.juniper, title="the same words", is_public=True)
            await boards.collect(tx, theirs, by=p.juniper, board=board)
            await actions.like(tx, mine, by=p.aju)

        async def once(deed) -> None:
            with contextlib.suppress(NotFound, Overtaken):
                async with p.db.tx() as tx:
                    await deed(tx)

        await asyncio.gather(*(once(lambda tx: actions.withdraw(tx, mine, by=p.juniper)) for _ in range(6)))
        await asyncio.gather(*(once(lambda tx: boards.drop(tx, board, by=p.juniper)) for _ in range(6)))
        async with p.db.reads() as reads:
            found = await queries.note(reads, theirs, viewer=None)
            assert found.collects_count == 0
            assert await texts.text(reads, found.body_key) == "the same words"
            person = await people.by_id(reads, p.juniper, viewer=None)
            assert (person.notes_count, person.likes_count) == (0, 0)

    at(database_url, tmp_path, story)


def test_one_photo_goes_into_one_note_however_many_are_posted_at_once(database_url, tmp_path):
    async def story(p: Place) -> None:
        async with p.db.tx() as tx:
            photo = await media_actions.add_photo(tx, owner=p.juniper, folder="one", made=MADE)

        async def once() -> int:
            try:
                async with p.db.tx() as tx:
                    return await actions.post(
                        tx, by=p.juniper, written=Written(), media_ids=[photo]
                    )
            except (NotFound, Overtaken):
                return 0

        made = [note for note in await asyncio.gather(*(once() for _ in range(6))) if note]
        async with p.db.reads() as reads:
            assert list(await media.of_notes(reads, made)) == made
            assert len(made) == 1

    at(database_url, tmp_path, story)
