"""The feed of one reader, from the database to the page and back: both databases."""

from __future__ import annotations

import base64
import itertools
import tempfile
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import sqlalchemy as sa

from catflap import app
from catflap.access import actions as access
from catflap.arrivals import answering, interests, places
from catflap.feed import jobs as feed_jobs
from catflap.feed import learning, nightly, owing, pipeline, scoring, versions, wishes
from catflap.feed.feeding import Feeding
from catflap.feed.model import Figures, Learned, ModelState, Why
from catflap.feed.tables import entries, owed, tallies
from catflap.ground import clock
from catflap.ground.statements import Statement
from catflap.media import actions as media
from catflap.media.model import PhotoMade
from catflap.moderation import reporting
from catflap.notes import actions, leaving, queries
from catflap.notes.model import Visibility, Written
from catflap.people import actions as people_actions
from catflap.people import closing
from catflap.people import queries as people
from tests.conftest import house_at, run, sqlite_database
from tests.feed.shown import shown_to

_SHOWN = Statement(sa.select(tallies.c.shown).where(tallies.c.note_id == sa.bindparam("note")), int)
_CARDS = Statement(sa.select(owed.c.cards).where(owed.c.note_id == sa.bindparam("note")), int)
_BARE = Statement(
    entries.update().where(entries.c.note_id == sa.bindparam("note")).values(places=None, topic="")
)
_TOPIC = Statement(sa.select(entries.c.topic).where(entries.c.note_id == sa.bindparam("note")), str)
TOPICS = {
    "cats": "cats", "dogs": "dogs", "food": "food", "plants": "plants", "travel": "travel",
    "prices": "rent", "homework": "homework", "music": "music", "fishing": "fishing",
    "crafts": "knitting", "sport": "running", "stories": "books",
}


class Town:
    """A house whose worker is these tests."""

    def __init__(self, house) -> None:
        self.house = house
        self.db = house.database
        self.said = itertools.count()

    async def joins(self, handle: str, *picks: str, reads=("en",), near=()):
        async with self.db.tx() as tx:
            person = await access.sign_up(
                tx, handle=handle, password_hash="x", email=None, locale="en", reads=reads
            )
            await interests.choose(tx, person, picks)
            await places.choose(tx, person, near)
        return person

    async def posts(self, by, *tags: str, lang="en", photos=(), **written) -> int:
        words = {"en": "Good morning from here, number", "zh": "大家早上好今天第几篇"}[lang]
        async with self.db.tx() as tx:
            note = await actions.post(
                tx, by=by, prior=(lang,), media_ids=photos,
                written=Written(**{"body": f"{words} {next(self.said)}", "tags": tags, **written}),
            )
            await answering.wrote(tx, (await queries.by_ids(tx, [note])).values())
        await feed_jobs.place(self.house, [feed_jobs.Touched(note=note)])
        return note

    def opens(self) -> Feeding:
        """A process that has heard of nothing yet."""
        return Feeding(self.db, self.house.store)

    async def reads(self, feeding: Feeding, who, *, after: str | None = None):
        async with self.db.reads() as reads:
            reader = await people.reader(reads, who)
            return await pipeline.for_you(reads, feeding, reader=reader, after=after)

    async def all_pages(self, feeding: Feeding, who) -> list:
        """Everything that is composed for somebody, to where the warm list begins."""
        found, after = [], None
        while True:
            page = await self.reads(feeding, who, after=after)
            found += [slot for slot in page.slots if slot.why not in (Why.WARM, Why.NEWCOMER)]
            if page.next_cursor is None or any(slot.why is Why.WARM for slot in page.slots):
                return found
            after = page.next_cursor

    async def one(self, statement, note: int):
        async with self.db.reads() as reads:
            return await reads.one(statement, note=note)

    async def paced(self):
        await nightly.pace(self.house, nightly.Pace())


def at(url, folder, story) -> None:
    async def told() -> None:
        house = house_at(url, folder)
        try:
            await story(Town(house))
        finally:
            await house.close()

    run(told())


def ids_of(page) -> list[int]:
    return [slot.stamp.id for slot in page.slots]


