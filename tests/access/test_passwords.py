"""Passwords and tokens of any characters."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.access import actions, passwords
from catflap.access.errors import EmailInvalid, PasswordTooCommon, PasswordTooShort
from catflap.access.model import EMAIL_MAX_CHARS, PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS
from catflap.ground.errors import TextTooLong

ANY = st.text(st.characters(), max_size=1000)
ADDRESS = st.text(st.sampled_from("aé猫@.+-<>\"\x00\n\u202e "), max_size=40)


@given(ANY)
def test_a_password_is_taken_in_one_form_or_refused_with_a_reason_of_ours(text):
    try:
        kept = passwords.checked(text, handle="juniper")
    except (PasswordTooShort, PasswordTooCommon, TextTooLong):
        return
    assert PASSWORD_MIN_CHARS <= len(kept) <= PASSWORD_MAX_CHARS
    assert kept == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("text", ["x" * 201, "x" * 1_000_000, "\ufdfa" * 300_000])
def test_a_long_password_is_refused_before_it_is_folded(text):
    with pytest.raises(TextTooLong):
        passwords.checked(text, handle="juniper")


@given(ANY)
def test_any_cookie_has_a_hash(text):
    assert re.fullmatch("[0-9a-f]{64}", passwords.token_hash(text))


@given(ANY | ADDRESS)
def test_an_address_is_one_printable_line_or_refused(text):
    try:
        kept = actions.checked_email(text)
    except EmailInvalid:
        return
    assert kept is None or (kept.isprintable() and kept.count("@") == 1)
    assert len(kept or "") <= EMAIL_MAX_CHARS
