"""Photos: upright, clean, in three sizes; and what hostile ones come to."""

from __future__ import annotations

import asyncio
import base64
import io
import struct
import time
import zlib
from contextlib import suppress

import pi_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from catflap.ground.errors import CatflapError
from catflap.media import limits, photos, workshop
from catflap.media.errors import MediaTooLarge, MediaUnreadable, TooManyPixels

from .conftest import chunk

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIC"]
UPRIGHT = ["red", "green", "blue", "white"]
SECRET = b"CATFLAP-SECRET-PLACE"


def made(source, out):
    return asyncio.run(workshop.photo(source, out))


def refused(source, out, kind=CatflapError):
    """The refusal of a file, which leaves nothing behind."""
    with pytest.raises(kind) as refusal:
        made(source, out)
    assert list(out.iterdir()) == []
    return refusal.value


def outputs(photo, out):
    """Every file made, opened."""
    for size in photo.sizes:
        for name in (size.webp, size.avif):
            with Image.open(out / name) as image:
                image.load()
                yield size, image


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_becomes_webp_and_avif(studio, format):
    photo = made(studio.photo(format), studio.out)
    assert (photo.width, photo.height, photo.animated) == (64, 48, False)
    assert [size.name for size in photo.sizes] == ["small"]
    for size, image in outputs(photo, studio.out):
        assert image.size == (size.width, size.height) == (64, 48)
        assert studio.corners_of(image) == UPRIGHT
    assert sorted(path.name for path in studio.out.iterdir()) == ["small.avif", "small.webp"]


# The picture that a camera stores for each EXIF orientation of an upright scene.
STORED = {
    1: [], 2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM], 5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90], 7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(studio, format, orientation):
    stored = studio.corners()
    for turn in STORED[orientation]:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = studio.file("a", studio.encoded(stored, format, exif=exif.tobytes()))
    photo = made(source, studio.out)
    for _, image in outputs(photo, studio.out):
        assert image.size == (64, 48)
        assert studio.corners_of(image) == UPRIGHT


def test_a_turned_heic_comes_out_upright(studio):
    stored = studio.corners().transpose(Image.Transpose.ROTATE_270)
    photo = made(studio.file("a", studio.heic(stored, quarter_turns=1)), studio.out)
    for _, image in outputs(photo, studio.out):
        assert studio.corners_of(image) == UPRIGHT


def test_broken_exif_is_no_reason_to_refuse(studio):
    broken = b"Exif\x00\x00MM\x00*" + b"\xff" * 40
    assert made(studio.photo("JPEG", exif=broken), studio.out).width == 64


def marked(studio, format):
    """A photo with its place, its camera, XMP, a comment and a profile."""
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    gps = exif.get_ifd(0x8825)
    gps.update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0), 29: SECRET.decode()})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif.tobytes(), "icc_profile": profile}
    if format in ("JPEG", "WEBP", "AVIF"):
        options["xmp"] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    if format in ("JPEG", "GIF"):
        options["comment"] = SECRET
    if format == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", SECRET.decode())
        info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        options["pnginfo"] = info
    return studio.photo(format, **options)


def test_a_heic_tells_its_place_to_whoever_reads_it_as_it_came(studio):
    """Else the test below would find nothing left of what was never there."""
    pi_heif.register_heif_opener()
    with Image.open(marked(studio, "HEIC")) as image:
        assert image.getexif().get_ifd(0x8825)[29] == SECRET.decode()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIC"])
def test_nothing_of_place_camera_or_comment_is_left(studio, format):
    source = marked(studio, format)
    assert SECRET in source.read_bytes()
    photo = made(source, studio.out)
    for _, image in outputs(photo, studio.out):
        assert not image.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile", "XML:com.adobe.xmp"} & set(image.info)
    for path in studio.out.iterdir():
        body = path.read_bytes()
        assert SECRET not in body
        assert not any(word in body for word in (b"Exif", b"EXIF", b"XMP ", b"xmpmeta", b"ICCP"))
    placeholder = base64.b64decode(photo.blur.split(",")[1])
    assert SECRET not in placeholder


def test_a_wide_profile_is_converted_to_srgb(studio):
    # A profile whose red and blue are swapped: only a real conversion brings the colours back.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    r, g, b = studio.corners().split()
    swapped = Image.merge("RGB", (b, g, r))
    source = studio.file("a", studio.encoded(swapped, "PNG", icc_profile=bytes(profile)))
    for _, image in outputs(made(source, studio.out), studio.out):
        assert studio.corners_of(image) == UPRIGHT