def test_picks_shape_a_new_reader_s_first_page(tmp_path):
    async def story(town: Town) -> None:
        chance = np.random.default_rng(5)
        authors = [await town.joins(f"author{n}") for n in range(24)]
        for n in range(300):
            topic = list(TOPICS.values())[n % 12]
            await town.posts(authors[n % 24], topic, lang="zh" if n % 3 == 0 else "en")
        feeding = town.opens()
        pages = {"other": [], "same": []}
        for n in range(10):
            picks = [str(pick) for pick in chance.choice(list(TOPICS), 3, replace=False)]
            pages["other"].append(set(ids_of(await town.reads(feeding, await town.joins(f"o{n}", *picks)))))
            alike = await town.joins(f"s{n}", "cats", "food", "music")
            pages["same"].append(set(ids_of(await town.reads(feeding, alike))))

        def overlap(some) -> float:
            pairs = list(itertools.combinations(some, 2))
            return sum(len(a & b) / len(a | b) for a, b in pairs) / len(pairs)

        assert all(len(page) == 20 for some in pages.values() for page in some)
        assert overlap(pages["other"]) <= 0.25
        assert overlap(pages["same"]) <= 0.6
        assert overlap(pages["other"]) < overlap(pages["same"])

    at(sqlite_database(tmp_path / "catflap.db"), tmp_path, story)


def test_an_untagged_first_note_is_dealt_to_readers_and_counted(database_url, tmp_path):
    async def story(town: Town) -> None:
        host = await town.joins("granny")
        for _ in range(60):
            await town.posts(host, "cats")
        new = await town.joins("poppy")
        first = await town.posts(new)
        second = await town.posts(new)
        await town.paced()
        dealt = await town.one(_CARDS, first)
        assert dealt > 0
        assert await town.one(_CARDS, second) is None
        await town.paced()
        assert await town.one(_CARDS, first) == dealt

        # What else is new stands above it for whoever likes cats, so only the floor shows it.
        feeding = town.opens()
        readers = [await town.joins(f"reader{n}", "cats", "food") for n in range(8)]
        pages = [await town.reads(feeding, who) for who in readers]
        holding = [page for page in pages if first in ids_of(page)]
        assert len(holding) >= min(dealt, len(readers)) - 1
        by_floor = [slot for page in pages for slot in page.slots if slot.why is Why.FLOOR]
        assert by_floor
        assert {slot.stamp.id for slot in by_floor} <= {first, host_first(pages, first)}
        assert all(sum(s.why is Why.FLOOR for s in page.slots) <= 3 for page in pages)

        await feeding.showing.write(town.db)
        assert await town.one(_SHOWN, first) == len(holding)
        by_floor_first = [slot for slot in by_floor if slot.stamp.id == first]
        assert await town.one(_CARDS, first) == max(0, dealt - len(by_floor_first))
        async with town.db.reads() as reads:
            hour = (await owing.hours(reads))[0]
            assert (hour.owed_count, hour.barred_count) == (2, 0)
            assert 0 < hour.target <= 100

    at(database_url, tmp_path, story)


def host_first(pages, first: int) -> int:
    """The other first note of the day: the host's."""
    every = {slot.stamp.id for page in pages for slot in page.slots if slot.why is Why.FLOOR}
    return next(iter(every - {first}), first)


def test_copies_and_notes_of_the_reported_draw_nothing_from_the_floor(database_url, tmp_path):
    async def story(town: Town) -> None:
        one, other, third = [await town.joins(name) for name in ("one", "other", "third")]
        kept = await town.posts(one, body="Buy this now")
        copied = await town.posts(other, body="Buy this now")
        bad = await town.posts(third)
        # One report that nobody judged is one person's word; three independent ones are enough.
        async with town.db.tx() as tx:
            await reporting.report(tx, about=third, by=one)
        await town.paced()
        assert await town.one(_CARDS, bad) > 0
        for name in ("fourth", "fifth"):
            by = await town.joins(name)
            async with town.db.tx() as tx:
                await reporting.report(tx, about=third, by=by)
        await town.paced()
        assert await town.one(_CARDS, kept) > 0
        assert await town.one(_CARDS, copied) == 0
        assert await town.one(_CARDS, bad) == 0

    at(database_url, tmp_path, story)


def looking(*brighter: int) -> PhotoMade:
    """A photo, by the bits that say where it gets brighter."""
    made = sum(1 << bit for bit in brighter)
    return PhotoMade(
        width=9, height=8, sizes=(), blur="", blurhash="", animated=False,
        looks=base64.b64encode(made.to_bytes(8) + bytes(48)).decode(),
    )


