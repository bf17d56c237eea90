"""Making a video: H.264 and AAC in MP4, upright, clean, with a poster. Runs in the child.

Everything is decoded and encoded anew, so that nothing of a hostile file is passed on, its
metadata and place least of all. Only the demuxer that the content was judged to need, and only
the decoders that phones, cameras and browsers write for, are ever asked. What the header declares
is checked first, and what is decoded is checked again, because headers lie.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from catflap.media import photos
from catflap.media.errors import (
    MediaKindRefused,
    MediaUnreadable,
    TooManyPixels,
    VideoTooLong,
)
from catflap.media.filming import Picture, Sound
from catflap.media.judging import VIDEO_DEMUXERS, Content
from catflap.media.limits import (
    CHILD_THREADS,
    VIDEO_MAX_PICTURES,
    VIDEO_MAX_PIXELS,
    VIDEO_MAX_S,
    VIDEO_SLACK_S,
)
from catflap.media.model import VideoMade

FILE = "video.mp4"
LOST_AT_MOST_RATIO = 0.05
LOST_AT_MOST_S = 1.0
"""What may be missing at the end of what the header declares, the larger of the two."""

PICTURE_DECODERS = frozenset({"h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "mjpeg"})
SOUND_DECODERS = frozenset({
    "aac", "mp3", "mp3float", "opus", "libopus", "vorbis", "alac", "ac3", "eac3", "amrnb",
    "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_f32le",
})
_INPUT_OPTIONS = {
    # A MOV may name other files and other protocols as its data; none is opened.
    "protocol_whitelist": "file",
    "codec_whitelist": ",".join(sorted(PICTURE_DECODERS | SOUND_DECODERS)),
    "max_streams": "32",
}
_OUTPUT_OPTIONS = {"movflags": "+faststart", "fflags": "+bitexact"}


def made(
    source: Path, out: Path, *, content: Content, on_progress: Callable[[float], None]
) -> VideoMade:
    """Make the video at ``source`` into files in ``out``; progress goes from 0 to 1.

    Nothing is left in ``out`` where it cannot be made.

    Raises:
        VideoTooLong, TooManyPixels: by the header, or while decoding where the header lied.
        MediaKindRefused: its picture is of a codec that is not taken.
        MediaUnreadable: there is no picture in it, it is cut off, or it cannot be decoded.
    """
    target = out / FILE
    try:
        with av.open(
            f"file:{source}", format=VIDEO_DEMUXERS[content],
            container_options=_INPUT_OPTIONS, metadata_errors="replace",
        ) as container:
            return _Making(container, target, on_progress).made()
    except (av.FFmpegError, ValueError, LookupError, ArithmeticError, MemoryError) as error:
        target.unlink(missing_ok=True)
        raise MediaUnreadable(reason=f"{type(error).__name__}: {error}") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


class _Making:
    """One video on its way from a container to a file."""

    def __init__(
        self, container: Any, target: Path, on_progress: Callable[[float], None]
    ) -> None:
        self._container = container
        self._target = target
        self._on_progress = on_progress
        # Cameras that cut one recording into files go on counting; every file starts at 0 here.
        # Matroska counts its duration from 0, wherever the first picture stands.
        self._origin_s = float(container.start_time or 0) / av.time_base
        end_s = float(container.duration or 0) / av.time_base
        self._declared_s = max(0.0, end_s - max(0.0, self._origin_s))
        self._end_s = 0.0
        self._pictures = 0

    def made(self) -> VideoMade:
        """The whole making: check, decode, encode, check again."""
        self._check_length(self._declared_s)
        streams = [self._picture_stream(), *self._sound_streams()]
        with av.open(
            f"file:{self._target}", "w", format="mp4", options=_OUTPUT_OPTIONS
        ) as written:
            picture = Picture(written)
            sound = Sound(written) if len(streams) > 1 else None
            try:
                self._pour(streams, picture, sound)
            except BaseException:
                # Closing writes a trailer, which raises again where no header was written.
                with suppress(av.FFmpegError, ValueError):
                    written.close()
                raise
        poster = photos.sized(picture.poster(), self._target.parent)
        self._on_progress(1.0)
        return VideoMade(
            file=FILE,
            width=picture.width,
            height=picture.height,
            duration_s=round(picture.end_s, 2),
            has_sound=sound is not None and sound.samples > 0,
            poster=poster,
        )

    def _pour(self, streams: list[Any], picture: Picture, sound: Sound | None) -> None:
        for frame in self._container.decode(*streams):
            if frame.time is None:
                continue
            at_s = max(0.0, frame.time - self._origin_s)
            self._check_length(at_s)
            self._end_s = max(self._end_s, at_s)
            if isinstance(frame, av.VideoFrame):
                self._check_picture(frame)
                picture.take(frame, at_s=at_s)
                if self._declared_s:
                    self._on_progress(min(0.99, at_s / self._declared_s))
            elif sound is not None:
                self._end_s = max(self._end_s, at_s + frame.samples / frame.sample_rate)
                sound.take(frame, at_s=at_s)
                picture.let_pass(sound)
        if not picture.is_open:
            raise MediaUnreadable(reason="no picture")
        lost_s = self._declared_s - self._end_s
        if lost_s > max(LOST_AT_MOST_S, LOST_AT_MOST_RATIO * self._declared_s):
            raise MediaUnreadable(reason=f"cut off {lost_s:.1f} s before its end")
        picture.finish(sound)

    def _picture_stream(self) -> Any:
        for stream in self._container.streams.video:
            # The cover of a song is a video stream of one picture.
            if stream.disposition & Disposition.attached_pic:
                continue
            codec = stream.codec_context
            if codec is None or codec.name not in PICTURE_DECODERS:
                name = codec.name if codec is not None else "an unknown codec"
                raise MediaKindRefused(found=f"video in {name}")
            self._check_pixels(codec.width, codec.height)
            codec.thread_type = "AUTO"
            codec.thread_count = CHILD_THREADS
            # A stream may change its size midway; the decoder itself refuses before allocating.
            codec.options = {"max_pixels": str(VIDEO_MAX_PIXELS)}
            return stream
        raise MediaUnreadable(reason="no picture")

    def _sound_streams(self) -> list[Any]:
        """The first sound that can be decoded; phones add a second one in formats of their own."""
        known = [
            stream for stream in self._container.streams.audio
            if stream.codec_context is not None and stream.codec_context.name in SOUND_DECODERS
        ]
        return known[:1]

    def _check_picture(self, frame: Any) -> None:
        self._check_pixels(frame.width, frame.height)
        self._pictures += 1
        if self._pictures > VIDEO_MAX_PICTURES:
            raise MediaUnreadable(reason=f"more than {VIDEO_MAX_PICTURES} pictures")

    @staticmethod
    def _check_pixels(width: int, height: int) -> None:
        if width * height > VIDEO_MAX_PIXELS:
            raise TooManyPixels(pixels=width * height, limit_pixels=VIDEO_MAX_PIXELS)

    @staticmethod
    def _check_length(at_s: float) -> None:
        if at_s > VIDEO_MAX_S + VIDEO_SLACK_S:
            raise VideoTooLong(duration_s=round(at_s, 2), limit_s=VIDEO_MAX_S)
