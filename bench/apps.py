"""What apps ask most, as a ratio of a bare application's bytes; and posting, in notes a second.

``make bench``; `bench.serving` says on what. Reads: the home timeline of somebody who follows a
hundred, the public timeline, a thread of 40 comments, notifications. Posts are durable when they
are answered, by somebody whom a hundred follow. Reads once more by two processes on one file.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import psutil

from bench.loading import load
from bench.serving import TIMES, against_bare, bench_folder, report, seeded, served
from catflap.access import apps
from catflap.access.model import OUT_OF_BAND
from catflap.app import open_database
from catflap.cli.speaking import read_settings
from catflap.ground.database import Tx
from catflap.ground.statements import Statement
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people import tables
from catflap.people.model import PersonId

TARGET_READ = 1 / 3
TARGET_POSTS_PER_S = 300
FOLLOWED = 100
READER = "juniper"
POSTING_S = 10
FREE = {"CATFLAP_POSTS_PER_HOUR": "100000000", "CATFLAP_API_CALLS_PER_FIVE_MINUTES": "100000000"}

_EVERY = Statement(tables.people.select().with_only_columns(tables.people.c.id).limit(400), int)


async def prepared(data: Path) -> str:
    """A token of somebody who follows a hundred, and whom a hundred follow."""
    database = open_database(read_settings(data=data))
    async with database.tx() as tx:
        reader = await people.by_handle(tx, READER, viewer=None)
        others = [PersonId(id_) for id_ in await tx.all(_EVERY) if id_ != reader.id][:FOLLOWED]
        for other in others:
            await people_actions.follow(tx, by=reader.id, person=other)
            await people_actions.follow(tx, by=other, person=reader.id)
        token = await _token(tx, reader.id)
    await database.close()
    return token


async def _token(tx: Tx, person: PersonId) -> str:
    scopes = "read write follow push"
    app, _ = await apps.register(tx, name="bench", redirect_uris=[OUT_OF_BAND], asked=scopes)
    text, _ = await apps.give(tx, app.id, person=person, granted=app.scopes)
    return text


def busiest(base: str, headers: dict[str, str]) -> str:
    """A note with a long thread: the demo has one with more than forty comments."""
    params: dict[str, str | int] = {"q": "还没睡的报个到", "type": "statuses", "limit": 40}
    found = httpx2.get(f"{base}/api/v2/search", params=params, headers=headers).json()
    return str(max(found["statuses"], key=lambda one: one["replies_count"])["id"])


def posting(
    base: str, headers: dict[str, str], server: subprocess.Popen[bytes]
) -> dict[str, float]:
    """Notes a second over 16 connections, each answered once it is on the disk."""
    numbers = count(1)

    def body() -> bytes:
        return json.dumps({"status": f"Note number {next(numbers)}: the cat sat still."}).encode()

    process = psutil.Process(server.pid)
    before = process.cpu_times()
    found = load(
        f"{base}/api/v1/statuses", headers={**headers, "content-type": "application/json"},
        body=body, seconds=POSTING_S,
    )
    used = process.cpu_times()
    spent = used.user + used.system - before.user - before.system
    return {**found, "cpu_us": spent / (found["rps"] * POSTING_S) * 1e6}


def main() -> None:
    """Measure, print, and keep the figures in bench-results-apps.json."""
    os.environ |= FREE
    folder = bench_folder()
    data = seeded(folder)
    headers = {"authorization": f"Bearer {asyncio.run(prepared(data))}"}
    with served(data) as server:
        base = server.base
        note = busiest(base, headers)
        reads = {
            "home_timeline": "/api/v1/timelines/home?limit=20",
            "public_timeline": "/api/v1/timelines/public?limit=20",
            "thread_of_40": f"/api/v1/statuses/{note}/context",
            "notifications": "/api/v1/notifications?limit=20",
        }
        results: dict[str, Any] = {"times": TIMES}
        for name, path in reads.items():
            results[name] = against_bare(path, headers, folder, server)
            report(name, results[name], target=TARGET_READ)
        posts = results["posting"] = posting(base, headers, server.process)
        held = "holds" if posts["rps"] >= TARGET_POSTS_PER_S else "DOES NOT HOLD"
        print(
            f"posting: {posts['rps']:.0f} notes a second ({held}: at least {TARGET_POSTS_PER_S}); "
            f"p50 {posts['p50_ms']:.1f} ms, p99 {posts['p99_ms']:.1f} ms; "
            f"processor of the web process {posts['cpu_us']:.0f} us a note",
            flush=True,
        )
        with served(data, "--no-worker") as other:
            for name, path in reads.items():
                found = against_bare(path, headers, folder, server, other)
                results[f"{name}_by_two"] = found
                report(f"{name}, two processes of two bare", found, target=TARGET_READ)
            results["web_rss_mb"] = [
                psutil.Process(one.process.pid).memory_info().rss / 1e6 for one in (server, other)
            ]
        print("memory: web " + " and ".join(f"{mb:.0f} MB" for mb in results["web_rss_mb"]))
    Path("bench-results-apps.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
