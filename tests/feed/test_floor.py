"""Who draws on the floor, through the real path: sign-ins, notes, reports and pacing; both databases."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from catflap.access import actions as access
from catflap.arrivals import answering
from catflap.feed import flooring
from catflap.feed import jobs as feed_jobs
from catflap.feed.tables import given, owed, sayings
from catflap.ground import clock
from catflap.ground.statements import Statement
from catflap.media import actions as media
from catflap.moderation import cases, deciding, reporting
from catflap.moderation.model import REPORTERS_ENOUGH, TOGETHER_CASES
from catflap.notes import actions, leaving
from catflap.notes.model import Visibility, Written
from tests.arrivals.test_bringing import of_test
from tests.feed.test_for_you import Town, at, looking
from tests.feed.test_saying import STORY, 故事

_CARDS = Statement(sa.select(owed.c.cards).where(owed.c.note_id == sa.bindparam("note")), int)
_GOT = Statement(sa.select(owed.c.got).where(owed.c.note_id == sa.bindparam("note")), int)
_MARKS = Statement(sa.select(sayings.c.mark).where(sayings.c.note_id == sa.bindparam("note")), int)
_GIVEN = of_test(sa.select(given.c.person_id), int)


class Quarter(Town):
    """A town whose people come from somewhere, and edit, delete and report."""

    async def comes(self, handle: str, *, address: str):
        person = await self.joins(handle)
        async with self.db.tx() as tx:
            await access.open_session(tx, person, device="phone", address=address)
        return person

    async def shows(self, by, made, body: str) -> int:
        async with self.db.tx() as tx:
            photo = await media.add_photo(tx, owner=by, folder=media.new_folder(), made=made)
        return await self.posts(by, photos=[photo], body=body)

    async def edits(self, note: int, *, by, **written) -> None:
        async with self.db.tx() as tx:
            await actions.edit(tx, note, by=by, prior=("en",), written=Written(**written))
        await feed_jobs.place(self.house, [feed_jobs.Touched(note=note)])

    async def deletes(self, note: int, *, by) -> None:
        async with self.db.tx() as tx:
            await actions.withdraw(tx, note, by=by)

    async def reports(self, by, about) -> None:
        async with self.db.tx() as tx:
            await reporting.report(tx, about=about, by=by)

    async def draws(self, note: int) -> bool:
        await self.paced()
        return await self.one(_CARDS, note) > 0


def told(database_url, tmp_path, story) -> None:
    async def in_quarter(town: Town) -> None:
        await story(Quarter(town.house))

    at(database_url, tmp_path, in_quarter)


def test_a_copy_of_what_somebody_wrote_before_draws_nothing_however_it_is_written(
    database_url, tmp_path
):
    async def story(town: Quarter) -> None:
        host = await town.joins("granny")
        await town.posts(host, body="Hello.")
        await town.posts(host, body=STORY)
        await town.posts(host, lang="zh", body=故事)
        await town.posts(host, body="Buy my bread in the old mill")
        for n, body in enumerate([
            STORY, STORY.replace(",", ";"), STORY.replace("three", "four"),
            故事.replace("，", "。"), "buy my bread, in the OLD mill!",
        ]):
            assert not await town.draws(await town.posts(await town.joins(f"copier{n}"), body=body))
        own = STORY.replace("My grandmother kept three hens", "A sailor I knew had a parrot")
        own = own.replace("looked at the first train as if she owned it", "sang to the passengers")
        assert await town.draws(await town.posts(await town.joins("honest"), body=own))

    told(database_url, tmp_path, story)


def test_a_greeting_that_others_said_before_is_nobodys_copy(database_url, tmp_path):
    async def story(town: Quarter) -> None:
        for body in ("hello", "Hi everyone, I'm new here!", "大家好", "大家好，我是新来的，请多多关照"):
            for n in range(2):
                who = await town.joins(f"p{abs(hash(body)) % 10**8}{n}")
                assert await town.draws(await town.posts(who, body=body))

    told(database_url, tmp_path, story)


def test_a_caption_is_no_copy_under_a_photo_of_ones_own_and_a_long_text_is(database_url, tmp_path):
    async def story(town: Quarter) -> None:
        one, other = await town.joins("one"), await town.joins("other")
        await town.posts(one, body="A cat upon a windowsill")
        await town.posts(one, body=STORY)
        assert await town.draws(await town.shows(other, looking(*range(20)), "A cat upon a windowsill"))
        third = await town.joins("third")
        assert not await town.draws(await town.shows(third, looking(*range(30, 50)), STORY))

    told(database_url, tmp_path, story)


def test_whoever_edits_an_older_note_into_a_copy_has_the_copy(database_url, tmp_path):
    async def story(town: Quarter) -> None:
        thief, poppy = await town.joins("thief"), await town.joins("poppy")
        older = await town.posts(thief, body="Nothing much to say about the weather")
        first = await town.posts(poppy, body=STORY)
        await town.edits(older, by=thief, body=STORY)
        # poppy corrects a tag, and still said it first.
        await town.edits(first, by=poppy, body=STORY, tags=("hens",))
        assert await town.draws(first)
        assert not await town.draws(older)

    told(database_url, tmp_path, story)


def test_only_what_everybody_may_see_is_compared_and_kept(database_url, tmp_path):
    async def story(town: Quarter) -> None:
        host, poppy = await town.joins("granny"), await town.joins("poppy")
        narrow = await town.posts(host, body=STORY, visibility=Visibility.FOLLOWERS)
        first = await town.posts(poppy, body=STORY)
        assert await town.draws(first)
        assert await town.one(_MARKS, narrow) is None
        assert await town.one(_MARKS, first) is not None
        await town.edits(first, by=poppy, body=STORY, visibility=Visibility.ONLY_ME)
        assert await town.one(_MARKS, first) is None

    told(database_url, tmp_path, story)


def test_deleting_a_first_note_and_writing_another_gives_nothing_anew(
    database_url, tmp_path, monkeypatch
):
    now = clock.now() - timedelta(days=3)  # ids are never of the future
    monkeypatch.setattr(clock, "now", lambda: now)

    async def story(town: Quarter) -> None:
        nonlocal now
        host, poppy = await town.joins("granny"), await town.joins("poppy")
        other = await town.joins("other")
        await town.posts(host)
        began, drawn = now, 0
        while now < began + timedelta(hours=26):
            note = await town.posts(poppy)
            await town.paced()
            cards = await town.one(_CARDS, note) or 0
            drawn += cards
            assert await town.one(_GOT, note) in (None, drawn - cards)
            await town.deletes(note, by=poppy)
            now += timedelta(minutes=30)
        assert 0 < drawn <= flooring.TARGET
        # Somebody else's first is owed as ever.
        assert await town.draws(await town.posts(other))

        async with town.db.tx() as tx:
            assert poppy in await tx.all(_GIVEN)
        now += timedelta(days=9)
        await town.paced()
        async with town.db.tx() as tx:
            assert await tx.all(_GIVEN) == []

    told(database_url, tmp_path, story)


def test_deleting_a_first_note_makes_nobody_wait_anew_or_be_answered_twice(
    database_url, tmp_path, monkeypatch
):
    now = clock.now() - timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: now)

    async def story(town: Quarter) -> None:
        nonlocal now
        host, poppy = await town.joins("granny"), await town.joins("poppy")
        first = await town.posts(poppy)
        wrote_at = now
        now += timedelta(hours=2)
        await town.deletes(first, by=poppy)
        async with town.db.tx() as tx:
            assert (await answering.times(tx)).open_count == 1
            assert await answering.waiting(tx, langs=("en",), viewer=host) == []
        second = await town.posts(poppy)
        async with town.db.tx() as tx:
            [(waits, note)] = await answering.waiting(tx, langs=("en",), viewer=host)
            assert (waits.at, note.id) == (wrote_at, second)
            await answering.answered(tx, poppy, at=now)
        await town.deletes(second, by=poppy)
        await town.posts(poppy)
        async with town.db.tx() as tx:
            assert await answering.waiting(tx, langs=("en",), viewer=host) == []
            told = await answering.times(tx)
            assert (told.count, told.open_count, told.p50_s) == (1, 0, 2 * 3600)

    told(database_url, tmp_path, story)


def test_what_was_given_goes_with_the_person(database_url, tmp_path):
    async def story(town: Quarter) -> None:
        poppy = await town.joins("poppy")
        await town.posts(poppy)
        await town.paced()
        async with town.db.tx() as tx:
            assert await tx.all(_GIVEN) == [poppy]
            await leaving.leave(tx, poppy, seal=town.house.seal)
            assert await tx.all(_GIVEN) == []
            assert (await answering.times(tx)).count == 0

    told(database_url, tmp_path, story)


def test_one_hostile_tap_takes_nothing_from_a_newcomer_and_a_moderator_s_does(
    database_url, tmp_path
):
    async def story(town: Quarter) -> None:
        poppy, hostile = await town.joins("poppy"), await town.joins("hostile")
        first = await town.posts(poppy)
        for _ in range(REPORTERS_ENOUGH + 1):
            await town.reports(hostile, poppy)
            assert await town.draws(first)
        operator = await town.joins("operator")
        async with town.db.tx() as tx:
            case = await cases.open_about(tx, poppy)
            await deciding.assign(tx, case, by=operator)
        assert not await town.draws(first)
        async with town.db.tx() as tx:
            await deciding.resolve(tx, case, by=operator)
        assert await town.draws(first)

    told(database_url, tmp_path, story)


def test_reporters_who_act_together_count_once(database_url, tmp_path):
    async def story(town: Quarter) -> None:
        poppy = await town.joins("poppy")
        first = await town.posts(poppy)
        # A household of many accounts is one reporter.
        for n in range(REPORTERS_ENOUGH + 2):
            await town.reports(await town.comes(f"farm{n}", address=f"8.8.4.{n}"), poppy)
        assert await town.draws(first)
        # So is a ring whose members reported the same people before, from wherever.
        ring = [await town.comes(f"ring{n}", address=f"9.9.{n}.1") for n in range(4)]
        for n in range(TOGETHER_CASES):
            target = await town.joins(f"target{n}")
            for by in ring:
                await town.reports(by, target)
        for by in ring:
            await town.reports(by, poppy)
        assert await town.draws(first)
        # One more who has nothing to do with either is enough.
        assert REPORTERS_ENOUGH == 3
        await town.reports(await town.comes("baker", address="7.7.7.7"), poppy)
        assert not await town.draws(first)

    told(database_url, tmp_path, story)


def test_first_notes_from_one_network_share_a_bounded_part_of_the_floor(database_url, tmp_path):
    async def story(town: Quarter) -> None:
        farm = [
            await town.posts(await town.comes(f"farm{n}", address=f"8.8.4.{n}")) for n in range(12)
        ]
        apart = [
            await town.posts(await town.comes(f"apart{n}", address=f"9.{n}.9.9")) for n in range(3)
        ]
        behind = [  # a proxy in a container: that is nobody's network
            await town.posts(await town.comes(f"inside{n}", address="10.0.0.1")) for n in range(3)
        ]
        later = await town.comes("later", address="9.77.9.9")
        async with town.db.tx() as tx:  # who reads there now did not sign up there
            await access.open_session(tx, later, device="laptop", address="8.8.4.200")
        apart.append(await town.posts(later))
        await town.paced()
        cap = flooring.CAP_RATIO * 400
        shares = [await town.one(_CARDS, note) for note in farm]
        assert sum(shares) <= flooring.CLUSTER_RATIO * cap
        others = [await town.one(_CARDS, note) for note in apart + behind]
        assert min(others) >= sum(shares)  # any one of them has as much as the whole farm

    told(database_url, tmp_path, story)
