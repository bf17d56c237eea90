"""The picture and the sound of a video being made: filters and encoders, frame by frame.

FFmpeg's own filters turn, scale and pace; Python only carries frames. The time stamps of the
source are kept (variable frame rates stay variable) except that no more than `VIDEO_FPS` pictures
a second pass. Sound is laid on one unbroken line from 0, silence where the source has a gap.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
from PIL import Image, ImageStat

from catflap.media.limits import CHILD_THREADS, VIDEO_EDGE_PX, VIDEO_FPS

# Measured, encoding alone, for 10 s of 1280 × 720 on two cores: veryfast takes 0.9 s, faster
# 2.3 s, and on pans over detail faster is the larger file.
CRF = "24"
PRESET = "veryfast"
SAMPLE_RATE = 48_000
SOUND_BITS_S = 128_000
KEY_EVERY_PICTURES = 4 * VIDEO_FPS
_TICKS = Fraction(1, 90_000)
_SAMPLES = Fraction(1, SAMPLE_RATE)

POSTER_WITHIN_S = 5.0
DULL_DEVIATION = 10.0
"""Standard deviation of grey, 0 to 127, under which a picture is a fade or a lens cap."""

HD_HEIGHT_PX = 720
# Code points of ITU-T H.273, tables 3 and 4.
_UNSPECIFIED = 2
_HIGH_RANGE = {16, 18}

_TURNS = {0: (), 1: ("cclock",), 2: ("cclock", "cclock"), 3: ("clock",)}


class Sound:
    """Any sound as stereo AAC; packets wait in ``packets`` until the picture lets them pass."""

    def __init__(self, written: Any) -> None:
        self.samples = 0
        self.packets: list[Any] = []
        self._encoder: Any = written.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        self._encoder.bit_rate = SOUND_BITS_S
        self._graph: Any = None
        self._shape: tuple[object, ...] = ()

    def take(self, frame: Any, *, at_s: float) -> None:
        """One more stretch of sound, at its place in the video."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._drain()
            self._shape = shape
            self._graph = _sound_graph(frame)
        frame.pts = round(at_s * SAMPLE_RATE)
        frame.time_base = _SAMPLES
        self._graph.push(frame)
        self._pull()

    def finish(self) -> None:
        """Encode what the filters and the encoder still hold."""
        self._drain()
        self.packets += self._encoder.encode(None)

    def _drain(self) -> None:
        if self._graph is not None:
            self._graph.push(None)
            self._pull()

    def _pull(self) -> None:
        while (part := _pulled(self._graph)) is not None:
            part.pts = self.samples
            part.time_base = _SAMPLES
            self.samples += part.samples
            self.packets += self._encoder.encode(part)


class Picture:
    """Any picture as upright H.264 of at most `VIDEO_EDGE_PX`; opens with the first frame.

    Nothing is written before it opens: the header names every stream and its size.
    """

    def __init__(self, written: Any) -> None:
        self.width = 0
        self.height = 0
        self.end_s = 0.0
        self._written = written
        self._encoder: Any = None
        self._graph: Any = None
        self._shape: tuple[object, ...] = ()
        self._next_s = 0.0
        self._last_ticks = -1
        self._poster: Any = None
        self._is_poster_dull = True

    @property
    def is_open(self) -> bool:
        """Whether there was a picture."""
        return self._encoder is not None

    def take(self, frame: Any, *, at_s: float) -> None:
        """One more picture; those beyond the frame rate are dropped before any work."""
        if at_s + 0.001 < self._next_s:
            return
        self._next_s = max(self._next_s, at_s - 1 / VIDEO_FPS) + 1 / VIDEO_FPS
        ticks = max(round(at_s / _TICKS), self._last_ticks + 1)
        self._last_ticks = ticks
        shape = (frame.format.name, frame.width, frame.height, frame.rotation)
        if shape != self._shape:
            self._shape = shape
            if self._encoder is None:
                self._open(frame)
            self._graph = _picture_graph(frame, self.width, self.height)
        frame.pts = ticks
        frame.time_base = _TICKS
        self.end_s = at_s + 1 / VIDEO_FPS
        self._graph.push(frame)
        while (upright := _pulled(self._graph)) is not None:
            self._look(upright, at_s)
            upright.pict_type = 0  # the source's own choice of key pictures is not ours
            self._written.mux(self._encoder.encode(upright))

    def let_pass(self, sound: Sound) -> None:
        """Write the sound that waits, once the header may be written."""
        if self.is_open:
            self._written.mux(sound.packets)
            sound.packets.clear()

    def finish(self, sound: Sound | None) -> None:
        """Encode what the encoders still hold."""
        self._written.mux(self._encoder.encode(None))
        if sound is not None:
            sound.finish()
            self.let_pass(sound)

    def poster(self) -> Image.Image:
        """The first picture that shows something, RGB, upright, as large as the video."""
        image: Image.Image = self._poster.to_image()
        return image

    def _open(self, frame: Any) -> None:
        self.width, self.height = _fitted(frame)
        encoder = self._written.add_stream("libx264", rate=VIDEO_FPS)
        encoder.width, encoder.height, encoder.pix_fmt = self.width, self.height, "yuv420p"
        codec = encoder.codec_context
        codec.time_base = _TICKS
        codec.gop_size = KEY_EVERY_PICTURES
        codec.thread_count = CHILD_THREADS
        codec.colorspace = codec.color_primaries = codec.color_trc = 1  # BT.709, H.273 table 2
        codec.color_range = 1
        encoder.options = {"crf": CRF, "preset": PRESET}
        self._encoder = encoder

    def _look(self, upright: Any, at_s: float) -> None:
        """Keep the first picture for the poster, or the first one after it that is not dull."""
        if self._is_poster_dull and (self._poster is None or at_s <= POSTER_WITHIN_S):
            is_dull = _is_dull(upright)
            if self._poster is None or not is_dull:
                self._poster, self._is_poster_dull = upright, is_dull


