"""Queries: whatever is typed is words, and no database's query language can be written."""

from __future__ import annotations

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.search import asking
from catflap.search.asking import Asked, in_fts5, in_tsquery

HOSTILE = st.lists(
    st.sampled_from(['"', "NEAR(", "AND", "OR", "NOT", "*", ":", "^", "\x00", "'", "''", "\\", "+",
                     "title:", "{a b}:", "-", ")", "(", "&", "|", "!", "<->", "猫税", "cat", "#猫税",
                     "#", "@", "from:", "from:aju", "“", "”", "「", "🐱", "\ud800", " "]),
    max_size=30,
).map("".join)
ANY = st.text(st.characters(), max_size=300) | HOSTILE

FTS5 = regex.compile(r'(?:tags : )?\(*(?:"[\p{L}\p{N}\p{M} ]+"(?: \*)?|\)| AND | OR |tags : |\()*')
TSQUERY = regex.compile(r"(?:'[\p{L}\p{N}\p{M}]+'(?::\*?[AB]?)?|\)| & | \| | <-> |\()*")


def shape(asked: Asked) -> list[list[tuple[str, ...]]]:
    return [[form.tokens for form in one.forms] for way in asked.ways for one in way]


@settings(deadline=None)
@given(ANY)
def test_only_quoted_tokens_and_our_own_operators_go_to_a_database(query):
    asked = asking.understood(query)
    assert FTS5.fullmatch(in_fts5(asked)), in_fts5(asked)
    assert TSQUERY.fullmatch(in_tsquery(asked)), in_tsquery(asked)
    assert asked.is_empty == (not in_fts5(asked) and not asked.authors)
    assert sum(map(len, asked.ways)) <= asking.GROUPS_MAX


def test_the_last_word_is_only_begun_unless_a_space_follows():
    assert in_fts5(asking.understood("my Eg")) == '((("my") AND ("eg" *)))'
    assert in_fts5(asking.understood("my eg ")) == '((("my") AND ("eg")))'
    assert in_tsquery(asking.understood("Eg")) == "(((('eg':*))))"


def test_an_english_word_is_asked_for_in_every_form_but_in_quotes():
    assert shape(asking.understood("fishing egg ")) == [
        [("fishing",), ("fish",), ("fishˢ",)], [("egg",), ("eggˢ",)],
    ]
    assert shape(asking.understood('"fishing" ')) == [[("fishing",)]]
    assert asking.understood("fishing eggs").stems == {"fish", "egg"}


def test_a_chinese_query_is_cut_into_words_and_lone_characters_join_them():
    assert shape(asking.understood("今天的咖啡馆 ")) == [
        [("今天",), ("今天ʷ",)], [("咖啡", "啡馆"), ("咖啡馆ʷ",)],
    ]
    assert shape(asking.understood("税猫 "))[0][0] == ("税猫",)
    assert asking.understood("猫 ").ways[0][0].forms[0].is_begun


def test_quotes_tags_authors_and_people_are_understood():
    asked = asking.understood("#猫税 “orange cat” from:@aju @小鱼 egg")
    assert asked.tag_names == ("猫税",)
    assert asked.authors == ("aju",)
    assert asked.people == ("小鱼",)
    assert shape(asked)[0] == [("orange", "cat")]
    assert 'tags : ("猫税ᵗ")' in in_fts5(asked)


def test_families_and_renderings_are_asked_for_beside():
    asked = asking.with_families(asking.understood("#猫税"), {"猫税": ("猫税", "cattax")})
    assert in_fts5(asked) == 'tags : ("猫税ᵗ" OR "cattaxᵗ")'
    asked = asking.with_families(asking.understood("cat tax"), {"cattax": ("cattax", "猫税")})
    assert in_fts5(asked).endswith('OR (tags : ("cattaxᵗ" OR "猫税ᵗ")))')
    asked = asking.also(asking.understood("牛马"), ["wage slave"])
    assert in_fts5(asked).endswith('OR (("wage slave")))')


def test_a_query_without_words_asks_for_nothing():
    for query in ("", "   ", "🐱🐱🐱", "...!?", '""', "#", "@", "*", "\x00"):
        assert asking.understood(query).is_empty, query
