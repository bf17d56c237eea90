"""Rules, the house's own texts, announcements and cases, on both databases, by their own verbs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from catflap.access import actions as access
from catflap.ground import clock
from catflap.ground.errors import NotFound, TextMissing, TextTooLong, TooFast, TooMany
from catflap.moderation import announcements, cases, charter, deciding, jobs, reporting, rules
from catflap.moderation.errors import DateInvalid, EndsTooSoon, ReactionInvalid
from catflap.moderation.events import CaseOpened
from catflap.moderation.model import REPORTS_PER_HOUR, Category, Deed, Page, State
from catflap.notes import actions as notes
from catflap.notes import leaving
from catflap.notes.model import Visibility, Written
from catflap.notices import queries as notices
from catflap.people import actions as people
from catflap.people.errors import NotYourself
from catflap.translation import queries as texts
from catflap.translation.codes import Lang
from catflap.translation.model import key_of
from tests.conftest import house_at, run


class Place:
    """A house with people in it; juniper operates it."""

    def __init__(self, house) -> None:
        self.house = house
        self.db = house.database

    async def settle(self) -> None:
        self.juniper, self.aju, self.troll = [
            await self.joins(handle, lang)
            for handle, lang in (("juniper", "en"), ("阿橘", "zh"), ("troll", "en"))
        ]

    async def joins(self, handle: str, lang: str):
        async with self.db.tx() as tx:
            return await access.sign_up(
                tx, handle=handle, password_hash="x", email=None, locale="en", reads=(lang,)
            )

    async def posts(self, by, body: str, **written):
        async with self.db.tx() as tx:
            return await notes.post(tx, by=by, written=Written(body=body, **written), prior=("en",))

    async def reports(self, by, about, **more):
        async with self.db.tx() as tx:
            return await reporting.report(tx, by=by, about=about, **more)


@pytest.fixture
def at(database_url, tmp_path):
    """Runs a test's work in a house on each database."""

    def work(what):
        async def inside():
            house = house_at(database_url, tmp_path, operators=("juniper", "nobody"))
            place = Place(house)
            try:
                await place.settle()
                await what(place)
            finally:
                await house.close()

        run(inside())

    return work


def test_rules_stand_in_an_order_and_a_withdrawn_one_can_still_be_named(at):
    async def work(place):
        async with place.db.tx() as tx:
            kind, short, tea = [await rules.add(tx, text=t, prior=("en",)) for t in ("Be kind", "Be short", "No tea")]
            await rules.move(tx, tea, by=-1)
            await rules.move(tx, kind, by=-1)
            await rules.write(tx, short, text="Be brief", hint="Others read too.", prior=("en",))
            await rules.withdraw(tx, tea)
            with pytest.raises(NotFound):
                await rules.write(tx, tea, text="x")
            with pytest.raises(TextTooLong):
                await rules.add(tx, text="x" * 501)
            with pytest.raises(TextMissing):
                await rules.add(tx, text=" ")
        async with place.db.reads() as reads:
            found = await rules.standing(reads)
            assert [rule.id for rule in found] == [kind, short]
            assert await texts.text(reads, found[1].text_key) == "Be brief"
            assert await rules.holds(reads, found[1].hint_key)
            assert (await rules.by_ids(reads, [tea]))[tea].withdrawn
    at(work)


def test_terms_count_from_their_day_and_say_what_follows_them(at):
    async def work(place):
        today = clock.now().date()
        later = (today + timedelta(days=30)).isoformat()
        async with place.db.tx() as tx:
            with pytest.raises(NotFound):
                await charter.terms(tx)
            with pytest.raises(DateInvalid):
                await charter.write(tx, Page.TERMS, text="Be good", effective_on="soon")
            await charter.write(tx, Page.TERMS, text="Be good", effective_on="2026-01-01")
            await charter.write(tx, Page.TERMS, text="Be better", effective_on=later)
            for number in range(9):
                await charter.write(tx, Page.ABOUT, text=f"A place {number}")
            await charter.write(tx, Page.ABOUT, text="A better place")
            now, then = await charter.terms(tx)
            assert (now.effective_on, then) == ("2026-01-01", later)
            assert (await charter.terms(tx, later))[0].effective_on == later
            about = await charter.current(tx, Page.ABOUT)
            assert await texts.text(tx, about.text_key) == "A better place"
            await charter.write(tx, Page.ABOUT, text="")
            assert await charter.current(tx, Page.ABOUT) is None
    at(work)


