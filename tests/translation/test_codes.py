"""Language codes and what browsers say of their people, whatever they say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.translation import codes
from catflap.translation.codes import UNKNOWN

ANY = st.text(st.characters(), max_size=200)
HEADER = st.text(st.sampled_from("enzh-HansTW;q=0.19,* \t\xff\x00NaN"), max_size=200)


@given(ANY | HEADER)
def test_a_header_gives_a_few_languages_each_once(header):
    found = codes.from_accept_language(header)
    assert len(found) == len(set(found)) <= 5
    assert all(re.fullmatch("[a-z]{2,3}", code) for code in found)
    assert UNKNOWN not in found


@given(st.lists(st.sampled_from(["en", "zh-CN", "fr", "de", "ja-JP"]), unique=True, min_size=1))
def test_languages_come_in_the_order_of_their_weights(wanted):
    header = ",".join(f"{code};q={1 - place / 10}" for place, code in enumerate(wanted))
    assert codes.from_accept_language(header) == tuple(codes.canonical(code) for code in wanted)


@given(ANY)
def test_a_code_is_canonical_after_one_look(text):
    found = codes.canonical(text)
    assert codes.canonical(found) == found
    assert codes.script_preference(text) in ("", "Hans", "Hant")


@pytest.mark.parametrize("header", ["en;q=nan", "en;q=inf", "en;q=-1", "en;q=2", "en;q=", "en;q=1e999",
                                    ";q=1", "*", "e n", "en" * 5000])
def test_a_language_without_a_weight_that_is_one_is_left_out(header):
    assert codes.from_accept_language(header) == ()
