"""Places that people name: which of them are one."""

from __future__ import annotations

import pytest

from catflap.notes import placing


@pytest.mark.parametrize("text", [
    "Shanghai", "上海", " SHANGHAI ", "上海市", "Shanghai, China", "中国上海", "上海徐汇区", "上海·徐汇",
    "China, Shanghai", "上海，中国", "魔都",
])
def test_one_place_is_one_however_it_is_written(text):
    assert placing.levels(text) == ("shanghai", "china")


@pytest.mark.parametrize(("text", "found"), [
    ("臺灣", ("taiwan",)),
    ("廣州", ("guangzhou", "china")),
    ("Portland, Oregon", ("portland", "oregon", "united states")),
    ("Duluth, Minnesota", ("duluth", "minnesota", "united states")),
    ("Cornwall, UK", ("cornwall", "united kingdom")),
    ("加州旧金山", ("california", "united states")),
    ("UK", ("united kingdom",)),
    ("Washington, D.C.", ("washington, d.c.", "united states")),
    ("München", ("munich", "germany")),
    ("the allotment behind the church", ("the allotment behind the church",)),
    ("豆浆胡同", ("豆浆胡同",)),
    ("", ()),
    (" , · ", ()),
])
def test_a_place_stands_in_what_is_around_it(text, found):
    assert placing.levels(text) == found


def test_a_country_that_is_named_decides_between_two_places_of_one_name():
    assert placing.levels("Paris")[-1] == "france"
    assert placing.levels("Paris, Texas")[-2:] == ("texas", "united states")
    assert "paris" not in placing.levels("Paris, Texas")


def test_every_place_of_the_list_has_a_name_of_its_own_in_both_languages():
    known = placing.known().values()
    assert len(known) >= 300
    for lang in ("en", "zh"):
        names = [placing.name(one.key, lang=lang) for one in known]
        assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    for one in known:
        assert placing.levels(one.english)[0] == one.key
        assert placing.levels(one.chinese)[0] == one.key