def test_a_first_note_with_a_photo_that_somebody_showed_before_draws_nothing(
    database_url, tmp_path
):
    async def story(town: Town) -> None:
        async def shows(who, made: PhotoMade, **written) -> int:
            async with town.db.tx() as tx:
                photo = await media.add_photo(tx, owner=who, folder=media.new_folder(), made=made)
            return await town.posts(who, photos=[photo], **written)

        host, one, other, third, fourth, late = [await town.joins(f"p{n}") for n in range(6)]
        cat, again, tree = looking(*range(20)), looking(*range(3, 23)), looking(*range(40, 63))
        await shows(host, tree, visibility=Visibility.FOLLOWERS)
        kept = await shows(one, cat)
        copied = await shows(other, again)
        # Nobody else could see the host's tree, and one's own photo is no copy.
        new = await shows(third, tree)
        blank = await shows(fourth, msgspec.structs.replace(cat, looks=""))
        own = await shows(one, cat)
        much_later = await shows(late, cat)
        await town.paced()
        for note, draws in ((kept, True), (copied, False), (new, True), (blank, True),
                            (much_later, False)):
            assert (await town.one(_CARDS, note) > 0) is draws
        assert await town.one(_CARDS, own) is None
        # The first one keeps its own, however often it is placed.
        await feed_jobs.place_bare(town.house, feed_jobs.PlaceBare())
        await town.paced()
        assert await town.one(_CARDS, kept) > 0

    at(database_url, tmp_path, story)


def test_nothing_seen_comes_again_not_even_in_another_process(database_url, tmp_path):
    async def story(town: Town) -> None:
        author = await town.joins("author")
        for n in range(80):
            await town.posts(author, list(TOPICS.values())[n % 2])
        reader = await town.joins("reader", "cats", "dogs")
        feeding = town.opens()
        first = ids_of(await town.reads(feeding, reader))
        assert ids_of(await town.reads(feeding, reader)) == first
        feeding.forget(reader)
        second = ids_of(await town.reads(feeding, reader))
        assert not set(first) & set(second)
        await feeding.showing.write(town.db)
        third = [slot.stamp.id for slot in await town.all_pages(town.opens(), reader)]
        assert not (set(first) | set(second)) & set(third)
        async with town.db.reads() as reads:
            kept = await shown_to(reads, reader)
        assert [slot.note for page in kept for slot in page.slots] == [*first, *second]

    at(database_url, tmp_path, story)


def test_less_like_this_holds_and_can_be_taken_back(database_url, tmp_path):
    async def story(town: Town) -> None:
        dull, other = await town.joins("dull"), await town.joins("other")
        boring = [await town.posts(dull, "cats") for _ in range(12)]
        for _ in range(30):
            await town.posts(other, "cats")
        reader = await town.joins("reader", "cats")
        feeding = town.opens()
        assert set(ids_of(await town.reads(feeding, reader))) & set(boring)
        async with town.db.tx() as tx:
            await wishes.less(tx, boring[0], by=reader)
            await wishes.less(tx, boring[0], by=reader)
        feeding.less(reader, boring[0])
        assert not set(ids_of(await town.reads(feeding, reader))) & set(boring)
        composed = await town.all_pages(town.opens(), reader)
        assert not {slot.stamp.id for slot in composed} & set(boring)
        async with town.db.tx() as tx:
            assert len(await wishes.refused_by(tx, reader)) == 1
            await wishes.as_before(tx, boring[0], by=reader)
            assert await wishes.refused_by(tx, reader) == []
        composed = await town.all_pages(town.opens(), reader)
        assert {slot.stamp.id for slot in composed} & set(boring)

    at(database_url, tmp_path, story)


def test_nobody_is_shown_what_is_hidden_from_them(database_url, tmp_path):
    async def story(town: Town) -> None:
        names = ("blocked", "blocks", "muted", "narrow", "open")
        who = {name: await town.joins(name) for name in names}
        wrote = {name: [await town.posts(who[name], "cats") for _ in range(4)] for name in names}
        reader = await town.joins("reader", "cats")
        feeding = town.opens()
        await feeding.composer()  # what follows is not heard of by this process
        async with town.db.tx() as tx:
            await people_actions.block(tx, by=reader, person=who["blocked"])
            await people_actions.block(tx, by=who["blocks"], person=reader)
            await people_actions.mute(tx, by=reader, person=who["muted"])
            for note in wrote["narrow"]:
                await actions.edit(
                    tx, note, by=who["narrow"], prior=("en",),
                    written=Written(body="for few", visibility=Visibility.ONLY_ME),
                )
            await actions.withdraw(tx, wrote["open"][0], by=who["open"])
        shown = {slot.stamp.id for slot in (await town.reads(feeding, reader)).slots}
        assert shown == set(wrote["open"][1:])

    at(database_url, tmp_path, story)


