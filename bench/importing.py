"""What an archive costs that is larger than anybody's: memory and speed of the child that reads it.

``python -m bench.importing [MB]``. Makes TikTok exports of so many megabytes (1,000 unless said),
packed and bare, has the real child read each, and says its peak resident memory and how many
megabytes of JSON it passed a second. One export is what one is: mostly watch history, likes and
messages. The other is the worst that can be kept: posts and handles only, every one decoded.
Ends with 1 where one took `TARGET_MB` or more.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from catflap.arrivals import receiving
from catflap.arrivals.gathering import Batch

TARGET_MB = 300
NAME = "user_data_tiktok.json"
RESULTS = Path("bench-results.json")


def _items(chance: random.Random, shape: str) -> Iterator[bytes]:
    while True:
        number = chance.randrange(10**18, 10**19)
        at = f"20{chance.randrange(16, 26)}-0{chance.randrange(1, 10)}-11 12:34:56"
        yield (shape % {"at": at, "number": number}).encode()


def _list(file: IO[bytes], shape: str, count_bytes: int, chance: random.Random) -> None:
    file.write(b"[")
    written, parts = 0, []
    for item in _items(chance, shape):
        parts.append(item)
        written += len(item) + 2
        if len(parts) == 5000 or written >= count_bytes:
            file.write(b", ".join(parts))
            parts = []
            if written >= count_bytes:
                break
            file.write(b", ")
    file.write(b"]")


LINK = '{"Date": "%(at)s", "Link": "https://www.tiktokv.com/share/video/%(number)d/"}'
MESSAGE = LINK.replace('"Link"', '"From": "moot", "Content"')[:-2] + r' \"word\" \u732b"}'
POST = LINK[:-1] + ', "Likes": "5", "Title": "Cat %(number)d"}'
HANDLE = '{"Date": "%(at)s", "UserName": "moot%(number)d"}'


def typical(file: IO[bytes], size_bytes: int) -> None:
    """Mostly history, a third messages."""
    chance = random.Random(1)
    part = size_bytes // 3
    file.write(b'{"Your Activity": {"Watch History": {"VideoList": ')
    _list(file, LINK, part, chance)
    file.write(b'}}, "Likes and Favorites": {"Like List": {"ItemFavoriteList": ')
    _list(file, LINK.lower(), part, chance)
    file.write(b'}}, "Direct Message": {"Direct Messages": {"ChatHistory": {"With a:": ')
    _list(file, MESSAGE, part, chance)
    file.write(b"}}}}")


def worst(file: IO[bytes], size_bytes: int) -> None:
    """Nothing but what is decoded."""
    chance = random.Random(2)
    file.write(b'{"Post": {"Posts": {"VideoList": ')
    _list(file, POST, size_bytes // 2, chance)
    file.write(b'}}, "Profile And Settings": {"Follower": {"FansList": ')
    _list(file, HANDLE, size_bytes // 2, chance)
    file.write(b"}}}")


async def _read(source: Path, out: Path) -> tuple[int, int]:
    posts = handles = 0
    async with receiving.answers(source, out, name=source.name) as answers:
        async for answer in answers:
            if isinstance(answer, Batch):
                posts += len(answer.posts)
                handles += len(answer.handles)
    return posts, handles


def measured(
    make: Callable[[IO[bytes], int], None], size_mb: int, *, packed: bool
) -> dict[str, float]:
    """One archive, made and read; the child is a process of its own, so its peak is its own."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / ("a.zip" if packed else NAME), Path(folder) / "out"
        out.mkdir()
        if packed:
            with (
                zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
                archive.open(NAME, "w", force_zip64=True) as packing,
            ):
                make(packing, size_mb * 1_000_000)
        else:
            with source.open("wb") as file:
                make(file, size_mb * 1_000_000)
        started = time.perf_counter()
        posts, handles = asyncio.run(_read(source, out))
        seconds = time.perf_counter() - started
    return {"mb_a_s": round(size_mb / seconds, 1), "posts": posts, "handles": handles}


def apart(
    make: Callable[[IO[bytes], int], None], size_mb: int, *, packed: bool
) -> dict[str, float]:
    """`measured` in a process of its own, so that peaks do not mix, and with its ``peak_mb``."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        found = measured(make, size_mb, packed=packed)
        # Of the largest child that ended: the only one.
        peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        found["peak_mb"] = round(peak_kib * 1024 / 1e6, 1)
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    told: dict[str, float] = json.loads(said)
    return told


def main() -> int:
    """Measure and say so; 1 where an archive took more memory than it may."""
    size_mb = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    results = {}
    for make in (typical, worst):
        for packed in (True, False):
            name = f"importing {make.__name__} {'packed' if packed else 'bare'}"
            found = results[name] = apart(make, size_mb, packed=packed)
            ok = "" if found["peak_mb"] < TARGET_MB else f"  OVER {TARGET_MB} MB"
            speed, peak = found["mb_a_s"], found["peak_mb"]
            print(f"{name:28} {size_mb} MB: {speed:7.1f} MB/s  peak {peak:6.1f} MB{ok}", flush=True)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(kept | results, indent=1))
    return 0 if all(found["peak_mb"] < TARGET_MB for found in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
