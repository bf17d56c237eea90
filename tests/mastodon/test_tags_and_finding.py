"""Tags one follows or shows; finding people by name, in the directory, by suggestion."""

from __future__ import annotations

import time

from tests.mastodon.app import App
from tests.mastodon.cast import posts, until


def ids(found):
    return [one["id"] for one in found]


def handles(found):
    return [one["username"] for one in found]


def test_a_followed_tag_brings_its_notes_home_whatever_their_language(community, cast):
    aju, moss = cast("阿橘", reads="zh"), cast("moss")
    told = aju.json("POST", "/api/v1/tags/CatTax/follow")
    assert (told["name"], told["following"], told["featuring"]) == ("cattax", True, False)
    english, chinese = posts(moss, "my #cattax"), posts(moss, "交 #猫税 了")
    other = posts(moss, "no tag at all")
    # The tag's family comes along, once the worker has planted families.
    until(lambda: chinese["id"] in ids(aju.json("GET", "/api/v1/timelines/home")))
    home = ids(aju.json("GET", "/api/v1/timelines/home"))
    assert english["id"] in home
    assert other["id"] not in home
    page = aju.json("GET", "/api/v1/timelines/home", params={"limit": 1})
    assert ids(page) == [chinese["id"]]
    rest = aju.json("GET", "/api/v1/timelines/home", params={"max_id": chinese["id"]})
    assert ids(rest)[:1] == [english["id"]]
    assert ids(aju.json("GET", "/api/v1/timelines/home", params={"min_id": english["id"], "limit": 1})) == [chinese["id"]]
    [followed] = aju.json("GET", "/api/v1/followed_tags")
    assert (followed["name"], followed["following"]) == ("cattax", True)
    assert int(followed["history"][0]["uses"]) >= 1
    assert len(followed["history"]) == 7
    assert int(followed["history"][0]["day"]) % 86400 == 0
    with App(community) as nobody:
        assert nobody.json("GET", "/api/v1/tags/cattax")["following"] is False
    assert aju.json("POST", "/api/v1/tags/cattax/unfollow")["following"] is False
    assert aju.json("GET", "/api/v1/followed_tags") == []
    assert english["id"] not in ids(aju.json("GET", "/api/v1/timelines/home"))
    aju.json("POST", "/api/v1/tags/no-tag/follow", status=422)


def test_followed_tags_page_both_ways(cast):
    aju = cast("aju")
    for tag in ("one", "two", "three"):
        aju.json("POST", f"/api/v1/tags/{tag}/follow")
    first = aju.request("GET", "/api/v1/followed_tags", params={"limit": 2})
    assert [tag["name"] for tag in first.json()] == ["three", "two"]
    link = first.headers["link"].split(";")[0].strip("<>")
    assert [tag["name"] for tag in aju.json("GET", link.partition("?")[0], params=dict(
        pair.split("=") for pair in link.partition("?")[2].split("&")))] == ["one"]


def test_tags_are_shown_on_a_profile_with_how_they_were_used(cast):
    aju, moss = cast("aju"), cast("moss")
    note = posts(aju, "green #tea")
    posts(aju, "black #tea #milk")
    posts(moss, "more #tea")
    suggested = aju.json("GET", "/api/v1/featured_tags/suggestions")
    assert [tag["name"] for tag in suggested] == ["tea", "milk"]
    told = aju.json("POST", "/api/v1/featured_tags", json={"name": "#Tea"})
    assert (told["name"], told["statuses_count"]) == ("tea", "2")
    assert told["last_status_at"] >= note["created_at"][:10]
    assert aju.json("POST", "/api/v1/tags/rare/feature")["featuring"] is True
    shown = moss.json("GET", f"/api/v1/accounts/{aju.id}/featured_tags")
    assert [(tag["name"], tag["statuses_count"], tag["last_status_at"] is None) for tag in shown] == [
        ("tea", "2", False), ("rare", "0", True)]
    assert aju.json("GET", "/api/v1/featured_tags") == shown
    assert [tag["name"] for tag in aju.json("GET", "/api/v1/featured_tags/suggestions")] == ["milk"]
    moss.json("DELETE", f"/api/v1/featured_tags/{told['id']}", status=404)
    assert aju.json("DELETE", f"/api/v1/featured_tags/{told['id']}") == {}
    assert aju.json("POST", "/api/v1/tags/rare/unfeature")["featuring"] is False
    assert aju.json("GET", "/api/v1/featured_tags") == []
    for number in range(10):
        aju.json("POST", f"/api/v1/tags/t{number}/feature")
    aju.json("POST", "/api/v1/tags/t10/feature", status=422)


