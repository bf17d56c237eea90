"""From an uploaded archive to handles and drafts, on both databases, through the features' verbs."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from catflap.arrivals import (
    actions,
    claiming,
    finding,
    limits,
    queries,
    reading,
    receiving,
    uploading,
)
from catflap.arrivals import importing as arrivals
from catflap.arrivals.actions import MakeDraft, ReadArchive
from catflap.arrivals.errors import ArchiveDamaged, ArchiveTooLarge, ArchiveUnknown
from catflap.arrivals.gathering import Batch
from catflap.arrivals.model import HandleKind, Network, PostState, State
from catflap.arrivals.tables import brought_handles, brought_posts, imports
from catflap.ground import clock, events
from catflap.ground.errors import NotFound, TooMany
from catflap.ground.statements import Statement
from catflap.notes import leaving
from catflap.notes import queries as notes
from catflap.notes.model import DRAFTS_MAX
from tests.arrivals import generators as made
from tests.conftest import children_running, photo_bytes
from tests.notes import test_storage


def of_test(construct, row=None) -> Statement:
    """A statement that the house's rule about indexes is not for."""
    made = Statement(construct, row)
    Statement.every.remove(made)
    return made


EVERY = [of_test(table.select()) for table in (brought_handles, brought_posts, imports)]

MOVED = of_test(sa.select(sa.func.count()).where(events.events.c.kind == "ImportMoved"), int)


class Door(test_storage.Place):
    """Two people, one of whom brings something."""

    async def brings(self, path, *, by=None, read=True):
        body = path.read_bytes()
        self.owner = by or self.juniper
        id_ = await uploading.take(
            self.db, self.house.store, io.BytesIO(body), owner=by or self.juniper, file_name=path.name,
            size_bytes=len(body), limit_bytes=10_000_000,
        )
        if read:
            await self.reads(id_)
        return id_

    async def reads(self, id_) -> None:
        """As the worker would, which must not matter when it does so twice."""
        for _ in range(2):
            await arrivals.read_archive(self.house, ReadArchive(import_id=id_, owner=self.owner))

    async def one(self, id_):
        async with self.db.reads() as reads:
            return await queries.anyone(reads, id_)

    async def asks(self, query, *args, **kwargs):
        async with self.db.reads() as reads:
            return await query(reads, *args, **kwargs)

    async def does(self, verb, *args, **kwargs):
        async with self.db.tx() as tx:
            return await verb(tx, *args, **kwargs)

    async def rows(self) -> str:
        async with self.db.reads() as reads:
            return "\n".join([repr(row) for statement in EVERY for row in await reads.all(statement)])

    def files(self) -> list[str]:
        return sorted(str(p.relative_to(self.house.store.folder)) for p in self.house.store.folder.rglob("*") if p.is_file())


def at(database_url, tmp_path, story):
    test_storage.at(database_url, tmp_path / "house", story, kind=Door)


@pytest.fixture(autouse=True)
def folder(tmp_path):
    (tmp_path / "house").mkdir()


def test_an_archive_is_read_once_and_its_file_deleted(database_url, tmp_path):
    source = made.zipped(tmp_path / "TikTok_Data.zip", {"user_data_tiktok.json": made.dumped(made.tiktok())})

    async def story(door):
        id_ = await door.brings(source, read=False)
        assert door.files() == [f"arrivals/{door.juniper}/{id_}/archive"]
        await door.reads(id_)
        item = await door.one(id_)
        assert (item.state, item.progress_ratio, item.file_name) == (State.READY, 1.0, "TikTok_Data.zip")
        assert item.report.network is Network.TIKTOK
        assert door.files() == []
        posts = await door.asks(queries.posts, item)
        assert [post.body for post in posts] == ["My cat, part 0 🐱", "My cat, part 1 🐱"]
        assert await door.asks(queries.kinds, item) == {
            HandleKind.FOLLOWED: 3, HandleKind.FOLLOWER: 2, HandleKind.BLOCKED: 1, HandleKind.OWN: 1}
        assert (await door.asks(queries.hints, viewer=door.juniper)).interests == ("Cats", "Baking", "cattax")
        assert (await door.asks(queries.hints, viewer=door.aju)).interests == ()
        seal = door.house.seal
        assert await door.asks(queries.handles, item, HandleKind.FOLLOWED, seal=seal) == [
            "followed.0", "followed.1", "followed.2"]
        # Nobody who has the database alone can read a handle, or what was passed over.
        kept = await door.rows()
        assert all(word not in kept for word in ("followed.0", "fan_0", "pest0", "poppy.here", made.SECRET))

    at(database_url, tmp_path, story)


