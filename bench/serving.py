"""What benches share: a seeded demo, servers started and stopped, one page against its ceiling.

CATFLAP_BENCH_TIMES (default 100) is the size of the demo that is measured; CATFLAP_BENCH_DATA keeps
it between runs. Seeding a hundredfold demo takes some ten minutes.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec
import psutil

from bench.loading import load

TIMES = int(os.environ.get("CATFLAP_BENCH_TIMES", "100"))
TURNS = 5
TURN_S = 3


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


def serving(data: Path, port: int, *more: str) -> list[str]:
    """The command that serves."""
    command = [sys.executable, "-m", "catflap", "serve", "--data", str(data), "--port", str(port)]
    return [*command, *more]


def cpu_s(process: psutil.Process) -> float:
    """Processor time that a process has used, in seconds."""
    times = process.cpu_times()
    return float(times.user + times.system)


class Served(msgspec.Struct, frozen=True):
    """One server process and the address it answers at."""

    process: subprocess.Popen[bytes]
    base: str

    def cpu_s(self) -> float:
        """Processor time that it has used, in seconds."""
        return cpu_s(psutil.Process(self.process.pid))


def against_bare(
    path: str, headers: Mapping[str, str], folder: Path, *servers: Served
) -> dict[str, float]:
    """One path and the bare ceiling for its bytes, turn about; medians of the turns.

    As many bare processes as there are servers; connections are spread over either evenly.
    """
    plain = {"accept-language": "en", "accept-encoding": "", **headers}
    body = httpx2.get(servers[0].base + path, headers=plain).content
    page = folder / "page.html"
    page.write_bytes(body)
    bare = [_bare(page) for _ in servers]
    ours = [one.base + path for one in servers]
    theirs = [f"{one.base}/" for one in bare]
    load(*ours, headers=headers, seconds=1)
    load(*theirs, seconds=1)
    turns: list[dict[str, float]] = []
    for _ in range(TURNS):
        turn: dict[str, float] = {}
        for name, addresses, own, asked in (
            ("", ours, headers, servers), ("bare_", theirs, {}, bare),
        ):
            before = sum(one.cpu_s() for one in asked)
            figures = load(*addresses, headers=own, seconds=TURN_S)
            used = sum(one.cpu_s() for one in asked) - before
            turn |= {name + key: value for key, value in figures.items()}
            turn[f"{name}cpu_us"] = used / (figures["rps"] * TURN_S) * 1e6
        turn["ratio"] = turn["rps"] / turn["bare_rps"]
        turn["cpu_ratio"] = turn["bare_cpu_us"] / turn["cpu_us"]
        turns.append(turn)
    for one in bare:
        one.process.terminate()
    medians = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
    return {"kB": len(body) / 1000, **medians}


def bench_folder() -> Path:
    """Where benches keep their demo: ``CATFLAP_BENCH_DATA``, or a folder of this run."""
    return Path(os.environ.get("CATFLAP_BENCH_DATA") or tempfile.mkdtemp(prefix="catflap-bench-"))


@contextmanager
def served(data: Path, *more: str) -> Iterator[Served]:
    """A server of a community, stopped at the end however that comes."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    process, _ = started(serving(data, port, *more), f"{base}/")
    try:
        yield Served(process=process, base=base)
    finally:
        process.terminate()
        process.wait()


def _bare(page: Path) -> Served:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "bench.bare", str(port), str(page)]
    return Served(process=started(command, f"{base}/")[0], base=base)


def report(name: str, found: Mapping[str, float], *, target: float) -> None:
    """One page's figures in words."""
    held = "holds" if found["ratio"] >= target else "DOES NOT HOLD"
    print(
        f"{name}: {found['ratio']:.3f} of bare ({held}: at least {target:.3f}); "
        f"{found['rps']:.0f}/s of {found['bare_rps']:.0f}/s, {found['kB']:.0f} kB; "
        f"p50 {found['p50_ms']:.1f} ms, p99 {found['p99_ms']:.1f} ms; "
        f"processor {found['cpu_us']:.0f} us of {found['bare_cpu_us']:.0f} us, "
        f"{found['cpu_ratio']:.3f}",
        flush=True,
    )