def test_a_page_across_two_composed_ones_has_one_budget_for_politics(tmp_path):
    async def story(town: Town) -> None:
        author, reader = await town.joins("author"), await town.joins("reader", "cats")
        for _ in range(60):
            await town.posts(author, "cattax")
        feeding = town.opens()
        assert len((await town.reads(feeding, reader)).slots) > 2
        own = (await feeding.composer())._own[reader]
        own.slots = [msgspec.structs.replace(one, political=True) for one in own.slots]
        page = await town.reads(feeding, reader)
        listed = {one.shown.note for one in own.slots}
        assert len(listed & set(ids_of(page))) == 2
        assert page.removed["politics"] > 0

    at(sqlite_database(tmp_path / "catflap.db"), tmp_path, story)


def test_reasons_are_true_and_politics_keeps_to_its_budget(tmp_path):
    async def story(town: Town) -> None:
        followed, other = await town.joins("followed"), await town.joins("other")
        mine = {await town.posts(followed, "music") for _ in range(6)}
        cats = {await town.posts(other, "cattax") for _ in range(30)}
        political = {await town.posts(other, "选举", lang="zh") for _ in range(60)}
        reader = await town.joins("reader", "cats")
        async with town.db.tx() as tx:
            await people_actions.follow(tx, by=reader, person=followed)
        page = await town.reads(town.opens(), reader)
        for slot in page.slots:
            if slot.why is Why.FOLLOWED:
                assert slot.stamp.id in mine
            if slot.topic:
                assert slot.topic == "cats"
                assert slot.stamp.id in cats
        assert {Why.FOLLOWED, Why.FRESH} <= {slot.why for slot in page.slots}
        assert len(set(ids_of(page)) & political) <= 2
        async with town.db.tx() as tx:
            await wishes.allow_politics(tx, reader, 0.0)
        none = await town.joins("none")
        async with town.db.tx() as tx:
            await wishes.allow_politics(tx, none, 0.0)
        feeding, after = town.opens(), ""
        while after is not None:
            page = await town.reads(feeding, none, after=after)
            assert not set(ids_of(page)) & political
            after = page.next_cursor

    at(sqlite_database(tmp_path / "catflap.db"), tmp_path, story)


def test_a_night_is_learned_once_and_can_be_taken_back(database_url, tmp_path):
    async def story(town: Town) -> None:
        author = await town.joins("author")
        notes = [await town.posts(author, list(TOPICS.values())[n % 2]) for n in range(24)]
        fans = [await town.joins(f"fan{n}") for n in range(16)]
        async with town.db.tx() as tx:
            for n, fan in enumerate(fans):
                for note in notes[n % 2 : 20 : 2]:
                    await actions.like(tx, note, by=fan)
        feeding = town.opens()
        await town.reads(feeding, fans[0])
        await feeding.showing.write(town.db)
        for _ in range(2):
            await nightly.learn(town.house, nightly.Learn())
        async with town.db.reads() as reads:
            [made] = await versions.every(reads)
            assert await versions.in_force(reads) == made
        assert made.state is ModelState.KEPT
        assert made.figures.likes == 160
        assert made.figures.impressions == 20
        assert await town.house.store.size(made.file) == made.size_bytes

        # Somebody who likes two of one kind is shown more of it, and told why.
        reader = await town.joins("reader", "stories")
        async with town.db.tx() as tx:
            for note in notes[:4:2]:
                await actions.like(tx, note, by=reader)
        page = await town.reads(town.opens(), reader)
        alike = [slot.stamp.id for slot in page.slots if slot.why is Why.CO_LIKED]
        assert set(alike[:4]) <= set(notes[0:20:2])

        with clock.moved_by(timedelta(days=1)):
            await nightly.learn(town.house, nightly.Learn())
            async with town.db.tx() as tx:
                assert (await versions.in_force(tx)).number == 2
                assert (await versions.revert(tx)).number == 1
                assert await versions.revert(tx) is None
            assert not [
                slot for slot in (await town.reads(town.opens(), reader)).slots
                if slot.why is Why.CO_LIKED
            ]
            async with town.db.tx() as tx:
                assert (await versions.revert(tx, to=2)).number == 2

    at(database_url, tmp_path, story)


