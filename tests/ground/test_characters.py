"""What comes in can be kept by both databases and shown on a page."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from catflap.ground.characters import on_one_line, writable

ANY = st.text(st.characters())


@given(ANY)
def test_a_writable_text_is_utf_8_without_controls(text):
    found = writable(text)
    found.encode("utf-8")
    assert {c for c in found if unicodedata.category(c) in ("Cc", "Cs")} <= {"\t", "\n", "\r"}
    assert writable(found) == found


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_what_people_write_is_left_as_it_is(text):
    assert writable(f"{text}\n\t{text}\r\n") == f"{text}\n\t{text}\r\n"


@given(ANY)
def test_a_name_stays_on_its_line_and_turns_nothing_round(text):
    found = on_one_line(text)
    assert len(found.splitlines()) <= 1
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not turning & {unicodedata.bidirectional(c) for c in found}
