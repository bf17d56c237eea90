"""A server that is told to stop finishes what it was asked, and then is gone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from urllib.parse import urlencode

import pytest
from pysqlite3 import dbapi2

from catflap.web.answering import FINISHING_S, Answering
from tests.conftest import Server, run

PEOPLE = 12


def joining(server: Server, handle: str, *, left_out: int = 0) -> socket.socket:
    """A connection on which somebody has just sent the form to sign up, or all but its end."""
    body = urlencode({"handle": handle, "password": "correct horse 9"}).encode()
    link = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    link.sendall(
        b"POST /join HTTP/1.1\r\nhost: here\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        b"content-length: %d\r\n\r\n" % len(body) + body[: len(body) - left_out]
    )
    return link


def late_ones(server: Server) -> int:
    """How many of those who signed up are there."""
    path = server.folder / "data" / "catflap.db"
    with contextlib.closing(dbapi2.connect(str(path))) as database:
        [(count,)] = database.execute("SELECT count(*) FROM people WHERE handle LIKE 'late%'")
    return count


def until_begun(server: Server) -> None:
    """The first of a row is in: the others, who wait for their hash, were all read."""
    deadline = time.monotonic() + 20
    while not late_ones(server):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("are_still_there", [True, False])
def test_whoever_is_being_signed_up_gets_in(server, are_still_there):
    links = [joining(server, f"late{number}") for number in range(PEOPLE)]
    until_begun(server)
    if not are_still_there:
        for link in links:
            link.close()
    server.stop()
    if are_still_there:
        for link in links:
            assert link.recv(1000).startswith(b"HTTP/1.1 303")
            link.close()
    assert late_ones(server) == PEOPLE
    assert "Traceback" not in server.log()


def test_an_upload_that_stopped_halfway_does_not_hold_up_the_end(server):
    with joining(server, "late", left_out=5):
        time.sleep(0.3)
        before = time.monotonic()
        server.stop()
    assert time.monotonic() - before < FINISHING_S + 5
    assert server.process.returncode == 0
    assert "cut_off" in server.log()


def test_a_server_that_nobody_asks_anything_ends_at_once(server):
    before = time.monotonic()
    server.stop()
    assert time.monotonic() - before < 2  # a tenth of a second, on a machine that is not busy
    assert "cut_off" not in server.log()


def test_who_takes_too_long_is_cut_off_and_the_others_are_not():
    async def check():
        answering, finished = Answering(), []

        async def answer(seconds):
            answering.begin()
            await asyncio.sleep(seconds)
            finished.append(seconds)

        asked = [asyncio.create_task(answer(seconds)) for seconds in (0, 0.01, 60)]
        await asyncio.sleep(0)
        await answering.finish(within_s=0.5)
        assert finished == [0, 0.01]
        assert [task.cancelled() for task in asked] == [False, False, True]
        before = time.monotonic()
        await answering.finish()
        assert time.monotonic() - before < 0.1

    run(check())
