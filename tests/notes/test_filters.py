"""What words find: whole or within, in scripts with spaces between words and without."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.ground import clock
from catflap.notes import filters
from catflap.notes.filters import Deed, Filter, FilteredNote, Place, Word


def of(*words: tuple[str, bool], until=None, places=("home",), notes=()) -> Filter:
    return Filter(
        id=1, title="x", places=places, deed=Deed.WARN, until=until,
        words=tuple(Word(id=n, filter_id=1, word=word, whole=whole) for n, (word, whole) in enumerate(words)),
        notes=tuple(FilteredNote(id=n, filter_id=1, note_id=note) for n, note in enumerate(notes)),
    )


def finds(word: str, text: str, *, whole: bool) -> bool:
    return bool(filters.found_in([of((word, whole))], 5, filters.folded(text)))


@pytest.mark.parametrize(("word", "text", "whole", "within"), [
    ("cat", "a cat sat", True, True), ("cat", "Category theory", False, True),
    ("cat", "concat", False, True), ("cat", "CAT!", True, True), ("cat", "猫cat猫", True, True),
    ("cat", "cat_tax", False, True), ("猫", "橘猫", True, True), ("猫税", "交猫税了", True, True),
    ("猫税", "貓稅", True, True), ("貓稅", "猫税", True, True), ("猫咖cafe", "猫咖cafes", False, True),
    ("$TSLA", "buy $tsla now", True, True), ("$TSLA", "buy $tslab", False, True),
    ("c++", "I like c++.", True, True), ("ｃａｔ", "cat", True, True), ("straße", "STRASSE", True, True),
    ("two words", "Two words here", True, True), ("café", "cafe", False, False), (".*", "anything", False, False),
    ("แมว", "รักแมวมาก", True, True),
])
def test_a_word_is_found_whole_or_within(word, text, whole, within):
    assert finds(word, text, whole=True) is whole
    assert finds(word, text, whole=False) is within


TEXTS = st.text(st.sampled_from("catCAT猫貓税 _-.!é(*[\\🐈1\n"), min_size=1, max_size=20)


@given(TEXTS, TEXTS)
def test_what_is_found_whole_is_found_within_and_every_text_holds_itself(word, text):
    if finds(word, text, whole=True):
        assert finds(word, text, whole=False)
    if word.strip():
        assert finds(word, f" {word} ", whole=True)


def test_a_filter_holds_at_its_places_until_it_ends():
    now = clock.now()
    here, ended = of(("x", False)), of(("x", False), until=now - timedelta(seconds=1))
    ahead = of(("x", False), until=now + timedelta(hours=1), places=("public", "home"))
    every = [here, ended, ahead]
    assert filters.holding(every) == [here, ahead]
    assert filters.holding(every, place=Place.PUBLIC) == [ahead]


def test_a_named_note_is_found_whatever_it_says():
    [found] = filters.found_in([of(("nothing", True), notes=(5,))], 5, "words")
    assert (found.is_named, found.words) == (True, ())
    assert filters.found_in([of(("nothing", True), notes=(5,))], 6, "words") == []
