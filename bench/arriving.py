"""Ten thousand notes arrive in a minute: how quick reading stays meanwhile.

``make bench``; `bench.serving` says on what. Notes come through the apps' door at a steady rate, as
many as 10,000 in a minute, and the worker does with them what it does with every note. That is a
wave: the first turn also has the start of the process that takes it (`web.wave`). Every other note
is Chinese, and translated by the model that the tests train; so small a one costs next to nothing,
the queue, the segments and the checks around it what they always do. One reader opens explore
again and again, turn about without and with all that; so do sixteen at a time. A figure is the
median of the turns: a machine that others share is not as quick now as a minute ago.

Usage of its own as the writer: python -m bench.arriving BASE TOKEN PER_SECOND
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from pysqlite3 import dbapi2
from tests.translation import tiny_model

from bench.apps import FREE, prepared
from bench.batching import installed
from bench.loading import Connection, load
from bench.pages import cookie_of
from bench.serving import bench_folder, seeded, served

PER_SECOND = 10_000 / 60
WRITERS = 8
TARGET = 0.8
TURNS = 7
TURN_S = 4.0
# Past Catflap's statements, which all find their rows by an index: this looks at every one.
_TRANSLATED = "SELECT count(*) FROM renditions WHERE origin = 'engine' AND engine = 'ctranslate2'"
WORDS = ("The cat sat on the sill and looked at rain.", "Rent went up again this month.")


def write(base: str, token: str, per_second: float) -> None:
    """Post until killed, at a steady rate over some connections; prints how many were taken."""
    host, port = base.removeprefix("http://").split(":")
    numbers, chance = count(1), random.Random(os.getpid())

    def request() -> bytes:
        number = next(numbers)
        english = WORDS[number // 2 % len(WORDS)]
        said = tiny_model.sentence(chance).source if number % 2 else english
        text = f"{said} {number}"
        body = json.dumps({"status": text}, ensure_ascii=False).encode()
        return (
            f"POST /api/v1/statuses HTTP/1.1\r\nhost: {host}:{port}\r\n"
            f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        ).encode() + body

    links = [Connection(host, int(port), request) for _ in range(WRITERS)]
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


class Arrivals:
    """Notes that arrive while this is open, and how many did."""

    def __init__(self, base: str, token: str) -> None:
        self._log = Path(tempfile.mkstemp()[1])
        command = [sys.executable, "-m", "bench.arriving", base, token, str(PER_SECOND)]
        with self._log.open("w") as target:
            self._writer = subprocess.Popen(command, stdout=target)
        while not self.taken():
            time.sleep(0.05)

    def taken(self) -> int:
        """How many notes were taken so far."""
        return int((self._log.read_text().split() or ["0"])[-1])

    def end(self) -> None:
        """No more of them."""
        self._writer.kill()
        self._writer.wait()
        self._log.unlink()


def turn(base: str, token: str, headers: dict[str, str], readers: int) -> dict[str, float]:
    """Explore opened without notes that arrive, then with them."""
    asked: dict[str, Any] = {"headers": headers, "connections": readers, "seconds": TURN_S}
    quiet = load(f"{base}/", **asked)
    arrivals = Arrivals(base, token)
    begun, before = time.perf_counter(), arrivals.taken()
    busy = load(f"{base}/", **asked)
    a_minute = (arrivals.taken() - before) / (time.perf_counter() - begun) * 60
    arrivals.end()
    return {
        "ratio": busy["rps"] / quiet["rps"], "p50_ratio": quiet["p50_ms"] / busy["p50_ms"],
        "notes_a_minute": a_minute, **{f"quiet_{name}": value for name, value in quiet.items()},
        **{f"busy_{name}": value for name, value in busy.items()},
    }


def translated(data: Path) -> int:
    """How many texts the engine has translated."""
    with closing(dbapi2.connect(str(data / "catflap.db"))) as database:
        [(count,)] = database.execute(_TRANSLATED)
    return int(count)


def main() -> None:
    """Measure, print, and keep the figures in bench-results-arriving.json."""
    if len(sys.argv) == 4:
        write(sys.argv[1], sys.argv[2], float(sys.argv[3]))
        return
    os.environ |= FREE
    folder = bench_folder()
    data = seeded(folder)
    token = asyncio.run(prepared(data))
    os.environ |= {"CATFLAP_ENGINES": "ctranslate2", "CATFLAP_MODELS_DIR": str(installed(data))}
    results: dict[str, Any] = {}
    before = translated(data)
    with served(data) as server:
        base = server.base
        headers = {"cookie": cookie_of(base, "阿橘")}
        load(f"{base}/", headers=headers, seconds=2)
        for readers, name in ((1, "one reader"), (16, "sixteen at a time")):
            turns = [turn(base, token, headers, readers) for _ in range(TURNS)]
            found = {key: median(one[key] for one in turns) for key in turns[0]}
            held = "holds" if found["ratio"] >= TARGET else "DOES NOT HOLD"
            print(
                f"arriving: {found['notes_a_minute']:.0f} notes a minute; {name}: "
                f"{found['ratio']:.2f} as fast ({held}: at least {TARGET}); "
                f"{found['busy_rps']:.0f}/s of {found['quiet_rps']:.0f}/s, p50 "
                f"{found['busy_p50_ms']:.1f} ms of {found['quiet_p50_ms']:.1f} ms "
                f"({found['p50_ratio']:.2f}); turns "
                + " ".join(f"{one['ratio']:.2f}" for one in turns),
                flush=True,
            )
            results[name] = found
        results["translated"] = translated(data) - before
        print(f"arriving: {results['translated']} texts were translated meanwhile", flush=True)
    Path("bench-results-arriving.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
