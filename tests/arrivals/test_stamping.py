"""Cat tax, seals and first answers, on both databases, through the feature's own verbs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from catflap.arrivals import answering, interests, jobs, stamping
from catflap.arrivals.errors import StampRefused, TaxPaid, Unstampable
from catflap.arrivals.model import FirstNote, Interest
from catflap.ground.errors import NotFound, TextTooLong
from catflap.notes import actions, leaving
from catflap.notes.model import Visibility
from catflap.notices import queries as notices
from catflap.people import actions as people
from catflap.translation import queries as texts
from catflap.translation.errors import HostsOnly
from catflap.translation.model import key_of
from tests.arrivals.places import Village
from tests.notes.test_storage import at


async def paid(p: Village):
    note = await p.shows(p.juniper)
    async with p.db.tx() as tx:
        await stamping.pay(tx, note, by=p.juniper)
    return note


async def sealed(p: Village, note, by, words: str = "") -> bool:
    async with p.db.tx() as tx:
        return await stamping.stamp(tx, note, by=by, design="paw", words=words, prior=("zh",))


def test_three_seals_make_a_keepsake_and_each_host_gives_one(database_url, tmp_path):
    async def story(p: Village) -> None:
        note = await paid(p)
        assert not await sealed(p, note, p.hosts[0], "欢迎！")
        assert not await sealed(p, note, p.hosts[0], "again")
        assert not await sealed(p, note, p.hosts[1])
        async with p.db.reads() as reads:
            assert (await stamping.of_note(reads, note)).welcomed_at is None
        assert await sealed(p, note, p.hosts[2], "Zahlung erhalten")
        assert not await sealed(p, note, p.hosts[3])
        await p.works()
        async with p.db.reads() as reads:
            tax = await stamping.of_person(reads, p.juniper)
            assert (tax.stamps_count, tax.welcomed_at is not None) == (4, True)
            assert [one.by_id for one in await stamping.on_note(reads, note)] == p.hosts
            told = (await notices.of_viewer(reads, p.juniper, after=None)).items
            assert [one.kind for one in told] == ["stamp"] * 4

    at(database_url, tmp_path, story, kind=Village)


def test_who_may_put_a_seal_on_what(database_url, tmp_path):
    async def refused(p: Village, note, by, reason: Unstampable, design: str = "paw") -> None:
        with pytest.raises(StampRefused) as error:
            async with p.db.tx() as tx:
                await stamping.stamp(tx, note, by=by, design=design)
        assert error.value.reason is reason

    async def story(p: Village) -> None:
        note = await paid(p)
        other = await p.joins("sam", "en")
        with pytest.raises(HostsOnly):
            await sealed(p, note, other)
        with pytest.raises(TextTooLong):
            await sealed(p, note, p.aju, "x" * 41)
        await refused(p, note, p.juniper, Unstampable.OWN)
        await refused(p, note, p.aju, Unstampable.DESIGN, "skull")
        await refused(p, await p.shows(p.juniper), p.aju, Unstampable.UNTAXED)
        async with p.db.tx() as tx:
            hidden = await actions.post(
                tx, by=p.juniper, written=actions.Written(body="x", visibility=Visibility.ONLY_ME)
            )
        with pytest.raises(NotFound):
            await sealed(p, hidden, p.aju)
        for by, wrong, error in (
            (p.juniper, await p.shows(p.juniper), TaxPaid),
            (p.aju, await p.shows(p.aju), StampRefused),
            (other, await p.posts(other, "no photo"), StampRefused),
            (other, note, NotFound),
        ):
            with pytest.raises(error):
                async with p.db.tx() as tx:
                    await stamping.pay(tx, wrong, by=by)

    at(database_url, tmp_path, story, kind=Village)


def test_a_tagged_photo_from_an_app_is_the_cat_tax_however_often_the_job_runs(database_url, tmp_path):
    async def story(p: Village) -> None:
        note = await p.shows(p.juniper, tags=("猫税",))
        await p.works()
        for _ in range(2):
            await jobs.posted(p.house, [jobs.Posted(note=note, author=p.juniper)])
        await p.shows(p.juniper, tags=("cattax",))
        await p.works()
        async with p.db.reads() as reads:
            assert (await stamping.of_person(reads, p.juniper)).note_id == note

    at(database_url, tmp_path, story, kind=Village)


def test_the_words_of_seals_go_with_the_note_and_with_who_said_them(database_url, tmp_path):
    async def held(p: Village, *words: str) -> list[int]:
        async with p.db.reads() as reads:
            return [await texts.uses(reads, key_of(text)) for text in words]

    async def story(p: Village) -> None:
        note = await paid(p)
        await sealed(p, note, p.hosts[0], "欢迎光临")
        await sealed(p, note, p.hosts[1], "好猫")
        assert await held(p, "欢迎光临", "好猫") == [1, 1]
        async with p.db.tx() as tx:
            await leaving.leave(tx, p.hosts[1], seal=p.house.seal)
        await p.works()
        await jobs.person_gone(p.house, jobs.Left(person=p.hosts[1]))
        assert await held(p, "欢迎光临", "好猫") == [1, 0]
        async with p.db.tx() as tx:
            await actions.withdraw(tx, note, by=p.juniper)
        await p.works()
        await jobs.note_gone(p.house, jobs.Withdrawn(note=note))
        assert await held(p, "欢迎光临", "好猫") == [0, 0]

    at(database_url, tmp_path, story, kind=Village)


def test_the_desk_shows_who_waits_longest_in_the_hosts_languages(database_url, tmp_path):
    async def story(p: Village) -> None:
        others = [await p.joins(name, "en") for name in ("sam", "fern", "quiet")]
        first = await p.posts(p.juniper, "Hello from Ohio, I am new here and I have a cat.")
        second = await p.posts(others[0], "大家好，我刚来这里，请多关照。")
        third = await p.posts(others[1], "Good morning everybody, this is my very first note.")
        wordless = await p.shows(others[2], body="")
        await p.works()

        async def desk(*langs: str) -> list[int]:
            async with p.db.reads() as reads:
                found = await answering.waiting(reads, langs=langs, viewer=p.aju)
                return [note.id for _, note in found]

        assert await desk("en") == [first, third, wordless]
        assert await desk("zh") == [second, wordless]
        await p.says(p.juniper, first, "my own comment is no answer")
        await p.works()
        assert (await desk("en"))[0] == first
        await p.says(p.aju, first, "你好")
        await p.works()
        assert await desk("en") == [third, wordless]
        async with p.db.reads() as reads:
            told = await answering.times(reads)
        assert (told.count, told.open_count, told.within_day_ratio) == (4, 3, 1.0)

    at(database_url, tmp_path, story, kind=Village)


def test_who_was_answered_and_lacks_seals_stands_on_the_second_part_of_the_desk(database_url, tmp_path):
    async def story(p: Village) -> None:
        viewer = p.hosts[0]

        async def short(*langs: str) -> list[tuple[int, int]]:
            async with p.db.reads() as reads:
                page = await stamping.short_of_seals(reads, langs=langs or ("en",), viewer=viewer, after=None)
                return [(note.id, tax.stamps_count) for tax, note in page.items]

        sam = await p.joins("sam", "en")
        first = await p.shows(p.juniper, "This is Biscuit, my very own cat, and we are new here.")
        second = await p.shows(sam, "Good morning everybody, this is my old dog.")
        for note, by in ((first, p.juniper), (second, sam)):
            async with p.db.tx() as tx:
                await stamping.pay(tx, note, by=by)
        await p.works()
        assert await short() == []  # nobody answered them yet: they stand on the first part
        await p.says(p.aju, second, "早！")
        await p.says(p.aju, first, "你好")
        await p.works()
        assert await short() == [(first, 0), (second, 0)]
        assert await short("zh") == []
        await sealed(p, first, p.hosts[1])
        assert await short() == [(first, 1), (second, 0)]
        await sealed(p, second, viewer)
        assert await short() == [(first, 1)]
        async with p.db.tx() as tx:
            await people.block(tx, by=viewer, person=p.juniper)
        assert await short() == []
        async with p.db.tx() as tx:
            await people.unblock(tx, by=viewer, person=p.juniper)
        for by in p.hosts[2:4]:
            await sealed(p, first, by)
        assert await short() == []  # the third made the keepsake

    at(database_url, tmp_path, story, kind=Village)


@pytest.mark.parametrize("looked_at", [stamping.SHORT_LOOKED_AT, 3])
def test_the_second_part_of_the_desk_goes_on_page_by_page(database_url, tmp_path, monkeypatch, looked_at):
    monkeypatch.setattr(stamping, "SHORT_LOOKED_AT", looked_at)

    async def story(p: Village) -> None:
        taxes = []
        for number in range(stamping.SHORT_SHOWN + 4):
            one = await p.joins(f"new{number}", "en")
            taxes.append(await p.shows(one, body=""))
            async with p.db.tx() as tx:
                await stamping.pay(tx, taxes[-1], by=one)
            await p.works()
            await p.says(p.aju, taxes[-1], "hi")
            if number % 3 == 0:
                async with p.db.tx() as tx:
                    await people.mute(tx, by=p.hosts[0], person=one)
        await p.works()
        pages, after = [], None
        while after is not None or not pages:
            async with p.db.reads() as reads:
                page = await stamping.short_of_seals(reads, langs=("en",), viewer=p.hosts[0], after=after)
            pages.append([note.id for _, note in page.items])
            after = page.next_cursor
        seen = [note for number, note in enumerate(taxes) if number % 3]
        assert [note for page in pages for note in page] == seen
        assert max(map(len, pages)) <= stamping.SHORT_SHOWN

    at(database_url, tmp_path, story, kind=Village)


def test_leaving_people_unanswered_never_makes_the_figures_better():
    now = datetime(2025, 1, 20, tzinfo=UTC)

    def first(hours_ago: float, answered_after_h: float | None) -> FirstNote:
        came = now - timedelta(hours=hours_ago)
        return FirstNote(
            person_id=1, note_id=1, lang="en", at=came,
            answered_at=None if answered_after_h is None else came + timedelta(hours=answered_after_h),
        )

    told = answering.measured([first(100, 1), first(90, 2), first(80, 30), first(2, None)], now=now)
    assert (told.p50_s, told.p90_s, told.within_day_ratio) == (7200, None, 2 / 3)
    worse = answering.measured([first(100, 1), first(90, None), first(80, None)], now=now)
    assert (worse.p50_s, worse.within_day_ratio) == (None, 1 / 3)
    nobody = answering.measured([], now=now)
    assert (nobody.p50_s, nobody.within_day_ratio) == (None, None)


def test_interests_are_chosen_anew_and_nothing_else_is_kept(database_url, tmp_path):
    async def story(p: Village) -> None:
        for chosen in (["cats", "rockets"], ["food", "travel", "food"]):
            async with p.db.tx() as tx:
                await interests.choose(tx, p.juniper, chosen)
        async with p.db.reads() as reads:
            assert await interests.of(reads, p.juniper) == (Interest.FOOD, Interest.TRAVEL)
            assert await interests.of(reads, p.aju) == ()

    at(database_url, tmp_path, story, kind=Village)
