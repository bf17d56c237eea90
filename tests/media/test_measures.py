"""What a photo and a video cost: the numbers in `limits` stand on these."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import av
import PIL
import psutil
import pytest
from PIL import Image

from catflap.media import limits, photos, workshop
from catflap.media.judging import Content
from tests.forked import LEXICON
from tests.media import conftest

_MAKERS = (Path(__file__), Path(conftest.__file__))
KEPT = LEXICON.parent / "large-media" / hashlib.sha256(
    b"".join(path.read_bytes() for path in _MAKERS) + f"{av.__version__} {PIL.__version__}".encode()
).hexdigest()[:16]
"""What is sent, under a hash of what makes it: to make it takes as long as all that is measured."""


def kept(name: str, make: Callable[[], Path | bytes]) -> Path:
    """The file of this name, made where it is not there yet."""
    place = KEPT / name
    if not place.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        made = make()
        part = place.with_suffix(f".{os.getpid()}")
        part.write_bytes(made if isinstance(made, bytes) else made.read_bytes())
        part.rename(place)
    return place


def cost(work):
    """Wall and CPU seconds of the children of one piece of work, and what came of it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    came = asyncio.run(work)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu_s, came


def test_twelve_megapixels_cost_less_than_a_second_and_none_of_the_parents_memory(studio):
    source = kept("busy.jpg", lambda: studio.encoded(studio.busy(4000, 3000), "JPEG", quality=88))
    before = psutil.Process().memory_info().rss
    wall_s, cpu_s, photo = cost(workshop.photo(source, studio.out))
    grown = psutil.Process().memory_info().rss - before
    print(f"12 MP: {wall_s:.2f} s wall, {cpu_s:.2f} s CPU, parent grew {grown / 1e6:.1f} MB")
    assert photo.width == 2048
    assert cpu_s < 2.0  # 0.6 measured; a busy machine gets room
    assert grown < 30_000_000


def test_a_small_photo_costs_a_blink(studio):
    source = studio.photo()
    wall_s, cpu_s, _ = cost(workshop.photo(source, studio.out))
    print(f"64 × 48: {wall_s:.3f} s wall, {cpu_s:.3f} s CPU")
    assert wall_s < 1.0  # 0.07 measured


def test_ten_seconds_of_720p_cost_a_few(studio):
    source = kept("720p.mp4", lambda: studio.film(seconds=10, fps=30, size=(1280, 720)))
    wall_s, cpu_s, video = cost(workshop.video(source, studio.out))
    print(f"10 s of 720p: {wall_s:.2f} s wall, {cpu_s:.2f} s CPU")
    assert video.duration_s == pytest.approx(10, abs=0.1)
    assert cpu_s < 20


def largest(studio, format: str, mode: str, width: int, height: int) -> bytes:
    if format == "HEIC":
        return studio.heic(studio.corners(width, height))
    options = {"PNG": {"compress_level": 1}, "AVIF": {"speed": 10}, "WEBP": {"method": 0}}
    image = Image.new(mode, (width, height), tuple(range(40, 40 + 40 * len(mode), 40)))
    return studio.encoded(image, format, **options.get(format, {}))


@pytest.mark.parametrize(("format", "mode"), [
    ("PNG", "RGBA"), ("JPEG", "CMYK"), ("WEBP", "RGBA"), ("AVIF", "RGB"), ("HEIC", "RGB"),
])
def test_the_largest_photo_fits_into_the_childs_memory(studio, format, mode):
    width, height = (7_056, 7_072) if format != "HEIC" else (7_040, 7_040)
    assert 0.98 * limits.PHOTO_MAX_PIXELS < width * height <= limits.PHOTO_MAX_PIXELS
    source = kept(f"largest.{format}", lambda: largest(studio, format, mode, width, height))
    wall_s, cpu_s, photo = cost(workshop.photo(source, studio.out))
    print(f"50 MP of {format}: {wall_s:.2f} s wall, {cpu_s:.2f} s CPU")
    assert max(photo.width, photo.height) == 2048
    assert cpu_s < limits.CHILD_PHOTO_CPU_S / 2


def test_the_largest_video_fits_into_the_childs_memory(studio):
    source = kept("largest.mp4", lambda: studio.film(seconds=1, fps=30, size=(4096, 2304)))
    wall_s, cpu_s, video = cost(workshop.video(source, studio.out))
    print(f"1 s of 4096 × 2304: {wall_s:.2f} s wall, {cpu_s:.2f} s CPU")
    assert (video.width, video.height) == (1920, 1080)
    assert limits.VIDEO_MAX_PIXELS == 4096 * 2304


def test_a_photo_is_made_from_its_judged_decoder_only(studio):
    source = studio.photo("PNG")
    with pytest.raises(photos.MediaUnreadable):
        photos.made(source, studio.out, content=Content.JPEG)
