"""Handles of people who left, on both databases: nobody comes as them, and nobody reads them."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from catflap.access import actions as access
from catflap.ground.sealing import Seal
from catflap.notes import leaving
from catflap.people import closing, waiting
from catflap.people.errors import HandleTaken
from catflap.people.tables import left_handles
from tests.arrivals.test_bringing import of_test
from tests.notes.test_storage import Place, at

KEPT = of_test(sa.select(left_handles.c.looks, left_handles.c.folded))


async def comes(p: Place, handle: str, *, seal: Seal | None, email: str | None = None):
    async with p.db.tx() as tx:
        return await access.sign_up(
            tx, handle=handle, password_hash="x", email=email, locale="en", reads=("en",), seal=seal
        )


async def leaves(p: Place, person) -> None:
    async with p.db.tx() as tx:
        await leaving.leave(tx, person, seal=p.house.seal)


async def kept(p: Place) -> list[tuple[str, str]]:
    async with p.db.reads() as reads:
        return await reads.all(KEPT)


def test_nobody_comes_as_somebody_who_left(database_url, tmp_path):
    async def story(p: Place) -> None:
        beetle = await comes(p, "ФЫВ", seal=p.house.seal)  # which looks like nothing that it folds to
        for person in (p.juniper, p.aju, beetle):
            await leaves(p, person)
        lookalikes = ("juniper", "Juniper", "ｊｕｎｉｐｅｒ", "@juniper", "jun.iper", "jüniper", "阿橘", "фыв")
        for handle in lookalikes:
            with pytest.raises(HandleTaken):
                await comes(p, handle, seal=p.house.seal)
        await comes(p, "juniperberry", seal=p.house.seal)
        assert await comes(p, "Juniper", seal=None)

    at(database_url, tmp_path, story)


def test_the_handle_of_who_left_is_refused_in_the_order_of_one_that_is_taken(database_url, tmp_path):
    async def story(p: Place) -> None:
        await comes(p, "poppy", seal=p.house.seal, email="poppy@mail.example")
        await leaves(p, p.juniper)
        for handle in ("poppy", "juniper"):  # or an address of one's own would tell them apart
            with pytest.raises(HandleTaken):
                await comes(p, handle, seal=p.house.seal, email="poppy@mail.example")

    at(database_url, tmp_path, story)


def test_what_is_kept_says_no_handle_and_not_how_often_it_was_left(database_url, tmp_path):
    async def story(p: Place) -> None:
        await leaves(p, p.juniper)
        first = await kept(p)
        assert len(first) == 1
        await leaves(p, await comes(p, "juniper", seal=None))
        assert await kept(p) == first
        assert "juniper" not in str(first)
        # Whoever has the database alone has another key, and tries names in vain.
        await comes(p, "juniper", seal=Seal(tmp_path / "elsewhere"))

    at(database_url, tmp_path, story)


def test_who_may_come_back_keeps_the_handle_and_who_was_never_in_frees_it(database_url, tmp_path):
    async def story(p: Place) -> None:
        async with p.db.tx() as tx:
            await closing.close(tx, p.juniper)
            await waiting.hold_back(tx, p.aju)
        with pytest.raises(HandleTaken):
            await comes(p, "juniper", seal=p.house.seal)
        assert await kept(p) == []
        await leaves(p, p.aju)
        assert await kept(p) == []
        await comes(p, "阿橘", seal=p.house.seal)

    at(database_url, tmp_path, story)


def test_a_handle_is_not_taken_in_the_moment_it_is_left(database_url, tmp_path):
    async def story(p: Place) -> None:
        left, begun = asyncio.Event(), asyncio.Event()

        async def goes() -> None:
            async with p.db.tx() as tx:
                await leaving.leave(tx, p.juniper, seal=p.house.seal)
                left.set()
                if "postgresql" in database_url:  # SQLite has one writer: the other waits its turn
                    await begun.wait()
                    await asyncio.sleep(0.3)

        async def comes_meanwhile() -> None:
            await left.wait()
            begun.set()
            with pytest.raises(HandleTaken):
                await comes(p, "juniper", seal=p.house.seal)

        await asyncio.gather(goes(), comes_meanwhile())

    at(database_url, tmp_path, story)
