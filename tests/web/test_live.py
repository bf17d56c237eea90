"""Live streams: they end when the server does."""

from __future__ import annotations

import asyncio

from catflap.people.model import PersonId
from catflap.web.live import Hub, Stream
from tests.conftest import run


def test_a_page_that_comes_back_while_the_server_stops_is_let_go_at_once():
    async def story() -> list[str]:
        hub = Hub()
        hub.close()
        async with asyncio.timeout(5):
            return [text async for text in hub.events(Stream(person=PersonId(1), note=None))]

    assert run(story()) == ["retry: 3000\n\n"]


def test_a_page_that_is_open_ends_when_the_server_does():
    async def story() -> list[str]:
        hub = Hub()
        page = hub.events(Stream(person=PersonId(1), note=None))
        async with asyncio.timeout(5):
            told = [await anext(page)]
            waiting = asyncio.ensure_future(anext(page, "the end"))
            await asyncio.sleep(0)
            hub.close()
            return [*told, await waiting]

    assert run(story()) == ["retry: 3000\n\n", "the end"]
