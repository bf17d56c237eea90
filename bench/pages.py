"""How quick pages are, as a ratio of a bare application on the same server in the same run.

``make bench``. CATFLAP_BENCH_TIMES (default 100) is the size of the demo that is measured;
CATFLAP_BENCH_DATA keeps it between runs.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import psutil

from bench.loading import load

TIMES = int(os.environ.get("CATFLAP_BENCH_TIMES", "100"))
TARGET = 1 / 6


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
        command = [
            sys.executable,
            "-m",
            "catflap",
            "demo",
            "--data",
            str(data),
            "--times",
            str(TIMES),
        ]
        subprocess.run(command, check=True, env={**os.environ, "CATFLAP_DATABASE_DURABLE": "false"})
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


def against_bare(url: str, cookie: str, folder: Path) -> dict[str, float]:
    """One address and the bare ceiling for its bytes, three turns each, the medians."""
    body = httpx2.get(
        url, headers={"cookie": cookie, "accept-language": "en", "accept-encoding": ""}
    ).content
    page = folder / "page.html"
    page.write_bytes(body)
    port = free_port()
    bare, _ = started(
        [sys.executable, "-m", "bench.bare", str(port), str(page)], f"http://127.0.0.1:{port}/"
    )
    turns = []
    for _ in range(3):
        ours = load(url, cookie=cookie, seconds=4)
        ceiling = load(f"http://127.0.0.1:{port}/", seconds=4)
        turns.append((ours["rps"] / ceiling["rps"], ours, ceiling))
    bare.terminate()
    ratio, ours, ceiling = sorted(turns, key=lambda turn: turn[0])[1]
    return {"kB": len(body) / 1000, "ratio": ratio, **ours, "bare_rps": ceiling["rps"]}


def main() -> None:
    """Measure, print, and keep the figures in bench-results.json."""
    folder = Path(os.environ.get("CATFLAP_BENCH_DATA") or tempfile.mkdtemp(prefix="catflap-bench-"))
    data = seeded(folder)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    server, start_s = started(
        [sys.executable, "-m", "catflap", "serve", "--data", str(data), "--port", str(port)],
        f"{base}/health/ready",
    )
    answer = httpx2.post(
        f"{base}/enter", data={"handle": "juniper", "password": "meet me at the door"}
    )
    cookie = f"catflap={answer.cookies['catflap']}"
    explore = httpx2.get(base, headers={"cookie": cookie}).text
    notes = re.findall(r'class="face" href="([^"]+)"', explore)
    counts = {
        n: httpx2.get(base + n, headers={"cookie": cookie}).text.count('<article class="comment')
        for n in notes
    }
    busiest = max(counts, key=lambda n: counts[n])
    results = {
        "first_answer_s": start_s,
        "explore": against_bare(f"{base}/", cookie, folder),
        f"note_with_{counts[busiest]}_comments": against_bare(base + busiest, cookie, folder),
    }
    web = psutil.Process(server.pid)
    results["web_rss_mb"] = web.memory_info().rss / 1e6
    results["worker_rss_mb"] = sum(child.memory_info().rss for child in web.children()) / 1e6
    server.terminate()
    server.wait()
    for name, value in results.items():
        if isinstance(value, dict):
            held = "holds" if value["ratio"] >= TARGET else "DOES NOT HOLD"
            print(
                f"{name}: {value['ratio']:.3f} of bare ({held}: at least {TARGET:.3f}); "
                f"{value['rps']:.0f}/s of {value['bare_rps']:.0f}/s, {value['kB']:.0f} kB, "
                f"p50 {value['p50_ms']:.1f} ms, p99 {value['p99_ms']:.1f} ms"
            )
        else:
            print(f"{name}: {value:.2f}")
    Path("bench-results.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
