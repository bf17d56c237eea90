"""The child's side of the workshop: lower one's own limits, make one file, say what came of it.

``python -m catflap.media.making CONTENT SOURCE OUT`` writes one JSON line per answer: any number of
`Progress`, then one `PhotoDone`, `VideoDone` or `Refused`. Everything else that can happen to it
(a signal, a traceback, silence) is for the parent to understand. It imports neither asyncio nor
the other kind's libraries: a small photo takes 0.07 s from start to end.

There is no RLIMIT_NPROC: it counts every process of the user, so that a busy house would make
the encoders' threads fail. The limits bound what a hostile file can use up; they are no wall
against code it might run, for which the whole house belongs in a container.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec

from catflap.ground.errors import CatflapError
from catflap.media import limits
from catflap.media.errors import (
    MediaKindRefused,
    MediaUnreadable,
    TooManyPixels,
    VideoTooLong,
)
from catflap.media.judging import PHOTO_DECODERS, Content
from catflap.media.model import PhotoMade, VideoMade

PROGRESS_STEP_RATIO = 0.02
REASON_MAX_CHARS = 500
NICENESS = 10

SAID: dict[str, Callable[..., CatflapError]] = {
    error.__name__: error
    for error in (MediaKindRefused, MediaUnreadable, TooManyPixels, VideoTooLong)
}
"""The refusals that a child may say; their data are their constructor's arguments."""


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """How much of a video is made, 0 to 1."""

    ratio: Annotated[float, msgspec.Meta(ge=0, le=1)]


class PhotoDone(msgspec.Struct, frozen=True, kw_only=True, tag="photo"):
    """A photo is made."""

    made: PhotoMade


class VideoDone(msgspec.Struct, frozen=True, kw_only=True, tag="video"):
    """A video is made."""

    made: VideoMade


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """One of our own errors, by name, with its data."""

    error: str
    data: dict[str, int | float | str]


Answer = Progress | PhotoDone | VideoDone | Refused


def main(content: Content, source: Path, out: Path) -> None:
    """Make one file and say one last line."""
    limit_oneself(content)
    # What a library prints goes nowhere; only answers reach the parent.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as answers:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        _say(answers, _outcome(content, source, out, said_progress(answers)))


def limit_oneself(content: Content) -> None:
    """Take from this process, for good, what making one file does not need."""
    is_photo = content in PHOTO_DECODERS
    memory_bytes = (
        limits.CHILD_PHOTO_MEMORY_BYTES if is_photo else limits.CHILD_VIDEO_MEMORY_BYTES
    )
    for what, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, limits.CHILD_PHOTO_CPU_S if is_photo else limits.CHILD_VIDEO_CPU_S),
        (resource.RLIMIT_FSIZE, limits.CHILD_FILE_BYTES),
        (resource.RLIMIT_NOFILE, limits.CHILD_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    os.nice(NICENESS)
    with contextlib.suppress(OSError):  # where there is no /proc
        # Where the machine runs out of memory, the kernel takes this process first.
        Path("/proc/self/oom_score_adj").write_text("1000")


def said_progress(answers: BinaryIO) -> Callable[[float], None]:
    """A listener that says every further `PROGRESS_STEP_RATIO`."""
    said = -1.0

    def say(ratio: float) -> None:
        nonlocal said
        if ratio - said >= PROGRESS_STEP_RATIO:
            said = ratio
            _say(answers, Progress(ratio=ratio))

    return say


def _outcome(
    content: Content, source: Path, out: Path, on_progress: Callable[[float], None]
) -> Answer:
    try:
        if content in PHOTO_DECODERS:
            from catflap.media import photos  # each kind loads only its own libraries

            return PhotoDone(made=photos.made(source, out, content=content))
        from catflap.media import videos

        return VideoDone(
            made=videos.made(source, out, content=content, on_progress=on_progress)
        )
    except MediaUnreadable as error:
        return Refused(
            error=MediaUnreadable.__name__, data={"reason": error.reason[:REASON_MAX_CHARS]}
        )
    except (TooManyPixels, VideoTooLong, MediaKindRefused) as error:
        return Refused(error=type(error).__name__, data=vars(error))


def _say(answers: BinaryIO, answer: Answer) -> None:
    answers.write(msgspec.json.encode(answer) + b"\n")


if __name__ == "__main__":
    main(Content(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