def test_a_broken_profile_is_no_reason_to_refuse(studio):
    source = studio.photo("PNG", icc_profile=b"not a profile" * 20)
    assert made(source, studio.out).width == 64


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_mode_is_opened(studio, mode):
    if mode == "I;16":
        image = Image.frombytes("I;16", (64, 48), struct.pack("<H", 0x8000) * (64 * 48))
    else:
        image = studio.corners().convert("L" if mode == "1" else "RGB").convert(mode)
    if mode == "PA":  # no encoder writes it
        assert photos._laid(photos._plain(image), photos.LIGHT_PAPER).mode == "RGB"
        return
    body = studio.encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    photo = made(studio.file("a", body), studio.out)
    if mode == "I;16":
        assert photo.colour in ("#7f7f7f", "#808080", "#818181")


def test_transparency_lies_on_white_and_light_drawings_on_dark(studio):
    for ink, paper in (((0, 0, 0), 255), ((255, 255, 255), 32)):
        image = Image.new("RGBA", (64, 64), (*ink, 0))
        image.paste((*ink, 255), (24, 24, 40, 40))
        source = studio.file("a.png", studio.encoded(image, "PNG"))
        for _, seen in outputs(made(source, studio.out), studio.out):
            assert all(abs(level - paper) < 12 for level in seen.convert("RGB").getpixel((4, 4)))


@pytest.mark.parametrize(("size", "expected"), [
    ((1, 1), [(1, 1)]),
    ((360, 200), [(360, 200)]),
    ((700, 500), [(360, 257), (700, 500)]),
    ((1500, 1500), [(360, 360), (1080, 1080), (1500, 1500)]),
    ((4000, 3000), [(360, 270), (1080, 810), (2048, 1536)]),
    ((3, 9000), [(1, 360), (1, 1080), (1, 2048)]),
])
def test_sizes_fit_their_edges_and_nothing_is_enlarged(size, expected):
    assert [pixels for _, pixels in photos.planned(size)] == expected


def test_every_declared_file_is_there_with_its_bytes(studio):
    photo = made(studio.file("a.jpg", studio.encoded(studio.busy(1300, 700), "JPEG")), studio.out)
    assert [size.name for size in photo.sizes] == ["small", "medium", "large"]
    files = {path.name: path.stat().st_size for path in studio.out.iterdir()}
    declared = {size.webp: size.webp_bytes for size in photo.sizes}
    declared |= {size.avif: size.avif_bytes for size in photo.sizes}
    assert files == declared
    assert (photo.width, photo.height) == (1300, 700)


def test_the_placeholder_is_small_and_the_colour_is_the_most_frequent(studio):
    image = Image.new("RGB", (400, 300), (20, 90, 200))
    image.paste((250, 250, 0), (0, 0, 150, 300))
    photo = made(studio.file("a.png", studio.encoded(image, "PNG")), studio.out)
    assert photo.blur.startswith("data:image/webp;base64,")
    placeholder = base64.b64decode(photo.blur.split(",")[1])
    assert len(placeholder) <= 200
    with Image.open(io.BytesIO(placeholder)) as tiny:
        assert max(tiny.size) == limits.BLUR_EDGE_PX
    assert photo.colour == "#145ac8"
    assert len(photo.blurhash) == 28


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_a_moving_picture_the_first_is_kept(studio, format):
    rest = [Image.new("RGB", (64, 48), colour) for colour in ("black", "white", "black")]
    body = studio.encoded(
        studio.corners(), format, save_all=True, append_images=rest, duration=100
    )
    photo = made(studio.file("a", body), studio.out)
    assert photo.animated
    for _, image in outputs(photo, studio.out):
        assert studio.corners_of(image) == UPRIGHT
        assert not getattr(image, "is_animated", False)


def test_a_jpeg_with_a_preview_does_not_move(studio):
    body = studio.encoded(
        studio.corners(), "MPO", save_all=True, append_images=[studio.corners(32, 24)]
    )
    assert made(studio.file("a.jpg", body), studio.out).animated is False


# Hostile files.


