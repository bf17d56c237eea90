"""Pictures that move, as apps see them: images, since an app puts a ``gifv`` into a video player.

Source: Mastodon's MediaAttachment (docs.joinmastodon.org): "gifv = looping, soundless animation".
"""

from __future__ import annotations

import io

import pytest
from PIL import Image

from catflap.media.blurhash import ALPHABET
from tests.mastodon.cast import Person, posts


def gif() -> bytes:
    """Three colours, half a second each, wider than high."""
    frames = [Image.new("RGB", (900, 600), colour) for colour in ("red", "green", "blue")]
    held = io.BytesIO()
    frames[0].save(held, "GIF", save_all=True, append_images=frames[1:], duration=500, loop=0)
    return held.getvalue()


@pytest.fixture
def moss(cast):
    return cast("moss")


def uploaded(by: Person, **told: str) -> dict:
    return by.json("POST", "/api/v2/media", files={"file": ("cat.gif", gif(), "image/gif")}, data=told)


def opened(by: Person, url: str) -> tuple[str, Image.Image]:
    answer = by.get(url)
    assert answer.status_code == 200
    return answer.headers["content-type"], Image.open(io.BytesIO(answer.content))


def average(blurhash: str) -> tuple[int, int, int]:
    """The colour that a blurhash is of, all in all."""
    number = 0
    for letter in blurhash[2:6]:
        number = number * 83 + ALPHABET.index(letter)
    return number >> 16, number >> 8 & 255, number & 255


def test_a_gif_is_an_image_that_moves_with_a_still_to_show_before_it(moss):
    told = uploaded(moss, description="a cat, dancing")
    assert told["type"] == "image"
    kind, whole = opened(moss, told["url"])
    assert (kind, whole.format, whole.is_animated, whole.n_frames) == ("image/webp", "WEBP", True, 3)
    assert whole.info["loop"] == 0
    kind, still = opened(moss, told["preview_url"])
    assert (kind, getattr(still, "is_animated", False)) == ("image/webp", False)
    assert (told["remote_url"], told["preview_remote_url"], told["text_url"]) == (None, None, None)
    original, small = told["meta"]["original"], told["meta"]["small"]
    assert (original["width"], original["height"]) == whole.size == (640, 427)
    assert original["size"] == "640x427"
    assert original["aspect"] == pytest.approx(640 / 427)
    assert (small["width"], small["height"]) == still.size
    assert "duration" not in original
    assert average(told["blurhash"]) == pytest.approx((254, 0, 0), abs=2)
    assert told["description"] == "a cat, dancing"


def test_what_moves_keeps_its_description_through_posting_and_editing(moss):
    told = uploaded(moss, description="a cat, dancing")
    note = posts(moss, "look", media_ids=[told["id"]])
    [item] = note["media_attachments"]
    assert item == told
    note = moss.json("PUT", f"/api/v1/statuses/{note['id']}", json={
        "status": "look again", "media_ids": [told["id"]],
        "media_attributes": [{"id": told["id"], "description": "a cat, asleep"}],
    })
    [item] = note["media_attachments"]
    assert item == {**told, "description": "a cat, asleep"}
