"""Pictures that move: what is made of them, and what is too much."""

from __future__ import annotations

import asyncio

import pytest
from PIL import Image, ImageColor

from catflap.media import limits, moving, photos, workshop
from catflap.media.judging import Content

COLOURS = ("red", "green", "blue", "white")


def with_palette(size, colour: int) -> Image.Image:
    """A picture of one of the `COLOURS`, which are its palette."""
    picture = Image.new("P", size, colour)
    picture.putpalette([part for name in COLOURS for part in ImageColor.getrgb(name)])
    return picture


def body(studio, format="GIF", *, frames=4, size=(64, 48), shown_ms=200):
    pictures = [Image.new("RGB", size, COLOURS[n % 4]) for n in range(frames)]
    if format == "GIF":  # with their own few colours nobody has to look for 256 of them
        pictures = [with_palette(size, n % 4) for n in range(frames)]
    for n, picture in enumerate(pictures):
        dot = (n + 1) % 4 if format == "GIF" else (n % 256, 1, 2)
        picture.putpixel((n % size[0], 0), dot)  # or encoders join frames that are the same
    return studio.encoded(pictures[0], format, save_all=True, append_images=pictures[1:], duration=shown_ms)


def made(studio, data):
    return asyncio.run(workshop.photo(studio.file("a", data), studio.out))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_a_moving_picture_becomes_an_animated_webp_beside_its_still(studio, format):
    photo = made(studio, body(studio, format))
    assert photo.moving is not None
    assert (photo.moving.width, photo.moving.height, photo.moving.frames) == (64, 48, 4)
    assert photo.moving.duration_s == pytest.approx(0.8)
    file = studio.out / photo.moving.file
    assert file.stat().st_size == photo.moving.size_bytes
    with Image.open(file) as image:
        assert (image.format, image.n_frames, image.info["loop"]) == ("WEBP", 4, 0)
        for place, colour in enumerate(COLOURS):
            image.seek(place)
            shown, wanted = image.convert("RGB").getpixel((32, 24)), Image.new("RGB", (1, 1), colour).getpixel((0, 0))
            assert all(abs(a - b) < 24 for a, b in zip(shown, wanted, strict=True))


def test_it_is_made_smaller_and_of_many_frames_every_second_is_left_out(studio):
    photo = made(studio, body(studio, frames=320, size=(800, 400), shown_ms=50))
    assert (photo.moving.width, photo.moving.height) == (limits.MOVING_EDGE_PX, limits.MOVING_EDGE_PX // 2)
    assert photo.moving.frames == 160
    assert photo.moving.duration_s == pytest.approx(16)
    assert photo.moving.frames * 640 * 320 <= limits.MOVING_PIXELS_KEPT


@pytest.mark.parametrize(("frames", "size", "shown_ms"), [
    (limits.MOVING_FRAMES_READ + 1, (8, 8), 20),
    (7, (64, 48), 10_000),
    (16, (4000, 2500), 50),
])
def test_what_is_too_much_stays_a_still(studio, frames, size, shown_ms):
    photo = made(studio, body(studio, frames=frames, size=size, shown_ms=shown_ms))
    assert photo.animated
    assert photo.moving is None
    assert not (studio.out / moving.FILE).exists()


def test_a_gif_that_breaks_off_after_its_first_frame_is_that_frame_or_less_of_it(studio):
    data = body(studio, frames=40, size=(300, 200))
    photo = made(studio, data[: len(data) * 2 // 3])
    assert photo.sizes
    if photo.moving is not None:
        assert photo.moving.frames < 40


def test_frames_without_a_length_take_what_browsers_give_them(studio):
    photo = photos.made(studio.file("a", body(studio, shown_ms=10)), studio.out, content=Content.GIF)
    assert photo.moving.duration_s == pytest.approx(4 * moving.UNSAID_MS / 1000)


def test_what_lies_on_paper_lies_on_the_same_in_every_frame(studio):
    pale, dark = Image.new("RGBA", (40, 40)), Image.new("RGBA", (40, 40))
    pale.paste((250, 250, 250, 255), (10, 10, 30, 30))
    dark.paste((10, 10, 10, 255), (10, 10, 30, 30))
    data = studio.encoded(pale, "WEBP", save_all=True, append_images=[dark], duration=100, lossless=True)
    photo = made(studio, data)
    with Image.open(studio.out / photo.moving.file) as image:
        corners = []
        for place in range(2):
            image.seek(place)
            corners.append(image.convert("RGB").getpixel((2, 2)))
    assert all(max(corner) < 60 for corner in corners)
