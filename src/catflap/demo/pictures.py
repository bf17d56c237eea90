"""The demo's pictures, drawn by code: flat shapes, warm palettes, a little grain.

A scene is a few words (``cat:tabby:loaf:sofa``); the same words and seed give the same picture.
Everything is drawn at twice its size and shrunk, which is the whole of the anti-aliasing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from catflap.ground.errors import CatflapError

SIZES = ((540, 720), (540, 720), (540, 720), (600, 600), (720, 540))
SCALE = 2

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]

PALETTES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((246, 224, 200), (226, 158, 118), (92, 74, 66)), ((219, 232, 222), (126, 164, 146), (58, 78, 72)),
    ((244, 214, 208), (214, 122, 104), (96, 60, 58)), ((214, 226, 238), (112, 146, 184), (48, 64, 92)),
    ((238, 226, 186), (212, 172, 92), (96, 78, 44)), ((228, 220, 236), (158, 136, 184), (74, 62, 96)),
)
COATS: dict[str, tuple[Colour, Colour]] = {
    "tabby": ((168, 138, 108), (112, 86, 64)), "orange": ((232, 150, 76), (198, 112, 46)),
    "black": ((58, 54, 56), (40, 36, 38)), "white": ((250, 246, 240), (226, 216, 206)),
    "calico": ((250, 244, 234), (222, 138, 72)), "tuxedo": ((52, 50, 54), (248, 244, 238)),
    "grey": ((146, 152, 162), (112, 118, 130)), "siamese": ((238, 222, 198), (104, 78, 66)),
    "cow": ((248, 246, 240), (56, 52, 54)), "brown": ((150, 104, 70), (112, 74, 48)),
    "golden": ((230, 184, 110), (196, 146, 76)),
}
SKIES: dict[str, tuple[Colour, Colour]] = {
    "dawn": ((252, 214, 190), (250, 236, 214)), "day": ((176, 214, 236), (232, 242, 240)),
    "dusk": ((240, 150, 112), (252, 214, 168)), "night": ((34, 42, 78), (76, 82, 128)),
    "rain": ((158, 170, 182), (206, 212, 214)), "snow": ((206, 216, 228), (242, 244, 246)),
}
STRUCK = {"¥": ("Y", (0.6, 0.78), 0.9), "£": ("L", (0.62,), 0.75), "€": ("C", (0.42, 0.6), 0.6)}
"""Signs that Pillow's own font lacks: a letter, bars across it at parts of its height, and to which
part of its width they go."""
SIGNS = {"USD": "$", "CNY": "¥", "GBP": "£", "CAD": "C$", "EUR": "€", "AUD": "A$"}


class UnknownScene(CatflapError):
    """A scene with a word that no picture knows."""

    def __init__(self, scene: str) -> None:
        super().__init__(scene)
        self.scene = scene


class Brush:
    """A canvas with a palette; places are in parts of its size, 0 to 1."""

    def __init__(self, size_px: tuple[int, int], rng: random.Random) -> None:
        self.rng = rng
        self.light, self.main, self.dark = rng.choice(PALETTES)
        self.size = (size_px[0] * SCALE, size_px[1] * SCALE)
        self.image = Image.new("RGB", self.size, self.light)
        self.pen = ImageDraw.Draw(self.image)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place in pixels; x and y are both in parts of the width, y from the middle."""
        w, h = self.size
        return (x * w, h / 2 + y * w)

    def disc(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        """An ellipse around a place."""
        (cx, cy), w = self.at(x, y), self.size[0]
        self.pen.ellipse((cx - rx * w, cy - ry * w, cx + rx * w, cy + ry * w), fill=fill)

    def shape(self, places: Sequence[tuple[float, float]], fill: Colour) -> None:
        """A polygon."""
        self.pen.polygon([self.at(x, y) for x, y in places], fill=fill)

    def line(self, places: Sequence[tuple[float, float]], fill: Colour, width: float) -> None:
        """A line with round joints."""
        spots = [self.at(x, y) for x, y in places]
        self.pen.line(spots, fill=fill, width=max(1, round(width * self.size[0])), joint="curve")

    def block(self, box: Box, fill: Colour, radius: float = 0.02) -> None:
        """A rounded rectangle from left, top to right, bottom."""
        left, top = self.at(box[0], box[1])
        right, bottom = self.at(box[2], box[3])
        self.pen.rounded_rectangle((left, top, right, bottom), radius * self.size[0], fill=fill)

    def gradient(self, top: Colour, bottom: Colour) -> None:
        """Fill everything from one colour to another."""
        w, h = self.size
        shade = Image.linear_gradient("L").crop((0, 0, 1, 256))
        column = Image.composite(
            Image.new("RGB", shade.size, bottom), Image.new("RGB", shade.size, top), shade
        )
        self.image.paste(column.resize((1, h)).resize((w, h), Image.Resampling.NEAREST))

    def finished(self) -> Image.Image:
        """The picture at its size, with a little grain."""
        small = self.image.reduce(SCALE)
        # Not Pillow's own noise, which is another one each time.
        noise = Image.frombytes("L", small.size, self.rng.randbytes(small.width * small.height))
        grain = noise.convert("RGB").filter(ImageFilter.BoxBlur(1))
        return Image.blend(small, grain, 0.025)


def mixed(a: Colour, b: Colour, part: float) -> Colour:
    """One colour on its way to another: 0 is the first, 1 the second."""
    return (
        round(a[0] + (b[0] - a[0]) * part), round(a[1] + (b[1] - a[1]) * part),
        round(a[2] + (b[2] - a[2]) * part),
    )


def _room(b: Brush, place: str) -> None:
    wall, floor = mixed(b.light, (255, 255, 255), 0.25), mixed(b.main, b.light, 0.45)
    if place in ("night", "street", "garden", "beach", "snow"):
        top, low = SKIES["night" if place in ("night", "street") else "day"]
        b.gradient(top, low)
        ground = {"garden": (150, 178, 120), "beach": (238, 216, 170), "snow": (244, 246, 250)}
        b.block((-0.1, 0.28, 1.1, 1.2), ground.get(place, (96, 92, 104)), 0)
        if place == "garden":
            for _ in range(16):
                x, y = b.rng.random(), b.rng.uniform(0.32, 0.6)
                b.disc(x, y, 0.014, 0.014, b.rng.choice([(250, 220, 120), (240, 150, 140), (255, 255, 255)]))
        return
    b.gradient(wall, b.light)
    b.block((-0.1, 0.26, 1.1, 1.2), floor, 0)
    if place in ("window", "desk", "kitchen"):
        b.block((0.14, -0.58, 0.86, 0.02), (255, 253, 247), 0.02)
        b.block((0.17, -0.55, 0.49, -0.01), SKIES["day"][0], 0.01)
        b.block((0.51, -0.55, 0.83, -0.01), SKIES["day"][1], 0.01)
    if place in ("sofa", "bed"):
        b.block((0.04, -0.12, 0.96, 0.5), mixed(b.main, b.dark, 0.12), 0.08)
        b.block((0.02, 0.16, 0.98, 0.62), b.main, 0.08)
    if place == "rug":
        b.disc(0.5, 0.42, 0.46, 0.16, mixed(b.main, (255, 255, 255), 0.3))
    if place == "box":
        b.block((0.16, 0.1, 0.84, 0.5), (202, 164, 118), 0.01)
    if place in ("desk", "kitchen"):
        b.block((-0.1, 0.3, 1.1, 0.42), mixed(b.dark, b.main, 0.5), 0)
        b.block((0.08, 0.16, 0.18, 0.31), b.main, 0.02)


def _ears(b: Brush, x: float, y: float, r: float, coat: Colour, inner: Colour) -> None:
    for side in (-1, 1):
        b.shape([(x + side * r * 0.98, y - r * 0.15), (x + side * r * 0.82, y - r * 1.32), (x + side * r * 0.18, y - r * 0.8)], coat)
        b.shape([(x + side * r * 0.86, y - r * 0.4), (x + side * r * 0.76, y - r * 1.08), (x + side * r * 0.38, y - r * 0.76)], inner)


def _face(b: Brush, x: float, y: float, r: float, coat: str, *, asleep: bool) -> None:
    main, mark = COATS[coat]
    _ears(b, x, y, r, mark if coat == "siamese" else main, (240, 178, 168))
    b.disc(x, y, r, r * 0.86, main)
    if coat in ("tabby", "orange"):
        for k in (-0.28, 0.0, 0.28):
            b.line([(x + r * k, y - r * 0.82), (x + r * k * 0.7, y - r * 0.5)], mark, r * 0.09)
        for side in (-1, 1):
            b.line([(x + side * r * 0.95, y + r * 0.05), (x + side * r * 0.66, y + r * 0.1)], mark, r * 0.07)
    if coat in ("calico", "cow"):
        b.disc(x - r * 0.5, y - r * 0.42, r * 0.42, r * 0.36, mark)
        if coat == "calico":
            b.disc(x + r * 0.56, y - r * 0.34, r * 0.36, r * 0.34, (76, 64, 60))
    if coat == "siamese":
        b.disc(x, y + r * 0.22, r * 0.46, r * 0.44, mark)
    muzzle = (255, 252, 246) if coat != "siamese" else mixed(mark, (255, 255, 255), 0.12)
    b.disc(x, y + r * 0.36, r * 0.36, r * 0.26, muzzle)
    dark: Colour = (44, 36, 34)
    for side in (-1, 1):
        ex, ey = x + side * r * 0.42, y - r * 0.02
        if asleep:
            b.line([(ex - r * 0.16, ey), (ex, ey + r * 0.09), (ex + r * 0.16, ey)], mixed(dark, main, 0.2), r * 0.05)
        else:
            b.disc(ex, ey, r * 0.2, r * 0.21, (222, 196, 92) if coat != "siamese" else (126, 178, 214))
            b.disc(ex, ey, r * 0.1, r * 0.18, dark)
            b.disc(ex + r * 0.06, ey - r * 0.08, r * 0.05, r * 0.05, (255, 255, 255))
        for k in (-0.06, 0.06, 0.18):
            b.line([(x + side * r * 0.3, y + r * (0.3 + k)), (x + side * r * 1.12, y + r * (0.22 + 2 * k))], mixed(main, (255, 255, 255), 0.55) if coat in ("black", "tuxedo") else (120, 108, 100), r * 0.018)
    b.shape([(x - r * 0.09, y + r * 0.24), (x + r * 0.09, y + r * 0.24), (x, y + r * 0.34)], (222, 132, 128))
    mouth = ((-0.17, 0.4), (-0.09, 0.46), (0.0, 0.38), (0.09, 0.46), (0.17, 0.4))
    b.line([(x + r * dx, y + r * dy) for dx, dy in mouth], dark, r * 0.035)


def _cat(b: Brush, words: Sequence[str]) -> None:
    coat, pose = words[0], words[1] if len(words) > 1 else "sit"
    main, mark = COATS[coat]
    _room(b, words[2] if len(words) > 2 else "rug")
    shade = mixed(b.dark, b.main, 0.4)
    tail = mark if coat in ("siamese", "calico", "cow") else main
    x = 0.5 + b.rng.uniform(-0.05, 0.05)
    if pose == "stare":
        return _face(b, x, 0.14, 0.4, coat, asleep=False)
    if pose == "peek":
        _face(b, x, 0.12, 0.24, coat, asleep=False)
        b.block((-0.1, 0.24, 1.1, 1.2), mixed(b.main, b.dark, 0.25), 0)
        for side in (-1, 1):
            b.disc(x + side * 0.17, 0.25, 0.07, 0.045, (255, 250, 244) if coat != "black" else main)
        return None
    if pose == "sleep":
        b.disc(x, 0.4, 0.36, 0.05, shade)
        b.disc(x, 0.24, 0.34, 0.18, main)
        if coat in ("calico", "cow", "tabby"):
            b.disc(x + 0.12, 0.16, 0.13, 0.08, mark)
        b.line([(x + 0.3, 0.24), (x + 0.28, 0.38), (x, 0.41), (x - 0.16, 0.38)], tail, 0.07)
        return _face(b, x - 0.16, 0.26, 0.15, coat, asleep=True)
    wide, tall, top = {"loaf": (0.3, 0.17, 0.28), "stretch": (0.36, 0.13, 0.28)}.get(pose, (0.21, 0.3, 0.2))
    b.disc(x, 0.47, wide * 1.15, 0.045, shade)
    b.line([(x + wide * 0.8, 0.4), (x + wide * 1.3, 0.34), (x + wide * 1.35, 0.16)], tail, 0.06)
    b.disc(x, top, wide, tall, main)
    if coat in ("tabby", "orange"):
        for k in (-0.5, 0.0, 0.5):
            b.line([(x + wide * (0.55 + k * 0.3), top - tall * 0.5 + k * 0.06), (x + wide * 0.95, top - tall * 0.3 + k * 0.1)], mark, 0.02)
    if coat in ("calico", "cow"):
        b.disc(x + wide * 0.45, top - tall * 0.1, wide * 0.4, tall * 0.4, mark)
    if coat == "tuxedo":
        b.disc(x, top + tall * 0.1, wide * 0.45, tall * 0.6, mark)
    for side in (-1, 1):
        b.disc(x + side * wide * 0.38, 0.45, 0.06, 0.04, mark if coat in ("tuxedo", "siamese") else mixed(main, (255, 255, 255), 0.25))
    return _face(b, x - (0.12 if pose == "stretch" else 0), top - tall * 0.78, 0.18, coat, asleep=False)


def _dog(b: Brush, words: Sequence[str]) -> None:
    main, mark = COATS[words[0]]
    _room(b, words[1] if len(words) > 1 else "rug")
    b.disc(0.5, 0.5, 0.28, 0.045, mixed(b.dark, b.main, 0.4))
    b.line([(0.68, 0.36), (0.8, 0.2)], main, 0.06)
    b.disc(0.5, 0.28, 0.22, 0.24, main)
    for side in (-1, 1):
        b.disc(0.5 + side * 0.1, 0.48, 0.07, 0.04, mixed(main, (255, 255, 255), 0.2))
    b.disc(0.5, -0.02, 0.2, 0.19, main)
    for side in (-1, 1):
        b.disc(0.5 + side * 0.2, 0.02, 0.07, 0.15, mark)
        b.disc(0.5 + side * 0.08, -0.04, 0.028, 0.03, (44, 36, 34))
    b.disc(0.5, 0.08, 0.1, 0.08, (255, 250, 242))
    b.disc(0.5, 0.04, 0.04, 0.03, (44, 36, 34))
    b.disc(0.5, 0.15, 0.035, 0.05, (232, 122, 120))


def _dish(b: Brush, words: Sequence[str]) -> None:
    kind = words[0]
    b.gradient(mixed(b.main, (255, 255, 255), 0.35), b.main)
    for k in range(7):
        b.line([(-0.1, -0.9 + k * 0.3), (1.1, -0.75 + k * 0.3)], mixed(b.main, b.dark, 0.1), 0.006)
    b.disc(0.52, 0.05, 0.41, 0.41, mixed(b.main, b.dark, 0.35))
    b.disc(0.5, 0.02, 0.41, 0.41, (253, 250, 244))
    b.disc(0.5, 0.02, 0.35, 0.35, mixed(b.light, (255, 255, 255), 0.3))
    food: dict[str, Colour] = {
        "egg": (250, 216, 120), "egg-holes": (244, 206, 112), "noodles": (236, 202, 132),
        "soup": (222, 142, 76), "hotpot": (196, 62, 44), "porridge": (246, 238, 222),
        "rice-bowl": (252, 250, 244), "tomato-egg": (226, 84, 56), "tofu": (250, 244, 230),
        "tea": (188, 140, 70), "coffee": (110, 72, 50), "salad": (140, 178, 96),
    }
    base = food.get(kind, (236, 206, 158))
    b.disc(0.5, 0.02, 0.31, 0.31, base)
    extra: list[Colour] = [mixed(base, (255, 255, 255), 0.4), mixed(base, (90, 50, 30), 0.3), (122, 160, 88), (222, 96, 66)]
    if kind == "noodles":
        for k in range(26):
            a, r = b.rng.uniform(0, 6.3), b.rng.uniform(0.04, 0.27)
            places = [(0.5 + r * math.cos(a + t * 0.3), 0.02 + r * math.sin(a + t * 0.3)) for t in range(7)]
            b.line(places, mixed(base, (255, 246, 220) if k % 2 else (190, 146, 80), 0.5), 0.014)
    count = {"egg": 5, "tea": 0, "coffee": 0, "porridge": 6, "egg-holes": 34, "tofu": 8}.get(kind, 16)
    for _ in range(count):
        a, r = b.rng.uniform(0, 6.3), b.rng.uniform(0.02, 0.25)
        x, y = 0.5 + r * math.cos(a), 0.02 + r * math.sin(a)
        if kind == "egg-holes":
            b.disc(x, y, 0.016, 0.013, mixed(base, (120, 80, 30), 0.35))
        elif kind in ("dumplings", "bao", "mooncake", "taco", "burger", "skewers", "pancake"):
            b.disc(x, y, 0.075, 0.055, mixed(base, (120, 80, 40), 0.25))
            b.disc(x - 0.006, y - 0.01, 0.066, 0.046, mixed(base, (255, 255, 255), b.rng.uniform(0.2, 0.6)))
        else:
            size = b.rng.uniform(0.012, 0.04)
            b.disc(x, y, size, size * 0.8, b.rng.choice(extra))
    b.disc(0.4, -0.1, 0.07, 0.035, mixed(base, (255, 255, 255), 0.35))
    for gap in (0.0, 0.05):
        b.line([(0.9 + gap * 0.6, -0.5), (0.82 + gap, 0.5)], mixed(b.dark, (120, 70, 40), 0.5), 0.016)


def _landscape(b: Brush, words: Sequence[str]) -> None:
    kind, time = words[0], words[1] if len(words) > 1 else "day"
    top, low = SKIES[time]
    b.gradient(top, low)
    sun: Colour = (255, 244, 214) if time != "night" else (244, 240, 222)
    b.disc(b.rng.uniform(0.2, 0.8), b.rng.uniform(-0.45, -0.2), 0.08, 0.08, sun)
    hue: dict[str, Colour] = {
        "sea": (74, 130, 164), "lake": (98, 148, 168), "desert": (222, 168, 104), "snow": (236, 240, 246),
        "fields": (178, 186, 96), "forest": (76, 116, 88), "city": (96, 100, 124), "terraces": (134, 168, 98),
    }
    base = hue.get(kind, (110, 140, 128))
    for layer in range(5):
        colour = mixed(base, low if layer < 4 else (40, 50, 50), 0.72 - layer * 0.17 if layer < 4 else 0.3)
        if time == "night":
            colour = mixed(colour, (22, 26, 52), 0.5)
        y = -0.16 + layer * 0.14
        if kind in ("city", "harbour", "village", "bridge") and layer in (1, 2, 3):
            for k in range(12):
                tall = b.rng.uniform(0.04, 0.26)
                b.block((k / 12, y - tall + 0.1, k / 12 + 0.075, 1.2), colour, 0.004)
                if time in ("night", "dusk"):
                    for _ in range(4):
                        b.disc(k / 12 + b.rng.uniform(0.015, 0.06), y - b.rng.uniform(0, tall) + 0.12, 0.005, 0.006, (252, 220, 140))
            continue
        rough = {"sea": 0.008, "lake": 0.01, "fields": 0.03, "mountains": 0.12}.get(kind, 0.06)
        phase, places = b.rng.uniform(0, 6), []
        for step in range(25):
            t = step / 24
            wave = math.sin(t * 6 + phase) * rough + math.sin(t * 15 + phase * 2) * rough * 0.45
            places.append((t * 1.2 - 0.1, y + wave))
        b.shape([(-0.1, 1.2), *places, (1.1, 1.2)], colour)
    if time in ("rain", "snow"):
        for _ in range(140):
            x, y = b.rng.random(), b.rng.uniform(-0.7, 0.7)
            if time == "rain":
                b.line([(x, y), (x - 0.012, y + 0.05)], (226, 232, 238), 0.003)
            else:
                b.disc(x, y, 0.006, 0.006, (255, 255, 255))
    if kind in ("sea", "lake", "harbour", "river-town"):
        b.shape([(0.4, 0.34), (0.62, 0.34), (0.58, 0.39), (0.44, 0.39)], (92, 60, 48))
        b.shape([(0.5, 0.12), (0.5, 0.33), (0.61, 0.33)], (250, 244, 232))


def _thing(b: Brush, words: Sequence[str]) -> None:
    """Desks, streets, stages, fishing and plants: one object on a table before a quiet wall."""
    kind = words[0]
    _room(b, "night" if "night" in words else "window")
    b.block((-0.1, 0.34, 1.1, 1.2), mixed(b.main, b.dark, 0.3), 0)
    green: Colour = (104, 142, 98)
    if kind in ("monstera", "tomato", "orchid", "bonsai", "sunflower", "cactus"):
        b.block((0.38, 0.2, 0.62, 0.42), (196, 112, 80), 0.03)
        for k in range(11):
            a = -math.pi / 2 + (k - 5) * 0.26
            x, y = 0.5 + 0.3 * math.cos(a), 0.2 + 0.36 * math.sin(a)
            b.line([(0.5, 0.22), (x, y)], (84, 118, 80), 0.012)
            b.disc(x, y, 0.075, 0.055, mixed(green, (220, 230, 170), b.rng.uniform(0, 0.4)))
            if kind in ("tomato", "sunflower", "orchid") and k % 2:
                bloom: dict[str, Colour] = {"tomato": (214, 74, 54), "sunflower": (244, 196, 74)}
                b.disc(x, y + 0.03, 0.045, 0.045, bloom.get(kind, (222, 150, 196)))
    elif kind in ("rod", "catch", "boat", "bucket", "fish"):
        _landscape(b, ["lake", "dawn"])
        b.line([(0.12, 0.5), (0.72, -0.34)], (96, 68, 50), 0.012)
        b.line([(0.72, -0.34), (0.74, 0.2)], (250, 250, 250), 0.003)
        body = b.rng.choice([(112, 146, 168), (222, 132, 84), (128, 156, 112)])
        b.disc(0.72, 0.26, 0.13, 0.06, body)
        b.shape([(0.83, 0.26), (0.92, 0.2), (0.92, 0.32)], body)
        b.disc(0.64, 0.245, 0.012, 0.012, (30, 30, 30))
    elif kind in ("mic", "guitar", "piano", "karaoke", "choir", "record"):
        b.disc(0.5, 0.14, 0.2, 0.2, (180, 116, 72))
        b.disc(0.5, -0.08, 0.14, 0.14, (180, 116, 72))
        b.disc(0.5, 0.06, 0.06, 0.06, (70, 46, 38))
        b.block((0.475, -0.6, 0.525, 0.06), (96, 64, 46), 0.01)
        for string in (-0.012, 0.0, 0.012):
            b.line([(0.5 + string, -0.58), (0.5 + string, 0.22)], (244, 236, 220), 0.002)
    else:
        b.block((0.16, 0.02, 0.84, 0.44), (255, 253, 247), 0.02)
        b.line([(0.5, 0.02), (0.5, 0.44)], (222, 212, 198), 0.006)
        for side in (0.2, 0.54):
            for k in range(8):
                end = side + b.rng.uniform(0.14, 0.26)
                b.line([(side, 0.07 + k * 0.045), (end, 0.07 + k * 0.045)], mixed(b.dark, (255, 255, 255), 0.35), 0.006)
        b.line([(0.7, 0.5), (0.9, 0.2)], (214, 122, 84), 0.024)
        b.block((0.04, 0.16, 0.14, 0.32), b.main, 0.02)


def _receipt(b: Brush, words: Sequence[str], lines: Sequence[tuple[str, str]]) -> None:
    b.gradient(b.main, mixed(b.main, b.dark, 0.3))
    paper, sign, ink = (254, 252, 246), SIGNS[words[0]], (66, 58, 52)
    # As long as its lines want, and never longer than the picture.
    room = 0.94 * b.size[1] / b.size[0]
    step = min(0.1, (room - 0.34) / (len(lines) + 1))
    half = (step * (len(lines) + 1) + 0.34) / 2
    top = -half
    b.block((0.175, top + 0.025, 0.855, half + 0.025), mixed(b.dark, b.main, 0.3), 0.008)
    b.block((0.15, top, 0.83, half), paper, 0.008)
    for k in range(17):
        x = 0.15 + 0.04 * k
        b.shape([(x, half), (x + 0.02, half + 0.022), (x + 0.04, half)], paper)
    b.disc(0.49, top + 0.075, 0.035, 0.03, b.main)
    for side in (-1, 1):
        x, y = 0.49 + side * 0.022, top + 0.06
        b.shape([(x - 0.014, y), (x + 0.014, y), (x + side * 0.008, y - 0.04)], b.main)
    x = 0.2
    while x < 0.77:
        wide = b.rng.choice((0.004, 0.007, 0.012))
        b.block((x, half - 0.085, x + wide, half - 0.03), ink, 0)
        x += wide + b.rng.choice((0.006, 0.01))
    total = 0.0
    for k, (icon, amount) in enumerate(lines):
        y = top + 0.14 + k * step
        tone = PALETTES[sum(map(ord, icon)) % len(PALETTES)][1]
        b.disc(0.22, y + 0.02, 0.026, 0.026, tone)
        b.line([(0.28, y + 0.035), (0.54, y + 0.035)], (222, 214, 202), 0.004)
        _amount(b, y, sign, amount, ink=ink)
        total += float(amount.replace(",", ""))
    y = top + 0.16 + len(lines) * step
    b.line([(0.2, y - 0.02), (0.79, y - 0.02)], ink, 0.005)
    _amount(b, y, sign, f"{total:,.2f}", ink=(176, 58, 30))


def _amount(b: Brush, y: float, sign: str, number: str, *, ink: Colour) -> None:
    font = ImageFont.load_default(size=b.size[0] * 0.045)
    letter, bars, reach = STRUCK.get(sign, (sign, (), 0))
    right = b.at(0.8, y)
    b.pen.text(right, letter + number, fill=ink, font=font, anchor="ra")
    left, above, _, below = b.pen.textbbox(right, letter + number, font=font, anchor="ra")
    wide, high, thick = font.getlength(letter), below - above, max(1, b.size[0] // 320)
    for part in bars:
        at = above + part * high
        b.pen.line([(left - 0.1 * wide, at), (left + reach * wide, at)], fill=ink, width=thick)
    if sign == "£":
        hook = (left, above, left + wide, above + 0.6 * high)
        b.pen.arc(hook, 180, 340, fill=ink, width=thick)


FAMILIES: dict[str, Callable[[Brush, Sequence[str]], None]] = {
    "cat": _cat, "dog": _dog, "dish": _dish, "landscape": _landscape, "desk": _thing,
    "street": lambda b, words: _landscape(b, ["city", words[1] if len(words) > 1 and words[1] in SKIES else "dusk"]),
    "fishing": _thing, "stage": _thing, "plant": _thing, "fish": lambda b, _: _thing(b, ["fish"]),
}


def draw(
    scene: str,
    *,
    seed: int,
    lines: Sequence[tuple[str, str]] = (),
    size_px: tuple[int, int] | None = None,
) -> Image.Image:
    """One picture, the same for the same scene, seed and lines.

    Raises:
        UnknownScene: the scene has a word that no picture knows.
    """
    family, *words = scene.split(":")
    rng = random.Random(f"{scene}/{seed}")  # noqa: S311 - the same picture each time
    brush = Brush(size_px or rng.choice(SIZES), rng)
    try:
        if family == "receipt":
            _receipt(brush, words, lines)
        else:
            FAMILIES[family](brush, words)
    except (KeyError, IndexError, ValueError) as error:
        raise UnknownScene(scene) from error
    return brush.finished()


def avatar(scene: str, *, seed: int) -> Image.Image:
    """A square picture for a person: a cat's is its face."""
    family, *words = scene.split(":")
    if family == "cat":
        rng = random.Random(f"{scene}/{seed}")  # noqa: S311 - the same picture each time
        brush = Brush((300, 300), rng)
        brush.gradient(brush.light, brush.main)
        _face(brush, 0.5, 0.12, 0.36, words[0], asleep=False)
        return brush.finished()
    return draw(scene, seed=seed, size_px=(300, 300))
