"""Apps find people, notes and tags, and what is warm."""

from __future__ import annotations

import time

import pytest

from tests.mastodon.app import signed_in


@pytest.fixture
def juniper(server):
    with signed_in(server, "juniper") as app:
        yield app


def waited(ask):
    """The first answer that is not empty: the worker indexes what was posted."""
    for _ in range(100):
        if found := ask():
            return found
        time.sleep(0.1)
    return ask()


def test_a_note_its_author_and_its_tag_are_found(server, juniper):
    note = juniper.json("POST", "/api/v1/statuses", data={"status": "Steamed eggs at last #steamedegg"})
    found = waited(lambda: juniper.json("GET", "/api/v2/search", params={"q": "eggs"})["statuses"])
    assert [one["id"] for one in found] == [note["id"]]
    everything = juniper.json("GET", "/api/v2/search", params={"q": "steamedegg"})
    assert [tag["name"] for tag in everything["hashtags"]] == ["steamedegg"]
    for query in ("juniper", "@juniper", f"@juniper@127.0.0.1:{server.port}", f"{server.url}/@juniper"):
        who = juniper.json("GET", "/api/v2/search", params={"q": query, "type": "accounts"})
        assert [one["acct"] for one in who["accounts"]] == ["juniper"], query
        assert who["statuses"] == []
    [same] = juniper.json("GET", "/api/v2/search", params={"q": note["url"]})["statuses"]
    assert same["id"] == note["id"]
    assert juniper.json("GET", "/api/v1/search", params={"q": "steamedegg"})["hashtags"] == ["steamedegg"]


def test_what_is_found_goes_on_beyond_the_first_page_and_may_be_one_persons_alone(server, juniper):
    with signed_in(server, "moss") as moss:
        mine = [juniper.json("POST", "/api/v1/statuses", data={"status": f"kettle {n} #kettle{n:02}"})["id"] for n in range(45)]
        theirs = [moss.json("POST", "/api/v1/statuses", data={"status": f"kettle, says moss {n}"})["id"] for n in range(25)]
        moss_id = moss.json("GET", "/api/v1/accounts/verify_credentials")["id"]

    def found(kind="statuses", **more):
        asked = {"q": "kettle", "type": kind, **more}
        return [one.get("id") for one in juniper.json("GET", "/api/v2/search", params=asked)[kind]]

    waited(lambda: found(offset=69))  # the last of them is indexed
    first, second, third = (found(limit=40, offset=at) for at in (0, 40, 80))
    assert (len(first), len(second), third) == (40, 30, [])
    assert {*first, *second} == {*mine, *theirs}
    assert len(found(limit=1000)) == 40
    assert set(found(limit=40, account_id=moss_id)) == set(theirs)
    assert found(limit=40, account_id=moss_id, offset=20) == found(limit=40, account_id=moss_id)[20:]
    of_moss = juniper.json("GET", "/api/v2/search", params={"q": "from:moss", "limit": 40})["statuses"]
    assert [one["id"] for one in of_moss] == theirs[::-1]
    juniper.json("GET", "/api/v2/search", params={"q": "kettle", "account_id": "moss"}, status=404)
    tags = [*found("hashtags", limit=40), *found("hashtags", limit=40, offset=40)]
    assert tags == [f"kettle{n:02}" for n in range(45)]


def test_tags_that_are_found_or_trend_say_whether_one_follows_them(server, juniper):
    juniper.json("POST", "/api/v1/statuses", data={"status": "#teapot #teacup"})
    juniper.json("POST", "/api/v1/tags/teapot/follow")
    for tags in (
        juniper.json("GET", "/api/v2/search", params={"q": "tea", "type": "hashtags"})["hashtags"],
        juniper.json("GET", "/api/v1/trends/tags", params={"limit": 20}),
    ):
        assert {tag["name"]: tag["following"] for tag in tags if tag["name"].startswith("tea")} == {
            "teapot": True, "teacup": False}


def test_trends_count_people_not_posts(server, juniper):
    with signed_in(server, "阿橘", reads="zh") as aju:
        for text in ("一 #猫税", "二 #猫税"):
            aju.json("POST", "/api/v1/statuses", data={"status": text})
        for text in ("1 #cattax", "2 #alone", "3 #alone", "4 #alone"):
            juniper.json("POST", "/api/v1/statuses", data={"status": text})
        aju.json("POST", "/api/v1/statuses", data={"status": "me too #cattax"})
    [first, *_] = juniper.json("GET", "/api/v1/trends/tags")
    assert first["name"] == "cattax"
    assert (first["history"][0]["uses"], first["history"][0]["accounts"]) == ("2", "2")
    assert len(first["history"]) == 7
    warm = waited(lambda: juniper.json("GET", "/api/v1/trends/statuses"))
    assert warm
    assert juniper.json("GET", "/api/v1/trends/links") == []