def test_people_are_found_by_the_beginning_of_their_name_in_any_script(community, cast):
    aju, moss, fan = cast("小橘猫", reads="zh"), cast("mossy"), cast("fan")
    moss.json("PATCH", "/api/v1/accounts/update_credentials", data={"display_name": "Ünal Grünkraut"})

    def search(query, **more):
        return handles(fan.json("GET", "/api/v1/accounts/search", params={"q": query, **more}))

    until(lambda: search("grun"))  # a worker writes names down
    for query in ("小橘", "橘猫", "@小橘猫"):
        assert aju.handle in search(query), query
    for query in ("mossy", "MOSS", "grun", "unal gr", f"{moss.handle}@127.0.0.1:{community.port}"):
        assert moss.handle in search(query), query
    assert search("raut") == []
    assert search("mossy@elsewhere.example") == []
    assert search("") == []
    assert moss.handle not in search("grun", following=True)
    fan.json("POST", f"/api/v1/accounts/{moss.id}/follow")
    assert search("grun", following=True) == [moss.handle]
    moss.json("PATCH", "/api/v1/accounts/update_credentials", data={"display_name": "Moss"})
    until(lambda: search("grun") == [])
    moss.json("POST", f"/api/v1/accounts/{fan.id}/block")
    assert moss.handle not in search("moss")


def test_the_directory_lists_who_wants_to_be_known(community, cast):
    aju, moss, shy = cast("aju"), cast("moss"), cast("shy")
    for one in (moss, shy, aju):
        posts(one, "hello")
        time.sleep(0.002)
    shy.json("PATCH", "/api/v1/accounts/update_credentials", data={"discoverable": "false"})
    with App(community) as nobody:
        active = ids(nobody.json("GET", "/api/v1/directory"))
        assert active[:2] == [aju.id, moss.id]
        assert shy.id not in active
        newest = ids(nobody.json("GET", "/api/v1/directory", params={"order": "new"}))
        assert newest[:2] == [moss.id, aju.id]
        assert ids(nobody.json("GET", "/api/v1/directory", params={"order": "new", "offset": 1, "limit": 1})) == [aju.id]
        nobody.json("GET", "/api/v1/directory", status=422, params={"order": "loudest"})


def test_people_are_suggested_with_the_reasons(cast):
    aju, friend, star, tagger, newcomer, foreign = (
        cast("aju", reads="sw"), cast("friend", reads="fi"), cast("star", reads="fi"),
        cast("tagger", reads="sw"), cast("newcomer", reads="sw"), cast("foreign", reads="fi"))
    for one, other in ((aju, friend), (friend, star)):
        one.json("POST", f"/api/v1/accounts/{other.id}/follow")
    aju.json("POST", "/api/v1/tags/catstodon/follow")
    posts(tagger, "look #catstodon")
    posts(newcomer, "hello")
    posts(foreign, "moi #catstodon")

    def suggested(**more):
        found = aju.json("GET", "/api/v2/suggestions", params=more)
        return {one["account"]["id"]: one for one in found}

    found = suggested()
    assert found[star.id]["sources"] == ["friends_of_friends"]
    assert found[star.id]["source"] == "past_interactions"
    assert found[tagger.id]["catflap"]["ways"] == ["tags", "newcomer"]
    assert found[newcomer.id]["sources"] == ["featured"]
    assert not {aju.id, friend.id, foreign.id} & set(found)
    assert list(suggested(limit=1)) == [tagger.id], "two reasons outweigh one"
    assert set(ids(aju.json("GET", "/api/v1/suggestions"))) == set(found)
    assert aju.json("DELETE", f"/api/v1/suggestions/{star.id}") == {}
    assert star.id not in suggested()
    aju.json("POST", f"/api/v1/accounts/{newcomer.id}/follow")
    assert newcomer.id not in suggested()
    aju.json("POST", f"/api/v1/accounts/{newcomer.id}/unfollow")
    assert newcomer.id in suggested()
    tagger.json("PATCH", "/api/v1/accounts/update_credentials", data={"discoverable": "false"})
    newcomer.json("POST", f"/api/v1/accounts/{aju.id}/block")
    assert not {tagger.id, newcomer.id} & set(suggested())
