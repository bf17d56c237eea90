"""BlurHash: our encoder and our decoder agree with the published algorithm and each other."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.media import blurhash

PUBLISHED = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
"""The example of the algorithm's own description, 4 × 3 components."""


@st.composite
def images(draw):
    width, height = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    size = 3 * width * height
    return draw(st.binary(min_size=size, max_size=size)), width, height


@settings(max_examples=60, deadline=None)
@given(images(), st.integers(1, 9), st.integers(1, 9))
def test_a_hash_has_the_right_length_and_letters_and_can_be_decoded(image, across, down):
    pixels, width, height = image
    text = blurhash.encoded(pixels, width, height, across=across, down=down)
    assert len(text) == 4 + 2 * across * down
    assert set(text) <= set(blurhash.ALPHABET)
    assert len(blurhash.decoded(text, 5, 7)) == 3 * 5 * 7


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_one_colour_comes_back_as_it_was(colour):
    text = blurhash.encoded(bytes(colour) * 64, 8, 8, across=1, down=1)
    assert blurhash.decoded(text, 2, 2) == bytes(colour) * 4


def test_the_sides_of_a_picture_stay_where_they_are():
    row = bytes((250, 20, 20)) * 8 + bytes((20, 20, 250)) * 8
    text = blurhash.encoded(row * 16, 16, 16)
    back = blurhash.decoded(text, 16, 16)
    left, right = back[:3], back[45:48]
    assert left[0] > left[2] + 80
    assert right[2] > right[0] + 80


def test_the_published_example_decodes_to_its_mean_colour():
    back = blurhash.decoded(PUBLISHED, 32, 32)
    mean = [sum(back[channel::3]) / 1024 for channel in range(3)]
    # "HV6n" in base 83 is 0x97_96_95, the mean in sRGB.
    assert all(abs(a - b) < 12 for a, b in zip(mean, (0x97, 0x96, 0x95), strict=True))


def test_decoded_and_encoded_again_is_nearly_the_same_hash():
    back = blurhash.decoded(PUBLISHED, 32, 32)
    again = blurhash.encoded(back, 32, 32)
    first = blurhash.decoded(again, 8, 8)
    second = blurhash.decoded(PUBLISHED, 8, 8)
    assert max(abs(a - b) for a, b in zip(first, second, strict=True)) < 24


@given(st.text(max_size=40))
def test_any_text_is_decoded_or_refused(text):
    with suppress(ValueError):
        assert len(blurhash.decoded(text, 3, 3)) == 27


@pytest.mark.parametrize("text", ["", "L", PUBLISHED[:-1], PUBLISHED + "a", "é" * 28, "~" * 28])
def test_what_is_no_hash_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the text itself is the message
        blurhash.decoded(text, 4, 4)