def test_a_night_that_finds_less_than_the_one_in_force_is_set_aside(database_url, tmp_path):
    """The one in force knows the four kinds of people; the night is told of likes by chance."""
    async def story(town: Town) -> None:
        author = await town.joins("author")
        notes = [await town.posts(author, list(TOPICS.values())[n % 12]) for n in range(96)]
        fans = [await town.joins(f"fan{n}") for n in range(12)]
        chance = np.random.default_rng(4)
        await _like(town, {fan: chance.choice(notes, 10, replace=False) for fan in fans})
        await _in_force(town, notes, fans)
        with clock.moved_by(timedelta(hours=2)):
            await _like(town, {fan: notes[n % 4 :: 4] for n, fan in enumerate(fans)})
            await nightly.learn(town.house, nightly.Learn())
            async with town.db.reads() as reads:
                made, before = await versions.every(reads)
                figures = made.figures
                assert figures.recall < figures.recall_before - nightly.WORSE_RATIO
                assert (made.state, made.chosen_at) == (ModelState.SET_ASIDE, None)
                assert await versions.in_force(reads) == before

    at(database_url, tmp_path, story)


def test_the_taste_of_who_leaves_is_forgotten_in_every_version(database_url, tmp_path):
    async def story(town: Town) -> None:
        author = await town.joins("author")
        notes = [await town.posts(author, "cats") for _ in range(12)]
        fans = [await town.joins(f"fan{n}") for n in range(4)]
        async with town.db.tx() as tx:
            for fan in fans:
                for note in notes:
                    await actions.like(tx, note, by=fan)
        await nightly.learn(town.house, nightly.Learn())
        with clock.moved_by(timedelta(days=1)):
            await nightly.learn(town.house, nightly.Learn())
            async with town.db.tx() as tx:
                await closing.close(tx, fans[1])  # who may come back is not forgotten
                await leaving.leave(tx, fans[0], seal=town.house.seal)
            await app.runner(town.house, name="test").drain()
        with clock.moved_by(timedelta(days=1, hours=1)):
            await app.runner(town.house, name="test").drain()
        async with town.db.reads() as reads:
            kept = await versions.every(reads)
        assert len(kept) >= 2
        for one in kept:
            held = tmp_path / str(one.number)
            await town.house.store.fetch(one.file, held)
            model = learning.model_of(held)
            assert model.people.tolist() == sorted(fans[1:])
            assert len(model.people_vectors) == 3
            assert one.size_bytes == held.stat().st_size

    at(database_url, tmp_path, story)


async def _like(town: Town, likes) -> None:
    async with town.db.tx() as tx:
        for fan, some in likes.items():
            liked = set(await queries.liked_among(tx, fan, [int(note) for note in some]))
            for note in some:
                if int(note) not in liked:
                    await actions.like(tx, int(note), by=fan)


async def _in_force(town: Town, notes, fans) -> None:
    """A version of the night before by which every fourth note is for every fourth person."""
    kinds = np.eye(4, dtype=np.float16)
    heads = scoring.guessed()
    model = learning.Model(
        people=np.array(fans), people_vectors=kinds[np.arange(len(fans)) % 4],
        notes=np.array(notes), notes_vectors=kinds[np.arange(len(notes)) % 4],
        multiplier=np.ones(len(notes)), slopes=heads.slopes, bases=heads.bases,
        made_s=np.array([(clock.now() + timedelta(hours=1)).timestamp()]),
        shown_s=np.array([(clock.now() + timedelta(hours=1)).timestamp()]),
    )
    with tempfile.TemporaryDirectory() as folder:
        learning.write(Path(folder) / learning.MODEL, model)
        await town.house.store.put_file(Path(folder) / learning.MODEL, "feed/1.npz")
    async with town.db.tx() as tx:
        await versions.keep(tx, Learned(
            number=1, night="2020-01-01", made_at=clock.now(), file="feed/1.npz", size_bytes=1,
            figures=Figures(
                likes=1, people=1, notes=1, held_out=0, recall=None, recall_before=None,
                recall_popular=None, impressions=0, random_impressions=0, ratings=0, seconds=0.0,
            ),
            state=ModelState.KEPT, chosen_at=clock.now(),
        ))


