"""Cursors: whatever a person makes of one, it is a position or it is refused."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.ground.paging import CursorInvalid, cursor, position

HELD = st.integers(1 - 2**63, 2**63 - 1) | st.floats(
    min_value=-(2.0**62), max_value=2.0**62, allow_nan=False
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@given(st.lists(HELD, min_size=1, max_size=4))
def test_a_cursor_gives_back_the_position_it_was_made_of(values):
    assert position(cursor(*values), size=len(values)) == tuple(values)


@given(
    st.text(st.characters())
    | st.binary().map(encoded)
    | JSON.map(msgspec.json.encode).map(encoded),
    st.integers(1, 3),
)
def test_whatever_is_sent_is_a_position_a_database_can_hold_or_refused(text, size):
    try:
        found = position(text, size=size)
    except CursorInvalid:
        return
    assert found is None or len(found) == size
    assert all(-(2**63) < int(value) < 2**63 for value in found or ())


@pytest.mark.parametrize("raw", [b"[9223372036854775808]", b"[-9223372036854775808]", b"[1e400]",
                                 b"[NaN]", b"[null]", b"[[1]]", b"[true]", b"[" * 50_000])
def test_a_number_that_no_database_holds_is_refused(raw):
    with pytest.raises(CursorInvalid):
        position(encoded(raw), size=1)
