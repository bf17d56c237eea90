"""Videos: one kind comes out, upright, clean, paced; and what hostile ones come to."""

from __future__ import annotations

import asyncio
import struct

import av
import pytest
from PIL import Image

from catflap.ground.errors import CatflapError
from catflap.media import limits, workshop
from catflap.media.errors import (
    MediaKindRefused,
    MediaTooLarge,
    MediaUnreadable,
    TooManyPixels,
    VideoTooLong,
)

UPRIGHT = ["red", "green", "blue", "white"]
SECRET = "CATFLAP-SECRET-PLACE"


def made(source, out, heard=None):
    async def hear(ratio):
        if heard is not None:
            heard.append(ratio)

    return asyncio.run(workshop.video(source, out, on_progress=hear))


def refused(source, out, kind=CatflapError):
    """The refusal of a file, which leaves nothing behind."""
    with pytest.raises(kind) as refusal:
        made(source, out)
    assert list(out.iterdir()) == []
    return refusal.value


def seen(path):
    """The pictures of a video, their times in seconds, and its streams' codecs."""
    with av.open(str(path)) as container:
        codecs = [stream.codec_context.name for stream in container.streams]
        frames = list(container.decode(video=0))
        return frames, [frame.time for frame in frames], codecs


@pytest.mark.parametrize(("name", "codec", "sound"), [
    ("a.mp4", "libx264", "aac"),
    ("a.mp4", "libx265", "aac"),
    ("a.mov", "libx264", "pcm_s16le"),
    ("a.mov", "mpeg4", "aac"),
    ("a.webm", "libvpx", "libopus"),
    ("a.webm", "libvpx-vp9", "libopus"),
])
def test_every_container_and_codec_becomes_h264_and_aac(studio, name, codec, sound):
    heard: list[float] = []
    video = made(studio.film(name, codec=codec, sound=sound), studio.out, heard)
    frames, times, codecs = seen(studio.out / video.file)
    assert codecs == ["h264", "aac"] or codecs == ["aac", "h264"]
    assert frames[0].format.name == "yuv420p"
    assert (video.width, video.height, video.has_sound) == (64, 48, True)
    assert video.duration_s == pytest.approx(2.0, abs=0.15)
    assert times[-1] == pytest.approx(1.9, abs=0.05)
    assert studio.corners_of(frames[5].to_image()) == UPRIGHT
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_the_film_starts_before_it_is_whole(studio):
    video = made(studio.film(), studio.out)
    body = (studio.out / video.file).read_bytes()
    assert body.index(b"moov") < body.index(b"mdat")


def test_a_silent_film_has_no_sound(studio):
    video = made(studio.film(sound=None), studio.out)
    assert video.has_sound is False
    assert seen(studio.out / video.file)[2] == ["h264"]


def test_the_poster_is_made_like_a_photo(studio):
    video = made(studio.film(size=(640, 480), seconds=0.5), studio.out)
    assert [(size.name, size.width) for size in video.poster.sizes] == [
        ("small", 360), ("medium", 640)
    ]
    for size in video.poster.sizes:
        for name in (size.webp, size.avif):
            with Image.open(studio.out / name) as image:
                assert studio.corners_of(image) == UPRIGHT
    assert {path.name for path in studio.out.iterdir()} == {
        video.file, *(n for size in video.poster.sizes for n in (size.webp, size.avif))
    }


def test_the_poster_is_not_the_darkness_before_the_film(studio):
    path = studio.folder / "fade.mp4"
    with av.open(str(path), "w") as written:
        stream = written.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(20):
            image = Image.new("RGB", (64, 48)) if n < 10 else studio.corners()
            written.mux(stream.encode(av.VideoFrame.from_image(image)))
        written.mux(stream.encode(None))
    video = made(path, studio.out)
    with Image.open(studio.out / video.poster.sizes[0].webp) as image:
        assert studio.corners_of(image) == UPRIGHT


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_a_turned_phone_gives_an_upright_film(studio, degrees):
    source = studio.film(turned=degrees, sound=None)
    with av.open(str(source)) as container:
        stored = next(container.decode(video=0))
    upright = stored.to_image().rotate(stored.rotation, expand=True)
    assert stored.rotation in (degrees, -degrees)
    video = made(source, studio.out)
    frames, _, _ = seen(studio.out / video.file)
    assert (video.width, video.height) == upright.size
    assert studio.corners_of(frames[3].to_image()) == studio.corners_of(upright) != UPRIGHT
    assert frames[3].rotation == 0