def test_what_was_shown_to_whom_is_forgotten_after_a_week(database_url, tmp_path):
    async def story(town: Town) -> None:
        author, reader = await town.joins("author"), await town.joins("reader", "cats")
        note = await town.posts(author, "cats")
        feeding = town.opens()
        await town.reads(feeding, reader)
        await feeding.showing.write(town.db)
        with clock.moved_by(timedelta(days=8)):
            for _ in range(2):
                await nightly.forget_shown(town.house, nightly.ForgetShown())
        async with town.db.reads() as reads:
            assert await shown_to(reads, reader) == []
        assert await town.one(_SHOWN, note) == 1

    at(database_url, tmp_path, story)


def test_what_older_entries_are_about_is_found_afterwards(database_url, tmp_path):
    async def story(town: Town) -> None:
        note = await town.posts(await town.joins("author"), "cattax")
        async with town.db.tx() as tx:
            await tx.run(_BARE, note=note)
        for _ in range(2):
            await feed_jobs.place_bare(town.house, feed_jobs.PlaceBare())
        async with town.db.reads() as reads:
            assert await reads.one(_TOPIC, note=note) == "cats"

    at(database_url, tmp_path, story)


def test_a_first_note_without_a_tag_is_found_by_its_words(database_url, tmp_path):
    async def story(town: Town) -> None:
        aju = await town.joins("aju", "fishing")
        others = [await town.joins(f"other{n}") for n in range(12)]
        newcomer = await town.joins("newcomer")
        for n in range(60):
            await town.posts(others[n % 12], list(TOPICS.values())[n % 12])
        untagged = await town.posts(newcomer, title="My first fish", body="Caught it at the lake.")
        assert await town.one(_TOPIC, untagged) == "fishing"
        silent = await town.posts(newcomer, body="So this is where everybody went.")
        assert await town.one(_TOPIC, silent) == ""
        shown = await town.reads(town.opens(), aju)
        [slot] = [slot for slot in shown.slots if slot.stamp.id == untagged]
        assert slot.topic == "fishing" or slot.why is Why.RANDOM

    at(database_url, tmp_path, story)


def test_a_place_somebody_picked_shapes_their_first_page_and_is_the_reason_given(
    database_url, tmp_path
):
    async def story(town: Town) -> None:
        authors = [await town.joins(f"author{n}") for n in range(12)]
        there = set()
        for n in range(120):
            where = {0: "Shanghai", 1: "上海徐汇", 2: "Glasgow"}.get(n % 12, "")
            note = await town.posts(authors[n % 11], place=where, lang="zh" if n % 2 else "en")
            if n % 12 < 2:
                there.add(note)
        feeding = town.opens()
        (await feeding.composer())._chance = np.random.default_rng(1)
        near = await town.reads(feeding, await town.joins("near", near=["上海"]))
        elsewhere = await town.reads(feeding, await town.joins("elsewhere", near=["Glasgow"]))
        anywhere = await town.reads(feeding, await town.joins("anywhere", near=["Atlantis"]))

        def share(page) -> float:
            return len(there & set(ids_of(page))) / len(page.slots)

        # Of all notes a sixth are from there.
        assert share(near) > 0.5 > max(share(elsewhere), share(anywhere))
        said = {slot.stamp.id: slot for slot in near.slots if slot.why is Why.PLACE}
        assert len(said) > 5
        assert set(said) <= there
        assert {slot.place.place for slot in said.values()} == {"shanghai"}
        assert feeding.named_places(8) == ["shanghai", "glasgow"]
        # A country is all that is in it.
        wide = await town.reads(feeding, await town.joins("wide", near=["China"]))
        assert share(wide) > 0.5

    at(database_url, tmp_path, story)


def test_less_like_a_note_from_a_picked_place_is_less_of_the_place(database_url, tmp_path):
    async def story(town: Town) -> None:
        authors = [await town.joins(f"author{n}") for n in range(10)]
        about = [("cats",), ("dogs",), ("food",), ("music",), ()]
        there = set()
        for n in range(150):
            tags = about[n % 5]
            note = await town.posts(authors[n % 9], *tags, place="" if tags else "Seattle")
            if not tags:
                there.add(note)
        feeding = town.opens()
        shares = {}
        for is_less in (False, True):
            found = []
            for n in range(6):
                reader = await town.joins(
                    f"reader{n}{is_less}", "cats", "dogs", "food", "music", near=["西雅图"]
                )
                if is_less:
                    async with town.db.tx() as tx:
                        await wishes.less(tx, min(there), by=reader)
                found += ids_of(await town.reads(feeding, reader))
            shares[is_less] = len([one for one in found if one in there]) / len(found)
        assert shares[True] < 0.6 * shares[False], shares

    at(database_url, tmp_path, story)
