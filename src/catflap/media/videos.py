"""Making a video: H.264 and AAC in MP4, upright, clean, with a poster. Runs in the child.

Everything is decoded and encoded anew, so nothing of a hostile file is passed on.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image

from catflap.media import photos
from catflap.media.errors import MediaUnreadable, TooManyPixels, VideoTooLong
from catflap.media.judging import VIDEO_CONTAINERS
from catflap.media.limits import PHOTO_MAX_PIXELS, VIDEO_EDGE_PX, VIDEO_FPS, VIDEO_MAX_S
from catflap.media.model import PhotoMade, VideoMade

FILE = "video.mp4"
CRF = "24"
PRESET = "veryfast"
SOUND_RATE = 48_000
SLACK_S = 1.0
EARLY_SOUND_FRAMES = 500


def made(
    source: Path, out: Path, *, kind: str, on_progress: Callable[[float], None]
) -> VideoMade:
    """Make the video at ``source`` into files in ``out``; progress goes from 0 to 1.

    Raises:
        VideoTooLong, TooManyPixels: by the header, or while decoding where the header lied.
        MediaUnreadable: there is no picture in it, or it cannot be decoded.
    """
    try:
        with av.open(str(source), format=VIDEO_CONTAINERS[kind]) as container:
            return _made(container, out, on_progress)
    except (av.FFmpegError, ValueError, ArithmeticError, MemoryError) as error:
        raise MediaUnreadable(f"{type(error).__name__}: {error}") from error


def _declared_s(container: Any) -> float:
    return float(container.duration or 0) / 1_000_000


def _made(container: Any, out: Path, on_progress: Callable[[float], None]) -> VideoMade:
    if not container.streams.video:
        raise MediaUnreadable("no picture")
    declared_s = _declared_s(container)
    if declared_s > VIDEO_MAX_S + SLACK_S:
        raise VideoTooLong(duration_s=declared_s, limit_s=VIDEO_MAX_S)
    picture = container.streams.video[0]
    picture.thread_type = "AUTO"
    pixels = picture.codec_context.width * picture.codec_context.height
    if pixels > PHOTO_MAX_PIXELS:
        raise TooManyPixels(pixels=pixels, limit_pixels=PHOTO_MAX_PIXELS)
    sound = container.streams.audio[0] if container.streams.audio else None
    writer = _Writer(out / FILE, with_sound=sound is not None)
    streams = [picture] if sound is None else [picture, sound]
    for frame in container.decode(*streams):
        at_s = float(frame.time or 0)
        if at_s > VIDEO_MAX_S + SLACK_S:
            raise VideoTooLong(duration_s=at_s, limit_s=VIDEO_MAX_S)
        if isinstance(frame, av.VideoFrame):
            writer.picture(frame)
            if declared_s:
                on_progress(min(0.99, at_s / declared_s))
        else:
            writer.sound(frame)
    return writer.finished(out)


class _Writer:
    """The file being made; its streams open with the first picture, whose size they need."""

    def __init__(self, path: Path, *, with_sound: bool) -> None:
        self._container: Any = av.open(
            str(path), "w", format="mp4", options={"movflags": "+faststart"}
        )
        self._picture: Any = None
        self._sound: Any = None
        if with_sound:
            self._sound = self._container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
            self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)
        self._poster: Image.Image | None = None
        self._next_s = 0.0
        self._last_s = 0.0
        self._quarter_turns = 0
        self._sound_samples = 0
        # The header is written with the first packet and names every stream, so sound that
        # comes before the first picture waits for it.
        self._early_sound: list[Any] = []

    def picture(self, frame: Any) -> None:
        """One more picture; those beyond the frame rate are dropped."""
        at_s = float(frame.time or 0)
        if at_s + 0.001 < self._next_s:
            return
        self._next_s = max(self._next_s + 1 / VIDEO_FPS, at_s)
        if self._picture is None:
            self._open(frame)
            for early in self._early_sound:
                self.sound(early)
            self._early_sound.clear()
        upright = self._upright(frame)
        upright.pts = round(at_s * 90_000)
        upright.time_base = Fraction(1, 90_000)
        self._last_s = max(self._last_s, at_s)
        self._container.mux(self._picture.encode(upright))

    def _open(self, frame: Any) -> None:
        self._quarter_turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
        first = self._image(frame)
        scale = min(1.0, VIDEO_EDGE_PX / max(first.size))
        width, height = (max(2, round(edge * scale) // 2 * 2) for edge in first.size)
        stream = self._container.add_stream("libx264", rate=VIDEO_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90_000)
        stream.options = {"crf": CRF, "preset": PRESET}
        self._picture = stream
        self._poster = first.resize((width, height), Image.Resampling.LANCZOS)

    def _image(self, frame: Any) -> Image.Image:
        image: Image.Image = frame.to_image()
        return image.rotate(90 * self._quarter_turns, expand=True) if self._quarter_turns else image

    def _upright(self, frame: Any) -> Any:
        if self._quarter_turns:
            turned = self._image(frame).resize((self._picture.width, self._picture.height))
            whole: Any = av.VideoFrame.from_image(turned)  # type: ignore[no-untyped-call]
            return whole.reformat(format="yuv420p")
        return frame.reformat(
            width=self._picture.width, height=self._picture.height, format="yuv420p"
        )

    def sound(self, frame: Any) -> None:
        """One more stretch of sound."""
        if self._sound is None:
            return
        if self._picture is None:
            if len(self._early_sound) < EARLY_SOUND_FRAMES:
                self._early_sound.append(frame)
            return
        for part in self._resampler.resample(frame):
            part.pts = self._sound_samples
            part.time_base = Fraction(1, SOUND_RATE)
            self._sound_samples += part.samples
            self._container.mux(self._sound.encode(part))

    def finished(self, out: Path) -> VideoMade:
        """Close the file and make the poster."""
        if self._picture is None or self._poster is None:
            raise MediaUnreadable("no picture")
        self._container.mux(self._picture.encode(None))
        if self._sound is not None:
            self._container.mux(self._sound.encode(None))
        self._container.close()
        poster: PhotoMade = photos.sized(self._poster, out)
        return VideoMade(
            file=FILE, width=self._picture.width, height=self._picture.height,
            duration_s=round(self._last_s + 1 / VIDEO_FPS, 2),
            has_sound=self._sound_samples > 0, poster=poster,
        )