def test_a_header_of_sixty_thousand_squared_costs_a_header(studio):
    source = studio.file("bomb.png", studio.png_claiming(60_000, 60_000))
    started = time.monotonic()
    refusal = refused(source, studio.out, TooManyPixels)
    assert (refusal.pixels, refusal.limit_pixels) == (3_600_000_000, limits.PHOTO_MAX_PIXELS)
    assert time.monotonic() - started < 2


def test_a_true_png_over_the_limit_is_refused_though_it_is_small(studio):
    side = 7_200
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes((side // 8 + 1) * side), 9)
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)
    source = studio.file("bomb.png", body + chunk(b"IEND", b""))
    assert source.stat().st_size < 20_000
    assert refused(source, studio.out, TooManyPixels).pixels == side * side


@pytest.mark.parametrize("format", ["JPEG", "GIF", "WEBP", "AVIF", "HEIC"])
def test_a_lying_size_in_any_header_is_refused(studio, format):
    if format == "HEIC":
        body = studio.heic(studio.corners(), claims=(60_000, 60_000))
    else:
        body = bytearray(studio.encoded(studio.corners(), format, **(
            {"lossless": True} if format == "WEBP" else {}
        )))
        if format == "JPEG":
            at = body.index(b"\xff\xc0") + 5
            body[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
        elif format == "GIF":
            body[6:10] = struct.pack("<HH", 60_000, 60_000)
        elif format == "WEBP":
            at = body.index(b"VP8L") + 9
            body[at : at + 4] = b"\xff\xff\xff\x0f"
        else:
            at = body.index(b"ispe") + 8
            body[at : at + 8] = struct.pack(">II", 60_000, 60_000)
    started = time.monotonic()
    refusal = refused(studio.file("a", bytes(body)), studio.out)
    assert isinstance(refusal, TooManyPixels | MediaUnreadable)
    assert time.monotonic() - started < 3


def test_a_gif_of_a_hundred_thousand_frames_costs_one(studio):
    head, tail = b"GIF89a" + struct.pack("<HHBBB", 32, 32, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff", b";"
    frame = b"!\xf9\x04\x00\x01\x00\x00\x00" + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
    frame += b"\x02\x02\x44\x01\x00"
    source = studio.file("a.gif", head + frame * 100_000 + tail)
    started = time.monotonic()
    assert made(source, studio.out).animated
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt"])
def test_a_bomb_in_a_chunk_of_metadata_is_no_bomb(studio, kind):
    body = studio.encoded(studio.corners(), "PNG")
    bomb = chunk(kind, b"name\x00\x00" + zlib.compress(bytes(300_000_000), 9))
    source = studio.file("a.png", body[:33] + bomb + body[33:])
    started = time.monotonic()
    with suppress(MediaUnreadable):
        made(source, studio.out)
    assert time.monotonic() - started < 3


def test_more_bytes_than_the_limit_are_refused_before_any_child(studio):
    source = studio.photo("JPEG")
    with source.open("r+b") as file:
        file.truncate(limits.PHOTO_MAX_BYTES + 1)
    refusal = refused(source, studio.out, MediaTooLarge)
    assert refusal.size_bytes == limits.PHOTO_MAX_BYTES + 1
    assert refusal.limit_bytes == limits.PHOTO_MAX_BYTES


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_photo_is_refused(studio, format, kept):
    body = studio.encoded(studio.busy(320, 240), format)
    refused(studio.file("a", body[: int(len(body) * kept)]), studio.out)


@pytest.mark.parametrize("format", FORMATS)
def test_a_right_start_with_random_bytes_behind_is_refused(studio, format):
    body = studio.encoded(studio.corners(), format)
    noise = bytes((7 * at * at + 13 * at) % 251 for at in range(3000))
    refused(studio.file("a", body[:40] + noise), studio.out)


@settings(
    max_examples=30, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    format=st.sampled_from(FORMATS),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_a_damaged_photo_is_made_or_refused_and_never_more(studio, format, places):
    body = bytearray(studio.encoded(studio.corners(), format))
    for ratio, value in places:
        body[int(ratio * (len(body) - 1))] = value
    for path in studio.out.iterdir():
        path.unlink()
    try:
        photo = made(studio.file("a", bytes(body)), studio.out)
    except CatflapError:
        assert list(studio.out.iterdir()) == []
    else:
        assert photo.width * photo.height <= limits.PHOTO_MAX_PIXELS
