"""Requests handed over come back answered as they would have been, each to whoever asked."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.ground.handing import LENGTH_BYTES, AnswerLost, Frames, Hands, taking
from tests.conftest import run


class Kept:
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        self.sent = b""

    def write(self, data: bytes) -> None:
        self.sent += data


@given(st.lists(st.binary(max_size=300)), st.lists(st.integers(0, 2000)))
def test_frames_come_whole_and_in_order_however_the_stream_is_cut(payloads, cuts):
    async def heard() -> list[bytes]:
        found: list[bytes] = []
        sender, receiver = Frames(print), Frames(found.append)
        sender._transport = kept = Kept()
        for payload in payloads:
            sender.send(payload)
        assert len(kept.sent) == sum(map(len, payloads)) + LENGTH_BYTES * len(payloads)
        edges = [0, *sorted(cut for cut in cuts if cut < len(kept.sent)), len(kept.sent)]
        for begin, end in itertools.pairwise(edges):
            receiver.data_received(kept.sent[begin:end])
        return found

    assert run(heard()) == payloads


def asked(path: str, *, query: bytes = b"", headers=()) -> dict:
    """What a server says of a request, as Granian does: ports are texts."""
    return {
        "type": "http", "method": "POST", "scheme": "https", "path": path,
        "raw_path": path.encode(), "query_string": query, "headers": [*headers],
        "client": ("127.0.0.1", "50312"), "server": ("127.0.0.1", "8080"), "http_version": "1.1",
    }


async def mirror(scope, receive, send) -> None:
    """Answers with what it was asked; waits as long as the query says first."""
    body = (await receive())["body"]
    await asyncio.sleep(float(scope["query_string"] or 0))
    if body == b"fall":
        raise RuntimeError(body)
    told = [scope["method"], scope["scheme"], scope["path"], *scope["client"]]
    headers = [*scope["headers"], (b"x-told", ";".join(told).encode())]
    await send({"type": "http.response.start", "status": 418, "headers": headers})
    await send({"type": "http.response.body", "body": body[:2], "more_body": True})
    await send({"type": "http.response.body", "body": body[2:]})


@contextlib.asynccontextmanager
async def handing(application=mirror):
    """One end that hands over, and what takes at the other."""
    ours, theirs = socket.socketpair()
    other = asyncio.create_task(taking(theirs, application))
    hands = Hands()
    await hands.open(ours)
    try:
        yield hands, other
    finally:
        await hands.finish(within_s=5)
        await asyncio.gather(other, return_exceptions=True)


def test_a_request_arrives_whole_and_so_does_its_answer():
    async def told():
        async with handing() as (hands, _):
            return await hands.hand(asked("/猫", headers=[(b"x-a", b"1"), (b"x-a", b"\xff")]), b"meow" * 50_000)

    answer = run(told())
    assert answer.status == 418
    assert answer.body == b"meow" * 50_000
    assert answer.headers == [
        (b"x-a", b"1"), (b"x-a", b"\xff"), (b"x-told", "POST;https;/猫;127.0.0.1;50312".encode())
    ]


def test_none_waits_for_another_and_each_has_its_own_answer():
    async def told():
        async with handing() as (hands, _):
            ended: list[int] = []

            async def ask(number: int, wait: bytes) -> None:
                answer = await hands.hand(asked("/", query=wait), str(number).encode())
                assert answer.body == str(number).encode()
                ended.append(number)

            await asyncio.gather(ask(1, b"0.2"), *(ask(number, b"0") for number in range(2, 40)))
            assert hands.waits_s == 0
            return ended

    ended = run(told())
    assert ended[-1] == 1
    assert sorted(ended) == [*range(1, 40)]


def test_an_end_that_is_closed_answers_what_it_was_asked_before():
    async def told():
        async with handing() as (hands, other):
            asking = asyncio.create_task(hands.hand(asked("/", query=b"0.1"), b"late"))
            await asyncio.sleep(0.02)
            assert hands.waits_s > 0.01
            await hands.finish(within_s=5)
            await asyncio.wait_for(other, 5)
            return (await asking).body, hands.is_free

    assert run(told()) == (b"late", False)


def test_whoever_waits_for_one_that_is_gone_is_told_and_no_more_is_handed_over():
    async def told():
        async with handing() as (hands, other):
            asking = asyncio.create_task(hands.hand(asked("/", query=b"30"), b"never"))
            await asyncio.sleep(0.02)
            assert hands.is_free
            other.cancel()
            with pytest.raises(AnswerLost):
                await asking
            assert not hands.is_free

    run(told())


def test_one_that_ends_before_it_takes_any_is_told_at_once():
    async def told():
        ours, theirs = socket.socketpair()
        theirs.close()
        with pytest.raises(AnswerLost):
            await asyncio.wait_for(Hands().open(ours), 5)

    run(told())


def test_one_whose_handler_falls_is_answered_like_a_fault_and_the_others_go_on():
    async def told():
        async with handing() as (hands, _):
            fell = asyncio.create_task(hands.hand(asked("/"), b"fall"))
            stood = await hands.hand(asked("/"), b"stand")
            return (await asyncio.wait_for(fell, 5)).status, stood.body

    assert run(told()) == (500, b"stand")
