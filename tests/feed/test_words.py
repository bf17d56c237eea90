"""What a note is about is told by its words where no tag tells it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap import demo
from catflap.feed import topics, words

LABELS = Path(__file__).parent / "labels.tsv"
"""What somebody who had not seen the list of words said of each of the demo's notes."""


@pytest.mark.parametrize(("text", "topic"), [
    ("My cat Mochi says hi", "cats"),
    ("大家好，这是我家的猫", "cats"),
    ("貓稅交上", "cats"),
    ("Is $1200 rent normal for a studio where you live?", "prices"),
    ("今天钓到一条大鱼！又空军了的朋友别哭", "fishing"),
    ("Finally finished knitting this scarf", "crafts"),
    ("I was at the election rally, the president spoke", "politics"),
])
def test_words_tell_what_an_untagged_note_is_about(text, topic):
    assert words.topic_of("", text) == topic


@pytest.mark.parametrize("text", [
    "hello everyone, just arrived", "刚来，随便发一张", "", "🐱", "12345",
    "熊猫好可爱", "best hot dog in town", "上班摸鱼被老板看见了",
])
def test_where_words_say_nothing_nothing_is_made_up(text):
    assert words.topic_of("", text) == ""


def test_where_two_interests_come_out_alike_none_is_taken():
    assert words.topic_of("", "cat dog") == ""


def test_what_stands_in_the_title_counts_double():
    body = "We sat in the kitchen, the bread was in the oven."
    assert words.topic_of("", "Look.\n" + body) == "food"
    assert words.topic_of("My guitar, my piano, my song", body) == "music"


def test_tags_that_no_interest_knows_are_read_as_words():
    assert words.topic_of("", "第一次做", ["蒸蛋"]) == "food"


@given(st.text(max_size=200), st.text(max_size=400), st.lists(st.text(max_size=20), max_size=4))
def test_any_text_has_one_topic_or_none(title, body, tags):
    assert words.topic_of(title, body, tags) in topics.TOPICS


def notes():
    """Key, title, body of every note of the demo."""
    for path in sorted((Path(demo.__file__).parent / "texts").glob("*.toml")):
        for note in tomllib.loads(path.read_text())["note"]:
            yield note["key"], note.get("title", ""), note.get("body", "")


def test_most_notes_of_the_demo_are_told_as_a_reader_told_them():
    labels = {key: set(said) for key, *said in (
        line.split("\t") for line in LABELS.read_text().splitlines()
    )}
    told = {key: words.topic_of(title, body) for key, title, body in notes()}
    about = [key for key in told if labels[key] != {"none"}]
    right = sum(told[key] in labels[key] for key in about)
    wrong = sum(told[key] not in labels[key] | {""} for key in about)
    assert right / len(about) >= 0.62
    assert wrong / len(about) <= 0.15
