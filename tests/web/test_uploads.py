"""Files that come with a form, as a browser without scripts sends them, and what their limits say."""

from __future__ import annotations

import re
from contextlib import closing

import httpx2
import pytest
from pysqlite3 import dbapi2

from catflap.ground.errors import TooMany
from catflap.media import errors, limits
from catflap.words.catalogue import words
from catflap.words.sentences import sentence
from tests.conftest import photo_bytes

LIMITS = [
    (errors.MediaTooLarge(size_bytes=20_000_001, limit_bytes=limits.PHOTO_MAX_BYTES), "20", "MB"),
    (errors.MediaTooLarge(size_bytes=100_000_001, limit_bytes=limits.VIDEO_MAX_BYTES), "100", "MB"),
    (errors.TooManyPixels(pixels=50_000_001, limit_pixels=limits.PHOTO_MAX_PIXELS), "50", "pixel|像素"),
    (errors.VideoTooLong(duration_s=301.5, limit_s=limits.VIDEO_MAX_S), "300", "second|秒"),
    (TooMany("photos", count=19, limit=limits.PHOTOS_PER_NOTE), "18", "photo|照片|图"),
]


@pytest.mark.parametrize("locale", ["en", "zh-Hans"])
@pytest.mark.parametrize(("error", "limit", "unit"), LIMITS, ids=lambda one: str(one)[:24])
def test_what_breaks_a_limit_is_refused_with_the_limit_in_the_readers_language(locale, error, limit, unit):
    said = sentence(words(locale), error)
    assert re.search(rf"(?<!\d){limit}(?!\d)", said), said
    assert re.search(unit, said), said
    assert bool(re.search("[一-鿿]", said)) == (locale == "zh-Hans")


@pytest.mark.parametrize(("locale", "count"), [("en", 19), ("zh-Hans", 40)])
def test_too_many_files_are_counted_before_any_is_made(server, locale, count):
    with closing(httpx2.Client(base_url=server.url)) as client:
        client.post("/join", data={"handle": "juniper", "password": "correct horse 9", "locale": locale})
        files = [("files", (f"{number}.jpg", photo_bytes(), "image/jpeg")) for number in range(count)]
        refused = client.post("/new", data={"body": "all of them"}, files=files)
        assert refused.status_code in (400, 413, 422)
        [said] = re.findall(r'role="alert"[^>]*>([^<]*)<', refused.text)
        assert {"18", str(count)} <= set(re.findall(r"\d+", said))
        assert "all of them" in refused.text
    with dbapi2.connect(str(server.folder / "data" / "catflap.db")) as connection:
        assert connection.execute("SELECT count(*) FROM media").fetchall() == [(0,)]
    assert not list((server.folder / "data" / "media").glob("*"))