def test_sixty_pictures_a_second_become_thirty(studio):
    video = made(studio.film(fps=60), studio.out)
    _, times, _ = seen(studio.out / video.file)
    assert len(times) == pytest.approx(60, abs=2)
    assert video.duration_s == pytest.approx(2.0, abs=0.1)


def test_uneven_pictures_stay_at_their_times(studio):
    times_s = [0.0, 0.1, 0.15, 0.7, 1.5, 1.55, 2.9]
    video = made(studio.film(times_s=times_s, sound=None), studio.out)
    _, times, _ = seen(studio.out / video.file)
    assert times == pytest.approx(times_s, abs=0.002)


def test_a_film_that_starts_late_starts_at_nothing(studio):
    video = made(studio.film("a.webm", codec="libvpx", sound="libopus", start_s=100.0), studio.out)
    _, times, _ = seen(studio.out / video.file)
    assert times[0] == pytest.approx(0.0, abs=0.05)
    assert video.duration_s == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(("size", "expected"), [
    ((2560, 1440), (1920, 1080)),
    ((1080, 2400), (864, 1920)),
    ((66, 50), (66, 50)),
])
def test_the_longest_edge_is_kept_within_bounds(studio, size, expected):
    video = made(studio.film(size=size, seconds=0.2, sound=None), studio.out)
    assert (video.width, video.height) == expected


def test_odd_edges_are_made_even(studio):
    source = studio.film("a.webm", codec="libvpx", size=(67, 49), seconds=0.5, sound=None)
    video = made(source, studio.out)
    assert video.width % 2 == video.height % 2 == 0


def test_nothing_of_place_or_title_is_left(studio):
    source = studio.film(
        metadata={"title": SECRET, "comment": SECRET, "location": "+52.5200+013.4050/"},
        options={"movflags": "use_metadata_tags"},
    )
    assert SECRET.encode() in source.read_bytes()
    made(source, studio.out)
    for path in studio.out.iterdir():
        body = path.read_bytes()
        assert SECRET.encode() not in body
        assert b"+52.5" not in body


def test_metadata_that_is_no_text_is_no_reason_to_refuse(studio):
    source = studio.film(metadata={"title": "TITLETITLE"})
    source.write_bytes(source.read_bytes().replace(b"TITLETITLE", b"\xff\xfe\xfd\xfc\xfb" * 2))
    assert made(source, studio.out).has_sound


