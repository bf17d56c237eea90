"""Cutting and folding: any text has some tokens or none, and what is looked for is among them."""

from __future__ import annotations

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catflap.search import words
from catflap.search.asking import exact

ANY = st.text(st.characters(), max_size=300)
WRITTEN = st.text(st.sampled_from("cat猫税貓稅한국ไทยあア éß_1 \n,。👍\u0301\x00ʷᵗ"), max_size=60)
TOKEN = regex.compile(r"[\p{L}\p{N}\p{M}]+")


@settings(deadline=None)
@given(ANY | WRITTEN)
@example("⺀")
@example("猫⺀៛税")
def test_every_token_is_letters_digits_and_marks_that_both_databases_hold(text):
    for token in (*words.indexed(text), *words.indexed_tags((text,)), *words.beginnings(text)):
        assert TOKEN.fullmatch(token), token
        assert 1 <= len(token) <= words.TOKEN_MAX_CHARS + 1
        token.encode("utf-8")


@settings(deadline=None)
@given(WRITTEN)
def test_nobody_can_write_the_marks_of_words_and_tags(text):
    assert words.WORD_MARK not in "".join(words.tokens(text))
    assert words.TAG_MARK not in "".join(words.tokens(text))


@settings(deadline=None)
@given(WRITTEN, st.integers(0, 60), st.integers(1, 20))
def test_every_part_of_an_unspaced_run_is_a_row_of_its_tokens(text, start, length):
    for run, is_unspaced in words.runs(words.folded(text)):
        if is_unspaced and len(run[start : start + length]) > 1:
            phrase = exact(run[start : start + length])
            kept = words.tokens(run)
            assert any(
                tuple(kept[at : at + len(phrase.tokens)]) == phrase.tokens
                for at in range(len(kept))
            )


@pytest.mark.parametrize(("one", "other"), [
    ("貓稅", "猫税"), ("Ｃａｆé", "CAFE"), ("ﬁsh", "fish"), ("後臺", "后台"), ("STRASSE", "straße"),
    ("e\u0301", "E"), ("㎏", "kg"), ("ｱ", "ア"),
])
def test_forms_of_the_same_are_one(one, other):
    assert words.folded(one) == words.folded(other)


@settings(deadline=None)
@given(WRITTEN)
def test_folding_knows_where_each_character_came_from(text):
    folded, places = words.folded_with_places(text)
    assert folded == words.folded(text)
    assert len(places) == len(folded)
    assert places == sorted(places)
    for place, character in zip(places, folded, strict=True):
        assert character in words.folded(text[place])


@pytest.mark.parametrize("unit", ["a", "猫", "\u0301", "\ufdfa", "_", "é", "a猫", "a ", "ก"])
def test_a_long_text_has_no_more_tokens_than_are_kept(unit):
    assert len(words.indexed(unit * 100_000)) <= 3 * words.TOKENS_MAX


def test_stems_stand_beside_the_words_they_differ_from():
    assert words.indexed("Fishing, fished; fish!") == ("fishing", "fished", "fish", "fishˢ")


def test_chinese_words_stand_beside_the_pairs():
    kept = words.indexed("去咖啡馆")
    assert kept[:4] == ("去咖", "咖啡", "啡馆", "馆")
    assert "咖啡馆ʷ" in kept
    assert "馆" not in words.marked_words("馆")
    assert words.indexed_tags(("猫税",)) == ("猫税ᵗ", "猫税", "税")
    assert words.beginnings("Juniper Lee") == ["juniperlee", "lee"]
    assert words.beginnings("阿橘") == ["阿橘", "橘"]