def _is_dull(frame: Any) -> bool:
    grey = frame.reformat(width=64, height=64, format="gray").to_image()
    return ImageStat.Stat(grey.convert("L")).stddev[0] < DULL_DEVIATION


def _quarter_turns(frame: Any) -> int:
    """Quarter turns counterclockwise that put a frame upright."""
    return round((frame.rotation or 0) / 90) % 4


def _fitted(frame: Any) -> tuple[int, int]:
    """Even width and height of the upright picture with square pixels, never enlarged."""
    ratio = frame.sample_aspect_ratio if getattr(frame, "sample_aspect_ratio", None) else 1
    width, height = float(frame.width * ratio), float(frame.height)
    if _quarter_turns(frame) % 2:
        width, height = height, width
    scale = min(1.0, VIDEO_EDGE_PX / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _picture_graph(frame: Any, width: int, height: int) -> Any:
    graph: Any = av.filter.Graph()
    graph.threads = CHILD_THREADS
    nodes = [graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=_TICKS
    )]
    nodes += [graph.add("transpose", turn) for turn in _TURNS[_quarter_turns(frame)]]
    nodes.append(graph.add(
        "scale",
        f"w={width}:h={height}:flags=bicubic:out_color_matrix=bt709:out_range=tv"
        + _colour_options(frame),
    ))
    nodes.append(graph.add("format", "yuv420p"))
    nodes.append(graph.add("setsar", "1"))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph


def _colour_options(frame: Any) -> str:
    """What `scale` must be told beyond what the frame says of its own colours.

    Brightness beyond white (HLG and PQ, what phones film in) is mapped, not cut off: without it
    such films come out pale. 16 ms for 1080p instead of 5, so only where it is needed.
    """
    if frame.color_trc in _HIGH_RANGE:
        return ":out_primaries=bt709:out_transfer=bt709:intent=perceptual"
    # Players guess BT.709 for large pictures that say nothing; FFmpeg always guesses BT.601.
    if frame.colorspace == _UNSPECIFIED and frame.height >= HD_HEIGHT_PX:
        return ":in_color_matrix=bt709"
    return ""


def _sound_graph(frame: Any) -> Any:
    graph: Any = av.filter.Graph()
    graph.threads = 1
    graph.link_nodes(
        graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format.name, layout=frame.layout.name,
            time_base=_SAMPLES,
        ),
        graph.add("aresample", f"{SAMPLE_RATE}:async=1:first_pts=0"),
        graph.add("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
        graph.add("abuffersink"),
    ).configure()
    return graph


def _pulled(graph: Any) -> Any:
    """The next frame that left the filters, None while they want more or have ended."""
    try:
        return graph.pull()
    except (av.BlockingIOError, av.EOFError):
        return None
