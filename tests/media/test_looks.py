"""How pictures look: the same one found again however it was saved, and no other."""

from __future__ import annotations

import base64
import io
import itertools
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from catflap.demo import pictures
from catflap.media import looks, photos

SCENES = (
    "cat:orange:window", "cat:black:sofa", "dog:golden:beach", "dish:noodles",
    "landscape:mountain:dawn", "street:night", "desk:letter",
    "fishing:catch", "plant:sunflower", "stage:guitar",
)


@cache
def drawn(scene: str) -> Image.Image:
    return pictures.draw(scene, seed=1, size_px=(360, 480)).convert("RGB")


def seen(image: Image.Image) -> str:
    return photos._looks(image)


@settings(max_examples=60, deadline=None)
@given(
    scene=st.sampled_from(SCENES), quality=st.integers(30, 95), scale=st.floats(0.3, 1.5),
    cut=st.floats(0, 0.01),
)
def test_a_picture_is_itself_saved_smaller_worse_and_cut_a_little(scene, quality, scale, cut):
    image = drawn(scene)
    wide, high = image.size
    box = (int(wide * cut), int(high * cut), int(wide * (1 - cut)), int(high * (1 - cut)))
    held = io.BytesIO()
    image.crop(box).resize((int(wide * scale), int(high * scale))).save(held, "JPEG", quality=quality)
    other = seen(Image.open(held).convert("RGB"))
    assert looks.are_alike(seen(image), other)
    assert set(looks.near(seen(image))) & set(looks.parts(other))


def test_other_pictures_are_others():
    found = {scene: seen(drawn(scene)) for scene in SCENES}
    assert all(found.values())
    alike = [pair for pair in itertools.combinations(SCENES, 2)
             if looks.are_alike(found[pair[0]], found[pair[1]])]
    assert alike == []


def _sky() -> Image.Image:
    return Image.linear_gradient("L").resize((300, 200)).convert("RGB")


def _across() -> Image.Image:
    return Image.linear_gradient("L").rotate(90).resize((300, 200)).convert("RGB")


def _noise() -> Image.Image:
    return Image.effect_noise((300, 200), 6).convert("RGB").filter(ImageFilter.BoxBlur(1))


def _words() -> Image.Image:
    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).text((20, 90), "Hello, I am new here", fill="black")
    return image


@pytest.mark.parametrize("plain", [
    lambda: Image.new("RGB", (300, 200), "white"), lambda: Image.new("RGB", (1, 1)), _sky, _across,
    _noise, _words,
])
def test_what_has_too_little_to_go_by_is_like_nothing(plain):
    assert seen(plain()) == ""
    assert looks.parts("") == looks.near("") == []
    assert not looks.are_alike("", "")


@given(bits=st.integers(0, 2**64 - 1), turned=st.sets(st.integers(0, 63), max_size=looks.BITS_APART))
def test_whatever_differs_in_few_bits_is_found_by_its_parts(bits, turned):
    def of(value: int) -> str:
        return base64.b64encode(value.to_bytes(8) + bytes(48)).decode()

    other = bits
    for bit in turned:
        other ^= 1 << bit
    assert looks.are_alike(of(bits), of(other))
    assert set(looks.near(of(bits))) & set(looks.parts(of(other)))
