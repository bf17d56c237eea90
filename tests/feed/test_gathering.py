"""What a night is told of follows and reports, from the database to the heads: both databases."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from catflap.feed import gathering, learning, nightly, scoring, versions
from catflap.feed.model import ModelState, ShownSlot
from catflap.feed.sourcing import Source
from catflap.ground import clock
from catflap.moderation import reporting
from catflap.notes import actions
from catflap.people import actions as people
from tests.feed.test_for_you import Town, _in_force, _like, at

PICKED, NEW = scoring.TERMS.index("picked_topic"), scoring.TERMS.index("is_newcomer")
FOLLOW, REPORT, LIKE = (scoring.HEADS.index(name) for name in ("follow", "report", "like"))


def slot(note: int, *, term: int | None = None, chance: float | None = None) -> ShownSlot:
    terms = [0.0] * len(scoring.TERMS)
    if term is not None:
        terms[term] = 1.0
    return ShownSlot(note, int(Source.FRESH), chance, tuple(terms))


class Log(Town):
    """A town of whose log these tests decide."""

    async def opened(self, readers: int) -> None:
        """Newcomers, of whose notes the log says so, and others; readers who like some notes."""
        self.newcomers = [await self.joins(f"new{n}") for n in range(6)]
        self.others = [await self.joins(f"other{n}") for n in range(6)]
        self.new_notes = [await self.posts(one) for one in self.newcomers]
        self.other_notes = [await self.posts(one) for one in self.others]
        self.readers = [await self.joins(f"reader{n}") for n in range(readers)]
        await _like(self, dict.fromkeys(self.readers[:4], self.other_notes))

    async def shows(self, *slots: ShownSlot, to=None) -> None:
        feeding = self.opens()
        for reader in to or self.readers:
            feeding.showing.add(reader, slots)
        await feeding.showing.write(self.db)

    async def learns(self) -> learning.Model:
        await nightly.learn(self.house, nightly.Learn())
        async with self.db.reads() as reads:
            made = (await versions.every(reads))[0]
        kept = self.house.settings.data / "learned"
        await self.house.store.fetch(made.file, kept)
        return learning.model_of(kept)


def of(url, folder, story) -> None:
    async def told(town: Town) -> None:
        await story(Log(town.house))

    at(url, folder, told)


def column(heads, head: int) -> list[float]:
    return [*heads.slopes[:, head].tolist(), float(heads.bases[head])]


def test_follows_after_an_impression_move_their_head_and_other_follows_do_not(database_url, tmp_path):
    async def story(town: Log) -> None:
        await town.opened(20)
        before, late = town.others[:2]
        async with town.db.tx() as tx:
            await people.follow(tx, by=town.readers[0], person=before)  # before it was shown
        await town.shows(
            *(slot(note, term=NEW) for note in town.new_notes), *map(slot, town.other_notes)
        )
        untold = await town.learns()
        assert column(untold, FOLLOW) == column(scoring.guessed(), FOLLOW)
        with clock.moved_by(gathering.LED_WITHIN + timedelta(hours=1)):
            async with town.db.tx() as tx:
                await people.follow(tx, by=town.readers[1], person=late)
            still = await town.learns()
            assert column(still, FOLLOW) == column(scoring.guessed(), FOLLOW)
        with clock.moved_by(timedelta(days=5)):
            await town.shows(
                *(slot(note, term=NEW) for note in town.new_notes), *map(slot, town.other_notes)
            )
        with clock.moved_by(timedelta(days=5, hours=1)):
            async with town.db.tx() as tx:
                for reader in town.readers[2:12]:
                    for newcomer in town.newcomers[:3]:
                        await people.follow(tx, by=reader, person=newcomer)
            made = await town.learns()
        assert made.slopes[NEW, FOLLOW] > still.slopes[NEW, FOLLOW] + 0.5
        assert column(made, REPORT) == column(still, REPORT)

    of(database_url, tmp_path, story)


def test_what_several_report_moves_its_head_and_what_two_report_does_not(database_url, tmp_path):
    async def story(town: Log) -> None:
        await town.opened(12)
        await town.shows(
            *(slot(note, term=NEW) for note in town.new_notes), *map(slot, town.other_notes)
        )

        async def reported(by) -> None:
            async with town.db.tx() as tx:
                for about, note in zip(town.newcomers, town.new_notes, strict=True):
                    # With the note or without one, and twice: that is one word.
                    await reporting.report(tx, by=by, about=about, notes=[note])
                    if by == town.readers[0]:
                        await reporting.report(tx, by=by, about=about, notes=[note])

        for by in town.readers[:2]:
            await reported(by)
        two = await town.learns()
        assert column(two, REPORT) == column(scoring.guessed(), REPORT)
        with clock.moved_by(timedelta(days=1)):
            for by in town.readers[2:6]:
                await reported(by)
            async with town.db.reads() as reads:
                told = await gathering.told(reads, complaints=town.house.complaints)
            assert told.outcomes[:, REPORT].sum() == 6 * 6
            assert (told.terms[told.outcomes[:, REPORT] > 0, NEW] == 1).all()
            made = await town.learns()
        assert made.slopes[NEW, REPORT] > two.slopes[NEW, REPORT] + 0.5

    of(database_url, tmp_path, story)


def test_a_report_without_a_note_is_of_the_authors_last_one_that_was_seen(database_url, tmp_path):
    async def story(town: Log) -> None:
        await town.opened(4)
        author = town.newcomers[0]
        more = await town.posts(author)
        await town.shows(slot(town.new_notes[0]))
        with clock.moved_by(timedelta(hours=1)):
            await town.shows(slot(more, term=PICKED))
        with clock.moved_by(timedelta(hours=2)):
            async with town.db.tx() as tx:
                for by in town.readers:
                    await reporting.report(tx, by=by, about=author)
        with clock.moved_by(timedelta(hours=3)):
            await town.shows(slot(town.new_notes[0], term=NEW))
            async with town.db.reads() as reads:
                told = await gathering.told(reads, complaints=town.house.complaints)
        came = told.outcomes[:, REPORT] > 0
        assert came.sum() == len(town.readers)
        assert (told.terms[came, PICKED] == 1).all()

    of(database_url, tmp_path, story)


def test_what_the_child_is_given_says_of_no_row_whose_it_is(database_url, tmp_path):
    async def story(town: Log) -> None:
        await town.opened(8)
        # Each reader's slots say by a term of their own whose they are.
        for n, reader in enumerate(town.readers):
            slots = [
                ShownSlot(note, 0, None, (float(n), *[0.0] * (len(scoring.TERMS) - 1)))
                for note in [*town.new_notes, *town.other_notes]
            ]
            await town.shows(*slots, to=[reader])
        async with town.db.reads() as reads:
            told = await gathering.told(reads, complaints=town.house.complaints)
        rows = told.terms[:, 0]
        assert len(rows) == 12 * 8
        # In runs of one reader there would be seven changes.
        assert (np.diff(rows) != 0).sum() > 40
        by_row = {name for name in told.__struct_fields__ if len(getattr(told, name)) == len(rows)}
        assert (told.shown_s % 3600 == 0).all()
        assert by_row == {"terms", "outcomes", "weight", "propensity", "shown_s"}

    of(database_url, tmp_path, story)


def test_a_night_whose_heads_foresee_worse_than_those_in_force_is_set_aside(database_url, tmp_path):
    """By all that was chosen nobody likes what they picked; of what chance showed they like it."""
    async def story(town: Log) -> None:
        author = await town.joins("author")
        notes = [await town.posts(author) for _ in range(40)]
        fans = [await town.joins(f"fan{n}") for n in range(24)]
        await _in_force(town, notes, fans)
        by_chance, chosen = notes[:20], notes[20:]
        with clock.moved_by(timedelta(hours=2)):
            await town.shows(
                *(slot(note, term=PICKED if n % 2 else None, chance=1e-3)
                  for n, note in enumerate(by_chance)),
                *(slot(note, term=PICKED if n % 2 else None) for n, note in enumerate(chosen)),
                to=fans,
            )
            async with town.db.tx() as tx:
                for n in range(20):
                    for fan in fans:
                        if n % 2:
                            await actions.like(tx, by_chance[n], by=fan)
                        else:
                            await actions.like(tx, chosen[n], by=fan)
            await town.learns()
            async with town.db.reads() as reads:
                made, before = await versions.every(reads)
                assert await versions.in_force(reads) == before
        heads = made.figures.heads
        assert heads.held_out == 20 * 24
        assert heads.loss > heads.loss_before * (1 + nightly.WORSE_LOSS_RATIO)
        assert (made.state, made.chosen_at) == (ModelState.SET_ASIDE, None)

    of(database_url, tmp_path, story)
