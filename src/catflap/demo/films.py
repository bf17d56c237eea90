"""The demo's films: a few seconds each, drawn picture by picture, the same each time.

What is drawn goes through the media's own workshop, as a person's upload does.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import av
from PIL import Image

from catflap.demo.pictures import COATS, Brush, UnknownScene

SIZE_PX = (540, 720)
FPS = 12
SECONDS = 7
PICTURES = FPS * SECONDS

INK = (44, 36, 34)


def _window(at: float) -> Image.Image:
    """A black cat at a window in the rain; ``at`` goes from 0 to 1 and meets itself."""
    turn = at * 2 * math.pi
    brush = Brush(SIZE_PX, random.Random("window"))  # noqa: S311 - the same each time
    brush.gradient((96, 112, 132), (176, 184, 186))
    rng = random.Random("rain")  # noqa: S311
    for _ in range(70):
        x, start, speed = rng.random(), rng.random(), rng.choice((2, 3))
        y = ((start + at * speed) % 1.0) * 1.6 - 0.8
        brush.line([(x, y), (x - 0.012, y + 0.06)], (214, 222, 228), 0.003)
    for k in range(6):
        x, tall = k / 6 + 0.03, rng.uniform(0.1, 0.3)
        brush.block((x, 0.2 - tall, x + 0.12, 0.5), (108, 120, 136), 0.006)
        if k % 2:
            y = 0.18 - tall / 2
            brush.block((x + 0.04, y - 0.02, x + 0.07, y + 0.02), (244, 214, 140), 0.002)
    for edge in ((-0.1, -0.8, 0.05, 0.8), (0.95, -0.8, 1.1, 0.8), (0.485, -0.8, 0.515, 0.36)):
        brush.block(edge, (236, 224, 204), 0)
    brush.block((-0.1, 0.36, 1.1, 0.8), (206, 178, 146), 0)
    brush.block((-0.1, 0.36, 1.1, 0.39), (232, 208, 178), 0)
    _cat_from_behind(brush, turn)
    return brush.finished()


def _cat_from_behind(brush: Brush, turn: float) -> None:
    main, dark = COATS["black"]
    brush.disc(0.5, 0.385, 0.25, 0.03, (170, 142, 114))
    sway = math.sin(turn * 2) * 0.07
    tail = [(0.66, 0.34), (0.78, 0.36), (0.86 + sway * 0.4, 0.27), (0.85 + sway, 0.14)]
    brush.line(_curve(tail), main, 0.045)
    brush.disc(0.5, 0.18, 0.2, 0.22, main)
    look = math.sin(turn) * 0.035
    x, y = 0.5 + look, -0.1
    for side in (-1, 1):
        twitch = 0.012 if side * math.sin(turn * 3) > 0.9 else 0.0
        brush.shape(
            [(x + side * 0.13, y), (x + side * 0.12 + twitch, y - 0.2), (x + side * 0.02, y - 0.1)],
            main,
        )
    brush.disc(x, y, 0.145, 0.13, main)
    brush.line([(0.42, 0.3), (0.46, 0.36)], dark, 0.01)
    brush.line([(0.58, 0.3), (0.54, 0.36)], dark, 0.01)


def _curve(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A smooth line by four control points (cubic Bézier)."""
    made = []
    for step in range(25):
        t, s = step / 24, 1 - step / 24
        weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
        made.append(
            (
                sum(w * p[0] for w, p in zip(weights, points, strict=True)),
                sum(w * p[1] for w, p in zip(weights, points, strict=True)),
            )
        )
    return made


def _train(at: float) -> Image.Image:
    """Hills at night from a train; each layer goes round a whole number of times."""
    brush = Brush(SIZE_PX, random.Random("train"))  # noqa: S311
    brush.gradient((28, 36, 72), (92, 92, 140))
    brush.disc(0.72, -0.4, 0.07, 0.07, (246, 240, 216))
    stars = random.Random("stars")  # noqa: S311
    for _ in range(40):
        brush.disc(stars.random(), stars.uniform(-0.66, -0.1), 0.003, 0.003, (230, 230, 240))
    for layer, colour in enumerate(((70, 76, 124), (48, 56, 98), (30, 38, 72), (18, 24, 48))):
        speed, height = layer + 1, 0.02 + layer * 0.13
        waves = layer + 2
        places = [(-0.1, 1.0)]
        for step in range(41):
            x = step / 40 * 1.2 - 0.1
            phase = 2 * math.pi * (x * waves / 2 + at * speed) + layer
            places.append((x, height + 0.05 * math.sin(phase) + 0.02 * math.sin(2 * phase + 1)))
        brush.shape([*places, (1.1, 1.0)], colour)
    lamps = random.Random("lamps")  # noqa: S311
    for _ in range(9):
        x = (lamps.random() - at * 2) % 1.0 * 1.2 - 0.1
        brush.disc(x, lamps.uniform(0.2, 0.34), 0.006, 0.006, (252, 214, 128))
    x = (0.4 - at * 5) % 1.0 * 1.6 - 0.3
    brush.block((x, -0.5, x + 0.02, 0.8), (12, 16, 34), 0)
    sag = 0.02 * math.sin(at * 2 * math.pi)
    brush.line([(-0.1, -0.42), (1.1, -0.4 + sag)], (12, 16, 34), 0.004)
    for edge in ((-0.1, -0.8, 1.1, -0.6), (-0.1, 0.56, 1.1, 0.8), (-0.1, -0.8, 0.06, 0.8),
                 (0.94, -0.8, 1.1, 0.8)):
        brush.block(edge, (120, 78, 62), 0.03)
    handle = _curve([(0.3, 0.5), (0.37, 0.48), (0.37, 0.57), (0.29, 0.565)])
    brush.line(handle, (236, 228, 214), 0.016)
    brush.block((0.12, 0.47, 0.3, 0.62), (244, 238, 226), 0.03)
    for k in (0.17, 0.25):
        drift = 0.012 * math.sin(at * 4 * math.pi + k * 20)
        steam = [(k, 0.45), (k + drift, 0.41), (k - drift, 0.38), (k + drift, 0.34)]
        brush.line(_curve(steam), (196, 190, 206), 0.008)
    return brush.finished()


FILMS: dict[str, Callable[[float], Image.Image]] = {"window": _window, "train": _train}


def pictures(scene: str) -> Iterator[Image.Image]:
    """A film's pictures in order.

    Raises:
        UnknownScene: there is no such film.
    """
    if scene not in FILMS:
        raise UnknownScene(scene)
    for place in range(PICTURES):
        yield FILMS[scene](place / PICTURES)


def shoot(scene: str, target: Path) -> None:
    """Write a film as an MP4 without sound. Raises like `pictures`."""
    with av.open(str(target), "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=FPS, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt = "yuv420p"
        for picture in pictures(scene):
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
