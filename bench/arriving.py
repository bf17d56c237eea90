"""Ten thousand notes arrive in a minute: how quick reading stays meanwhile.

``make bench``; `bench.serving` says on what. Notes come through the apps' door at a steady rate, as
many as 10,000 in a minute, and the worker does with them what it does with every note. One reader
opens explore again and again, once without and once with them; so do sixteen at a time.

Usage of its own as the writer: python -m bench.arriving BASE TOKEN PER_SECOND
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

from bench.apps import FREE, prepared
from bench.loading import Connection, load
from bench.pages import cookie_of
from bench.serving import bench_folder, seeded, served

PER_SECOND = 10_000 / 60
TARGET = 0.8
READING_S = 20
WORDS = (
    "The cat sat on the sill and looked at rain.", "猫坐在窗台上看雨。",
    "Rent went up again this month.",
)


def write(base: str, token: str, per_second: float) -> None:
    """Post until killed, at a steady rate over four connections; prints how many were taken."""
    host, port = base.removeprefix("http://").split(":")
    numbers = count(1)

    def request() -> bytes:
        number = next(numbers)
        text = f"{WORDS[number % len(WORDS)]} {number}"
        body = json.dumps({"status": text}, ensure_ascii=False).encode()
        return (
            f"POST /api/v1/statuses HTTP/1.1\r\nhost: {host}:{port}\r\n"
            f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        ).encode() + body

    links = [Connection(host, int(port), request) for _ in range(4)]
    begun, taken = time.perf_counter(), 0
    while True:
        for link in links:
            link.ask()
        for link in links:
            while not link.take():
                pass
        taken += len(links)
        print(taken, flush=True)
        time.sleep(max(0.0, begun + taken / per_second - time.perf_counter()))


def read(base: str, headers: dict[str, str]) -> dict[int, dict[str, float]]:
    """Explore, opened by one reader and by sixteen at a time."""
    return {
        n: load(base + "/", headers=headers, connections=n, seconds=READING_S) for n in (1, 16)
    }


def main() -> None:
    """Measure, print, and keep the figures in bench-results-arriving.json."""
    if len(sys.argv) == 4:
        write(sys.argv[1], sys.argv[2], float(sys.argv[3]))
        return
    os.environ |= FREE
    folder = bench_folder()
    data = seeded(folder)
    token = asyncio.run(prepared(data))
    with served(data) as server:
        base = server.base
        headers = {"cookie": cookie_of(base, "阿橘")}
        results: dict[str, Any] = {}
        load(base + "/", headers=headers, seconds=2)
        quiet = read(base, headers)
        log = Path(tempfile.mkstemp()[1])
        with log.open("w") as target:
            writer = subprocess.Popen(
                [sys.executable, "-m", "bench.arriving", base, token, str(PER_SECOND)],
                stdout=target,
            )
        time.sleep(2)
        begun, before = time.perf_counter(), int(log.read_text().split()[-1])
        busy = read(base, headers)
        arrived = int(log.read_text().split()[-1]) - before
        a_minute = arrived / (time.perf_counter() - begun) * 60
        writer.kill()
        writer.wait()
        for n, name in ((1, "one reader"), (16, "sixteen at a time")):
            ratio = busy[n]["rps"] / quiet[n]["rps"]
            held = "holds" if ratio >= TARGET else "DOES NOT HOLD"
            print(
                f"arriving: {a_minute:.0f} notes a minute; {name}: {ratio:.2f} as fast ({held}: "
                f"at least {TARGET}); {busy[n]['rps']:.0f}/s of {quiet[n]['rps']:.0f}/s, p50 "
                f"{busy[n]['p50_ms']:.1f} ms of {quiet[n]['p50_ms']:.1f} ms",
                flush=True,
            )
            results[name] = {"ratio": ratio, "quiet": quiet[n], "busy": busy[n]}
        results["notes_a_minute"] = a_minute
    Path("bench-results-arriving.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