def test_people_are_found_by_keyed_hashes_of_their_handles(database_url, tmp_path):
    mine = made.bare(tmp_path / "user_data.json", made.dumped(made.tiktok(following=2)))

    async def story(door):
        await door.brings(mine)
        for person in (door.juniper, door.aju):
            async with door.db.tx() as tx:
                await claiming.seek(tx, by=person)
        for network, met in ((Network.INSTAGRAM, 0), (Network.TIKTOK, 1)):
            async with door.db.tx() as tx:
                await claiming.claim(tx, network, "@FOLLOWED.1", by=door.aju, seal=door.house.seal)
            await door.works()
            assert len(await door.asks(finding.of_viewer, viewer=door.juniper)) == met

    at(database_url, tmp_path, story)


def test_a_run_that_was_cut_off_goes_on_behind_what_it_kept(database_url, tmp_path):
    document = made.tiktok(following=3 * limits.BATCH_ITEMS)
    source = made.bare(tmp_path / "user_data.json", made.dumped(document))

    async def story(door):
        id_ = await door.brings(source, read=False)
        item, out = await door.one(id_), tmp_path / "out"
        out.mkdir()
        async with receiving.answers(source, out, name="user_data.json") as answers:
            async for answer in answers:
                assert isinstance(answer, Batch)
                if answer.number == 2:
                    break
                await door.does(
                    actions.keep, item, posts=answer.posts, handles=answer.handles, seal=door.house.seal,
                    batch=answer.number, progress_ratio=answer.progress_ratio,
                )
        halfway = await door.one(id_)
        assert (halfway.state, halfway.batches) == (State.READING, 2)
        before = await door.asks(queries.handles, item, HandleKind.FOLLOWED, seal=door.house.seal)
        await door.reads(id_)
        item = await door.one(id_)
        assert (await door.asks(queries.kinds, item))[HandleKind.FOLLOWED] == 3 * limits.BATCH_ITEMS
        assert await door.asks(queries.handles, item, HandleKind.FOLLOWED, seal=door.house.seal) == before
        assert item.state is State.READY
        async with door.db.reads() as reads:
            moved = await reads.one(MOVED)
        assert moved == item.batches + 1, "each batch is kept once, and its end told"

    at(database_url, tmp_path, story)


def test_what_is_deleted_while_it_is_read_leaves_nothing(database_url, tmp_path):
    source = made.zipped(tmp_path / "archive.zip", made.mastodon(photo_bytes()))

    async def story(door):
        id_ = await door.brings(source, read=False)
        item, out = await door.one(id_), tmp_path / "out"
        out.mkdir()
        await door.does(actions.delete, id_, by=door.juniper)
        archive = tmp_path / "house" / "media" / "arrivals" / str(door.juniper) / str(id_) / "archive"
        assert archive.exists()
        with pytest.raises(NotFound):
            await arrivals._read(door.house, item, source, out)
        assert children_running(reading) == [], "nobody goes on reading it"
        await door.reads(id_)
        await door.works()
        assert (door.files(), await door.rows()) == ([], "")

    at(database_url, tmp_path, story)


def test_a_refused_archive_leaves_its_reason_and_nothing_else(database_url, tmp_path):
    body = made.dumped(made.tiktok(following=3 * limits.BATCH_ITEMS))
    source = made.bare(tmp_path / "user_data.json", body[:-20])

    async def story(door):
        id_ = await door.brings(source)
        item = await door.one(id_)
        assert (item.state, item.report) == (State.REFUSED, None)
        assert receiving.refused(item.refusal).fault == "truncated"
        assert await door.asks(queries.kinds, item) == {}
        assert await door.asks(queries.posts, item) == []
        assert door.files() == []

    at(database_url, tmp_path, story)


def test_what_is_chosen_becomes_drafts_with_its_photos_and_nothing_is_published(database_url, tmp_path):
    source = made.tarred(tmp_path / "archive.tar.gz", made.mastodon(photo_bytes()))

    async def story(door):
        id_ = await door.brings(source)
        assert door.files() == [f"arrivals/{door.juniper}/{id_}/1"]
        with pytest.raises(NotFound):
            await door.does(actions.choose, id_, [1], by=door.aju)
        assert await door.does(actions.choose, id_, [2, 3, 99], by=door.juniper) == 2
        assert await door.does(actions.choose, id_, [2, 3], by=door.juniper) == 0
        for place in (2, 3, 2, 3):
            await arrivals.make_draft(door.house, MakeDraft(import_id=id_, place=place))
        await door.works()
        drafts = await door.asks(notes.drafts_of, door.juniper)
        assert sorted((draft.fields["body"], len(draft.media)) for draft in drafts) == [
            ("Spiders\n\nBehind", 0), ("With a photo", 1)]
        assert not [name for name in door.files() if name.startswith("arrivals/")]
        posts = await door.asks(queries.posts, await door.one(id_))
        assert [post.state for post in posts] == [PostState.OPEN, PostState.DRAFTED, PostState.DRAFTED]
        assert {post.draft_id for post in posts[1:]} == {draft.id for draft in drafts}
        assert await door.asks(notes.drafts_of, door.aju) == []

    at(database_url, tmp_path, story)


