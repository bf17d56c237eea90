"""Marking: on the text as it is shown, whole characters, and never more than it says."""

from __future__ import annotations

from itertools import pairwise

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.search import asking
from catflap.search.marking import SNIPPET_MAX_CHARS, Marker
from catflap.web.entities.finds import marked

PIECES = ["cat ", "cat", "猫税", "nothing of it ", "别的" * 20, "👩‍👧", "x" * 37, " "]
LONG = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
TEXTS = LONG | st.text(st.sampled_from("cat 猫税貓稅é\u0301👩‍👧🐱,。<b>&\"'ß\nไก่"), max_size=400)
QUERIES = st.text(st.sampled_from('cat猫税 é"#@<>&ßไก่'), max_size=12)
GRAPHEMES = regex.compile(r"\X")


def marks(query: str, text: str) -> list[str]:
    return [p.text for p in Marker(asking.understood(query)).parts(text) if p.is_marked]


@settings(deadline=None)
@given(QUERIES, TEXTS)
def test_what_is_marked_is_the_text_itself_in_whole_characters(query, text):
    marker = Marker(asking.understood(query))
    assert "".join(part.text for part in marker.parts(text)) == text
    edges = {match.start() for match in GRAPHEMES.finditer(text)} | {len(text)}
    for start, end in marker.spans(text):
        assert {start, end} <= edges
    spans = marker.spans(text)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


@settings(deadline=None)
@given(QUERIES, TEXTS)
def test_a_snippet_is_short_holds_a_mark_and_is_of_the_text(query, text):
    marker = Marker(asking.understood(query))
    parts = marker.snippet(text)
    assert bool(parts) == bool(marker.spans(" ".join(text.split())))
    if parts:
        shown = "".join(part.text for part in parts)
        assert len(shown) <= SNIPPET_MAX_CHARS
        assert any(part.is_marked for part in parts)
        assert all(part.text for part in parts)
        assert shown.strip("…") in " ".join(text.split())


@settings(deadline=None)
@given(TEXTS)
def test_no_tag_but_mark_comes_out(text):
    html = marked(Marker(asking.understood("cat 猫")).parts(text))
    assert not regex.search(r"<(?!/?mark>)", html)


def test_forms_of_the_same_are_marked_as_they_were_written():
    assert marks("猫税", "今天交了貓稅，猫税！") == ["貓稅", "猫税"]
    assert marks("cat ", "Ｃａｔ, concat, cats, cat's") == ["Ｃａｔ", "cats", "cat"]
    assert marks('"cat" ', "Ｃａｔ, cats") == ["Ｃａｔ"]
    assert marks("cat", "cats") == ["cats"]
    assert marks('"orange cat"', "cat; an Orange   cat") == ["Orange   cat"]
    assert marks("税", "a税b") == ["税"]
    assert marks("e", "é E\u0301 👩‍👧e") == ["é", "E\u0301", "e"]


def test_a_character_is_marked_inside_a_longer_word_and_in_the_other_script():
    for query, text, expected in (
        ("猫", "我家的橘猫，還有兩隻橘貓", ["猫", "貓"]), ("貓", "橘猫cat", ["猫"]),
        ("橘貓 ", "橘猫 大橘貓咪", ["橘猫", "橘貓"]), ("头发", "頭髮", ["頭髮"]),
        ("看着 ", "看著", ["看著"]), ("你", "妳好", ["妳"]), ("猫cat ", "cat橘貓", ["cat", "貓"]),
    ):
        assert marks(query, text) == expected, query


def test_english_words_are_marked_in_every_form():
    assert marks("fishing", "Fish! I fished, FISHES; fisherman, starfish, fish猫") == [
        "Fish", "fished", "FISHES", "fish",
    ]
    assert marks("ponies ", "one pony") == ["pony"]
    assert marks('"fishing" ', "fished while fishing") == ["fishing"]


def test_a_snippet_stands_round_its_first_mark_at_the_edges_of_words():
    text = "word " * 100 + "needle " + "more " * 100
    parts = Marker(asking.understood("needle ")).snippet(text)
    shown = "".join(part.text for part in parts)
    assert shown.startswith("…word word")
    assert shown.endswith("more…")
    assert [part.text for part in parts if part.is_marked] == ["needle"]
