"""Where hostile bytes are opened: a child process with little memory, time and nothing to steal.

The parent judges the kind from the file's head and starts ``python -m catflap.media.workshop``;
the child lowers its own limits before it opens the file, and answers with one JSON line. Whatever
else happens to it (a crash, no memory, no time, nonsense) is `MediaUnreadable`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from catflap.ground.errors import CatflapError
from catflap.media import limits
from catflap.media.errors import (
    MediaKindRefused,
    MediaTooLarge,
    MediaUnreadable,
    TooManyPixels,
    VideoTooLong,
)
from catflap.media.judging import HEAD_BYTES, PHOTO_DECODERS, judged
from catflap.media.model import Kind, PhotoMade, VideoMade

LINE_LIMIT_BYTES = 1_000_000


class _Answer(msgspec.Struct, kw_only=True, omit_defaults=True):
    photo: PhotoMade | None = None
    video: VideoMade | None = None
    progress: float | None = None
    error: str | None = None
    data: dict[str, float] = {}
    reason: str = ""


def kind_of(source: Path) -> Kind:
    """Whether a file is a photo or a video, by its content and within its kind's bytes.

    Raises:
        MediaKindRefused, MediaTooLarge
    """
    with source.open("rb") as file:
        kind = judged(file.read(HEAD_BYTES))
    size = source.stat().st_size
    is_photo = kind in PHOTO_DECODERS
    limit = limits.PHOTO_MAX_BYTES if is_photo else limits.VIDEO_MAX_BYTES
    if size > limit:
        raise MediaTooLarge(size_bytes=size, limit_bytes=limit)
    return Kind.PHOTO if is_photo else Kind.VIDEO


async def photo(source: Path, out: Path) -> PhotoMade:
    """Make a photo into ``out``; raises the errors of `media.errors`."""
    answer = await _run(source, out, wall_s=limits.CHILD_PHOTO_WALL_S, on_progress=None)
    if answer.photo is None:
        raise MediaUnreadable("no photo came back")
    return answer.photo


async def video(
    source: Path, out: Path, *, on_progress: Callable[[float], Awaitable[None]] | None = None
) -> VideoMade:
    """Make a video into ``out``; raises the errors of `media.errors`."""
    answer = await _run(source, out, wall_s=limits.CHILD_VIDEO_WALL_S, on_progress=on_progress)
    if answer.video is None:
        raise MediaUnreadable("no video came back")
    return answer.video


async def _run(
    source: Path,
    out: Path,
    *,
    wall_s: float,
    on_progress: Callable[[float], Awaitable[None]] | None,
) -> _Answer:
    kind_of(source)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "catflap.media.workshop", str(source), str(out),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True, limit=LINE_LIMIT_BYTES,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"},
    )
    try:
        async with asyncio.timeout(wall_s):
            return await _answer(child, on_progress)
    except (TimeoutError, ValueError, msgspec.MsgspecError) as error:
        raise MediaUnreadable(f"workshop: {type(error).__name__}") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


async def _answer(
    child: asyncio.subprocess.Process,
    on_progress: Callable[[float], Awaitable[None]] | None,
) -> _Answer:
    assert child.stdout is not None
    async for line in child.stdout:
        answer = msgspec.json.decode(line, type=_Answer)
        if answer.error is not None:
            raise _error(answer)
        if answer.progress is None:
            return answer
        if on_progress is not None:
            await on_progress(answer.progress)
    raise MediaUnreadable("workshop ended without a word")


def _error(answer: _Answer) -> CatflapError:
    data = answer.data
    if answer.error == "TooManyPixels":
        return TooManyPixels(pixels=int(data["pixels"]), limit_pixels=int(data["limit_pixels"]))
    if answer.error == "VideoTooLong":
        return VideoTooLong(duration_s=data["duration_s"], limit_s=data["limit_s"])
    if answer.error == "MediaKindRefused":
        return MediaKindRefused(answer.reason)
    return MediaUnreadable(answer.reason)


def _limit_oneself(kind: str) -> None:
    cpu_s = limits.CHILD_PHOTO_CPU_S if kind in PHOTO_DECODERS else limits.CHILD_VIDEO_CPU_S
    for what, value in (
        (resource.RLIMIT_AS, limits.CHILD_MEMORY_BYTES),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, limits.CHILD_FILE_BYTES),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    os.nice(10)


def _say(answer: _Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


def _said_progress() -> Callable[[float], None]:
    last = -1.0

    def say(ratio: float) -> None:
        nonlocal last
        if ratio - last >= 0.02:
            last = ratio
            _say(_Answer(progress=ratio))

    return say


def main(source: Path, out: Path) -> None:
    """The child: make one file, say one line."""
    with source.open("rb") as file:
        kind = judged(file.read(HEAD_BYTES))
    _limit_oneself(kind)
    try:
        if kind in PHOTO_DECODERS:
            from catflap.media import photos  # each kind loads only its own libraries

            _say(_Answer(photo=photos.made(source, out, kind=kind)))
        else:
            from catflap.media import videos

            made = videos.made(source, out, kind=kind, on_progress=_said_progress())
            _say(_Answer(video=made))
    except (TooManyPixels, VideoTooLong) as error:
        data = {name: float(value) for name, value in vars(error).items()}
        _say(_Answer(error=type(error).__name__, data=data))
    except MediaUnreadable as error:
        _say(_Answer(error="MediaUnreadable", reason=error.reason[:500]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
