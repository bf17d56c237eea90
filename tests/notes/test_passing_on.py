"""Boosts, pins, hushed threads, polls, planned notes, talks and repeats, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from catflap.feed import pipeline
from catflap.ground import clock
from catflap.ground.errors import NotAllowed, NotFound, TooMany
from catflap.media import actions as media_actions
from catflap.media import queries as media
from catflap.media.model import PhotoMade
from catflap.notes import (
    actions,
    boosting,
    leaving,
    pinning,
    planning,
    polls,
    queries,
    repeats,
    talking,
    timelines,
)
from catflap.notes.errors import (
    ChoiceInvalid,
    NotBoostable,
    NotPinnable,
    OwnPoll,
    PlannedBadly,
    PollEnded,
    QuestionInvalid,
    VotedAlready,
)
from catflap.notes.model import PINS_MAX, Content, Question, Visibility, Written
from catflap.notes.timelines import LAST, Span
from catflap.notices import queries as notices
from catflap.people import actions as people
from catflap.people import queries as people_queries
from catflap.search import queries as search
from catflap.translation import queries as texts
from tests.notes.test_storage import Place as House
from tests.notes.test_storage import at

WHOLE = Span(above=0, below=LAST, count=20)
TEA = Question(options=("tea", "coffee", "milk"), lasts_s=600)


class Place(House):
    """The house with a third person in it."""

    async def settle(self) -> None:
        await super().settle()
        self.mei = await self.joins("mei", "zh")

    async def does(self, deed, *given, **named):
        async with self.db.tx() as tx:
            return await deed(tx, *given, **named)

    async def sees(self, read, *given, **named):
        async with self.db.reads() as reads:
            return await read(reads, *given, **named)

    async def hears(self, person) -> list[str]:
        await self.works()
        page = await self.sees(notices.of_viewer, person, after=None)
        return sorted(notice.kind for notice in page.items)

    async def home(self, person):
        ids = await self.sees(timelines.home, person, WHOLE)
        return await self.sees(timelines.entries, ids, viewer=person)

    async def publishes(self, content: Content, by):
        return await self.does(planning.publish, content, by=by, prior=("en",))

    async def asks(self, by, question: Question = TEA, **written):
        content = Content(written=Written(body="Which one?", **written), question=question)
        note = await self.publishes(content, by)
        return note, (await self.sees(polls.of_notes, [note]))[note].id


def play(database_url, tmp_path, story, *, ago: timedelta = timedelta()) -> None:
    """A story, perhaps one that begins some time ago.

    Who moves the clock begins in the past: ids never go back, so one made in the future would
    leave every later test's there.
    """
    with clock.moved_by(-ago):
        at(database_url, tmp_path, story, kind=Place)


def test_a_boost_brings_a_note_home_to_those_who_follow_the_booster(database_url, tmp_path):
    async def story(p: Place) -> None:
        await p.does(people.follow, by=p.mei, person=p.juniper)
        note = await p.posts(p.aju, "hello")
        other = await p.posts(p.juniper, "mine")
        boost = await p.does(boosting.boost, note, by=p.juniper)
        assert await p.does(boosting.boost, note, by=p.juniper) == boost
        home = await p.home(p.mei)
        assert [(one.id, one.note.id) for one in home] == [(boost.id, note), (other, other)]
        assert home[0].boost == boost
        assert home[0].note.boosts_count == 1
        assert await p.sees(boosting.boosted_among, p.juniper, [note, other]) == {note}
        assert await p.hears(p.aju) == ["boost"]
        below = Span(above=0, below=boost.id, count=20)
        assert await p.sees(timelines.home, p.mei, below) == [other]
        above = Span(above=other, below=LAST, count=1, upward=True)
        assert await p.sees(timelines.home, p.mei, above) == [boost.id]
        await p.does(boosting.unboost, note, by=p.juniper)
        await p.does(boosting.unboost, note, by=p.juniper)
        assert [one.id for one in await p.home(p.mei)] == [other]
        assert (await p.sees(queries.note, note, viewer=None)).boosts_count == 0

    play(database_url, tmp_path, story)


def test_a_note_stands_once_in_a_page_however_many_boosted_it(database_url, tmp_path):
    async def story(p: Place) -> None:
        for person in (p.juniper, p.aju):
            await p.does(people.follow, by=p.mei, person=person)
        strangers = await p.joins("robin", "en")
        note = await p.posts(strangers, "seen by many")
        own = await p.posts(p.juniper, "boosted by another")
        for by, what in ((p.juniper, note), (p.aju, note), (p.aju, own)):
            await p.does(boosting.boost, what, by=by)
        home = await p.home(p.mei)
        assert sorted(one.note.id for one in home) == sorted([note, own])
        assert next(one for one in home if one.note.id == own).boost is None
        assert next(one for one in home if one.note.id == note).boost.person_id == p.aju
        await p.does(people.mute, by=p.mei, person=p.aju)
        home = await p.home(p.mei)
        assert next(one for one in home if one.note.id == note).boost.person_id == p.juniper

    play(database_url, tmp_path, story)


def test_what_is_for_few_is_not_boosted_but_ones_own_for_followers(database_url, tmp_path):
    async def story(p: Place) -> None:
        for person in (p.aju, p.mei):
            await p.does(people.follow, by=person, person=p.juniper)
        few = await p.posts(p.juniper, "for followers", visibility=Visibility.FOLLOWERS)
        mine = await p.posts(p.juniper, "for me", visibility=Visibility.ONLY_ME)
        with pytest.raises(NotBoostable):
            await p.does(boosting.boost, few, by=p.aju)
        with pytest.raises(NotBoostable):
            await p.does(boosting.boost, mine, by=p.juniper)
        with pytest.raises(NotFound):
            await p.does(boosting.boost, mine, by=p.aju)
        await p.does(boosting.boost, few, by=p.juniper)
        assert [one.note.id for one in await p.home(p.mei)] == [few]

    play(database_url, tmp_path, story)


def test_who_leaves_takes_boosts_and_votes_along(database_url, tmp_path):
    async def story(p: Place) -> None:
        note, poll = await p.asks(p.juniper)
        await p.does(boosting.boost, note, by=p.aju)
        await p.does(polls.vote, poll, [1], by=p.aju)
        await p.does(polls.vote, poll, [1], by=p.mei)
        await p.does(leaving.leave, p.aju, seal=p.house.seal)
        assert (await p.sees(queries.note, note, viewer=None)).boosts_count == 0
        found = await p.sees(polls.by_id, poll)
        assert [option.votes_count for option in found.options] == [0, 1, 0]
        assert found.voters_count == 1

    play(database_url, tmp_path, story)


def test_five_of_ones_own_notes_are_pinned_and_no_more(database_url, tmp_path):
    async def story(p: Place) -> None:
        made = [await p.posts(p.juniper, f"note {n}") for n in range(PINS_MAX + 1)]
        for note in made[:PINS_MAX]:
            await p.does(pinning.pin, note, by=p.juniper)
        await p.does(pinning.pin, made[0], by=p.juniper)
        with pytest.raises(TooMany):
            await p.does(pinning.pin, made[-1], by=p.juniper)
        await p.does(pinning.unpin, made[0], by=p.juniper)
        await p.does(pinning.pin, made[-1], by=p.juniper)
        pinned = await p.sees(pinning.pinned, p.juniper)
        assert pinned[0] == made[-1]
        assert set(pinned) == set(made[1:])
        with pytest.raises(NotAllowed):
            await p.does(pinning.pin, made[0], by=p.aju)
        secret = await p.posts(p.aju, "x", visibility=Visibility.ONLY_ME)
        with pytest.raises(NotPinnable):
            await p.does(pinning.pin, secret, by=p.aju)

    play(database_url, tmp_path, story)


def test_nothing_is_heard_of_a_hushed_thread(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello")
        comment = await p.says(p.aju, note, "first")
        assert await p.hears(p.juniper) == ["comment"]
        await p.does(pinning.hush, comment, by=p.juniper)
        await p.says(p.aju, note, "second, @juniper")
        await p.does(actions.like, note, by=p.aju)
        assert await p.hears(p.juniper) == ["comment"]
        await p.does(pinning.unhush, note, by=p.juniper)
        await p.says(p.mei, note, "third")
        assert await p.hears(p.juniper) == ["comment", "comment"]

    play(database_url, tmp_path, story)


def test_a_poll_takes_one_vote_a_person_and_tells_its_end_once(database_url, tmp_path):
    async def story(p: Place) -> None:
        _, poll = await p.asks(p.juniper)
        await p.does(polls.vote, poll, [2], by=p.aju)
        for by, choices, wrong in (
            (p.aju, [0], VotedAlready), (p.juniper, [0], OwnPoll), (p.mei, [3], ChoiceInvalid),
            (p.mei, [], ChoiceInvalid), (p.mei, [0, 1], ChoiceInvalid),
        ):
            with pytest.raises(wrong):
                await p.does(polls.vote, poll, choices, by=by)
        found = await p.sees(polls.by_id, poll)
        assert [option.votes_count for option in found.options] == [0, 0, 1]
        assert await p.sees(polls.own_votes, p.aju, [poll]) == {poll: [2]}
        assert await p.hears(p.aju) == []
        with clock.moved_by(timedelta(minutes=11)):
            with pytest.raises(PollEnded):
                await p.does(polls.vote, poll, [0], by=p.mei)
            assert await p.hears(p.aju) == ["poll"]
            assert await p.hears(p.juniper) == ["poll"]
            assert await p.hears(p.mei) == []
            assert await p.does(polls.end, poll) == 0
            assert await p.hears(p.aju) == ["poll"]

    play(database_url, tmp_path, story, ago=timedelta(days=30))


def test_several_votes_count_one_voter_and_two_at_once_count_once(database_url, tmp_path):
    async def story(p: Place) -> None:
        _, poll = await p.asks(
            p.juniper, Question(options=("tea", "coffee", "milk"), lasts_s=600, is_multiple=True)
        )

        async def votes():
            try:
                await p.does(polls.vote, poll, [0, 2, 2], by=p.aju)
            except VotedAlready:
                return "again"
            return "voted"

        assert sorted(await asyncio.gather(votes(), votes())) == ["again", "voted"]
        found = await p.sees(polls.by_id, poll)
        assert [option.votes_count for option in found.options] == [1, 0, 1]
        assert found.voters_count == 1

    play(database_url, tmp_path, story)


@pytest.mark.parametrize(
    "wrong",
    [
        Question(options=("one",), lasts_s=600), Question(options=("a", "a "), lasts_s=600),
        Question(options=("a", "b"), lasts_s=299), Question(options=("a", "b"), lasts_s=3_000_000),
    ],
)
def test_a_poll_that_asks_nothing_is_refused(database_url, tmp_path, wrong):
    async def story(p: Place) -> None:
        with pytest.raises(QuestionInvalid):
            await p.asks(p.juniper, wrong)

    play(database_url, tmp_path, story)


@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.FOLLOWERS])
def test_an_answer_asks_a_poll_for_those_who_see_what_it_answers(database_url, tmp_path, visibility):
    async def story(p: Place) -> None:
        note = await p.posts(p.juniper, "hello", visibility=visibility)
        answer = Content(written=Written(body="Which?"), parent_id=note, question=TEA)
        comment = await p.publishes(answer, p.juniper)
        poll = (await p.sees(polls.of_notes, [comment]))[comment]
        told = await p.sees(texts.kept, polls.keys(poll), target="zh")
        assert {kept.public for kept in told.values()} == {visibility is Visibility.PUBLIC}
        if visibility is Visibility.FOLLOWERS:
            with pytest.raises(NotFound):
                await p.does(polls.vote, poll.id, [1], by=p.aju)
            return
        await p.does(polls.vote, poll.id, [1], by=p.aju)
        row = await p.sees(queries.note, comment, viewer=p.juniper)
        other = Question(options=("tea", "water"), lasts_s=600)
        await p.does(polls.change, row, other, by=p.juniper, public=True)
        assert [one.votes_count for one in (await p.sees(polls.of_notes, [comment]))[comment].options] == [0, 0]
        await p.does(actions.withdraw, comment, by=p.juniper)
        assert await p.sees(polls.of_notes, [comment]) == {}

    play(database_url, tmp_path, story)


def test_a_polls_texts_live_as_long_as_it(database_url, tmp_path):
    async def story(p: Place) -> None:
        note, poll = await p.asks(p.juniper)
        keys = polls.keys(await p.sees(polls.by_id, poll))
        await p.does(polls.vote, poll, [0], by=p.aju)
        row = await p.sees(queries.note, note, viewer=p.juniper)
        later = Question(options=TEA.options, lasts_s=1200)
        await p.does(polls.change, row, later, by=p.juniper, public=True)
        kept = await p.sees(polls.by_id, poll)
        assert [option.votes_count for option in kept.options] == [1, 0, 0]
        other = Question(options=("tea", "water"), lasts_s=600)
        await p.does(polls.change, row, other, by=p.juniper, public=True)
        [fresh] = (await p.sees(polls.of_notes, [note])).values()
        assert [option.votes_count for option in fresh.options] == [0, 0]
        assert not await p.sees(texts.uses, keys[1])
        await p.does(actions.withdraw, note, by=p.juniper)
        assert not await p.sees(texts.uses, keys[0])

    play(database_url, tmp_path, story)


def test_a_planned_note_comes_when_its_time_has_come(database_url, tmp_path):
    async def story(p: Place) -> None:
        content = Content(written=Written(body="Good morning", tags=("dawn",)), question=TEA)
        due = clock.now() + timedelta(minutes=10)
        with pytest.raises(PlannedBadly):
            await p.does(
                planning.plan, content, by=p.juniper, due_at=clock.now() + timedelta(minutes=4)
            )
        planned = await p.does(planning.plan, content, by=p.juniper, due_at=due)
        never = await p.does(planning.plan, content, by=p.juniper, due_at=due)
        await p.does(planning.cancel, never, by=p.juniper)
        with pytest.raises(NotFound):
            await p.does(planning.cancel, planned, by=p.aju)
        await p.does(
            planning.replan, planned, by=p.juniper, due_at=due + timedelta(minutes=20)
        )
        with clock.moved_by(timedelta(minutes=15)):
            await p.works()
            assert await p.sees(timelines.public, WHOLE) == []
        with clock.moved_by(timedelta(minutes=31)):
            await p.works()
            [note] = await p.sees(timelines.public, WHOLE)
            found = await p.sees(queries.note, note, viewer=None)
            assert found.tags == ("dawn",)
            assert await p.sees(texts.text, found.body_key) == "Good morning"
            assert note in await p.sees(polls.of_notes, [note])
            assert await p.sees(planning.of_viewer, p.juniper, above=0, below=LAST, count=9) == []

    play(database_url, tmp_path, story, ago=timedelta(days=30))


def test_files_of_a_planned_note_are_not_swept_away_but_may_be_taken(database_url, tmp_path):
    async def story(p: Place) -> None:
        made = PhotoMade(width=1, height=1, sizes=(), blur="", blurhash="", animated=False)
        photo = await p.does(media_actions.add_photo, owner=p.juniper, folder="aa/b", made=made)
        content = Content(written=Written(body="later"), media=(str(photo),))
        due = clock.now() + timedelta(days=5)
        with pytest.raises(NotFound):
            await p.does(planning.plan, content, by=p.aju, due_at=due)
        planned = await p.does(planning.plan, content, by=p.juniper, due_at=due)
        assert await p.sees(queries.media_in_drafts) == {photo}
        with clock.moved_by(timedelta(days=6)):
            await p.works()
            [note] = await p.sees(timelines.public, WHOLE)
            [item] = (await p.sees(media.of_notes, [note]))[note]
        assert item.id == photo
        with pytest.raises(NotFound):
            await p.sees(planning.one, planned, viewer=p.juniper)

    play(database_url, tmp_path, story, ago=timedelta(days=30))


def test_a_planned_answer_to_what_is_gone_is_let_go(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.posts(p.aju, "soon gone")
        content = Content(written=Written(body="I agree"), parent_id=note)
        due = clock.now() + timedelta(minutes=10)
        planned = await p.does(planning.plan, content, by=p.juniper, due_at=due)
        await p.does(actions.withdraw, note, by=p.aju)
        with clock.moved_by(timedelta(minutes=11)):
            await p.works()
            with pytest.raises(NotFound):
                await p.sees(planning.one, planned, viewer=p.juniper)

    play(database_url, tmp_path, story, ago=timedelta(days=30))


def test_a_talk_has_a_side_for_each_and_is_unread_for_others(database_url, tmp_path):
    async def story(p: Place) -> None:
        async def sides(person):
            found = await p.sees(talking.of_viewer, person, above=0, below=LAST, count=9)
            return [(talk.root_id, talk.last_id, talk.unread) for talk in found]

        note = await p.posts(p.juniper, "@阿橘 hello", visibility=Visibility.MENTIONED)
        await p.posts(p.juniper, "to myself", visibility=Visibility.MENTIONED)
        assert await sides(p.juniper) == [(note, note, False)]
        assert await sides(p.aju) == [(note, note, True)]
        await p.does(talking.read, note, by=p.aju)
        assert await sides(p.aju) == [(note, note, False)]
        answer = await p.says(p.aju, note, "with @mei, who is not in it")
        assert await sides(p.juniper) == [(note, answer, True)]
        assert await sides(p.aju) == [(note, answer, False)]
        assert await sides(p.mei) == []
        seen = await p.sees(queries.note, answer, viewer=p.juniper)
        assert seen.id == answer
        await p.does(talking.drop, note, by=p.juniper)
        assert await sides(p.juniper) == []
        with pytest.raises(NotFound):
            await p.does(talking.read, note, by=p.juniper)
        again = await p.says(p.aju, note, "still there?")
        assert await sides(p.juniper) == [(note, again, True)]
        await p.does(actions.withdraw, again, by=p.aju)
        assert await sides(p.juniper) == [(note, answer, True)]

    play(database_url, tmp_path, story)


def test_two_requests_with_one_key_at_once_publish_once(database_url, tmp_path):
    async def story(p: Place) -> None:
        async def publishes(by, key="k1"):
            async with p.db.tx() as tx:
                before = await repeats.begin(tx, key, by=by)
                if before is not None:
                    return before.note_id
                note = await actions.post(tx, by=by, written=Written(body="once"))
                await asyncio.sleep(0.05)
                await repeats.done(tx, key, by=by, note=note)
                return note

        one, other, others = await asyncio.gather(
            publishes(p.juniper), publishes(p.juniper), publishes(p.aju)
        )
        assert one == other != others
        assert await publishes(p.juniper, "k2") != one
        with clock.moved_by(timedelta(hours=25)):
            assert await publishes(p.juniper) != one
            await p.does(repeats.forget_old)
        assert await publishes(p.juniper) != one

    play(database_url, tmp_path, story, ago=timedelta(days=30))


def test_an_unlisted_note_is_for_all_and_in_no_list_of_all(database_url, tmp_path):
    async def story(p: Place) -> None:
        await p.does(people.follow, by=p.mei, person=p.juniper)
        note = await p.posts(
            p.juniper, "steamed eggs #eggs", visibility=Visibility.UNLISTED
        )
        await p.works()
        await p.does(people.block, by=p.aju, person=p.mei)
        for viewer in (None, p.aju):  # who hides somebody is asked more closely
            assert (await p.sees(queries.note, note, viewer=viewer)).id == note
        assert [one.id for one in await p.home(p.mei)] == [note]
        assert await p.sees(timelines.public, WHOLE) == []
        assert await p.sees(timelines.tagged_any, ["eggs"], WHOLE) == []
        asked = await p.sees(search.understood, "steamed")
        for viewer, found in ((None, []), (p.mei, []), (p.juniper, [note])):
            page = await p.sees(search.notes, asked, viewer=viewer, after=None)
            assert list(page.items) == found
        feed = await p.sees(pipeline.explore, viewer=p.mei, after=None)
        assert list(feed.slots) == []
        person = await p.sees(people_queries.by_id, p.juniper, viewer=None)
        assert person.notes_count == 1

    play(database_url, tmp_path, story)
