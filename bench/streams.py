"""Two thousand apps that listen: how soon what happens reaches all of them, and in what memory.

``make bench``. Half listen over sockets, half to server-sent events, all to the public stream; one
person posts once a second. A delay is counted from sending the post to hearing of it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psutil

from bench.apps import FREE, prepared
from bench.serving import bench_folder, seeded, served

LISTENERS = 2000
OPENED_AT_ONCE = 50
EVENTS = 20
TARGET_P99_S = 1.0
TARGET_RSS_MB = 400
_NUMBER = re.compile(rb"bench-event-(\d+)")


class Listener:
    """One open stream, and when it heard of each event."""

    def __init__(self) -> None:
        self.heard: dict[int, float] = {}
        self._tail = b""

    async def open(self, url: str, token: str, *, is_socket: bool) -> None:
        """Connect, and read on until cancelled."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        path = "/api/v1/streaming?stream=public" if is_socket else "/api/v1/streaming/public"
        head = f"GET {path} HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer {token}\r\n"
        if is_socket:
            key = base64.b64encode(secrets.token_bytes(16)).decode()
            head += "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
            head += f"sec-websocket-key: {key}\r\n"
        writer.write(f"{head}\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if answer.split()[1] not in (b"200", b"101"):
            raise ConnectionError(answer[:80].decode())
        self._reader, self._writer = reader, writer

    async def listen(self) -> None:
        """Note when each event came."""
        while data := await self._reader.read(65_536):
            at = time.perf_counter()
            for number in _NUMBER.findall(self._tail + data):
                self.heard.setdefault(int(number), at)
            self._tail = data[-40:]


async def measured(base: str, token: str, pid: int) -> dict[str, float]:
    """Open every stream, post, and see when each heard."""
    listeners = [Listener() for _ in range(LISTENERS)]
    begun = time.perf_counter()
    for first in range(0, LISTENERS, OPENED_AT_ONCE):
        await asyncio.gather(*(
            one.open(base, token, is_socket=at % 2 == 0)
            for at, one in enumerate(listeners[first : first + OPENED_AT_ONCE])
        ))
    opened_s = time.perf_counter() - begun
    listening = [asyncio.create_task(one.listen()) for one in listeners]
    sent: dict[int, float] = {}
    async with httpx2.AsyncClient(base_url=base, timeout=30) as client:
        for number in range(EVENTS):
            sent[number] = time.perf_counter()
            answer = await client.post(
                "/api/v1/statuses", json={"status": f"bench-event-{number}"},
                headers={"authorization": f"Bearer {token}"},
            )
            answer.raise_for_status()
            await asyncio.sleep(1)
        await asyncio.sleep(3)
    rss_mb = psutil.Process(pid).memory_info().rss / 1e6
    for task in listening:
        task.cancel()
    delays = sorted(
        one.heard.get(number, float("inf")) - at for one in listeners for number, at in sent.items()
    )
    return {
        "listeners": LISTENERS, "opened_s": opened_s, "p50_s": delays[len(delays) // 2],
        "p99_s": delays[len(delays) * 99 // 100], "last_s": delays[-1], "rss_mb": rss_mb,
    }


def main() -> None:
    """Measure, print, and keep the figures in bench-results-streams.json."""
    os.environ |= FREE
    folder = bench_folder()
    data = seeded(folder)
    token = asyncio.run(prepared(data))
    with served(data) as server:
        base = server.base
        found: dict[str, Any] = asyncio.run(measured(base, token, server.process.pid))
        held = "holds" if found["p99_s"] <= TARGET_P99_S else "DOES NOT HOLD"
        fits = "holds" if found["rss_mb"] <= TARGET_RSS_MB else "DOES NOT HOLD"
        print(
            f"streams: {LISTENERS} listeners, opened in {found['opened_s']:.1f} s; an event "
            f"reached them in p50 {found['p50_s']:.2f} s, p99 {found['p99_s']:.2f} s, the last in "
            f"{found['last_s']:.2f} s ({held}: p99 at most {TARGET_P99_S:.0f} s); "
            f"memory {found['rss_mb']:.0f} MB ({fits}: at most {TARGET_RSS_MB} MB)"
        )
    Path("bench-results-streams.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
