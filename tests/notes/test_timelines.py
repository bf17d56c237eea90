"""Lists by time and by deeds, narrowed and paged both ways, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from catflap.ground import clock
from catflap.media import actions as media_actions
from catflap.media.model import PhotoMade
from catflap.notes import actions, boards, deeds, homing, queries, threads, timelines
from catflap.notes.model import Visibility, Written
from catflap.notes.timelines import LAST, Narrowing, Span
from catflap.people import actions as people
from tests.notes.test_passing_on import Place as House
from tests.notes.test_storage import at

WHOLE = Span(above=0, below=LAST, count=20)
EVER = Span(above=0, below=deeds.LAST, count=20)


class Place(House):
    """The house with what lists are made of."""

    async def photographs(self, by, body: str, *, to=None, **written):
        await asyncio.sleep(0.002)
        photo = PhotoMade(width=1, height=1, sizes=(), blur="", blurhash="", animated=False)
        async with self.db.tx() as tx:
            id_ = await media_actions.add_photo(tx, owner=by, folder=f"f{body}", made=photo)
            if to is not None:
                return await actions.comment(tx, by=by, to=to, text=body, media_ids=[id_])
            return await actions.post(tx, by=by, written=Written(body=body, **written), media_ids=[id_])

    async def writes(self, by, body: str, **written):
        await asyncio.sleep(0.002)
        return await self.posts(by, body, **written)

    async def pages(self, read, *given, last: int = LAST, **named):
        """Everything on a list, page by page of two, down and then up again."""
        down: list[int] = []
        below = last
        while found := await self.sees(read, *given, Span(above=0, below=below, count=2), **named):
            down += found
            below = getattr(found[-1], "place", found[-1])
        up: list[int] = []
        above = 0
        while found := await self.sees(
            read, *given, Span(above=above, below=last, count=2, upward=True), **named
        ):
            up = [*found, *up]
            above = getattr(found[0], "place", found[0])
        assert up == down
        return down


def play(database_url, tmp_path, story) -> None:
    at(database_url, tmp_path, story, kind=Place)


def test_what_somebody_wrote_is_narrowed_before_it_is_cut_into_pages(database_url, tmp_path):
    async def story(p: Place) -> None:
        wrote, seen = [], []
        for n in range(3):
            seen.append(await p.photographs(p.juniper, f"photo {n} #cats"))
            wrote += [seen[-1], await p.writes(p.juniper, "words"), await p.writes(p.juniper, "more #c_ts")]
        quiet = await p.writes(p.juniper, "hush #cats", visibility=Visibility.FOLLOWERS)
        told = await p.photographs(p.juniper, "see", to=seen[0])
        other = await p.photographs(p.aju, "不是 #cats")
        of = (timelines.of_author, p.juniper)
        assert await p.pages(*of, with_comments=True, only_media=True) == [told, *seen[::-1]]
        assert await p.pages(*of, with_comments=True, tag="cats") == [quiet, *seen[::-1]]
        assert await p.pages(*of, with_comments=True, tag="cats", only_media=True) == seen[::-1]
        assert await p.pages(*of, with_comments=True, tag="at") == []
        assert await p.pages(*of, with_comments=True) == [told, quiet, *wrote[::-1]]
        assert await p.pages(timelines.public, only_media=True) == [other, *seen[::-1]]

    play(database_url, tmp_path, story)


def test_answers_to_others_are_left_out_and_those_to_oneself_stay(database_url, tmp_path):
    async def story(p: Place) -> None:
        mine = await p.writes(p.juniper, "one")
        theirs = await p.writes(p.aju, "二")
        onward = await p.says(p.juniper, mine, "and another thing")
        await p.says(p.juniper, theirs, "nice")
        back = await p.says(p.aju, mine, "好")
        await p.says(p.juniper, back, "thanks")
        assert await p.pages(timelines.of_author, p.juniper, with_comments=False) == [onward, mine]
        assert len(await p.pages(timelines.of_author, p.juniper, with_comments=True)) == 4

    play(database_url, tmp_path, story)


def test_a_tag_may_come_with_others_demanded_or_forbidden(database_url, tmp_path):
    async def story(p: Place) -> None:
        eggs = await p.writes(p.juniper, "#eggs")
        steamed = await p.photographs(p.juniper, "#eggs #steamed")
        both = await p.writes(p.aju, "#eggs #steamed #tofu")
        tofu = await p.writes(p.aju, "#tofu")

        async def found(*tags: str, **narrowed):
            return await p.pages(
                lambda reads, span: timelines.tagged_any(reads, tags, span, narrowed=Narrowing(**narrowed))
            )

        assert await found("eggs") == [both, steamed, eggs]
        assert await found("eggs", "tofu") == [tofu, both, steamed, eggs]
        assert await found("eggs", every=("steamed",)) == [both, steamed]
        assert await found("eggs", every=("steamed", "tofu")) == [both]
        assert await found("eggs", none=("tofu",)) == [steamed, eggs]
        assert await found("eggs", every=("steamed",), none=("tofu",)) == [steamed]
        assert await found("eggs", only_media=True) == [steamed]

    play(database_url, tmp_path, story)


def test_a_thread_is_told_however_deep_it_is(database_url, tmp_path):
    async def story(p: Place) -> None:
        chain = [await p.writes(p.juniper, "0")]
        for n in range(1, 8):
            chain.append(await p.says((p.aju, p.juniper)[n % 2], chain[-1], str(n)))
        beside = await p.says(p.mei, chain[2], "beside")
        under = await p.says(p.mei, beside, "under it")
        notes = await p.sees(queries.by_ids, chain)
        for n, id_ in enumerate(chain):
            assert await p.sees(threads.above, notes[id_], most=4096) == chain[:n]
        assert await p.sees(threads.above, notes[chain[7]], most=3) == chain[4:7]
        below = [*chain[3:], beside, under]
        assert await p.sees(threads.below, notes[chain[2]], most=4096, levels=4096) == below
        assert await p.sees(threads.below, notes[chain[0]], most=4096, levels=4096) == [*chain[1:3], *below]
        assert await p.sees(threads.below, notes[chain[2]], most=3, levels=4096) == chain[3:6]
        assert await p.sees(threads.below, notes[chain[2]], most=4096, levels=2) == [*chain[3:5], beside, under]

    play(database_url, tmp_path, story)


def test_what_one_likes_or_collects_stands_by_when_one_did(database_url, tmp_path):
    async def story(p: Place) -> None:
        notes = [await p.writes(p.aju, str(n)) for n in range(5)]
        order = [notes[n] for n in (3, 0, 4, 1, 2)]
        board = await p.does(boards.make, by=p.mei, title="one", is_public=False)
        other = await p.does(boards.make, by=p.mei, title="two", is_public=False)
        begun = clock.now() - timedelta(hours=1)
        for late, id_ in enumerate(order):
            with clock.frozen_at(begun + late * timedelta(seconds=1)):
                await p.does(actions.like, id_, by=p.mei)
                await p.does(boards.collect, id_, by=p.mei, board=board)
        await p.does(actions.like, notes[0], by=p.juniper)
        liked = await p.pages(deeds.liked, p.mei, last=deeds.LAST)
        assert [one.id for one in liked] == order[::-1]
        collected = await p.pages(deeds.collected_by, p.mei, last=deeds.LAST)
        assert [one.id for one in collected] == order[::-1]
        await p.does(boards.collect, order[1], by=p.mei, board=other)
        again = await p.pages(deeds.collected_by, p.mei, last=deeds.LAST)
        assert [one.id for one in again] == [order[1], *order[:1:-1], order[0]]
        assert [one.id for one in await p.sees(deeds.liked, p.juniper, EVER)] == [notes[0]]

    play(database_url, tmp_path, story)


def test_deeds_of_one_instant_have_places_of_their_own(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await p.writes(p.aju, "一")
        with clock.frozen_at(clock.now()):
            async with p.db.tx() as tx:
                for who in (p.aju, p.juniper, p.mei):
                    await actions.like(tx, note, by=who)
        likers = await p.pages(deeds.likers, note, last=deeds.LAST)
        assert {one.id for one in likers} == {p.aju, p.juniper, p.mei}
        assert len(likers) == 3

    play(database_url, tmp_path, story)


def test_answers_come_home_where_one_knows_whom_they_answer(database_url, tmp_path):
    async def story(p: Place) -> None:
        friend, stranger = await p.joins("friend", "en"), await p.joins("stranger", "en")
        for followed in (p.aju, friend):
            await p.does(people.follow, by=p.juniper, person=followed)
        top = await p.writes(p.aju, "一")
        elsewhere = await p.writes(stranger, "hello")
        onward = await p.says(p.aju, top, "还有")
        await p.says(p.aju, elsewhere, "你好")
        among = await p.says(friend, onward, "to a friend")
        away = await p.says(stranger, top, "a stranger's")
        await p.says(friend, away, "to a stranger")
        mine = await p.says(p.juniper, away, "my own")
        to_me = await p.says(friend, mine, "to me")

        async def home(read=homing.home, **named):
            return await p.pages(read, p.juniper, **named)

        assert await home(with_answers=True) == [to_me, mine, among, onward, top]
        assert await home() == [top]
        for n in range(30):
            await p.says(p.aju, top, f"much {n}")
        assert len(await home(with_answers=True)) == 35
        assert await p.sees(homing.home, p.juniper, Span(above=0, below=LAST, count=1), with_answers=True)

    play(database_url, tmp_path, story)


def test_an_answer_under_what_one_may_not_see_is_in_no_list(database_url, tmp_path):
    async def story(p: Place) -> None:
        await p.does(people.follow, by=p.juniper, person=p.aju)
        await p.does(people.follow, by=p.aju, person=p.mei)
        private = await p.writes(p.mei, "for followers", visibility=Visibility.FOLLOWERS)
        one = await p.says(p.aju, private, "一")
        two = await p.says(p.aju, one, "还有")
        ids = await p.sees(homing.home, p.juniper, WHOLE, with_answers=True)
        assert two in ids
        assert await p.sees(timelines.entries, ids, viewer=p.juniper) == []
        assert {entry.id for entry in await p.sees(timelines.entries, ids, viewer=p.aju)} == {two}

    play(database_url, tmp_path, story)
