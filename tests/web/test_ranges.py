"""Range headers: a part of the file, all of it, or a refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.web.routes.site import _asked

HEADER = st.text(max_size=40) | st.text("bytes=0123456789-, ", max_size=40) | st.builds(
    "bytes={}-{}".format, st.integers(0, 400) | st.just(""), st.integers(0, 400) | st.just("")
)


@given(HEADER, st.integers(0, 300))
def test_whatever_is_asked_for_stays_within_the_file(header, size):
    start, end, status = _asked(header, size)
    assert status in (200, 206, 416)
    assert 0 <= start <= end <= size
    assert status != 206 or end > start
    assert status != 200 or (start, end) == (0, size)


@pytest.mark.parametrize(("header", "part"), [
    ("bytes=0-0", (0, 1, 206)), ("bytes=90-", (90, 100, 206)), ("bytes=-10", (90, 100, 206)),
    ("bytes=0-999", (0, 100, 206)), ("bytes=-999", (0, 100, 206)), ("bytes=100-", (0, 0, 416)),
    ("bytes=-0", (0, 0, 416)), ("bytes=9-1", (0, 0, 416)), ("bytes=-", (0, 100, 200)),
    ("lines=1-2", (0, 100, 200)), ("", (0, 100, 200)),
])
def test_parts_of_a_hundred_bytes(header, part):
    assert _asked(header, 100) == part
