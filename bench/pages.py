"""How quick pages are, as a ratio of a bare application on the same server in the same run.

``make bench``; `bench.serving` says on what.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import psutil

from bench.serving import (
    TIMES,
    against_bare,
    bench_folder,
    free_port,
    report,
    seeded,
    served,
    serving,
    started,
)

TARGET = 1 / 6
TARGET_START_S = 1.5
TARGET_RSS_MB = 200
WRITES_PER_S = 10
BUSY_WORDS = "还没睡的报个到"
"""The title of the demo's note with more than 40 comments begins so."""
PASSWORD = "meet me at the door"
READERS = (("juniper", "en"), ("阿橘", "zh-CN"), (None, "en"), (None, "zh-CN"), (None, "fr"))


def first_answers(data: Path) -> list[float]:
    """How long three starts took to answer a reader's first explore page, in seconds."""
    found = []
    for _ in range(3):
        port = free_port()
        server, seconds = started(serving(data, port), f"http://127.0.0.1:{port}/")
        found.append(seconds)
        server.terminate()
        server.wait()
    return found


def cookie_of(base: str, handle: str) -> str:
    """The cookie of somebody who signs in."""
    answer = httpx2.post(f"{base}/enter", data={"handle": handle, "password": PASSWORD})
    return f"catflap={answer.cookies['catflap']}"


@contextlib.contextmanager
def written_meanwhile(base: str, note: str) -> Iterator[None]:
    """While somebody else likes a note and takes it back, `WRITES_PER_S` times a second."""
    number = note.rpartition("/")[2]
    command = [sys.executable, "-m", "bench.writing", base, cookie_of(base, "阿橘"), number]
    writer = subprocess.Popen([*command, str(WRITES_PER_S)])
    try:
        yield
    finally:
        writer.kill()
        writer.wait()


def used_thoroughly(base: str) -> None:
    """Many pages in many ways of reading, so that the memory measured is that of a day's work."""
    for handle, language in READERS:
        headers = {"accept-language": language}
        if handle:
            headers["cookie"] = cookie_of(base, handle)
        with httpx2.Client(base_url=base, headers=headers, timeout=30) as client:
            path = "/"
            for _ in range(10):
                page = client.get(path).text
                for note in re.findall(r'class="face" href="([^"]+)"', page)[:12]:
                    client.get(note)
                more = re.search(r'rel="next" href="([^"]+)"', page)
                if more is None:
                    break
                path = more[1].replace("&amp;", "&")
            for other in ("/search?q=cat", "/search?q=猫税", "/tags/cattax", "/about", "/@juniper"):
                client.get(other)


def main() -> None:
    """Measure, print, and keep the figures in bench-results.json."""
    folder = bench_folder()
    data = seeded(folder)
    results: dict[str, Any] = {"times": TIMES, "first_answer_s": median(first_answers(data))}
    print(f"first answer: {results['first_answer_s']:.2f} s (at most {TARGET_START_S})", flush=True)
    with served(data) as server:
        base = server.base
        signed_in = {"cookie": cookie_of(base, "juniper")}
        headers = {**signed_in, "accept-language": "en"}
        found = httpx2.get(f"{base}/search", params={"q": BUSY_WORDS}, headers=headers).text
        counts = {
            note: httpx2.get(base + note, headers=headers).text.count('<article class="comment')
            for note in re.findall(r'class="face" href="([^"]+)"', found)
        }
        busiest = max(counts, key=lambda note: counts[note])
        note_name = f"note_with_{counts[busiest]}_comments"
        for name, path in (("explore", "/"), (note_name, busiest)):
            results[name] = against_bare(path, signed_in, folder, server)
            report(name, results[name], target=TARGET)
        with written_meanwhile(base, busiest):
            for quiet_name, path in (("explore", "/"), (note_name, busiest)):
                name = f"{quiet_name}_with_{WRITES_PER_S}_writes_a_second"
                results[name] = against_bare(path, signed_in, folder, server)
                report(name, results[name], target=TARGET)
        used_thoroughly(base)
        web = psutil.Process(server.process.pid)
        results["web_rss_mb"] = web.memory_info().rss / 1e6
        results["worker_rss_mb"] = sum(child.memory_info().rss for child in web.children()) / 1e6
        print(
            f"memory after a day's use: web {results['web_rss_mb']:.0f} MB (at most "
            f"{TARGET_RSS_MB}), its worker {results['worker_rss_mb']:.0f} MB besides"
        )
    Path("bench-results.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
