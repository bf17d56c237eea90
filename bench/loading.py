"""A load generator of few lines: keep-alive connections, one request in flight each, epoll.

Written in Python so that anyone can run it. It is on the other core from the server, and what it
cannot drive it says: the bare application's figure is its ceiling as much as the server's.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

HEAD_MAX_BYTES = 8192
# What is read is only counted: one space for all, or allocating it costs more than the reading.
_SPACE = memoryview(bytearray(262_144))


class Connection:
    """One keep-alive connection with one request in flight."""

    def __init__(self, host: str, port: int, request: Callable[[], bytes]) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        self.left = -1
        self.head = b""
        self.taken = 0
        self.started = 0.0

    def ask(self) -> None:
        """Send the request."""
        self.left, self.head, self.taken, self.started = -1, b"", 0, time.perf_counter()
        self.socket.sendall(self.request())

    def take(self) -> bool:
        """Read what came; true where an answer is whole."""
        count = self.socket.recv_into(_SPACE)
        if not count:
            raise ConnectionError("the server closed a connection")
        if self.left >= 0:
            self.left -= count
            return self.left <= 0
        self.head += bytes(_SPACE[: min(count, HEAD_MAX_BYTES)])
        self.taken += count
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self.head[:end].lower()
        if b" 200 " not in head[:16] + b" ":
            raise ConnectionError(head[:80].decode())
        at = head.index(b"content-length:") + 15
        length = int(head[at : head.find(b"\r\n", at) if b"\r\n" in head[at:] else None])
        self.left = length - (self.taken - end - 4)
        return self.left <= 0


def load(
    *urls: str, headers: Mapping[str, str] | None = None, body: Callable[[], bytes] | None = None,
    connections: int = 16, seconds: float = 5.0,
) -> dict[str, float]:
    """Requests per second and latencies in ms of one address, or of several together.

    Connections are spread over them evenly; POST where there is a ``body``.
    """
    asking = [_asking(url, headers=headers, body=body) for url in urls]
    selector = selectors.DefaultSelector()
    for number in range(connections):
        made = Connection(*asking[number % len(asking)])
        selector.register(made.socket, selectors.EVENT_READ, made)
        made.ask()
    latencies: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(timeout=1):
            connection: Connection = key.data
            if connection.take():
                latencies.append(time.perf_counter() - connection.started)
                connection.ask()
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    latencies.sort()
    return {
        "rps": len(latencies) / seconds,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
    }


def _asking(
    url: str, *, headers: Mapping[str, str] | None, body: Callable[[], bytes] | None
) -> tuple[str, int, Callable[[], bytes]]:
    """Host, port, and what makes the requests of one address."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
    told = {"accept-language": "en", **(headers or {})}
    head += "".join(f"{name}: {value}\r\n" for name, value in told.items())
    plain = (head + "\r\n").encode()

    def request() -> bytes:
        if body is None:
            return plain
        content = body()
        return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content

    return parts.hostname or "", parts.port or 80, request
