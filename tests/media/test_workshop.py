"""The workshop: a child with limits, and a parent whom nothing of it can hurt."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from catflap.ground.errors import CatflapError
from catflap.media import errors, limits, making, workshop
from catflap.media.errors import MediaKindRefused, MediaUnreadable, TooManyPixels, WorkshopBusy
from catflap.media.model import Kind
from tests.conftest import children_running
from tests.media.conftest import Studio


def children():
    return children_running(making)


async def started_child():
    """The child once it works: its limits are set when it has loaded its libraries."""
    niceness = min(19, os.nice(0) + making.NICENESS)
    for _ in range(2000):
        for child in children():
            try:
                if "making" in " ".join(child.cmdline()) and child.nice() == niceness:
                    return child
            except psutil.Error:
                continue
        await asyncio.sleep(0.005)
    raise AssertionError("no child")


@pytest.fixture(scope="module")
def long_film(tmp_path_factory):
    """A film that takes seconds to make; ten to shoot, so once."""
    studio = Studio(tmp_path_factory.mktemp("long"))
    return studio.film(seconds=40, fps=30, size=(640, 480), sound=None)


@pytest.mark.parametrize("kind", ["jpeg", "mp4"])
def test_the_child_imports_nothing_it_has_no_use_for(studio, kind):
    """A log it never writes, and asyncio for that, were a quarter of what a small photo costs."""
    source = studio.photo() if kind == "jpeg" else studio.film(seconds=0.2)
    command = [sys.executable, "-I", "-X", "importtime", "-m", making.__name__, kind, source, studio.out]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert f"catflap.media.{'photos' if kind == 'jpeg' else 'videos'}" in imported
    assert not imported & {"asyncio", "ssl", "structlog"}


def test_the_child_has_little_memory_and_time_and_none_of_the_house(
    studio, long_film, monkeypatch
):
    monkeypatch.setenv("CATFLAP_DATABASE", "postgresql://secret")

    async def go():
        making_it = asyncio.create_task(workshop.video(long_film, studio.out))
        child = await started_child()
        expected = {
            psutil.RLIMIT_AS: limits.CHILD_VIDEO_MEMORY_BYTES,
            psutil.RLIMIT_CPU: limits.CHILD_VIDEO_CPU_S,
            psutil.RLIMIT_FSIZE: limits.CHILD_FILE_BYTES,
            psutil.RLIMIT_NOFILE: limits.CHILD_OPEN_FILES,
            psutil.RLIMIT_CORE: 0,
        }
        for what, value in expected.items():
            assert child.rlimit(what) == (value, value)
        assert os.getpgid(child.pid) == child.pid != os.getpgrp()
        assert set(child.environ()) <= {"PATH", "LANG", "MALLOC_ARENA_MAX", "LC_CTYPE"}
        making_it.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making_it

    asyncio.run(go())


def test_a_killed_child_is_a_refusal_and_leaves_nothing(studio, long_film):
    async def go():
        making_it = asyncio.create_task(workshop.video(long_film, studio.out))
        child = await started_child()
        await asyncio.sleep(0.3)
        child.send_signal(signal.SIGKILL)
        with pytest.raises(MediaUnreadable) as refusal:
            await making_it
        assert "-9" in refusal.value.reason

    asyncio.run(go())
    assert list(studio.out.iterdir()) == []
    assert children() == []


def test_a_cancelled_making_kills_its_child_and_leaves_nothing(studio, long_film):
    async def go():
        making_it = asyncio.create_task(workshop.video(long_film, studio.out))
        child = await started_child()
        assert any(studio.out.iterdir())
        child.suspend()  # it will not end by itself
        making_it.cancel()
        try:
            await asyncio.wait([making_it], timeout=5)
            assert making_it.cancelled()
            assert not psutil.pid_exists(child.pid)
        finally:
            if child.is_running():
                child.kill()

    asyncio.run(go())
    assert list(studio.out.iterdir()) == []


def test_a_child_out_of_time_is_a_refusal(studio, long_film):
    async def go():
        with workshop._bench(studio.out) as bench:
            await workshop._last_answer(
                workshop._content_of(long_film), long_film, bench, wall_s=0.4, on_progress=None
            )

    started = time.monotonic()
    with pytest.raises(MediaUnreadable):
        asyncio.run(go())
    assert time.monotonic() - started < 3
    assert list(studio.out.iterdir()) == []
    assert children() == []


def test_a_listener_that_fails_is_the_listeners_own_fault(studio):
    async def fail(ratio):
        raise TimeoutError(ratio)

    with pytest.raises(TimeoutError):
        asyncio.run(workshop.video(studio.film(), studio.out, on_progress=fail))
    assert list(studio.out.iterdir()) == []
    assert children() == []


SPOKEN = {
    "silence": "pass",
    "a crash": "import os; os.abort()",
    "nonsense": "print('hello')",
    "bytes that are no text": "import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')",
    "a word without end": "print('x' * 1_000_000)",
    "another thing": "print('{\"type\":\"photo\",\"made\":{}}')",
    "an unknown error": "print('{\"type\":\"refused\",\"error\":\"SystemExit\",\"data\":{}}')",
    "an error without its data":
        "print('{\"type\":\"refused\",\"error\":\"TooManyPixels\",\"data\":{}}')",
    "an impossible ratio": "print('{\"type\":\"progress\",\"ratio\":7}')",
}


@pytest.mark.parametrize("code", SPOKEN.values(), ids=SPOKEN.keys())
def test_whatever_a_child_says_the_parent_only_refuses(code):
    async def go():
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, limit=workshop.LINE_MAX_BYTES,
        )
        try:
            await workshop._heard(child, None)
        finally:
            if child.returncode is None:
                child.kill()
            await child.communicate()  # `wait` never ends while the reader holds a full pipe
            child._transport.close()

    with pytest.raises(MediaUnreadable):
        asyncio.run(go())


def test_a_refusal_crosses_with_its_data():
    said = making.Refused(error="TooManyPixels", data={"pixels": 9, "limit_pixels": 8})
    refusal = workshop._refusal(said)
    assert isinstance(refusal, TooManyPixels)
    assert (refusal.pixels, refusal.limit_pixels) == (9, 8)


def test_every_error_is_said_by_the_child_or_by_the_parent():
    ours = {
        name for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, CatflapError) and error is not CatflapError
    }
    assert ours == {*making.SAID, "FocusUnfit", "MediaTooLarge", "SubtitlesInvalid", "WorkshopBusy"}


@pytest.mark.parametrize(
    "name", ["absent.webp", "../secret", "/etc/hostname", "link.webp", ".", ""]
)
def test_only_plain_files_of_the_bench_are_taken_over(studio, name):
    studio.file("secret", b"of the house")
    with workshop._bench(studio.out) as bench:
        (bench / "link.webp").symlink_to(studio.folder / "secret")
        (bench / "good.webp").write_bytes(b"good")
        with pytest.raises(MediaUnreadable):
            workshop._take_over(["good.webp", name], bench, studio.out)
    assert list(studio.out.iterdir()) == []
    assert (studio.folder / "secret").exists()


def test_a_photo_is_no_video_and_a_video_no_photo(studio):
    photo, film = studio.photo(), studio.film(seconds=0.2)
    assert (workshop.kind_of(photo), workshop.kind_of(film)) == (Kind.PHOTO, Kind.VIDEO)
    with pytest.raises(MediaUnreadable):
        asyncio.run(workshop.video(photo, studio.out))
    with pytest.raises(MediaUnreadable):
        asyncio.run(workshop.photo(film, studio.out))


def test_a_script_named_jpg_never_reaches_a_child(studio):
    source = studio.file("a.jpg", b"<svg><script>alert(1)</script></svg>")
    with pytest.raises(MediaKindRefused):
        asyncio.run(workshop.photo(source, studio.out))
    assert list(studio.out.iterdir()) == []


def test_a_crowd_waits_in_a_line_and_the_rest_is_told_when_to_come_back(studio, monkeypatch):
    source, most = studio.photo(), 0
    monkeypatch.setattr(limits, "PHOTOS_IN_HAND", 3 * limits.PHOTOS_AT_ONCE)

    async def watch():
        nonlocal most
        while True:
            most = max(most, len(children()))
            await asyncio.sleep(0.02)

    async def go():
        watching = asyncio.create_task(watch())
        outs = []
        for n in range(limits.PHOTOS_IN_HAND + 5):
            outs.append(studio.out / str(n))
            outs[-1].mkdir()
        came = await asyncio.gather(
            *(workshop.photo(source, out) for out in outs), return_exceptions=True
        )
        watching.cancel()
        return came

    came = asyncio.run(go())
    busy = [one for one in came if isinstance(one, WorkshopBusy)]
    assert len(busy) == 5
    assert all(one.retry_after_s > 0 for one in busy)
    assert sum(not isinstance(one, BaseException) for one in came) == limits.PHOTOS_IN_HAND
    assert 1 <= most <= limits.PHOTOS_AT_ONCE
    # The line is empty again, in a new loop too.
    assert asyncio.run(workshop.photo(source, studio.out)).width == 64
