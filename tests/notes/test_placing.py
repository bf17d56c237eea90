"""Places that people name: which of them are one."""

from __future__ import annotations

import msgspec
import pytest

from catflap.ground import clock
from catflap.notes import placing
from catflap.translation.codes import Lang
from catflap.translation.model import Kept, Origin, Reading, Rendition, key_of


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
        assert placing.levels(one.names["en"])[0] == one.key
        assert placing.levels(one.names["zh"])[0] == one.key


@pytest.mark.parametrize(("text", "en", "zh"), [
    ("Shanghai", "Shanghai", "上海"),
    ("魔都", "Shanghai", "上海"),
    ("中国上海", "Shanghai, China", "中国上海"),
    ("四川省成都市", "Chengdu, Sichuan", "四川成都"),
    ("Chengdu, Sichuan", "Chengdu, Sichuan", "四川成都"),
    ("臺灣", "Taiwan", "台湾"),
    ("Köln", "Cologne", "科隆"),
    ("Paris, Texas", "", ""),
    ("成都人民公园", "", ""),
    ("the old mill", "", ""),
    ("", "", ""),
])
def test_a_place_that_is_known_whole_has_the_lists_names(text, en, zh):
    assert placing.named(text, lang="en") == en
    assert placing.named(text, lang="zh") == zh
    assert placing.named(text, lang="fr") == ""


def kept(text: str, *langs: str, rendition: Rendition | None = None) -> Kept:
    return Kept(
        key=key_of(text), text=text, langs=tuple(map(Lang, langs)), rendition=rendition, claimed="",
        public=True, context="",
    )


def test_the_list_speaks_before_engines_and_after_people():
    by_engine = Rendition(
        text="上面的海", target=Lang("zh"), engine="x", engine_version="", origin=Origin.ENGINE,
        by_id=None, confidence_ratio=1.0, failed=False, made_at=clock.now(),
    )
    by_person = msgspec.structs.replace(by_engine, text="魔都", origin=Origin.PERSON)
    zh, fr = Lang("zh"), Lang("fr")
    assert placing.told(kept("Shanghai", "en"), target=zh).rendition.text == "上海"
    assert placing.told(kept("Shanghai", "en", rendition=by_engine), target=zh).rendition.text == "上海"
    assert placing.told(kept("Shanghai", "en", rendition=by_person), target=zh).rendition.text == "魔都"
    assert placing.told(kept("Shanghai", "en"), target=fr) == kept("Shanghai", "en")
    assert placing.told(kept("the old mill", "en"), target=zh) == kept("the old mill", "en")


def test_a_name_too_short_to_tell_its_language_is_read_by_who_reads_its_letters():
    unsure = kept("Paris", "und")
    told = placing.told(unsure, target=Lang("zh"))
    assert told.langs == ("en",)
    assert Reading(reads=("zh",)).is_foreign(told.langs)
    assert not Reading(reads=("zh", "en")).is_foreign(told.langs)
    same = placing.told(kept("Paris", "fr"), target=Lang("en"))
    assert not Reading(reads=("en",)).is_foreign(same.langs)
