"""Following, asking, lists, mutes, blocks, remarks, endorsements, markers."""

from __future__ import annotations

import time

from tests.mastodon.app import App
from tests.mastodon.cast import posts, until


def ids(found):
    return [one["id"] for one in found]


def relation(viewer, other):
    [found] = viewer.json("GET", "/api/v1/accounts/relationships", params={"id[]": other.id})
    return found


def follows(one, other, **wishes):
    return one.json("POST", f"/api/v1/accounts/{other.id}/follow", json=wishes)


def test_everything_between_two_people_is_told_in_one_relationship(cast):
    aju, moss = cast("阿橘", reads="zh"), cast("moss")
    fresh = relation(aju, moss)
    assert fresh == {
        "id": moss.id, "following": False, "showing_reblogs": False, "notifying": False,
        "languages": None, "followed_by": False, "blocking": False, "blocked_by": False,
        "muting": False, "muting_notifications": False, "muting_expires_at": None,
        "requested": False, "requested_by": False, "domain_blocking": False, "endorsed": False,
        "note": "",
    }
    told = follows(aju, moss, reblogs=False, notify=True, languages=["en", "zh-CN"])
    assert (told["following"], told["showing_reblogs"], told["notifying"]) == (True, False, True)
    assert told["languages"] == ["en", "zh"]
    assert follows(aju, moss, reblogs=True)["languages"] == ["en", "zh"]
    follows(moss, aju)
    aju.json("POST", f"/api/v1/accounts/{moss.id}/note", data={"comment": "met at the fair"})
    aju.json("POST", f"/api/v1/accounts/{moss.id}/mute", data={"duration": "3600", "notifications": "false"})
    told = aju.json("POST", f"/api/v1/accounts/{moss.id}/endorse")
    assert told == relation(aju, moss)
    assert (told["followed_by"], told["muting"], told["muting_notifications"]) == (True, True, False)
    assert told["muting_expires_at"].endswith("Z")
    assert (told["endorsed"], told["note"]) == (True, "met at the fair")
    assert relation(moss, aju)["note"] == ""
    told = aju.json("POST", f"/api/v1/accounts/{moss.id}/block")
    assert (told["blocking"], told["following"], told["followed_by"], told["endorsed"]) == (True, False, False, False)
    [seen] = moss.json("GET", "/api/v1/accounts/relationships", params={"id[]": aju.id})
    assert seen["blocked_by"] is True
    assert ids(aju.json("GET", "/api/v1/blocks")) == [moss.id]
    assert moss.json("GET", "/api/v1/blocks") == []


def test_a_mute_ends_in_its_time(cast):
    aju, moss = cast("aju"), cast("moss")
    note = posts(moss, "mumble")
    aju.json("POST", f"/api/v1/accounts/{moss.id}/mute", json={"duration": 1})
    [muted] = aju.json("GET", "/api/v1/mutes")
    assert (muted["id"], muted["mute_expires_at"][-1]) == (moss.id, "Z")
    assert note["id"] not in ids(aju.json("GET", "/api/v1/timelines/public"))
    until(lambda: aju.json("GET", "/api/v1/mutes") == [])
    assert relation(aju, moss)["muting"] is False
    # What changes with time alone may be told a second late.
    until(lambda: note["id"] in ids(aju.json("GET", "/api/v1/timelines/public")))
    aju.json("POST", f"/api/v1/accounts/{moss.id}/mute")
    [muted] = aju.json("GET", "/api/v1/mutes")
    assert muted["mute_expires_at"] is None
    aju.json("POST", f"/api/v1/accounts/{moss.id}/mute", status=422, json={"duration": -1})


def test_of_a_muted_person_one_hears_only_if_one_wants_to(cast):
    aju, moss = cast("aju"), cast("moss")
    note = posts(aju, "hello")
    aju.json("POST", f"/api/v1/accounts/{moss.id}/mute", json={"notifications": False})
    posts(moss, "hello back", in_reply_to_id=note["id"])
    [heard] = until(lambda: aju.json("GET", "/api/v1/notifications"))
    assert (heard["type"], heard["account"]["id"]) == ("mention", moss.id)
    aju.json("POST", f"/api/v1/accounts/{moss.id}/mute")
    assert aju.json("GET", "/api/v1/notifications") == []