def test_more_drafts_than_one_may_have_are_not_chosen(database_url, tmp_path):
    source = made.bare(tmp_path / "user_data.json", made.dumped(made.tiktok(posts=DRAFTS_MAX + 1)))

    async def story(door):
        id_ = await door.brings(source)
        with pytest.raises(TooMany):
            await door.does(actions.choose, id_, list(range(1, DRAFTS_MAX + 2)), by=door.juniper)
        assert await door.does(actions.choose, id_, list(range(1, DRAFTS_MAX + 1)), by=door.juniper) == DRAFTS_MAX
        with pytest.raises(TooMany):
            await door.does(actions.choose, id_, [DRAFTS_MAX + 1], by=door.juniper)

    at(database_url, tmp_path, story)


def test_what_was_brought_goes_with_its_owners_word_or_with_them(database_url, tmp_path):
    source = made.zipped(tmp_path / "archive.zip", made.mastodon(photo_bytes()))

    async def story(door):
        first, second = await door.brings(source), await door.brings(source)
        with pytest.raises(NotFound):
            await door.does(actions.delete, first, by=door.aju)
        await door.does(actions.delete, first, by=door.juniper)
        await door.works()
        assert await door.one(first) is None
        assert door.files() == [f"arrivals/{door.juniper}/{second}/1"]
        await door.does(leaving.leave, door.juniper, seal=door.house.seal)
        await door.works()
        assert (door.files(), await door.rows()) == ([], "")

    at(database_url, tmp_path, story)


def test_posts_that_nobody_chose_are_let_go_in_time_and_handles_stay(database_url, tmp_path):
    source = made.zipped(tmp_path / "archive.zip", made.mastodon(photo_bytes()))

    async def story(door):
        id_ = await door.brings(source)
        for age, left in ((limits.KEPT_FOR - timedelta(days=1), 3), (limits.KEPT_FOR + timedelta(days=1), 0)):
            with clock.moved_by(age):
                await arrivals.forget_old(door.house, arrivals.ForgetOld())
                await arrivals.forget_old(door.house, arrivals.ForgetOld())
                await door.works()
            assert len(await door.asks(queries.posts, await door.one(id_))) == left
            assert bool(door.files()) == bool(left)
        assert await door.asks(queries.kinds, await door.one(id_)) == {HandleKind.OWN: 1}

    at(database_url, tmp_path, story)


def test_an_archive_whose_file_is_gone_does_not_wait_for_ever(database_url, tmp_path):
    async def story(door):
        id_ = await door.brings(made.bare(tmp_path / "user_data.json", b"{}"), read=False)
        await door.house.store.clear(actions.folder_of(door.juniper))
        await door.reads(id_)
        item = await door.one(id_)
        assert (item.state, item.refusal.error) == (State.REFUSED, "ArchiveDamaged")

    at(database_url, tmp_path, story)


def test_too_large_or_too_many_archives_are_refused_before_they_are_stored(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "IMPORTS_MAX", 1)
    source = made.bare(tmp_path / "user_data.json", b"{}")

    async def story(door):
        for size_bytes, error in ((10_000_001, ArchiveTooLarge), (0, ArchiveUnknown)):
            with pytest.raises(error):
                await uploading.take(
                    door.db, door.house.store, io.BytesIO(), owner=door.aju, file_name="", size_bytes=size_bytes,
                    limit_bytes=10_000_000)
        await door.brings(source, read=False)
        before = door.files()
        with pytest.raises(TooMany):
            await door.brings(source)
        assert door.files() == before

    at(database_url, tmp_path, story)


def test_a_child_that_dies_or_talks_nonsense_is_a_damaged_archive(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()

    async def told(source) -> str:
        with pytest.raises(ArchiveDamaged) as refused:
            async with receiving.answers(source, tmp_path / "out", name="x.json") as answers:
                [_ async for _ in answers]
        return refused.value.reason

    monkeypatch.setattr(limits, "ANSWER_MAX_BYTES", 64)
    big = made.bare(tmp_path / "user_data.json", made.dumped(made.tiktok()))
    assert asyncio.run(told(big)) == "the child spoke without end"
    assert asyncio.run(told(tmp_path / "absent")) == "the child ended with 1"
