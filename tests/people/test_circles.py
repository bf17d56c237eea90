"""What stands between people, on both databases, through the feature's own verbs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from catflap.ground import clock
from catflap.ground.errors import NotFound, Overtaken, TextMissing, TooMany
from catflap.notes import acquainting, filters, homing, tagging
from catflap.notes.filters import Deed, Place, WordChange
from catflap.notes.timelines import Span
from catflap.notices import queries as notices
from catflap.people import (
    actions,
    circles,
    lists,
    markers,
    profiles,
    queries,
    relations,
    remarking,
    requests,
)
from catflap.people.circles import Circle
from catflap.people.model import LISTS_MAX, Answers, Field, Wishes
from tests.notes.test_storage import Place as House
from tests.notes.test_storage import at

ALL = {"above": 0, "below": 2**63 - 1, "count": 40}


async def person(p: House, reads, who):
    return await queries.by_id(reads, who, viewer=None)


def test_forty_relationships_cost_one_query(database_url, tmp_path):
    async def story(p: House) -> None:
        others = [await p.joins(f"other{n}", "en") for n in range(40)]
        async with p.db.tx() as tx:
            for other in others[:20]:
                await actions.follow(tx, by=p.aju, person=other, wishes=Wishes(notify=True, langs=("en", "zh")))
                await actions.follow(tx, by=other, person=p.aju)
            await actions.mute(tx, by=p.aju, person=others[0], until=clock.now() + timedelta(hours=1))
            await remarking.remark(tx, by=p.aju, person=others[0], text="老朋友")
            await remarking.endorse(tx, by=p.aju, person=others[0])
        for few in (others[:1], others):
            async with p.db.reads() as reads:
                found = await relations.among(reads, p.aju, few)
                assert reads.count == 1
        first = found[others[0]]
        assert (first.following, first.followed_by, first.muted, first.muted_notices) == (True, True, True, True)
        assert (first.endorsed, first.remark, first.wishes) == (True, "老朋友", Wishes(notify=True, langs=("en", "zh")))
        assert first.muted_until > clock.now()
        assert found[others[39]] == relations.Relation()
        with clock.moved_by(timedelta(hours=2)):
            async with p.db.reads() as reads:
                assert (await relations.among(reads, p.aju, [others[0]]))[others[0]].muted is False
                assert (await queries.hidden_from(reads, p.aju)).muted == frozenset()

    at(database_url, tmp_path, story)


def test_a_request_carries_its_wishes_and_ends_with_an_answer(database_url, tmp_path):
    async def story(p: House) -> None:
        async with p.db.tx() as tx:
            await profiles.show(tx, await person(p, tx, p.juniper), locked=True)
            assert await actions.follow(tx, by=p.aju, person=p.juniper, wishes=Wishes(with_boosts=False, langs=("zh",)))
            assert not await actions.follow(tx, by=p.aju, person=p.juniper)
        await p.works()
        async with p.db.reads() as reads:
            assert (await person(p, reads, p.juniper)).followers_count == 0
            assert [n.kind for n in (await notices.of_viewer(reads, p.juniper, after=None)).items] == ["asks"]
        async with p.db.tx() as tx:
            await requests.accept(tx, by=p.juniper, person=p.aju)
            with pytest.raises(NotFound):
                await requests.decline(tx, by=p.juniper, person=p.aju)
        await p.works()
        async with p.db.reads() as reads:
            found = await queries.relation(reads, viewer=p.aju, person=p.juniper)
            assert (found.following, found.requested) == (True, False)
            assert found.wishes == Wishes(with_boosts=False, langs=("zh",))
            assert (await person(p, reads, p.juniper)).followers_count == 1
            assert (await person(p, reads, p.aju)).following_count == 1
            assert (await notices.of_viewer(reads, p.juniper, after=None)).items == []
            assert [n.kind for n in (await notices.of_viewer(reads, p.aju, after=None)).items] == ["granted"]

    at(database_url, tmp_path, story)


def test_a_block_ends_requests_both_ways_and_unlocking_answers_them(database_url, tmp_path):
    async def story(p: House) -> None:
        other = await p.joins("other", "en")
        async with p.db.tx() as tx:
            await profiles.show(tx, await person(p, tx, p.juniper), locked=True)
            for one in (p.aju, other):
                await actions.follow(tx, by=one, person=p.juniper)
            await actions.block(tx, by=p.juniper, person=p.aju)
            assert await circles.asking_count(tx, p.juniper) == 1
            await profiles.show(tx, await person(p, tx, p.juniper), locked=False)
            found = await circles.within(tx, Circle.FOLLOWERS, p.juniper, viewer=None, **ALL)
            assert [one.id for one in found] == [other]
            with pytest.raises(NotFound):
                await actions.follow(tx, by=p.aju, person=p.juniper)

    at(database_url, tmp_path, story)


def test_the_same_request_answered_twice_at_once_counts_once(database_url, tmp_path):
    async def story(p: House) -> None:
        async with p.db.tx() as tx:
            await profiles.show(tx, await person(p, tx, p.juniper), locked=True)
            await actions.follow(tx, by=p.aju, person=p.juniper)

        async def accepts() -> None:
            async with p.db.tx() as tx:
                await requests.accept(tx, by=p.juniper, person=p.aju)

        done = await asyncio.gather(*(accepts() for _ in range(4)), return_exceptions=True)
        assert sum(one is None for one in done) == 1
        assert all(one is None or isinstance(one, NotFound) for one in done)
        async with p.db.reads() as reads:
            assert (await person(p, reads, p.juniper)).followers_count == 1

    at(database_url, tmp_path, story)


def test_muted_people_whose_notices_are_wanted_are_heard_of(database_url, tmp_path):
    async def story(p: House) -> None:
        from catflap.notes import actions as notes

        note = await p.posts(p.juniper, "hello")
        async with p.db.tx() as tx:
            await actions.mute(tx, by=p.juniper, person=p.aju, with_notices=False)
            await notes.like(tx, note, by=p.aju)
        await p.works()
        async with p.db.reads() as reads:
            assert len((await notices.of_viewer(reads, p.juniper, after=None)).items) == 1
        async with p.db.tx() as tx:
            await actions.mute(tx, by=p.juniper, person=p.aju)
        async with p.db.reads() as reads:
            assert (await notices.of_viewer(reads, p.juniper, after=None)).items == []

    at(database_url, tmp_path, story)


def test_lists_hold_whom_one_follows_and_are_bounded(database_url, tmp_path):
    async def story(p: House) -> None:
        async with p.db.tx() as tx:
            await actions.follow(tx, by=p.aju, person=p.juniper)
            made = await lists.make(tx, by=p.aju, title=" Tea ", answers=Answers.NONE)
            await lists.put(tx, made, [p.juniper], by=p.aju)
            await lists.put(tx, made, [p.juniper], by=p.aju)
            assert await lists.members(tx, made) == [p.juniper]
            assert (await lists.one(tx, made, viewer=p.aju)).title == "Tea"
            for call in (lists.one(tx, made, viewer=p.juniper), lists.drop(tx, made, by=p.juniper),
                         lists.put(tx, made, [p.aju], by=p.juniper)):
                with pytest.raises(NotFound):
                    await call
            with pytest.raises(TextMissing):
                await lists.change(tx, made, by=p.aju, title="")
            for number in range(LISTS_MAX - 1):
                await lists.make(tx, by=p.aju, title=str(number))
            with pytest.raises(TooMany):
                await lists.make(tx, by=p.aju, title="one more")
            await actions.unfollow(tx, by=p.aju, person=p.juniper)
            assert await lists.members(tx, made) == []

    at(database_url, tmp_path, story)


def test_a_marker_that_two_devices_move_at_once_is_moved_by_one(database_url, tmp_path):
    async def story(p: House) -> None:
        async with p.db.tx() as tx:
            await markers.move(tx, by=p.aju, of="home", to=10)

        async def moves(to: int) -> None:
            async with p.db.tx() as tx:
                await markers.move(tx, by=p.aju, of="home", to=to, known=1)

        async def reads_a_while() -> None:
            async with p.db.reads() as reads:
                await markers.mine(reads, p.aju, ["home"])
                await asyncio.sleep(0.05)

        # PostgreSQL's connections are open before, so that all three meet at the marker.
        await asyncio.gather(*(reads_a_while() for _ in range(3)))
        done = await asyncio.gather(*(moves(to) for to in (11, 12, 13)), return_exceptions=True)
        assert sorted(isinstance(one, Overtaken) for one in done) == [False, True, True]
        async with p.db.reads() as reads:
            assert (await markers.mine(reads, p.aju, ["home", "notices"]))["home"].version == 2

    at(database_url, tmp_path, story)


def test_home_is_made_of_people_tags_and_wishes(database_url, tmp_path):
    async def story(p: House) -> None:
        third = await p.joins("third", "en")
        async with p.db.tx() as tx:
            await actions.follow(tx, by=p.aju, person=p.juniper, wishes=Wishes(langs=("zh",)))
            for number in range(30):
                await tagging.follow(tx, f"t{number}", by=p.aju)
        english = await p.posts(p.juniper, "a morning like any other", lang="en")
        chinese = await p.posts(p.juniper, "今天早上", lang="zh")
        tagged, too = await p.posts(third, "#t29"), await p.posts(third, "#t9")
        await p.posts(third, "nothing of that")
        span = Span(above=0, below=2**63 - 1, count=20)
        async with p.db.reads() as reads:
            ids = await homing.home(reads, p.aju, span)
            assert set(ids) == {english, chinese, tagged, too}
            shown = await homing.in_wanted_languages(
                reads, p.aju, await homing.queries.shown(reads, ids, viewer=p.aju)
            )
            assert {note.id for note in shown} == {chinese, tagged, too}
            up = await homing.home(reads, p.aju, Span(above=english, below=2**63 - 1, count=1, upward=True))
            assert up == [min(chinese, tagged, too)]
            assert set((await homing.following(reads, p.aju, after=None)).items) == set(ids)

    at(database_url, tmp_path, story)


def test_filters_and_tags_are_kept_on_both_databases(database_url, tmp_path):
    async def story(p: House) -> None:
        note = await p.posts(p.juniper, "a #tag")
        async with p.db.tx() as tx:
            id_ = await filters.make(
                tx, by=p.aju, title="x", places=[Place.HOME], deed=Deed.HIDE,
                until=clock.now() + timedelta(hours=1), words=[WordChange(word="a", whole=False)],
            )
            found = await filters.one(tx, id_, viewer=p.aju)
            row = await filters.name_note(tx, found, note, by=p.aju)
            assert (await filters.of_note(tx, row.id, viewer=p.aju))[1] == row
            with pytest.raises(NotFound):
                await filters.of_word(tx, found.words[0].id, viewer=p.juniper)
            shown = await tagging.feature(tx, "Tag", by=p.juniper)
            assert (shown.tag, shown.notes_count) == ("tag", 1)
            assert shown.last_at is not None
            assert await tagging.often(tx, p.juniper) == ["tag"]
            [today, *rest] = (await tagging.used(tx, ["tag"]))["tag"]
            assert (today.notes, today.people) == (1, 1)
            assert all(day.notes == 0 for day in rest)
            [kept] = await filters.mine(tx, p.aju)
            assert (kept.words[0].word, kept.notes[0].note_id, kept.deed) == ("a", note, Deed.HIDE)
            await filters.drop(tx, kept, by=p.aju)
            assert await filters.mine(tx, p.aju) == []

    at(database_url, tmp_path, story)


def test_suggestions_cost_the_same_whatever_the_community(database_url, tmp_path):
    async def story(p: House) -> None:
        costs = []
        for count in (2, 12):
            others = [await p.joins(f"o{count}x{n}", "en") for n in range(count)]
            for other in others:
                await p.posts(other, "#tea")
            async with p.db.tx() as tx:
                await tagging.follow(tx, "tea", by=p.juniper)
            async with p.db.reads() as reads:
                found = await acquainting.suggested(reads, p.juniper, count=40)
                costs.append(reads.count)
            assert {one.person.id for one in found} >= set(others)
        assert costs[0] == costs[1] <= 12

    at(database_url, tmp_path, story)


def test_a_profile_shows_its_lines_and_when_its_person_wrote(database_url, tmp_path):
    async def story(p: House) -> None:
        async with p.db.reads() as reads:
            assert (await person(p, reads, p.aju)).wrote_at is None
        await p.posts(p.aju, "hello")
        async with p.db.tx() as tx:
            lines = [Field(name="Site", value="a.example"), Field(name="", value=" ")]
            await profiles.show(tx, await person(p, tx, p.aju), fields=lines, hides_circles=True)
            await profiles.show(tx, await person(p, tx, p.aju), automated=True)
            found = await person(p, tx, p.aju)
        assert found.fields == (Field(name="Site", value="a.example"),)
        assert (found.hides_circles, found.automated, found.locked) == (True, True, False)
        assert found.wrote_at is not None

    at(database_url, tmp_path, story)