def test_a_locked_person_is_asked_and_decides(cast):
    aju, moss, reed = (cast(name) for name in ("aju", "moss", "reed"))
    aju.json("PATCH", "/api/v1/accounts/update_credentials", data={"locked": "true"})
    for one in (moss, reed):
        told = follows(one, aju, notify=True)
        assert (told["following"], told["requested"]) == (False, True)
    assert relation(aju, moss)["requested_by"] is True
    heard = until(lambda: len(found := aju.json("GET", "/api/v1/notifications")) == 2 and found)
    assert [one["type"] for one in heard] == ["follow_request", "follow_request"]
    assert aju.json("GET", "/api/v1/accounts/verify_credentials")["source"]["follow_requests_count"] == 2
    assert set(ids(aju.json("GET", "/api/v1/follow_requests"))) == {moss.id, reed.id}
    hidden = posts(aju, "for those I let in", visibility="private")
    moss.json("GET", f"/api/v1/statuses/{hidden['id']}", status=404)
    told = aju.json("POST", f"/api/v1/follow_requests/{moss.id}/authorize")
    assert (told["followed_by"], told["requested_by"]) == (True, False)
    assert (relation(moss, aju)["following"], relation(moss, aju)["notifying"]) == (True, True)
    moss.json("GET", f"/api/v1/statuses/{hidden['id']}")
    told = aju.json("POST", f"/api/v1/follow_requests/{reed.id}/reject")
    assert (told["followed_by"], told["requested_by"]) == (False, False)
    reed.json("GET", f"/api/v1/statuses/{hidden['id']}", status=404)
    aju.json("POST", f"/api/v1/follow_requests/{reed.id}/authorize", status=404)
    assert aju.json("GET", "/api/v1/accounts/verify_credentials")["followers_count"] == 1
    until(lambda: aju.json("GET", "/api/v1/notifications") == [])
    follows(reed, aju)
    assert reed.json("POST", f"/api/v1/accounts/{aju.id}/unfollow")["requested"] is False
    follows(reed, aju)
    aju.json("PATCH", "/api/v1/accounts/update_credentials", data={"locked": "false"})
    assert relation(reed, aju)["following"] is True


def test_somebody_is_shaken_off_without_a_block(cast):
    aju, moss = cast("aju"), cast("moss")
    follows(moss, aju)
    told = aju.json("POST", f"/api/v1/accounts/{moss.id}/remove_from_followers")
    assert (told["followed_by"], told["blocking"]) == (False, False)
    assert aju.json("GET", "/api/v1/accounts/verify_credentials")["followers_count"] == 0


def test_who_asks_to_hear_hears_of_each_note_once(cast):
    aju, moss = cast("aju"), cast("moss")
    follows(aju, moss, notify=True)
    note = posts(moss, "news")
    heard = until(lambda: aju.json("GET", "/api/v1/notifications", params={"types[]": "status"}))
    assert [(one["type"], one["status"]["id"]) for one in heard] == [("status", note["id"])]


def test_only_wanted_languages_of_somebody_come_home(cast):
    aju, moss = cast("aju"), cast("moss")
    follows(aju, moss, languages=["en"])
    english = posts(moss, "good morning everybody", language="en")
    chinese = posts(moss, "大家早上好", language="zh")
    wordless = posts(moss, "🐈", language="")
    home = ids(aju.json("GET", "/api/v1/timelines/home"))
    assert english["id"] in home
    assert wordless["id"] in home
    assert chinese["id"] not in home
    follows(aju, moss, languages=[])
    assert chinese["id"] in ids(aju.json("GET", "/api/v1/timelines/home"))


def test_a_list_shows_its_people_and_answers_as_its_owner_chose(cast):
    aju, moss, reed = (cast(name) for name in ("aju", "moss", "reed"))
    made = aju.json("POST", "/api/v1/lists", json={"title": "Tea"})
    assert made == {"id": made["id"], "title": "Tea", "replies_policy": "list", "exclusive": False}
    path = f"/api/v1/lists/{made['id']}"
    aju.json("POST", f"{path}/accounts", status=404, json={"account_ids": [moss.id]})
    follows(aju, moss)
    assert aju.json("POST", f"{path}/accounts", data={"account_ids[]": moss.id}) == {}
    assert ids(aju.json("GET", f"{path}/accounts", params={"limit": 0})) == [moss.id]
    assert aju.json("GET", f"/api/v1/accounts/{moss.id}/lists") == [made]
    own, foreign = posts(moss, "a pot of tea"), posts(reed, "coffee")
    to_own = posts(moss, "two pots", in_reply_to_id=own["id"])
    to_foreign = posts(moss, "no tea?", in_reply_to_id=foreign["id"])

    def timeline():
        return set(ids(aju.json("GET", f"/api/v1/timelines/list/{made['id']}")))

    assert timeline() == {own["id"], to_own["id"]}
    follows(aju, reed)
    told = aju.json("PUT", path, json={"title": "Hot tea", "replies_policy": "followed"})
    assert (told["title"], told["replies_policy"]) == ("Hot tea", "followed")
    assert timeline() == {own["id"], to_own["id"], to_foreign["id"]}
    aju.json("PUT", path, json={"replies_policy": "none"})
    assert timeline() == {own["id"]}
    assert own["id"] in ids(aju.json("GET", "/api/v1/timelines/home"))
    aju.json("PUT", path, json={"exclusive": True})
    home = ids(aju.json("GET", "/api/v1/timelines/home"))
    assert own["id"] not in home
    assert foreign["id"] in home
    moss.json("GET", path, status=404)
    moss.json("GET", f"/api/v1/timelines/list/{made['id']}", status=404)
    aju.json("DELETE", f"{path}/accounts", data={"account_ids[]": moss.id})
    assert aju.json("GET", f"{path}/accounts") == []
    assert aju.json("DELETE", path) == {}
    assert aju.json("GET", "/api/v1/lists") == []
    aju.json("POST", "/api/v1/lists", status=422, json={"title": " "})
    aju.json("POST", "/api/v1/lists", status=422, json={"title": "x", "replies_policy": "some"})