def test_a_film_of_high_dynamic_range_keeps_its_colours(studio):
    path = studio.folder / "hlg.mp4"
    with av.open(str(path), "w") as written:
        stream = written.add_stream("libx265", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        stream.options = {"x265-params": "log-level=none", "crf": "4"}
        codec = stream.codec_context
        codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range = 9, 9, 18, 1
        for _ in range(5):
            frame = av.VideoFrame(64, 48, "yuv420p10le")
            for plane, level in zip(frame.planes, (500, 600, 400), strict=True):
                plane.update(level.to_bytes(2, "little") * (plane.buffer_size // 2))
            written.mux(stream.encode(frame))
        written.mux(stream.encode(None))
    video = made(path, studio.out)
    frame = seen(studio.out / video.file)[0][0]
    assert (frame.colorspace, frame.color_primaries, frame.color_trc) == (1, 1, 1)
    luma, blue, red = (bytes(plane)[0] for plane in frame.planes)
    # Taken as BT.709 unmapped, 400 in ten bits would be a pale 100 in eight.
    assert red < 85
    assert 90 < luma < 140
    assert 80 < blue < 165


# Hostile files.


def stretched(studio, film, seconds):
    """A film whose header says that its pictures are spread over so many seconds."""
    body = bytearray(film.read_bytes())
    scale = int.from_bytes(body[body.index(b"mdhd") + 16 :][:4], "big")
    at = body.index(b"stts") + 12
    count = int.from_bytes(body[at : at + 4], "big")
    body[at + 4 : at + 8] = struct.pack(">I", int(seconds * scale / count))
    for name, place in ((b"mdhd", 20), (b"tkhd", 24), (b"mvhd", 20), (b"elst", 12)):
        start = body.index(name) + place
        body[start : start + 4] = struct.pack(">I", int(seconds * (
            scale if name == b"mdhd" else 1000
        )))
    return studio.file("stretched.mp4", bytes(body))


def lasting(studio, film, seconds):
    """A WebM whose header says that it lasts so long."""
    body = bytearray(film.read_bytes())
    at = body.index(b"\x44\x89\x88") + 3
    body[at : at + 8] = struct.pack(">d", seconds * 1000)
    return studio.file("lasting.webm", bytes(body))


def test_a_claim_of_more_than_the_limit_is_refused_by_the_header(studio):
    heard: list[float] = []
    source = stretched(studio, studio.film(sound=None), 302)
    with pytest.raises(VideoTooLong) as refusal:
        made(source, studio.out, heard)
    assert refusal.value.limit_s == limits.VIDEO_MAX_S
    assert refusal.value.duration_s == pytest.approx(302, abs=1)
    assert heard == []
    assert list(studio.out.iterdir()) == []


def test_a_film_that_is_truly_too_long_is_refused(studio):
    source = studio.film(seconds=303, fps=1, size=(16, 16), sound=None)
    assert refused(source, studio.out, VideoTooLong).duration_s == pytest.approx(303, abs=1)


def test_a_film_that_says_it_is_short_is_refused_while_decoding(studio):
    film = studio.film("a.webm", seconds=310, fps=1, size=(16, 16), codec="libvpx", sound=None)
    refusal = refused(lasting(studio, film, 5), studio.out, VideoTooLong)
    assert refusal.duration_s > limits.VIDEO_MAX_S


def test_a_claim_of_more_than_is_there_is_refused(studio):
    film = studio.film("a.webm", codec="libvpx", sound=None)
    refused(lasting(studio, film, 60), studio.out, MediaUnreadable)


@pytest.mark.parametrize("name", ["a.mp4", "faststart.mp4", "a.webm"])
@pytest.mark.parametrize("kept", [0.01, 0.4, 0.7])
def test_a_truncated_film_is_refused(studio, name, kept):
    source = studio.film(
        name, seconds=6,
        codec="libvpx" if name.endswith("webm") else "libx264",
        sound="libopus" if name.endswith("webm") else "aac",
        options={"movflags": "+faststart"} if name.startswith("fast") else None,
    )
    body = source.read_bytes()
    refused(studio.file("cut", body[: int(len(body) * kept)]), studio.out)


def test_a_picture_over_the_limit_is_refused(studio):
    source = studio.film(size=(5000, 2000), seconds=0.1, fps=10, sound=None)
    refusal = refused(source, studio.out, TooManyPixels)
    assert refusal.pixels == 10_000_000
    assert refusal.limit_pixels == limits.VIDEO_MAX_PIXELS


def test_more_bytes_than_the_limit_are_refused(studio):
    source = studio.film(seconds=0.2)
    with source.open("r+b") as file:
        file.truncate(limits.VIDEO_MAX_BYTES + 1)
    refused(source, studio.out, MediaTooLarge)


def test_a_codec_of_no_phone_is_refused(studio):
    source = studio.film("a.mov", codec="rawvideo", sound=None)
    assert "rawvideo" in refused(source, studio.out, MediaKindRefused).found


def test_sound_without_a_picture_is_refused(studio):
    path = studio.folder / "song.mp4"
    with av.open(str(path), "w") as written:
        studio._hum(written, written.add_stream("aac", rate=48_000, layout="mono"), 1.0, 0.0)
    refused(path, studio.out, MediaUnreadable)


def test_a_film_of_random_bytes_is_refused(studio):
    body = studio.film(options={"movflags": "+faststart"}).read_bytes()
    at = body.index(b"mdat") + 4
    noise = bytes((11 * n * n + 5 * n) % 253 for n in range(len(body) - at))
    refused(studio.file("noise.mp4", body[:at] + noise), studio.out)
    refused(studio.file("head.mp4", body[:40] + noise), studio.out)
