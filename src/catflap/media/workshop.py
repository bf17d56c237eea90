"""Where hostile bytes are opened: a child process with little memory, little time, no secrets.

The parent judges the content from a file's two ends and starts ``catflap.media.making``, which
lowers its own limits before it opens the file. Whatever happens to the child (a crash, no memory,
no time, nonsense) is `MediaUnreadable`; no library's exception comes out of here. The child works
on a bench of its own inside ``out``: what it declared, and only that, is taken over at the end, so
that a killed child leaves nothing, and one that was taken over by its input cannot publish more.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from weakref import WeakKeyDictionary

import msgspec

from catflap.ground.errors import CatflapError
from catflap.media import limits, making
from catflap.media.errors import MediaTooLarge, MediaUnreadable, WorkshopBusy
from catflap.media.judging import PHOTO_DECODERS, Content, judged_file
from catflap.media.model import Kind, PhotoMade, VideoMade

LINE_MAX_BYTES = 65_536
_ANSWERS: msgspec.json.Decoder[making.Answer] = msgspec.json.Decoder(making.Answer)

_OnProgress = Callable[[float], Awaitable[None]]


def kind_of(source: Path) -> Kind:
    """Whether a file is a photo or a video, by its content and within its kind's bytes.

    Raises:
        MediaKindRefused, MediaTooLarge
    """
    return Kind.PHOTO if _content_of(source) in PHOTO_DECODERS else Kind.VIDEO


async def photo(source: Path, out: Path) -> PhotoMade:
    """Make a photo into the directory ``out``; 0.7 s for 12 megapixels.

    Raises:
        MediaKindRefused, MediaTooLarge, TooManyPixels, MediaUnreadable, WorkshopBusy
    """
    content = _content_of(source)
    if content not in PHOTO_DECODERS:
        raise MediaUnreadable(reason=f"{content} is no photo")
    async with _turn(Kind.PHOTO):
        with _bench(out) as bench:
            answer = await _last_answer(
                content, source, bench, wall_s=limits.CHILD_PHOTO_WALL_S, on_progress=None
            )
            if not isinstance(answer, making.PhotoDone):
                raise MediaUnreadable(reason="no photo came back")
            _take_over(_names(answer.made), bench, out)
            return answer.made


async def video(
    source: Path, out: Path, *, on_progress: _OnProgress | None = None
) -> VideoMade:
    """Make a video into the directory ``out``; ``on_progress`` hears 0 to 1.

    Raises:
        MediaKindRefused, MediaTooLarge, TooManyPixels, VideoTooLong, MediaUnreadable, WorkshopBusy
    """
    content = _content_of(source)
    if content in PHOTO_DECODERS:
        raise MediaUnreadable(reason=f"{content} is no video")
    async with _turn(Kind.VIDEO):
        with _bench(out) as bench:
            answer = await _last_answer(
                content, source, bench, wall_s=limits.CHILD_VIDEO_WALL_S, on_progress=on_progress
            )
            if not isinstance(answer, making.VideoDone):
                raise MediaUnreadable(reason="no video came back")
            _take_over([answer.made.file, *_names(answer.made.poster)], bench, out)
            return answer.made


def _content_of(source: Path) -> Content:
    content = judged_file(source)
    size_bytes = source.stat().st_size
    is_photo = content in PHOTO_DECODERS
    limit_bytes = limits.PHOTO_MAX_BYTES if is_photo else limits.VIDEO_MAX_BYTES
    if size_bytes > limit_bytes:
        raise MediaTooLarge(size_bytes=size_bytes, limit_bytes=limit_bytes)
    return content


class _Line:
    """The benches of one kind, and how many files are on them or wait for one."""

    def __init__(self, kind: Kind) -> None:
        is_photo = kind is Kind.PHOTO
        self.benches = limits.PHOTOS_AT_ONCE if is_photo else limits.VIDEOS_AT_ONCE
        self.limit = limits.PHOTOS_IN_HAND if is_photo else limits.VIDEOS_IN_HAND
        self.typical_s = limits.PHOTO_TYPICAL_S if is_photo else limits.VIDEO_TYPICAL_S
        self.in_hand = 0
        self.turns = asyncio.Semaphore(self.benches)


# By loop, because a semaphore belongs to the loop that first waited on it.
_lines: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Kind, _Line]] = WeakKeyDictionary()


@contextlib.asynccontextmanager
async def _turn(kind: Kind) -> AsyncIterator[None]:
    """Wait for a bench; refuse at once where the line is too long to be worth waiting in."""
    lines = _lines.setdefault(asyncio.get_running_loop(), {})
    line = lines.setdefault(kind, _Line(kind))
    if line.in_hand >= line.limit:
        raise WorkshopBusy(retry_after_s=math.ceil(line.in_hand * line.typical_s / line.benches))
    line.in_hand += 1
    try:
        async with line.turns:
            yield
    finally:
        line.in_hand -= 1


@contextlib.contextmanager
def _bench(out: Path) -> Iterator[Path]:
    """A directory for the child alone, on the file system of ``out``, gone afterwards."""
    # The child stands in its bench, where a relative path would lead elsewhere.
    bench = Path(tempfile.mkdtemp(prefix=".bench-", dir=out)).resolve()
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)


async def _last_answer(
    content: Content, source: Path, bench: Path, *, wall_s: float, on_progress: _OnProgress | None
) -> making.Answer:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", making.__name__, content, str(source), str(bench),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True, limit=LINE_MAX_BYTES,
        # Nothing of the parent's: settings with passwords come by environment. Two arenas,
        # because each takes 64 MB of the address space that RLIMIT_AS counts.
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"},
        cwd=bench,
    )
    try:
        async with asyncio.timeout(wall_s) as deadline:
            return await _heard(child, on_progress)
    except TimeoutError as error:
        if not deadline.expired():
            raise  # the listener's own
        raise MediaUnreadable(reason=f"not made within {wall_s:.0f} s") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        # Not `wait`: while more stands in the pipe than the reader takes, it is never seen to end.
        await child.communicate()


async def _heard(
    child: asyncio.subprocess.Process, on_progress: _OnProgress | None
) -> making.Answer:
    """The child's last answer; its progress goes to the listener as it comes.

    Raises:
        CatflapError: what the child refused.
        MediaUnreadable: it ended without an answer, or said nonsense.
    """
    assert child.stdout is not None
    while line := await _line_of(child.stdout):
        try:
            answer: making.Answer = _ANSWERS.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise MediaUnreadable(reason="the child spoke nonsense") from error
        if isinstance(answer, making.Refused):
            raise _refusal(answer)
        if not isinstance(answer, making.Progress):
            return answer
        if on_progress is not None:
            await on_progress(answer.ratio)
    raise MediaUnreadable(reason=f"the child ended without an answer, status {await child.wait()}")


async def _line_of(stdout: asyncio.StreamReader) -> bytes:
    try:
        return await stdout.readline()
    except ValueError as error:  # a line longer than the limit
        raise MediaUnreadable(reason="the child spoke without end") from error


def _refusal(answer: making.Refused) -> CatflapError:
    try:
        return making.SAID[answer.error](**answer.data)
    except (KeyError, TypeError):
        return MediaUnreadable(reason="the child refused in words of its own")


def _names(made: PhotoMade) -> list[str]:
    names = [name for size in made.sizes for name in (size.webp, size.avif)]
    return [*names, made.moving.file] if made.moving is not None else names


def _take_over(names: list[str], bench: Path, out: Path) -> None:
    """Move what the child declared from its bench: plain files with plain names, nothing else.

    Raises:
        MediaUnreadable: one of them is absent, a link, or has a path for a name.
    """
    files = [bench / name for name in names]
    for file in files:
        try:
            is_plain = file.parent == bench and stat.S_ISREG(file.lstat().st_mode)
        except (OSError, ValueError) as error:
            raise MediaUnreadable(reason="the child declared what it did not make") from error
        if not is_plain:
            raise MediaUnreadable(reason="the child declared what is no file")
    for file in files:
        file.replace(out / file.name)
