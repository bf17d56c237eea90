"""How quick pages are, as a ratio of a bare application on the same server in the same run.

``make bench``. CATFLAP_BENCH_TIMES (default 100) is the size of the demo that is measured;
CATFLAP_BENCH_DATA keeps it between runs. Seeding a hundredfold demo takes some ten minutes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil

from bench.loading import load

TIMES = int(os.environ.get("CATFLAP_BENCH_TIMES", "100"))
TARGET = 1 / 6
TARGET_START_S = 1.5
TARGET_RSS_MB = 200
TURNS = 5
TURN_S = 3
WRITES_PER_S = 10
BUSY_WORDS = "还没睡的报个到"
"""The title of the demo's note with more than 40 comments begins so."""
PASSWORD = "meet me at the door"
READERS = (("juniper", "en"), ("阿橘", "zh-CN"), (None, "en"), (None, "zh-CN"), (None, "fr"))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seeded(folder: Path) -> Path:
    """The demo, ``TIMES`` times, in a folder."""
    data = folder / f"demo-{TIMES}"
    if not (data / "catflap.db").exists():
        print(f"Seeding the demo {TIMES} times …", flush=True)
        command = [sys.executable, "-m", "catflap", "demo", "--data", str(data)]
        environment = {**os.environ, "CATFLAP_DATABASE_DURABLE": "false"}
        environment.setdefault("CATFLAP_LOG_LEVEL", "warning")
        subprocess.run([*command, "--times", str(TIMES)], check=True, env=environment)
    return data


def started(command: list[str], url: str) -> tuple[subprocess.Popen[bytes], float]:
    """A server, and how long it took to answer first, in seconds."""
    begun = time.perf_counter()
    environment = {**os.environ, "CATFLAP_LOG_LEVEL": "warning"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    while True:
        try:
            httpx2.get(url, timeout=5)
        except httpx2.HTTPError:
            time.sleep(0.01)
            continue
        return process, time.perf_counter() - begun


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


def serving(data: Path, port: int) -> list[str]:
    """The command that serves."""
    return [sys.executable, "-m", "catflap", "serve", "--data", str(data), "--port", str(port)]


def cookie_of(base: str, handle: str) -> str:
    """The cookie of somebody who signs in."""
    answer = httpx2.post(f"{base}/enter", data={"handle": handle, "password": PASSWORD})
    return f"catflap={answer.cookies['catflap']}"


def cpu_s(process: psutil.Process) -> float:
    """Processor time that a process has used, in seconds."""
    times = process.cpu_times()
    return float(times.user + times.system)


def against_bare(
    url: str, cookie: str, folder: Path, server: subprocess.Popen[bytes]
) -> dict[str, float]:
    """One address and the bare ceiling for its bytes, turn about; medians of the turns."""
    body = httpx2.get(
        url, headers={"cookie": cookie, "accept-language": "en", "accept-encoding": ""}
    ).content
    page = folder / "page.html"
    page.write_bytes(body)
    port = free_port()
    there = f"http://127.0.0.1:{port}/"
    bare, _ = started([sys.executable, "-m", "bench.bare", str(port), str(page)], there)
    load(url, cookie=cookie, seconds=1)
    load(there, seconds=1)
    turns: list[dict[str, float]] = []
    for _ in range(TURNS):
        turn: dict[str, float] = {}
        for name, address, own, process in (
            ("", url, cookie, server), ("bare_", there, "", bare),
        ):
            before = cpu_s(psutil.Process(process.pid))
            figures = load(address, cookie=own, seconds=TURN_S)
            used = cpu_s(psutil.Process(process.pid)) - before
            turn |= {name + key: value for key, value in figures.items()}
            turn[f"{name}cpu_us"] = used / (figures["rps"] * TURN_S) * 1e6
        turn["ratio"] = turn["rps"] / turn["bare_rps"]
        turn["cpu_ratio"] = turn["bare_cpu_us"] / turn["cpu_us"]
        turns.append(turn)
    bare.terminate()
    medians = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
    return {"kB": len(body) / 1000, **medians}


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


def report(name: str, found: dict[str, float]) -> None:
    """One page's figures in words."""
    held = "holds" if found["ratio"] >= TARGET else "DOES NOT HOLD"
    print(
        f"{name}: {found['ratio']:.3f} of bare ({held}: at least {TARGET:.3f}); "
        f"{found['rps']:.0f}/s of {found['bare_rps']:.0f}/s, {found['kB']:.0f} kB; "
        f"p50 {found['p50_ms']:.1f} ms, p99 {found['p99_ms']:.1f} ms; "
        f"processor {found['cpu_us']:.0f} us of {found['bare_cpu_us']:.0f} us, "
        f"{found['cpu_ratio']:.3f}",
        flush=True,
    )


def main() -> None:
    """Measure, print, and keep the figures in bench-results.json."""
    folder = Path(os.environ.get("CATFLAP_BENCH_DATA") or tempfile.mkdtemp(prefix="catflap-bench-"))
    data = seeded(folder)
    results: dict[str, Any] = {"times": TIMES, "first_answer_s": min(first_answers(data))}
    print(f"first answer: {results['first_answer_s']:.2f} s (at most {TARGET_START_S})", flush=True)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    server, _ = started(serving(data, port), f"{base}/")
    cookie = cookie_of(base, "juniper")
    headers = {"cookie": cookie, "accept-language": "en"}
    found = httpx2.get(f"{base}/search", params={"q": BUSY_WORDS}, headers=headers).text
    counts = {
        note: httpx2.get(base + note, headers=headers).text.count('<article class="comment')
        for note in re.findall(r'class="face" href="([^"]+)"', found)
    }
    busiest = max(counts, key=lambda note: counts[note])
    note_name = f"note_with_{counts[busiest]}_comments"
    for name, path in (("explore", "/"), (note_name, busiest)):
        results[name] = against_bare(base + path, cookie, folder, server)
        report(name, results[name])
    with written_meanwhile(base, busiest):
        for quiet_name, path in (("explore", "/"), (note_name, busiest)):
            name = f"{quiet_name}_with_{WRITES_PER_S}_writes_a_second"
            results[name] = against_bare(base + path, cookie, folder, server)
            report(name, results[name])
    used_thoroughly(base)
    web = psutil.Process(server.pid)
    results["web_rss_mb"] = web.memory_info().rss / 1e6
    results["worker_rss_mb"] = sum(child.memory_info().rss for child in web.children()) / 1e6
    print(
        f"memory after a day's use: web {results['web_rss_mb']:.0f} MB, "
        f"worker {results['worker_rss_mb']:.0f} MB (web at most {TARGET_RSS_MB})"
    )
    server.terminate()
    server.wait()
    Path("bench-results.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
