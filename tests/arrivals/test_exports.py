"""Taking everything with one, on both databases, and bringing it to another Catflap."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from catflap.arrivals import actions, exports, importing, queries, taking, uploading
from catflap.arrivals.actions import ReadArchive
from catflap.arrivals.model import Found, HandleKind, Network, State
from catflap.ground import clock
from catflap.ground.errors import NotFound, TooFast
from catflap.notes import leaving
from catflap.notes import queries as notes
from catflap.notes.model import Visibility
from tests.conftest import photo_bytes
from tests.notes.test_storage import at
from tests.people.test_closing import SAID, Full, fill


class Trunk(Full):
    """juniper packs."""

    async def takes(self):
        async with self.db.tx() as tx:
            id_ = await exports.want(tx, by=self.juniper)
        await self.works()
        return id_

    def opened(self, id_) -> zipfile.ZipFile:
        path = self.house.store.folder / exports.path_of(self.juniper, id_)
        return zipfile.ZipFile(io.BytesIO(path.read_bytes()))


def play(database_url, tmp_path, story) -> None:
    at(database_url, tmp_path, story, kind=Trunk)


def test_everything_is_in_one_file_and_nothing_of_anybody_elses(database_url, tmp_path):
    async def story(p: Trunk) -> None:
        await fill(p)
        photo = p.house.store.folder / f"f{p.juniper}"
        photo.mkdir()
        (photo / "a.webp").write_bytes(photo_bytes())
        await p.posts(p.juniper, "for few", visibility=Visibility.ONLY_ME)
        zipped = p.opened(await p.takes())
        names = set(zipped.namelist())
        assert {f"data/{name}.json" for name in taking.TAKEN} < names
        read = {name: json.loads(zipped.read(name)) for name in names if name.endswith(".json")}
        assert read["following.json"]["orderedItems"] == [f"阿橘@127.0.0.1:{p.house.settings.port}"]
        assert read["blocks.json"]["orderedItems"] == [f"sam@127.0.0.1:{p.house.settings.port}"]
        bodies = [item["object"]["source"]["content"] for item in read["outbox.json"]["orderedItems"]]
        assert bodies == [f"{SAID} words of mine", f"{SAID} answer", "for few"]
        [photo_at] = read["outbox.json"]["orderedItems"][0]["object"]["attachment"]
        assert zipped.read(photo_at["url"]) == photo_bytes()
        assert read["boards.json"]["orderedItems"][0]["name"] == "her board"
        assert read["data/people.json"][0]["handle"] == "juniper"
        assert {row["handle"] for row in read["data/brought_handles.json"]} == {"aju.old"}
        assert read["data/credentials.json"] == [{"person_id": p.juniper, "email": f"{SAID}@mail.example"}]
        assert read["data/sessions.json"][0]["address"] == "203.0.113.9"
        whole = json.dumps(read)
        for others in ("an answer to her", f"{SAID} remark", f"{SAID} report"):
            assert others not in whole

    play(database_url, tmp_path, story)


def test_an_export_is_brought_to_another_catflap_as_it_is(database_url, tmp_path):
    async def story(p: Trunk) -> None:
        photo = p.house.store.folder / f"f{p.juniper}"
        photo.mkdir()
        (photo / "a.webp").write_bytes(photo_bytes())
        body = (p.house.store.folder / exports.path_of(p.juniper, await p.takes())).read_bytes()
        id_ = await uploading.take(
            p.house.database, p.house.store, io.BytesIO(body), owner=p.sam, file_name="catflap.zip",
            size_bytes=len(body), limit_bytes=10_000_000)
        await importing.read_archive(p.house, ReadArchive(import_id=id_, owner=p.sam))
        async with p.db.reads() as reads:
            item = await queries.one(reads, id_, viewer=p.sam)
            assert (item.state, item.report.network) == (State.READY, Network.CATFLAP)
            assert item.report.found[Found.COMMENTS] == item.report.found[Found.COLLECTED] == 1
            assert item.report.damaged == 0
            [post] = await queries.posts(reads, item)
            assert post.body == f"title\n\n{SAID} words of mine"
            assert len(post.files) == 1
            place = f"127.0.0.1:{p.house.settings.port}"
            for kind, handle in ((HandleKind.FOLLOWED, f"阿橘@{place}"), (HandleKind.OWN, f"juniper@{place}")):
                assert await queries.handles(reads, item, kind, seal=p.house.seal) == [handle]
        async with p.db.tx() as tx:
            assert await actions.choose(tx, id_, [post.place], by=p.sam) == 1
        await p.works()
        async with p.db.reads() as reads:
            [draft] = await notes.drafts_of(reads, p.sam)
            assert draft.fields["body"] == post.body

    play(database_url, tmp_path, story)


class CutOff(RuntimeError):
    """Somebody pulled the plug."""


def test_what_was_cut_off_begins_again_says_so_and_is_whole(database_url, tmp_path):
    async def story(p: Trunk) -> None:
        await fill(p)
        (p.house.store.folder / f"f{p.juniper}").mkdir()
        (p.house.store.folder / f"f{p.juniper}" / "a.webp").write_bytes(photo_bytes())
        async with p.db.tx() as tx:
            id_ = await exports.want(tx, by=p.juniper)

        class Unplugged:
            """The store, whose second half never comes."""

            def __getattr__(self, name: str):
                return getattr(p.house.store, name)

            async def chunks(self, path: str, *, start: int, end: int):
                yield b"half of it"
                raise CutOff

        broken = msgspec.structs.replace(p.house, store=Unplugged())
        with pytest.raises(CutOff):
            await exports.build(broken, exports.Build(export=id_))
        async with p.db.reads() as reads:
            found = await exports.newest(reads, viewer=p.juniper)
        assert (found.state, found.begun_count) == (State.READING, 1)
        assert not (p.house.store.folder / exports.path_of(p.juniper, id_)).exists()
        for _ in range(2):
            await exports.build(p.house, exports.Build(export=id_))
        async with p.db.reads() as reads:
            found = await exports.newest(reads, viewer=p.juniper)
        assert (found.state, found.begun_count) == (State.READY, 2)
        zipped = p.opened(id_)
        assert zipped.testzip() is None
        assert len(set(zipped.namelist())) == len(zipped.namelist())
        outbox = json.loads(zipped.read("outbox.json"))["orderedItems"]
        assert len(outbox) == len({item["id"] for item in outbox}) == 2
        assert [n for n in zipped.namelist() if n.startswith("media/")]

    play(database_url, tmp_path, story)


def test_halves_of_a_file_go_with_it(database_url, tmp_path):
    async def story(p: Trunk) -> None:
        id_ = await p.takes()
        whole = p.house.store.folder / exports.path_of(p.juniper, id_)
        half, other = whole.with_name(f"{whole.name}#1"), whole.with_name("other.zip#1")
        for path in (half, other):
            path.write_bytes(b"half")
        await p.house.store.delete(exports.path_of(p.juniper, id_))
        assert (half.exists(), whole.exists(), other.exists()) == (False, False, True)
        await exports.clear_person(p.house, exports.Gone(person=p.juniper))
        assert not other.exists()

    play(database_url, tmp_path, story)


def test_the_address_is_private_ends_and_goes_with_its_owner(database_url, tmp_path, monkeypatch):
    now = datetime(2025, 1, 1, tzinfo=UTC)  # ids are never of the future
    monkeypatch.setattr(clock, "now", lambda: now)

    async def story(p: Trunk) -> None:
        nonlocal now
        id_, seal = await p.takes(), p.house.seal
        for _ in range(2):
            await exports.build(p.house, exports.Build(export=id_))
        token = exports.token_of(seal, id_)
        async with p.db.tx() as tx:
            assert (await exports.at_address(tx, id_, token, seal=seal)).owner_id == p.juniper
            for wrong in (exports.token_of(seal, id_ + 1), "", token[:-1]):
                with pytest.raises(NotFound):
                    await exports.at_address(tx, id_, wrong, seal=seal)
            assert await exports.newest(tx, viewer=p.aju) is None
            with pytest.raises(TooFast):
                await exports.want(tx, by=p.juniper)
        now += exports.KEPT_FOR + timedelta(seconds=1)
        async with p.db.tx() as tx:
            with pytest.raises(NotFound):
                await exports.at_address(tx, id_, token, seal=seal)
        for _ in range(2):
            await exports.forget_over(p.house, exports.ForgetOver())
        folder = p.house.store.folder / "exports"
        assert list(folder.rglob("*.zip")) == []
        await p.takes()
        async with p.db.tx() as tx:
            await leaving.leave(tx, p.juniper, seal=p.house.seal)
        await p.works()
        assert list(folder.rglob("*.zip")) == []

    play(database_url, tmp_path, story)