def test_an_announcement_is_shown_until_it_ends_or_one_dismisses_it(at):
    async def work(place):
        now = clock.now()
        async with place.db.tx() as tx:
            past = await announcements.make(tx, text="Over", ends_at=now - timedelta(hours=1))
            tea = await announcements.make(tx, text="Tea at five", starts_at=now + timedelta(hours=1))
            with pytest.raises(EndsTooSoon):
                await announcements.make(tx, text="x", starts_at=now, ends_at=now)
            await announcements.dismiss(tx, tea, by=place.aju)
            await announcements.dismiss(tx, tea, by=place.aju)
        async with place.db.reads() as reads:
            assert [one.id for one in (await announcements.running(reads, place.juniper))[0]] == [tea]
            assert await announcements.running(reads, place.aju) == ([], {tea})
            assert [one.id for one in (await announcements.running(reads, place.aju, with_dismissed=True))[0]] == [tea]
        async with place.db.tx() as tx:
            await announcements.drop(tx, past)
            await announcements.drop(tx, tea)
            with pytest.raises(NotFound):
                await announcements.dismiss(tx, tea, by=place.aju)
    at(work)


def test_eight_different_emoji_at_most_and_each_counts_a_person_once(at):
    async def work(place):
        async with place.db.tx() as tx:
            tea = await announcements.make(tx, text="Tea")
            for name in ("🍵", "👩‍👩‍👧", "1️⃣", "🇨🇳", "❤️", "😀", "😁"):
                await announcements.react(tx, tea, name, by=place.aju)
            await announcements.react(tx, tea, "🍵", by=place.aju)
            for name in ("tea", "🍵🍵", "", "a", "x" * 40):
                with pytest.raises(ReactionInvalid):
                    await announcements.react(tx, tea, name, by=place.aju)
        async with place.db.tx() as tx:
            await announcements.react(tx, tea, "😂", by=place.aju)
            other = asyncio.create_task(reacts(place, tea, "😃", place.juniper))
            await asyncio.sleep(0.1)  # the other has begun, and must wait for what this one does
        with pytest.raises(TooMany):
            await other
        async with place.db.tx() as tx:
            await announcements.react(tx, tea, "🍵", by=place.juniper)
            found = (await announcements.reactions_of(tx, [tea], viewer=place.juniper))[tea]
            assert (found[0].name, found[0].count, found[0].mine) == ("🍵", 2, True)
            assert len(found) == 8
            await announcements.take_back(tx, tea, "🍵", by=place.juniper)
            assert (await announcements.reactions_of(tx, [tea], viewer=place.juniper))[tea][0].count == 1
    at(work)


async def reacts(place, tea, name, by):
    async with place.db.tx() as tx:
        await announcements.react(tx, tea, name, by=by)


def test_reports_of_one_person_are_one_open_case_even_when_they_come_at_once(at):
    async def work(place):
        await asyncio.gather(*(place.reports(by, place.troll) for by in (place.juniper, place.aju)))
        async with place.db.tx() as tx:
            [case] = await cases.listed(tx, State.OPEN, viewer=place.juniper)
            assert case.reports_count == 2
            await deciding.assign(tx, case.id, by=place.juniper)
            await deciding.assign(tx, case.id, by=place.juniper)
            await deciding.resolve(tx, case.id, by=place.juniper, remark="Spoke with them")
        await place.reports(place.aju, place.troll)
        async with place.db.tx() as tx:
            [second] = await cases.listed(tx, State.OPEN, viewer=place.juniper)
            assert second.id != case.id
            assert await deciding.reopen(tx, case.id, by=place.juniper) == second.id, "one is open"
            await deciding.resolve(tx, second.id, by=place.juniper)
            assert await deciding.reopen(tx, case.id, by=place.juniper) == case.id
            steps = await cases.steps_of(tx, case.id)
            assert [step.deed for step in steps] == [Deed.ASSIGNED, Deed.RESOLVED, Deed.REOPENED]
            assert await texts.text(tx, steps[1].remark_key) == "Spoke with them"
    at(work)


