"""A studio that makes every photo and video of these tests by code; no file is kept with them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image, ImageDraw

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 180, 60), (30, 60, 210), (240, 240, 240)


def box(name: bytes, *parts: bytes) -> bytes:
    """A box of ISO 14496-12."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def full(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with version and flags."""
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


class Studio:
    """Makes media under one folder."""

    RED, GREEN, BLUE, WHITE = RED, GREEN, BLUE, WHITE

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.out.mkdir()

    def file(self, name: str, body: bytes) -> Path:
        """A file of these bytes."""
        path = self.folder / name
        path.write_bytes(body)
        return path

    def corners(self, width: int = 64, height: int = 48) -> Image.Image:
        """Red, green, blue, white from the top left, row by row: any turn is seen."""
        image = Image.new("RGB", (width, height), RED)
        draw = ImageDraw.Draw(image)
        draw.rectangle((width // 2, 0, width, height // 2 - 1), fill=GREEN)
        draw.rectangle((0, height // 2, width // 2 - 1, height), fill=BLUE)
        draw.rectangle((width // 2, height // 2, width, height), fill=WHITE)
        return image

    def busy(self, width: int, height: int) -> Image.Image:
        """A picture with detail at every scale, as a camera's has."""
        grey = Image.radial_gradient("L").resize((width, height))
        for cells in (8, 32, 128, 512, width // 2):
            noise = Image.effect_noise((cells, max(1, cells * height // width)), 50)
            grey = Image.blend(grey, noise.resize((width, height)), 0.35)
        return Image.merge("RGB", (grey, grey.transpose(Image.Transpose.ROTATE_180), grey))

    def encoded(self, image: Image.Image, format: str, **options: object) -> bytes:
        """An image as the bytes of a file."""
        if format == "HEIC":
            return self.heic(image, exif=bytes(options.get("exif", b"")))
        buffer = io.BytesIO()
        image.save(buffer, format, **options)
        return buffer.getvalue()

    def heic(
        self, image: Image.Image, *, quarter_turns: int = 0, claims: tuple[int, int] | None = None,
        exif: bytes = b"",
    ) -> bytes:
        """A HEIC built by hand around one picture of x265 (ISO 23008-12), as a phone tells of it."""
        film = io.BytesIO()
        with av.open(film, "w", format="mp4") as written:
            stream = written.add_stream("libx265", rate=1)
            stream.width, stream.height = image.size
            stream.pix_fmt = "yuv420p"
            stream.options = {"preset": "ultrafast",
                              "x265-params": "log-level=none:bframes=0:keyint=1", "crf": "8"}
            written.mux(stream.encode(av.VideoFrame.from_image(image)))
            written.mux(stream.encode(None))
        raw = film.getvalue()
        at = raw.index(b"hvcC") - 4
        hvcc = raw[at : at + int.from_bytes(raw[at : at + 4], "big")]
        film.seek(0)
        with av.open(film) as read:
            coded = bytes(next(packet for packet in read.demux() if packet.size))
        properties = [full(b"ispe", struct.pack(">II", *(claims or image.size))), hvcc]
        if quarter_turns:
            properties.append(box(b"irot", bytes([quarter_turns])))
        numbers = bytes([len(properties), *(0x80 | n + 1 for n in range(len(properties)))])
        head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")

        # Exif is an item of its own that tells of the picture (A.2): where its TIFF begins, then it.
        told = struct.pack(">I", 6) + exif if exif else b""
        items = [(b"hvc1", coded), (b"Exif", told)][: 2 if told else 1]

        def meta(offset: int) -> bytes:
            at, lying = offset, b""
            for number, (_, body) in enumerate(items, start=1):
                lying += struct.pack(">HHHII", number, 0, 1, at, len(body))
                at += len(body)
            return full(
                b"meta",
                full(b"hdlr", bytes(4), b"pict", bytes(13)),
                full(b"pitm", struct.pack(">H", 1)),
                full(b"iloc", b"\x44\x00", struct.pack(">H", len(items)), lying),
                full(b"iinf", struct.pack(">H", len(items)), *(
                    full(b"infe", struct.pack(">HH", number, 0), kind + b"\x00", version=2)
                    for number, (kind, _) in enumerate(items, start=1)
                )),
                *([full(b"iref", box(b"cdsc", struct.pack(">HHH", 2, 1, 1)))] if told else []),
                box(b"iprp", box(b"ipco", *properties), full(
                    b"ipma", struct.pack(">IH", 1, 1), numbers
                )),
            )

        return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", coded, told)

    def photo(self, format: str = "JPEG", name: str | None = None, **options: object) -> Path:
        """The four corners in a file of this format."""
        body = self.encoded(self.corners(), format, **options)
        return self.file(name or f"photo.{format.lower()}", body)

    def film(
        self,
        name: str = "film.mp4",
        *,
        seconds: float = 2.0,
        fps: int = 10,
        size: tuple[int, int] = (64, 48),
        codec: str = "libx264",
        sound: str | None = "aac",
        turned: int = 0,
        times_s: list[float] | None = None,
        metadata: dict[str, str] | None = None,
        options: dict[str, str] | None = None,
        start_s: float = 0.0,
    ) -> Path:
        """A film of the four corners; ``times_s`` says when each picture is shown."""
        path = self.folder / name
        with av.open(str(path), "w", options=options or {}) as written:
            written.metadata.update(metadata or {})
            picture = written.add_stream(codec, rate=fps)
            picture.width, picture.height = size
            picture.pix_fmt = "yuv420p"
            picture.codec_context.time_base = Fraction(1, 1000)
            if turned:
                picture.set_display_rotation(turned)
            voice = written.add_stream(sound, rate=48_000, layout="mono") if sound else None
            # Once: the encoder would change the colours' form anew for each picture.
            frame = av.VideoFrame.from_image(self.corners(*size)).reformat(format="yuv420p")
            for at_s in times_s or [n / fps for n in range(round(seconds * fps))]:
                frame.pts = round((start_s + at_s) * 1000)
                frame.time_base = Fraction(1, 1000)
                written.mux(picture.encode(frame))
            written.mux(picture.encode(None))
            if voice is not None:
                self._hum(written, voice, seconds, start_s)
        return path

    @staticmethod
    def _hum(written: object, voice: object, seconds: float, start_s: float) -> None:
        block = random.Random(1).randbytes(960 * 2)
        for at in range(round(seconds * 50)):
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.planes[0].update(block)
            frame.sample_rate = 48_000
            frame.time_base = Fraction(1, 48_000)
            frame.pts = round(start_s * 48_000) + at * 960
            written.mux(voice.encode(frame))
        written.mux(voice.encode(None))

    def png_claiming(self, width: int, height: int) -> bytes:
        """A PNG of a few bytes that declares so many pixels."""
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        data = zlib.compress(bytes(10_000))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(
            b"IEND", b""
        )

    def is_like(self, pixel: tuple[int, ...], colour: tuple[int, int, int]) -> bool:
        """Whether a pixel is about this colour; encoders move it a little."""
        return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))

    def corners_of(self, image: Image.Image) -> list[str]:
        """The names of the colours in the four corners, row by row."""
        rgb = image.convert("RGB")
        across, down = rgb.width // 8, rgb.height // 8
        places = [
            (across, down), (rgb.width - across, down),
            (across, rgb.height - down), (rgb.width - across, rgb.height - down),
        ]
        names = {"red": RED, "green": GREEN, "blue": BLUE, "white": WHITE}
        return [
            next((name for name, colour in names.items()
                  if self.is_like(rgb.getpixel(place), colour)), str(rgb.getpixel(place)))
            for place in places
        ]


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A studio of this test's own."""
    return Studio(tmp_path)
