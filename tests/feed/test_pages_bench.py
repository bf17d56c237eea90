"""The bench of a reader's page: that it asks for what the product's page is made of."""

from __future__ import annotations

import gc

import numpy as np
from bench import community, for_you

from catflap import app
from catflap.feed import pipeline, showing
from catflap.feed.feeding import Feeding
from catflap.feed.model import Why
from catflap.ground import clock
from catflap.ground.settings import Settings
from catflap.people import queries as people
from tests.conftest import run
from tests.feed.shown import shown_to

SIZES = community.Sizes(people=400, notes=3000, readers=12)


def test_the_benchs_readers_are_shown_what_every_source_has_and_nothing_of_their_log(tmp_path):
    async def told() -> None:
        made = await community.populate(tmp_path, SIZES, now=clock.now())
        house = app.open_house(Settings(data=tmp_path))
        try:
            await community.learn(house.database, house.store, made, folder=tmp_path)
            feeding = Feeding(house.database, house.store)
            whys, again = set(), 0
            told_of_taste = False
            for id_ in made.readers:
                async with house.database.reads() as reads:
                    reader = await people.reader(reads, id_)
                    page = await pipeline.for_you(reads, feeding, reader=reader, after=None)
                    seen = set(await showing.seen_by(reads, id_))
                    kept = await shown_to(reads, id_)
                assert len(page.slots) == pipeline.PAGE
                assert seen == {slot.note for one in kept for slot in one.slots}
                whys |= {slot.why for slot in page.slots}
                again += len({slot.stamp.id for slot in page.slots} & seen)
                own = await (await feeding.composer()).own(reads, reader, anew=False)
                told_of_taste |= any(slot.shown.terms[0] for slot in own.slots)
                async with house.database.reads() as reads:
                    while page.next_cursor is not None and len(own.slots) < 5 * pipeline.PAGE:
                        page = await pipeline.for_you(
                            reads, feeding, reader=reader, after=page.next_cursor
                        )
                        whys |= {slot.why for slot in page.slots}
            assert {Why.FOLLOWED, Why.CO_LIKED, Why.FRESH, Why.FLOOR, Why.PLACE} <= whys
            assert told_of_taste
            assert again == 0
            spent = await for_you.spent(house, list(made.readers))
        finally:
            gc.unfreeze()
            await house.close()
        assert all(len(times) == SIZES.readers for times in spent.ms.values())
        assert spent.slots == [pipeline.PAGE] * SIZES.readers
        assert spent.live == SIZES.notes
        assert np.median(spent.ms[for_you.KEPT]) < np.median(spent.ms[for_you.ANEW])

    run(told())
