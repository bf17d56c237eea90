"""The picture a person wears is theirs for as long as they wear it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catflap import app
from catflap.ground import clock, jobs
from catflap.ground.errors import NotFound
from catflap.media import actions, queries
from catflap.media.model import PhotoMade, SizeMade
from catflap.notes import drafts, leaving
from tests.notes.test_storage import Place, at

MADE = PhotoMade(
    width=1, height=1, blur="", blurhash="", animated=False,
    sizes=(SizeMade(name="small", width=1, height=1, webp="small.webp", avif="small.avif"),),
)


def test_a_worn_picture_outlives_loose_files_until_another_is_worn(database_url, tmp_path):
    async def story(p: Place) -> None:
        folders = ["aa/first", "bb/second", "cc/loose"]
        for folder in folders:
            await p.house.store.put_file(__file__, f"{folder}/small.webp")
        runner = app.runner(p.house, name="test")

        async def days_later() -> list[bool]:
            async with p.db.tx() as tx:
                await jobs.schedule(tx, app.known_jobs())
            with clock.moved_by(timedelta(days=3)):
                await runner.drain()
            return [await p.house.store.size(f"{f}/small.webp") is not None for f in folders]

        async with p.db.tx() as tx:
            first, second, _ = [
                await actions.add_photo(tx, owner=p.juniper, folder=folder, made=MADE)
                for folder in folders
            ]
            assert await actions.wear(tx, first, owner=p.juniper) == "aa/first/small.webp"
            await drafts.save(
                tx, by=p.juniper, draft=None, fields={"body": "b"}, media_ids=[second]
            )
        assert await days_later() == [True, True, False]
        async with p.db.tx() as tx:
            with pytest.raises(NotFound):
                await actions.wear(tx, second, owner=p.aju)
            await actions.wear(tx, second, owner=p.juniper)
        assert await days_later() == [False, True, False]
        async with p.db.tx() as tx:
            await leaving.leave(tx, p.juniper, seal=p.house.seal)
        assert await days_later() == [False, False, False]
        async with p.db.reads() as reads:
            assert await queries.folder_uses(reads, folders[1]) == 0

    at(database_url, tmp_path, story)