def test_blocks_do_not_matter_but_what_was_never_for_one_cannot_be_named(at):
    async def work(place):
        note = await place.posts(place.troll, "Cats are bad")
        secret = await place.posts(place.troll, "Secret", visibility=Visibility.ONLY_ME)
        async with place.db.tx() as tx:
            await people.block(tx, by=place.troll, person=place.aju)
            await people.block(tx, by=place.juniper, person=place.aju)
            rule = await rules.add(tx, text="Be kind")
        id_ = await place.reports(place.aju, place.troll, notes=[note], rules=[rule], message="坏", prior=("zh",))
        for wrong in ({"notes": [secret]}, {"notes": [1]}, {"rules": [1]}, {"message": "x" * 1001}):
            with pytest.raises((NotFound, TextTooLong)):
                await place.reports(place.aju, place.troll, **wrong)
        with pytest.raises(NotYourself):
            await place.reports(place.aju, place.aju)
        async with place.db.reads() as reads:
            made = await cases.report(reads, id_, viewer=place.juniper)
            assert (made.category, made.rules) == (Category.VIOLATION, (rule,))
            said = (await texts.kept(reads, [made.message_key], target=Lang("en")))[made.message_key]
            assert not said.public, "a message to operators stays in the house"
        fact = CaseOpened(case=made.case_id, by=place.aju)
        for _ in range(2):
            await jobs.opened(place.house, fact)
        async with place.db.reads() as reads:
            [notice] = (await notices.of_viewer(reads, place.juniper, after=None)).items
            assert (notice.kind, notice.case_id) == ("case", made.case_id)
            assert (await notices.of_viewer(reads, place.troll, after=None)).items == []
    at(work)


def test_reported_words_outlive_their_note_and_go_with_their_author(at):
    async def work(place):
        note = await place.posts(place.troll, "Cats are bad")
        id_ = await place.reports(place.aju, place.troll, notes=[note], message="Look")
        async with place.db.reads() as reads:
            [named] = (await cases.notes_of(reads, [id_]))[id_]
            assert named.words == ("Cats are bad",)
        key = key_of("Cats are bad")
        async with place.db.tx() as tx:
            assert await texts.uses(tx, key) == 1, "its author cannot tell that it was reported"
            await notes.withdraw(tx, note, by=place.troll)
            assert await texts.uses(tx, key) == 0
        for _ in range(2):
            await jobs.hold_words(place.house, jobs.Withdrawn(note=note))
        async with place.db.tx() as tx:
            assert await texts.uses(tx, key) == 1
            await leaving.leave(tx, place.troll, seal=place.house.seal)
        for _ in range(2):
            await jobs.forget_left(place.house, jobs.Left(person=place.troll))
        async with place.db.reads() as reads:
            assert await texts.uses(reads, key) == 0
            assert await texts.uses(reads, key_of("Look")) == 0
            assert await cases.listed(reads, State.OPEN, viewer=place.juniper) == []
    at(work)


def test_who_reported_and_left_is_named_no_more_and_nobody_reports_without_end(at):
    async def work(place):
        for _ in range(REPORTS_PER_HOUR):
            id_ = await place.reports(place.aju, place.troll, message="Again")
        with pytest.raises(TooFast) as told:
            await place.reports(place.aju, place.troll)
        assert 3500 < told.value.retry_after_s <= 3600
        async with place.db.tx() as tx:
            await leaving.leave(tx, place.aju, seal=place.house.seal)
        await jobs.forget_left(place.house, jobs.Left(person=place.aju))
        async with place.db.reads() as reads:
            made = await cases.report(reads, id_, viewer=place.juniper)
            assert (made.by_id, made.message_key) == (None, "")
            assert await texts.uses(reads, key_of("Again")) == 0
    at(work)


def test_an_operator_never_sees_a_case_about_themselves(at):
    async def work(place):
        id_ = await place.reports(place.aju, place.juniper)
        async with place.db.tx() as tx:
            made = await cases.report(tx, id_, viewer=place.troll)
            assert await cases.listed(tx, State.OPEN, viewer=place.juniper) == []
            assert len(await cases.listed(tx, State.OPEN, viewer=place.troll)) == 1
            for what in (cases.report(tx, id_, viewer=place.juniper), deciding.resolve(tx, made.case_id, by=place.juniper)):
                with pytest.raises(NotFound):
                    await what
        await jobs.opened(place.house, CaseOpened(case=made.case_id, by=place.aju))
        async with place.db.reads() as reads:
            assert (await notices.of_viewer(reads, place.juniper, after=None)).items == []
    at(work)
