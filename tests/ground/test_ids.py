"""Ids: decimal strings outside, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.ground import ids


@given(st.integers(1, 2**63 - 1))
def test_an_id_comes_back_from_its_text(id_):
    assert ids.from_text(str(id_)) == id_


@given(st.text(st.characters()) | st.text("0123456789+-_ .eE١²\x00", max_size=25))
def test_a_text_is_an_id_that_a_database_holds_or_none(text):
    found = ids.from_text(text)
    assert found is None or (0 < found < 2**63 and text.isascii() and text.isdigit())


@pytest.mark.parametrize("text", ["", "0", "-1", "+1", " 1", "1_0", "1.0", "1e3", "0x10", "١٢٣", "²",
                                  "9223372036854775808", "9" * 5000, "1\x00", "NaN"])
def test_what_python_would_take_for_a_number_and_we_do_not(text):
    assert ids.from_text(text) is None


def test_ids_of_one_process_grow():
    made = [ids.new(shard=7) for _ in range(5000)]
    assert made == sorted(set(made))
    assert {ids.shard_of(id_) for id_ in made} == {7}