def test_whom_one_unfollows_is_on_no_list(cast):
    aju, moss = cast("aju"), cast("moss")
    follows(aju, moss)
    made = aju.json("POST", "/api/v1/lists", json={"title": "Tea"})
    aju.json("POST", f"/api/v1/lists/{made['id']}/accounts", json={"account_ids": [moss.id]})
    aju.json("POST", f"/api/v1/accounts/{moss.id}/unfollow")
    assert aju.json("GET", f"/api/v1/lists/{made['id']}/accounts") == []


def test_markers_move_with_versions_and_a_stale_one_is_refused(cast):
    aju = cast("aju")
    assert aju.json("GET", "/api/v1/markers") == {}
    first = aju.json("POST", "/api/v1/markers", data={"home[last_read_id]": "103194548672408537"})
    assert set(first) == {"home"}
    assert (first["home"]["last_read_id"], first["home"]["version"]) == ("103194548672408537", 1)
    moved = aju.json("POST", "/api/v1/markers", json={
        "home": {"last_read_id": "103194548672408540", "version": 1},
        "notifications": {"last_read_id": "5"}})
    assert (moved["home"]["version"], moved["notifications"]["version"]) == (2, 1)
    stale = {"home": {"last_read_id": "7", "version": 1}, "notifications": {"last_read_id": "6"}}
    told = aju.json("POST", "/api/v1/markers", status=409, json=stale)
    assert told["error"] == "Conflict during update, please try again"
    assert aju.json("GET", "/api/v1/markers", params={"timeline[]": ["home", "notifications"]}) == moved
    assert set(aju.json("GET", "/api/v1/markers", params={"timeline[]": "home"})) == {"home"}


def test_servers_are_blocked_by_name_and_unblocked_with_a_body(cast):
    aju = cast("aju")
    for domain in ("One.Example", "two.example", "two.example"):
        assert aju.json("POST", "/api/v1/domain_blocks", json={"domain": domain}) == {}
    answer = aju.request("GET", "/api/v1/domain_blocks", params={"limit": 1})
    assert answer.json() == ["two.example"]
    assert 'rel="next"' in answer.headers["link"]
    assert aju.json("DELETE", "/api/v1/domain_blocks", data={"domain": "one.example"}) == {}
    assert aju.json("GET", "/api/v1/domain_blocks") == ["two.example"]
    aju.json("POST", "/api/v1/domain_blocks", status=422, json={"domain": "no domain"})


def test_familiar_followers_are_those_whom_one_follows(cast):
    aju, moss, reed, star = (cast(name) for name in ("aju", "moss", "reed", "star"))
    for one, other in ((aju, moss), (moss, star), (reed, star)):
        follows(one, other)
    found = aju.json("GET", "/api/v1/accounts/familiar_followers", params={"id[]": [star.id, moss.id]})
    assert [(one["id"], ids(one["accounts"])) for one in found] == [(star.id, [moss.id]), (moss.id, [])]
    moss.json("PATCH", "/api/v1/accounts/update_credentials", data={"hide_collections": "true"})
    [found] = aju.json("GET", "/api/v1/accounts/familiar_followers", params={"id": star.id})
    assert found["accounts"] == []
    assert aju.json("GET", f"/api/v1/accounts/{moss.id}/following") == []
    assert ids(moss.json("GET", f"/api/v1/accounts/{moss.id}/following")) == [star.id]


def test_endorsed_people_stand_on_a_profile_for_everybody(community, cast):
    aju, moss = cast("aju"), cast("moss")
    aju.json("POST", f"/api/v1/accounts/{moss.id}/endorse", status=403)
    follows(aju, moss)
    assert aju.json("POST", f"/api/v1/accounts/{moss.id}/pin")["endorsed"] is True
    with App(community) as nobody:
        assert ids(nobody.json("GET", f"/api/v1/accounts/{aju.id}/endorsements")) == [moss.id]
    assert ids(aju.json("GET", "/api/v1/endorsements")) == [moss.id]
    assert aju.json("POST", f"/api/v1/accounts/{moss.id}/unpin")["endorsed"] is False
    assert aju.json("GET", "/api/v1/endorsements") == []


def test_followers_page_both_ways(cast):
    star = cast("star")
    fans = []
    for _ in range(3):
        fans.append(cast("fan"))
        time.sleep(0.002)
        follows(fans[-1], star)
    newest = [fan.id for fan in sorted(fans, key=lambda fan: -int(fan.id))]
    path = f"/api/v1/accounts/{star.id}/followers"
    first = star.request("GET", path, params={"limit": 2})
    assert ids(first.json()) == newest[:2]
    assert f"max_id={newest[1]}" in first.headers["link"]
    assert ids(star.json("GET", path, params={"limit": 2, "max_id": newest[1]})) == newest[2:]
    assert ids(star.json("GET", path, params={"limit": 1, "min_id": newest[2]})) == newest[1:2]
