"""Making a moving picture: an animated WebP of a GIF, WebP, PNG or AVIF. In the workshop's child.

What is made repeats for ever and has no sound. A picture that costs more than its limits stays a
still, which is made first and stands where a reader wants less motion; it is never refused for
that. Frames are read one after another, as each is drawn on those before it; where they come to
more than is kept, every second one is left out and shown for the time of both.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from catflap.media.limits import (
    MOVING_FRAMES_KEPT,
    MOVING_FRAMES_READ,
    MOVING_MAX_S,
    MOVING_PIXELS_KEPT,
    MOVING_PIXELS_READ,
)
from catflap.media.model import MovingMade

FILE = "moving.webp"
QUALITY = 70
METHOD = 1
LEAST_MS = 20
UNSAID_MS = 100
"""What browsers make of a frame that says less than `LEAST_MS`."""

Clean = Callable[[Image.Image], Image.Image]


def made(image: Image.Image, out: Path, *, clean: Clean) -> MovingMade | None:
    """Write an opened moving picture into ``out``; None where it is over a limit or stands still.

    ``clean`` makes of a frame what is shown: upright, opaque, small enough.
    """
    frames = _frames(image, clean=clean)
    if frames is None or len(frames) < 2:
        return None
    pictures = [picture for picture, _ in frames]
    file = out / FILE
    pictures[0].save(
        file, "WEBP", save_all=True, append_images=pictures[1:],
        duration=[shown_ms for _, shown_ms in frames], loop=0, quality=QUALITY, method=METHOD,
        minimize_size=False,
    )
    return MovingMade(
        file=FILE, width=pictures[0].width, height=pictures[0].height, frames=len(frames),
        duration_s=sum(shown_ms for _, shown_ms in frames) / 1000, size_bytes=file.stat().st_size,
    )


def _frames(image: Image.Image, *, clean: Clean) -> list[tuple[Image.Image, int]] | None:
    """Each kept frame and its milliseconds; None over a limit."""
    kept: list[tuple[Image.Image, int]] = []
    every, place, lasted_ms = 1, 0, 0
    while True:
        try:
            image.seek(place)
        except EOFError:
            return kept
        if place >= min(MOVING_FRAMES_READ, MOVING_PIXELS_READ // (image.width * image.height)):
            return None
        image.load()  # of some formats, only then is it known how long a frame is shown
        shown_ms = _shown_ms(image)
        lasted_ms += shown_ms
        if lasted_ms > MOVING_MAX_S * 1000:
            return None
        if place % every:
            kept[-1] = (kept[-1][0], kept[-1][1] + shown_ms)
        else:
            kept.append((clean(image), shown_ms))
        if _is_much(kept):
            every *= 2
            kept = _halved(kept)
        place += 1


def _shown_ms(image: Image.Image) -> int:
    said = int(image.info.get("duration") or 0)
    return said if said >= LEAST_MS else UNSAID_MS


def _is_much(kept: list[tuple[Image.Image, int]]) -> bool:
    pixels = sum(picture.width * picture.height for picture, _ in kept)
    return len(kept) > MOVING_FRAMES_KEPT or pixels > MOVING_PIXELS_KEPT


def _halved(kept: list[tuple[Image.Image, int]]) -> list[tuple[Image.Image, int]]:
    lost_ms = [shown_ms for _, shown_ms in kept[1::2]] + [0]
    return [
        (picture, shown_ms + lost)
        for (picture, shown_ms), lost in zip(kept[::2], lost_ms, strict=False)
    ]
