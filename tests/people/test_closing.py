"""Leaving with a way back, on both databases: hidden at once, taken back whole, deleted for real."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from pysqlite3 import dbapi2

from catflap.access import actions as access
from catflap.access import apps
from catflap.access import queries as access_queries
from catflap.access.model import OUT_OF_BAND
from catflap.arrivals import claiming, interests, invitations
from catflap.arrivals import queries as arrivals
from catflap.arrivals.model import Interest, Network
from catflap.feed import pipeline
from catflap.ground import clock, events
from catflap.ground.database import metadata
from catflap.ground.errors import NotFound
from catflap.ground.jobs import jobs as jobs_table
from catflap.moderation import reporting
from catflap.notes import (
    actions,
    audience,
    boards,
    boosting,
    drafts,
    jobs,
    leaving,
    queries,
    timelines,
)
from catflap.notices import queries as notices
from catflap.people import actions as people
from catflap.people import closing, lists, remarking
from catflap.people import queries as people_queries
from catflap.people.model import WAY_BACK_FOR
from catflap.search import queries as search
from tests.arrivals.places import Village
from tests.arrivals.test_bringing import of_test
from tests.arrivals.test_finding import Street
from tests.conftest import sqlite_database
from tests.notes.test_storage import Place, at

EVERY = {table.name: of_test(table.select()) for table in metadata.sorted_tables}
SAID = "unmistakable"
_FAILED = of_test(sa.select(jobs_table.c.kind).where(jobs_table.c.error.is_not(None)))


async def close(p: Place, person) -> None:
    async with p.db.tx() as tx:
        await closing.close(tx, person)
        await access.sign_out_everywhere(tx, person)
    await p.works()


async def seen(p: Place, viewer) -> dict[str, bool]:
    """Where a viewer meets juniper and what she wrote."""
    async with p.db.reads() as reads:
        note = (await queries.by_ids(reads, [p.note]))[p.note]
        asked = await search.understood(reads, SAID)

        async def is_there(work) -> bool:
            try:
                await work
            except NotFound:
                return False
            return True

        everything = timelines.Span(above=0, below=2**62, count=20)
        public = await queries.by_ids(reads, await timelines.public(reads, everything))
        thread = (await queries.thread(reads, p.theirs, viewer=viewer, after=None)).items
        found = {
            "profile": await is_there(people_queries.by_handle(reads, "juniper", viewer=viewer)),
            "person": await is_there(people_queries.by_id(reads, p.juniper, viewer=viewer)),
            "note": await is_there(queries.note(reads, p.note, viewer=viewer)),
            "board": await is_there(queries.board(reads, p.board, viewer=viewer)),
            "feed": p.note in [s.stamp.id for s in (await pipeline.explore(reads, viewer=viewer, after=None)).slots],
            "search": p.note in (await search.notes(reads, asked, viewer=viewer, after=None)).items,
            "people": p.juniper in [one.id for one in await search.people(reads, "juniper", viewer=viewer)],
            "timeline": p.note in [n.id for n in (await queries.hide(reads, public.values(), viewer=viewer)).kept],
            "comments": p.juniper in [n.author_id for n in (await queries.hide(reads, thread, viewer=viewer)).kept],
            "directory": p.juniper in [
                one.id for one in await people_queries.directory(reads, viewer=viewer, newest=True, skipped=0, count=20)],
            "followers": p.juniper in [
                one.id for one in (await people_queries.followers(reads, p.aju, viewer=viewer, after=None)).items],
        }
        if viewer is not None:
            found["streams"] = viewer in await audience.seen_by(reads, note, [viewer])
            found["notices"] = p.juniper in [
                one.actor_id for one in (await notices.of_viewer(reads, viewer, after=None)).items]
        return found


class Full(Village, Street):
    """juniper has something of everything."""

    async def settle(self) -> None:
        await super().settle()
        self.note = await self.shows(self.juniper, f"{SAID} words of mine", title="title", tags=("cats",))
        self.theirs = await self.posts(self.aju, "a note of 阿橘")
        await self.says(self.juniper, self.theirs, f"{SAID} answer")
        await self.says(self.aju, self.note, "an answer to her")
        async with self.db.tx() as tx:
            self.board = await boards.make(tx, by=self.juniper, title="her board", is_public=True)
            await boards.collect(tx, self.theirs, board=self.board, by=self.juniper)
            await people.follow(tx, by=self.juniper, person=self.aju)
            await people.follow(tx, by=self.aju, person=self.juniper)
            await actions.like(tx, self.theirs, by=self.juniper)
            await boosting.boost(tx, self.theirs, by=self.juniper)
        await self.works()


def test_who_left_is_hidden_everywhere_at_once_and_comes_back_whole(database_url, tmp_path):
    async def story(p: Full) -> None:
        for viewer in (p.aju, None):
            assert all((await seen(p, viewer)).values()), await seen(p, viewer)
        async with p.db.tx() as tx:
            token = await access.open_session(tx, p.juniper, device="d", address="a")
        await close(p, p.juniper)
        for viewer in (p.aju, None):
            assert not any((await seen(p, viewer)).values()), await seen(p, viewer)
        async with p.db.tx() as tx:
            assert await access_queries.opened(tx, token, days=30) is None
            assert await people_queries.reader(tx, p.juniper) is None
            with pytest.raises(NotFound):
                await people.follow(tx, by=p.sam, person=p.juniper)
            assert (await people_queries.anyone_by_handle(tx, "Juniper")).id == p.juniper
        await jobs.leave_closed(p.house, jobs.LeaveClosed())  # it is not time yet
        async with p.db.tx() as tx:
            assert await closing.reopen(tx, p.juniper)
            assert not await closing.reopen(tx, p.juniper)
        for viewer in (p.aju, None):
            assert all((await seen(p, viewer)).values()), await seen(p, viewer)

    at(database_url, tmp_path, story, kind=Full)


async def fill(p: Full) -> None:
    """What a person can leave behind in tables and files."""
    await p.seeks(p.juniper, p.aju)
    await p.brings(p.juniper, handles=["aju.old"], network=Network.TIKTOK)
    await p.proves(await p.claims(p.juniper, "juniper.old"))
    await p.brings(p.aju, handles=["juniper.old"])
    async with p.db.tx() as tx:
        await drafts.save(tx, by=p.juniper, draft=None, fields={"body": SAID}, media_ids=[])
        await people.block(tx, by=p.juniper, person=p.sam)
        await people.mute(tx, by=p.hosts[1], person=p.juniper)
        await remarking.remark(tx, by=p.aju, person=p.juniper, text=f"{SAID} remark")
        list_ = await lists.make(tx, by=p.aju, title="list")
        await lists.put(tx, list_, [p.juniper], by=p.aju)
        app, _ = await apps.register(tx, name="app", redirect_uris=[OUT_OF_BAND], asked="read")
        await apps.give(tx, app.id, person=p.juniper, granted=app.scopes)
        await access.open_session(tx, p.juniper, device=SAID, address="203.0.113.9")
        await access.change_email(tx, p.juniper, email="unmistakable@mail.example")
        await interests.choose(tx, p.juniper, [Interest.CATS])
        await invitations.make(tx, by=p.hosts[1], uses=1, days=1)
        await reporting.report(tx, by=p.sam, about=p.juniper, message=f"{SAID} report")
    await p.works()
    (p.house.store.folder / "arrivals" / str(p.juniper) / "1").mkdir(parents=True)
    (p.house.store.folder / "arrivals" / str(p.juniper) / "1" / "7").write_text("a photo")


async def traces(p: Full, *, words_alone: bool = False) -> list[str]:
    """Tables and files that still know of juniper, by id or by words."""
    marks = ("juniper", SAID) if words_alone else (str(p.juniper), "juniper", SAID)
    found = []
    async with p.db.reads() as reads:
        for name, statement in EVERY.items():
            rows = await reads.all(statement)
            found += [f"{name}: {row}" for row in rows if any(mark in str(value) for value in row for mark in marks)]
    files = [str(path) for path in p.house.store.folder.rglob("*") if path.is_file()]
    return found + [path for path in files if str(p.juniper) in path]


def test_after_the_way_back_nothing_is_left_in_any_table_or_file(database_url, tmp_path, monkeypatch):
    now = datetime(2025, 1, 1, tzinfo=UTC)  # ids are never of the future
    monkeypatch.setattr(clock, "now", lambda: now)

    async def story(p: Full) -> None:
        nonlocal now
        await fill(p)
        assert len(await traces(p)) > 20
        await close(p, p.juniper)
        now += WAY_BACK_FOR - timedelta(hours=1)
        for _ in range(2):
            await jobs.leave_closed(p.house, jobs.LeaveClosed())
        async with p.db.reads() as reads:
            assert await people_queries.anyone_by_handle(reads, "juniper") is not None
        now += timedelta(hours=2)
        for _ in range(2):
            await jobs.leave_closed(p.house, jobs.LeaveClosed())
        await p.works()
        assert await traces(p, words_alone=True) == []
        # The numbers in the log of events go with it, as every event does.
        now += timedelta(days=30)
        async with p.db.tx() as tx:
            await events.forget_old(tx)
        assert await traces(p) == []
        async with p.db.reads() as reads:
            assert await arrivals.mine(reads, viewer=p.juniper) == []
            assert await queries.note(reads, p.theirs, viewer=None)

    at(database_url, tmp_path, story, kind=Full)


def test_a_deed_of_somebody_who_left_meanwhile_is_told_to_nobody(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.aju, "a note")
        async with p.db.tx() as tx:
            await actions.like(tx, note, by=p.juniper)
            await boosting.boost(tx, note, by=p.juniper)
            await people.follow(tx, by=p.juniper, person=p.aju)
            await reporting.report(tx, by=p.juniper, about=p.aju, message="why")
            await leaving.leave(tx, p.juniper, seal=p.house.seal)
        await p.works()
        async with p.db.reads() as reads:
            assert await reads.all(_FAILED) == []
            assert (await notices.of_viewer(reads, p.aju, after=None)).items == []

    at(database_url, tmp_path, story)


def test_what_is_deleted_is_not_in_the_file_of_the_database_either(tmp_path):
    url = sqlite_database(tmp_path / "test.db")

    async def story(p: Full) -> None:
        await fill(p)

        def said() -> int:
            link = dbapi2.connect(str(tmp_path / "test.db"))
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            link.close()
            return (tmp_path / "test.db").read_bytes().count(SAID.encode())

        assert said() > 5
        async with p.db.tx() as tx:
            await leaving.leave(tx, p.juniper, seal=p.house.seal)
        await p.works()
        assert said() == 0

    at(url, tmp_path, story, kind=Full)


def test_who_comes_back_at_the_last_moment_is_not_deleted(database_url, tmp_path):
    async def story(p: Place) -> None:
        async with p.db.tx() as tx:
            juniper = await people_queries.by_id(tx, p.juniper, viewer=None)
            await closing.close(tx, p.juniper)
            await closing.reopen(tx, p.juniper)
            assert not await leaving.leave_closed(tx, juniper, seal=p.house.seal)
            assert await claiming.mine(tx, viewer=p.juniper) == []

    at(database_url, tmp_path, story)


