"""Handles: what comes out can stand in an address and cannot pass for another."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.people import handles
from catflap.people.errors import HandleConfusable, HandleInvalid, HandleTaken
from catflap.people.model import HANDLE_MAX_CHARS

ANY = st.text(st.characters(), max_size=200)
LIKELY = st.text(st.sampled_from("juniper阿橘あア한éß_.-0раурalΑα\u0301\u202e\u200d\x00 @/%"), max_size=40)


@given(ANY | LIKELY)
def test_a_handle_is_taken_or_refused_with_a_reason_of_ours(text):
    try:
        kept = handles.checked(text)
    except (HandleInvalid, HandleConfusable, HandleTaken):
        return
    assert 1 <= len(kept) <= HANDLE_MAX_CHARS
    assert {unicodedata.category(c)[0] for c in kept} <= {"L", "M", "N", "P"}
    assert set(kept) & set("/?#%@\\<>\"'& \t\n") == set()
    assert unquote(quote(kept)) == kept
    assert handles.checked(kept) == kept


@given(LIKELY)
def test_a_handle_that_was_taken_is_found_as_it_was_typed_and_as_it_is_shown(text):
    try:
        kept = handles.checked(text)
    except (HandleInvalid, HandleConfusable, HandleTaken):
        return
    assert all(handles.could_be(typed) for typed in (text, kept, f"@{kept}"))
    assert handles.folded(text) == handles.folded(kept) == handles.folded(f"@{kept}")


@given(ANY | st.integers(1, 5).map(lambda n: "\ufdfa" * 10**n))
def test_looking_for_anybody_is_quick_whatever_is_asked_for(text):
    assert not handles.could_be(text) or len(handles.folded(text)) < 5000


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "\u202ereppinuj", "a\nb", "x" * 1_000_000])
def test_what_no_handle_can_be_is_not_looked_up(text):
    assert not handles.could_be(text)


@pytest.mark.parametrize("lookalike", ["juniреr", "jun1per".replace("1", "і"), "JUNIPER", "ｊｕｎｉｐｅｒ",
                                       "j.u.n.i.p.e.r", "junіper"])
def test_a_handle_that_looks_like_another_is_that_other_or_refused(lookalike):
    try:
        kept = handles.checked(lookalike)
    except HandleConfusable:
        return
    assert handles.skeleton(kept) == handles.skeleton("juniper")
