"""Whoever leaves a page open keeps nobody else out."""

from __future__ import annotations

import contextlib
import socket

import httpx2

from tests.conftest import Server

OPEN_PAGES = 300


def _cookie(server: Server) -> str:
    answer = httpx2.post(
        f"{server.url}/join",
        data={"handle": "juniper", "password": "correct horse 9", "reads": "en"},
    )
    return f"catflap={answer.cookies['catflap']}"


def _live(server: Server, cookie: str) -> socket.socket:
    """A page's stream, opened and left open."""
    link = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    head = f"GET /live HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\ncookie: {cookie}\r\n\r\n"
    link.sendall(head.encode())
    if not link.recv(4000).startswith(b"HTTP/1.1 200"):
        link.close()
        raise AssertionError
    return link


def test_hundreds_of_open_pages_leave_room_for_the_next_reader(tmp_path):
    server = Server(tmp_path).start()
    try:
        cookie = _cookie(server)
        with contextlib.ExitStack() as open_pages:
            for _ in range(OPEN_PAGES):
                open_pages.enter_context(contextlib.closing(_live(server, cookie)))
            assert httpx2.get(server.url, timeout=10).status_code == 200
    finally:
        server.stop()


def test_over_the_limit_one_waits_and_is_answered_once_somebody_leaves(tmp_path):
    server = Server(tmp_path, connections="16").start()
    try:
        cookie = _cookie(server)
        with contextlib.ExitStack() as open_pages:
            for _ in range(16):
                open_pages.enter_context(contextlib.closing(_live(server, cookie)))
            with contextlib.suppress(httpx2.TransportError):
                assert httpx2.get(server.url, timeout=0.5).status_code == 503
        assert httpx2.get(server.url, timeout=10).status_code == 200
    finally:
        server.stop()
