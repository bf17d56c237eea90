"""What people do, on both databases, through the features' own verbs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from catflap import app
from catflap.access import actions as access
from catflap.access import passwords
from catflap.access import queries as access_queries
from catflap.feed import pipeline
from catflap.ground import clock, events, jobs
from catflap.ground.errors import NotAllowed, NotFound, TextTooLong
from catflap.ground.statements import Instant, Statement
from catflap.media import actions as media_actions
from catflap.media import queries as media
from catflap.media.model import PhotoMade, SizeMade
from catflap.notes import actions, boards, drafts, leaving, queries
from catflap.notes.errors import NoteEmpty
from catflap.notes.model import NoteId, Visibility, Written
from catflap.notices import queries as notices
from catflap.people import actions as people
from catflap.people import queries as people_queries
from catflap.people.errors import HandleConfusable, HandleTaken
from catflap.search import queries as search
from catflap.translation import actions as translation
from catflap.translation import queries as texts
from catflap.translation.codes import Lang
from catflap.translation.model import Origin, key_of
from tests.conftest import house_at, run

_OLDEST_EVENT = Statement(sa.select(sa.func.min(events.events.c.at, type_=Instant)), Instant)


class Place:
    """A house with two people in it."""

    def __init__(self, house) -> None:
        self.house = house
        self.db = house.database

    async def settle(self) -> None:
        self.aju = await self.joins("阿橘", "zh")
        self.juniper = await self.joins("juniper", "en")

    async def joins(self, handle: str, lang: str):
        async with self.db.tx() as tx:
            return await access.sign_up(
                tx, handle=handle, password_hash="x", email=None, locale="en", reads=(lang,)
            )

    async def posts(self, by, body: str, **written) -> NoteId:
        async with self.db.tx() as tx:
            return await actions.post(tx, by=by, written=Written(body=body, **written), prior=("en",))

    async def says(self, by, to, text: str) -> NoteId:
        await asyncio.sleep(0.002)  # ids sort by the millisecond, and within it by shard
        async with self.db.tx() as tx:
            return await actions.comment(tx, by=by, to=to, text=text, prior=("en",))

    async def works(self) -> None:
        await app.runner(self.house, name="test").drain()


def at(database_url: str, tmp_path: Path, story, *, kind: type[Place] = Place) -> None:
    async def play() -> None:
        house = house_at(database_url, tmp_path)
        place = kind(house)
        try:
            await place.settle()
            await place.works()  # what signing up and a new database want done
            await story(place)
        finally:
            await house.close()

    run(play())


def test_a_note_is_found_in_explore_search_and_notices(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "Steamed eggs with @阿橘", title="猫税 day", tags=("CatTax",))
        await p.says(p.aju, note, "收到！")
        await p.works()
        async with p.db.reads() as reads:
            feed = await pipeline.explore(reads, viewer=p.aju, after=None)
            assert [slot.stamp.id for slot in feed.slots] == [note]
            for query in ("猫税", "steamed EGGS", "cattax"):
                asked = await search.understood(reads, query)
                found = await search.notes(reads, asked, viewer=None, after=None)
                assert found.items == [note], query
            asked = await search.understood(reads, "税猫")
            assert (await search.notes(reads, asked, viewer=None, after=None)).items == []
            kinds = [n.kind for n in (await notices.of_viewer(reads, p.juniper, after=None)).items]
            assert kinds == ["comment"]
            kinds = [n.kind for n in (await notices.of_viewer(reads, p.aju, after=None)).items]
            assert kinds == ["mention"]

    at(database_url, tmp_path, story)


def test_comments_stand_in_two_levels_under_their_note(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello")
        first = await p.says(p.aju, note, "一")
        second = await p.says(p.aju, note, "二")
        answer = await p.says(p.juniper, first, "one")
        deeper = await p.says(p.aju, answer, "一点一")
        async with p.db.reads() as reads:
            thread = await queries.thread(reads, note, viewer=None, after=None)
        assert [item.id for item in thread.items] == [first, answer, deeper, second]
        assert {item.branch_id for item in thread.items} == {None, first}

    at(database_url, tmp_path, story)


def test_a_blocked_person_sees_neither_note_nor_comment(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello")
        async with p.db.tx() as tx:
            await people.block(tx, by=p.juniper, person=p.aju)
        await p.works()
        async with p.db.reads() as reads:
            with pytest.raises(NotFound):
                await queries.note(reads, note, viewer=p.aju)
            feed = await pipeline.explore(reads, viewer=p.aju, after=None)
            assert list(feed.slots) == []
            assert feed.removed == {"blocked": 1}
        with pytest.raises(NotFound):
            await p.says(p.aju, note, "let me in")

    at(database_url, tmp_path, story)


@pytest.mark.parametrize(
    ("visibility", "stranger", "follower"),
    [("public", True, True), ("followers", False, True), ("only_me", False, False),
     ("mentioned", False, False)],
)
def test_only_those_may_see_a_note_whom_its_author_chose(
    database_url, tmp_path, visibility, stranger, follower
):
    async def story(p: Place) -> None:
        friend = await p.joins("friend", "en")
        async with p.db.tx() as tx:
            await people.follow(tx, by=friend, person=p.juniper)
        note = await p.posts(p.juniper, "for some", visibility=Visibility(visibility))
        async with p.db.reads() as reads:
            for viewer, may in ((None, stranger), (p.aju, stranger), (friend, follower), (p.juniper, True)):
                seen = await queries.shown(reads, [note], viewer=viewer)
                assert bool(seen) is may, (viewer, visibility)

    at(database_url, tmp_path, story)


def test_an_edit_keeps_how_it_read_before_and_a_withdrawal_keeps_nothing(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "first words")
        await p.says(p.aju, note, "评论")
        async with p.db.tx() as tx:
            await actions.edit(tx, note, by=p.juniper, written=Written(body="second words"))
        async with p.db.reads() as reads:
            [revision] = await queries.history(reads, note)
            assert await texts.text(reads, revision.body_key) == "first words"
        async with p.db.tx() as tx:
            with pytest.raises(NotAllowed):
                await actions.withdraw(tx, note, by=p.aju)
        async with p.db.tx() as tx:
            await actions.withdraw(tx, note, by=p.juniper)
        async with p.db.reads() as reads:
            keys = [key_of(text) for text in ("first words", "second words", "评论")]
            assert await texts.kept(reads, keys, target=Lang("en")) == {}
            with pytest.raises(NotFound):
                await queries.note(reads, note, viewer=p.juniper)

    at(database_url, tmp_path, story)


def test_what_was_said_to_oneself_is_no_history_for_those_one_opens_it_to(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "first secret", visibility=Visibility.ONLY_ME)
        for body, visibility in (
            ("second secret", Visibility.ONLY_ME), ("a word for all", Visibility.PUBLIC),
            ("a better word", Visibility.PUBLIC), ("hidden again", Visibility.ONLY_ME),
        ):
            async with p.db.tx() as tx:
                await actions.edit(
                    tx, note, by=p.juniper, written=Written(body=body, visibility=visibility)
                )
        async with p.db.reads() as reads:
            past = await queries.history(reads, note)
            said = [await texts.text(reads, revision.body_key) for revision in past]
            assert said == ["a better word", "a word for all"]
            keys = [key_of(text) for text in ("first secret", "second secret")]
            assert await texts.kept(reads, keys, target=Lang("en")) == {}

    at(database_url, tmp_path, story)


def test_a_text_two_people_wrote_is_kept_until_both_took_it_back(database_url, tmp_path):
    async def story(p: Place) -> None:
        one = await p.posts(p.juniper, "哈哈哈")
        two = await p.posts(p.aju, "哈哈哈")
        for note, by, left in ((one, p.juniper, 1), (two, p.aju, 0)):
            async with p.db.tx() as tx:
                await actions.withdraw(tx, note, by=by)
            async with p.db.reads() as reads:
                assert len(await texts.kept(reads, [key_of("哈哈哈")], target=Lang("en"))) == left

    at(database_url, tmp_path, story)


def test_a_persons_rendition_outranks_memory_and_engine(database_url, tmp_path):
    async def story(p: Place) -> None:
        await p.posts(p.aju, "交猫税")
        key, target = key_of("交猫税"), Lang("en")
        async with p.db.tx() as tx:
            assert await translation.render(tx, key, target=target, text="cat tax paid", origin=Origin.PERSON)
            assert not await translation.render(tx, key, target=target, text="cat duty", origin=Origin.ENGINE)
        async with p.db.reads() as reads:
            kept = (await texts.kept(reads, [key], target=target))[key]
        assert kept.rendition is not None
        assert kept.rendition.text == "cat tax paid"

    at(database_url, tmp_path, story)


def test_liking_twice_counts_once_and_collecting_makes_a_board(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello")
        async with p.db.tx() as tx:
            assert [await actions.like(tx, note, by=p.aju) for _ in range(2)] == [1, 1]
            assert [await actions.unlike(tx, note, by=p.aju) for _ in range(2)] == [0, 0]
            board = await boards.make(tx, by=p.aju, title="想做", is_public=False)
            assert await boards.collect(tx, note, by=p.aju, board=board) == 1
        async with p.db.reads() as reads:
            assert (await queries.on_board(reads, board, after=None)).items == [note]
            with pytest.raises(NotFound):
                await queries.board(reads, board, viewer=p.juniper)

    at(database_url, tmp_path, story)


def test_leaving_takes_everything_along(database_url, tmp_path):
    async def story(p: Place) -> None:
        theirs = await p.posts(p.aju, "留下的")
        mine = await p.posts(p.juniper, "going away")
        await p.says(p.juniper, theirs, "bye now friends")
        async with p.db.tx() as tx:
            await actions.like(tx, theirs, by=p.juniper)
            await leaving.leave(tx, p.juniper, seal=p.house.seal)
        async with p.db.reads() as reads:
            assert mine not in await queries.by_ids(reads, [mine, theirs])
            left = (await queries.by_ids(reads, [theirs]))[theirs]
            assert (left.likes_count, left.comments_count) == (0, 0)
            gone = [key_of("going away"), key_of("bye now friends")]
            assert await texts.kept(reads, gone, target=Lang("zh")) == {}

    at(database_url, tmp_path, story)


def test_handles_that_look_alike_cannot_both_exist(database_url, tmp_path):
    async def story(p: Place) -> None:
        for handle in ("JUNIPER", "jun.iper", "ｊｕｎｉｐｅｒ", "juniреr"):
            with pytest.raises((HandleTaken, HandleConfusable)):
                await p.joins(handle, "en")

    at(database_url, tmp_path, story)


def test_nothing_is_half_done_when_a_limit_is_broken(database_url, tmp_path):
    async def story(p: Place) -> None:
        with pytest.raises(TextTooLong) as caught:
            await p.posts(p.juniper, "x" * 5001, title="kept out")
        assert (caught.value.length_chars, caught.value.limit_chars) == (5001, 5000)
        with pytest.raises(NoteEmpty):
            await p.posts(p.juniper, "  ")
        async with p.db.reads() as reads:
            assert await texts.kept(reads, [key_of("kept out")], target=Lang("en")) == {}
            assert [row.kind for row in await jobs.backlog(reads)] == []

    at(database_url, tmp_path, story)


def test_every_job_may_run_twice(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello @阿橘")
        await p.says(p.aju, note, "你好")
        async with p.db.tx() as tx:
            waiting = await jobs.claim(tx, worker="dies", count=100)
        for _ in range(2):
            async with p.db.tx() as tx:
                for job in waiting:
                    await jobs.enqueue_raw(tx, job.kind, job.payload)
            await p.works()
        async with p.db.reads() as reads:
            assert len((await notices.of_viewer(reads, p.juniper, after=None)).items) == 1
            assert len((await notices.of_viewer(reads, p.aju, after=None)).items) == 1
            assert len((await pipeline.explore(reads, viewer=None, after=None)).slots) == 1

    at(database_url, tmp_path, story)


def test_the_explore_page_costs_the_same_queries_at_any_length(database_url, tmp_path):
    async def story(p: Place) -> None:
        costs = []
        for count in (3, 15):
            for k in range(count):
                await p.posts(p.aju, f"note {count} {k}")
            await p.works()
            async with p.db.reads() as reads:
                await pipeline.explore(reads, viewer=p.juniper, after=None)
                costs.append(reads.count)
        assert costs[0] == costs[1] <= 5

    at(database_url, tmp_path, story)


def test_a_session_ends_for_good(database_url, tmp_path):
    async def story(p: Place) -> None:
        async with p.db.tx() as tx:
            token = await access.open_session(tx, p.juniper, device="phone", address="::1")
        async with p.db.reads() as reads:
            opened = await access_queries.opened(reads, token, days=90)
            assert opened is not None
        async with p.db.tx() as tx:
            with pytest.raises(NotFound):
                await access.end_session(tx, opened.id, by=p.aju)
            await access.end_session(tx, opened.id, by=p.juniper)
        async with p.db.reads() as reads:
            assert await access_queries.opened(reads, token, days=90) is None
        assert passwords.token_hash(token) != token

    at(database_url, tmp_path, story)


def test_a_failing_job_waits_longer_each_time_and_then_is_a_dead_letter(database_url, tmp_path):
    async def story(p: Place) -> None:
        async with p.db.tx() as tx:
            await jobs.enqueue_raw(tx, "nobody.knows", "{}")
        await p.works()
        async with p.db.reads() as reads:
            [letter] = await jobs.dead_letters(reads)
        assert "no handler" in (letter.error or "")
        async with p.db.tx() as tx:
            assert await jobs.rerun(tx, letter.id) == 1
        steps = [jobs.backoff_s(n) for n in (1, 4, 8, 30)]
        assert steps == sorted(steps)
        assert steps[-1] <= jobs.BACKOFF_CAP_S

    at(database_url, tmp_path, story)


def test_the_same_deed_at_the_same_time_counts_once_and_fails_nobody(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello")
        async with p.db.tx() as tx:
            board = await boards.make(tx, by=p.aju, title="tea", is_public=True)

        async def does(deed) -> None:
            async with p.db.tx() as tx:
                await deed(tx)

        deeds = [
            lambda tx: actions.like(tx, note, by=p.aju),
            lambda tx: boards.collect(tx, note, by=p.aju, board=board),
            lambda tx: people.follow(tx, by=p.aju, person=p.juniper),
            lambda tx: translation.keep(tx, "the same words", prior=("en",)),
        ]
        await asyncio.gather(*(does(deed) for deed in deeds for _ in range(6)))
        async with p.db.reads() as reads:
            found = await queries.note(reads, note, viewer=None)
            assert (found.likes_count, found.collects_count) == (1, 1)
            person = await people_queries.by_id(reads, p.juniper, viewer=None)
            assert person.followers_count == 1
            [kept] = await queries.boards_of(reads, p.aju, viewer=p.aju)
            assert kept.notes_count == 1

    at(database_url, tmp_path, story)


def test_a_board_forgets_a_note_that_its_author_took_back(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello")
        other = await p.posts(p.juniper, "stays")
        async with p.db.tx() as tx:
            board = await boards.make(tx, by=p.aju, title="tea", is_public=True)
            await boards.collect(tx, note, by=p.aju, board=board)
            await boards.collect(tx, other, by=p.aju, board=board)
        async with p.db.tx() as tx:
            await actions.withdraw(tx, note, by=p.juniper)
        async with p.db.reads() as reads:
            assert (await queries.board(reads, board, viewer=p.aju)).notes_count == 1

    at(database_url, tmp_path, story)


def test_old_loose_files_idle_sign_ins_and_old_events_are_forgotten_in_their_turn(
    database_url, tmp_path
):
    async def story(p: Place) -> None:
        with clock.moved_by(-timedelta(days=365)):
            async with p.db.tx() as tx:
                made = PhotoMade(
                    width=1, height=1, sizes=(), blur="", blurhash="", animated=False
                )
                loose, drafted = [
                    await media_actions.add_photo(tx, owner=p.juniper, folder=folder, made=made)
                    for folder in ("aa/loose", "aa/drafted")
                ]
                size = SizeMade(name="small", width=1, height=1, webp="a.webp", avif="a.avif")
                made = msgspec.structs.replace(made, sizes=(size,))
                worn = await media_actions.add_photo(
                    tx, owner=p.juniper, folder="aa/worn", made=made
                )
                await media_actions.wear(tx, worn, owner=p.juniper)
                await drafts.save(
                    tx, by=p.juniper, draft=None, fields={"body": "soon"}, media_ids=[drafted]
                )
                await access.open_session(tx, p.juniper, device="old", address="")
            await p.posts(p.juniper, "long ago")
        runner = app.runner(p.house, name="test")
        async with p.db.tx() as tx:
            for _ in range(2):
                await jobs.schedule(tx, app.known_jobs())
            recurring = [row for row in await jobs.backlog(tx) if "forget" in row.kind]
            kinds = [job.kind for job in app.known_jobs() if job.every and "forget" in job.kind]
            assert [row.count for row in recurring] == [1] * len(kinds)
        with clock.moved_by(timedelta(hours=7)):
            await runner.drain()
        async with p.db.reads() as reads:
            assert await media.anyone(reads, loose) is None
            assert await media.anyone(reads, drafted) is not None
            assert await media.anyone(reads, worn) is not None
            assert await access_queries.sessions_of(reads, p.juniper) == []
            left = {row.kind for row in await jobs.backlog(reads)}
            assert left <= {"feed.pace"}  # soon after each first note
            assert await reads.one(_OLDEST_EVENT) > clock.now() - timedelta(days=30)

    at(database_url, tmp_path, story)


def test_two_workers_never_hold_the_same_job_and_a_dead_ones_comes_back(database_url, tmp_path):
    async def story(p: Place) -> None:
        async with p.db.tx() as tx:
            for number in range(40):
                await jobs.enqueue_raw(tx, "nobody.knows", str(number))

        async def claims(worker: str) -> list[int]:
            held: list[int] = []
            for _ in range(10):
                async with p.db.tx() as tx:
                    held += [job.id for job in await jobs.claim(tx, worker=worker, count=3)]
                await asyncio.sleep(0)
            return held

        one, other = await asyncio.gather(claims("one"), claims("other"))
        assert len(one) + len(other) == len({*one, *other}) == 40
        async with p.db.tx() as tx:
            await jobs.renew(tx, worker="one")
            assert await jobs.claim(tx, worker="third", count=100) == []
        with clock.moved_by(jobs.LEASE + timedelta(seconds=1)):
            async with p.db.tx() as tx:
                assert len(await jobs.claim(tx, worker="third", count=100)) == 40

    at(database_url, tmp_path, story)
