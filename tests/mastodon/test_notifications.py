"""What apps are told of what others did: one by one, in groups, held back."""

from __future__ import annotations

import re
import time
from contextlib import closing

import pytest

from tests.conftest import Server
from tests.mastodon.app import App, joined, signed_in
from tests.mastodon.cast import until

TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("notifications"), attempts_per_hour="10000",
        posts_per_hour="100000", api_calls_per_five_minutes="100000",
    ).start()
    yield made
    made.stop()


def person(server: Server, handle: str, *, reads: str = "en") -> App:
    app = signed_in(server, handle, reads=reads)
    app.id = app.json("GET", "/api/v1/accounts/verify_credentials")["id"]
    return app


@pytest.fixture(scope="module")
def crowd(server):
    """Four people who do things to others."""
    made = [person(server, handle) for handle in ("ash", "birch", "cedar", "doum")]
    yield made
    for app in made:
        app.close()


@pytest.fixture
def mine(server, request):
    """Somebody new for each test."""
    handle = f"p{abs(hash(request.node.name)) % 10**9}"
    with closing(person(server, handle)) as app:
        app.handle = handle
        yield app


def posted(app: App, text: str, **asked: str) -> dict:
    return app.json("POST", "/api/v1/statuses", data={"status": text, **asked})


def heard(app: App, count: int, path: str = "/api/v1/notifications", **asked) -> list:
    """Notifications, once so many came."""
    for _ in range(200):
        found = app.json("GET", path, params=asked)
        if len(found) >= count:
            break
        time.sleep(0.05)
    assert len(found) == count, found
    return found


def test_notifications_are_counted_shown_dismissed_and_cleared(mine, crowd):
    ash, birch, *_ = crowd
    note = posted(mine, "Hello")
    for app in (ash, birch):
        app.json("POST", f"/api/v1/accounts/{mine.id}/follow")
        app.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    found = heard(mine, 4)
    assert mine.json("GET", "/api/v1/notifications/unread_count") == {"count": 4}
    assert mine.json("GET", "/api/v1/notifications/unread_count", params={"types[]": "follow", "limit": 1}) == {"count": 1}
    assert mine.json("GET", "/api/v2/notifications/unread_count") == {"count": 2}
    assert mine.json("GET", "/api/v2/notifications/unread_count", params={"grouped_types[]": "favourite"}) == {"count": 3}
    assert mine.json("GET", f"/api/v1/notifications/{found[0]['id']}") == found[0]
    assert mine.json("POST", f"/api/v1/notifications/{found[0]['id']}/dismiss") == {}
    ash.json("GET", f"/api/v1/notifications/{found[1]['id']}", status=404)
    ash.json("POST", f"/api/v1/notifications/{found[1]['id']}/dismiss", status=404)
    mine.json("GET", f"/api/v1/notifications/{found[0]['id']}", status=404)
    assert mine.json("POST", "/api/v1/notifications/dismiss", data={"id": found[1]["id"]}) == {}
    assert [one["id"] for one in heard(mine, 2)] == [one["id"] for one in found[2:]]
    assert mine.json("POST", "/api/v1/notifications/clear") == {}
    assert heard(mine, 0) == []
    assert mine.json("GET", "/api/v1/notifications/unread_count") == {"count": 0}


def test_only_one_persons_notifications_can_be_asked_for_and_pages_follow_each_other(mine, crowd):
    ash, birch, *_ = crowd
    notes = [posted(mine, f"Number {n}") for n in range(4)]
    for app in (ash, birch):
        for note in notes:
            app.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    every = heard(mine, 8)
    found = heard(mine, 4, account_id=birch.id)
    assert {one["account"]["acct"] for one in found} == {"birch"}
    answer = mine.get("/api/v1/notifications", params={"account_id": ash.id, "limit": 2})
    older = answer.links["next"]["url"]
    assert "account_id" in older
    ids = [one["id"] for one in answer.json() + mine.json("GET", older)]
    assert ids == [one["id"] for one in every if one["account"]["acct"] == "ash"]


def test_likes_of_one_note_and_follows_are_grouped_with_accounts_and_statuses_once(mine, crowd):
    first, second = posted(mine, "First"), posted(mine, "Second")
    for app in crowd:
        app.json("POST", f"/api/v1/statuses/{first['id']}/favourite")
    for app in crowd[:2]:
        app.json("POST", f"/api/v1/statuses/{second['id']}/favourite")
        app.json("POST", f"/api/v1/accounts/{mine.id}/follow")
    posted(crowd[0], "An answer", in_reply_to_id=first["id"])
    single = heard(mine, 9)
    told = mine.json("GET", "/api/v2/notifications")
    groups = {(one["type"], one["status_id"]): one for one in told["notification_groups"]}
    answer = next(one for one in single if one["type"] == "mention")["status"]["id"]
    assert set(groups) == {
        ("favourite", first["id"]), ("favourite", second["id"]), ("follow", None), ("mention", answer),
    }
    likes = groups["favourite", first["id"]]
    of_first = [one for one in single if one["status"] and one["status"]["id"] == first["id"]]
    assert likes["notifications_count"] == 4
    assert likes["most_recent_notification_id"] == int(of_first[0]["id"])
    assert (likes["page_max_id"], likes["page_min_id"]) == (of_first[0]["id"], of_first[-1]["id"])
    assert TIMES.fullmatch(likes["latest_page_notification_at"])
    assert likes["sample_account_ids"] == [one["account"]["id"] for one in of_first]
    assert {one["group_key"] for one in of_first} == {likes["group_key"]}
    assert groups["mention", answer]["group_key"].startswith("ungrouped-")
    assert sorted(one["id"] for one in told["accounts"]) == sorted(app.id for app in crowd)
    assert sorted(one["id"] for one in told["statuses"]) == sorted([first["id"], second["id"], answer])
    assert "partial_accounts" not in told
    recent = [one["most_recent_notification_id"] for one in told["notification_groups"]]
    assert recent == sorted(recent, reverse=True)

    apart = mine.json("GET", "/api/v2/notifications", params={"grouped_types[]": "follow"})
    assert len(apart["notification_groups"]) == 4 + 2 + 1 + 1
    partly = mine.json("GET", "/api/v2/notifications", params={"expand_accounts": "partial_avatars"})
    whole = {one["id"] for one in partly["accounts"]}
    assert whole == {one["sample_account_ids"][0] for one in partly["notification_groups"]}
    assert whole.isdisjoint(one["id"] for one in partly["partial_accounts"])
    assert set(partly["partial_accounts"][0]) == {"id", "acct", "url", "avatar", "avatar_static", "locked", "bot"}

    path = f"/api/v2/notifications/{likes['group_key']}"
    assert mine.json("GET", path)["notification_groups"] == [likes]
    assert [one["id"] for one in mine.json("GET", f"{path}/accounts")] == likes["sample_account_ids"]
    crowd[0].json("GET", path, status=404)
    crowd[0].json("POST", f"{path}/dismiss", status=404)
    assert mine.json("POST", f"{path}/dismiss") == {}
    alone = groups["mention", answer]["group_key"]
    assert mine.json("GET", f"/api/v2/notifications/{alone}")["statuses"][0]["id"] == answer
    assert mine.json("POST", f"/api/v2/notifications/{alone}/dismiss") == {}
    left = mine.json("GET", "/api/v2/notifications")["notification_groups"]
    assert {(one["type"], one["status_id"]) for one in left} == {("favourite", second["id"]), ("follow", None)}
    mine.json("GET", path, status=404)


def test_pages_of_groups_lose_nothing_and_hold_nothing_twice(mine, crowd):
    notes = [posted(mine, f"Number {n}") for n in range(5)]
    for app in crowd:
        for note in notes:
            app.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    every = {one["id"] for one in heard(mine, 20)}
    url, spans = "/api/v2/notifications?limit=3", []
    while url:
        answer = mine.get(url)
        groups = answer.json()["notification_groups"]
        assert len(groups) <= 3
        spans += [(one["notifications_count"], one["page_min_id"], one["page_max_id"]) for one in groups]
        url = answer.links.get("next", {}).get("url")
    assert sum(count for count, _, _ in spans) == len(every)
    newest = mine.json("GET", "/api/v2/notifications", params={"since_id": sorted(every, key=int)[-3]})
    assert sum(one["notifications_count"] for one in newest["notification_groups"]) == 2
    above = mine.json("GET", "/api/v2/notifications", params={"min_id": sorted(every, key=int)[0], "limit": 1})
    assert len(above["notification_groups"]) == 1
    assert above["notification_groups"][0]["page_min_id"] == sorted(every, key=int)[1]


def test_what_mastodon_has_no_word_for_comes_only_where_it_is_asked_for(server, mine, crowd):
    note = posted(mine, "Collect me")
    with closing(joined(server, "elm")) as elm:
        assert elm.post(f"/n/{note['id']}/collect", data={"new_board": "Cats"}).status_code == 303
    crowd[0].json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    [found] = heard(mine, 1, **{"types[]": "catflap.collect"})
    assert (found["type"], found["status"]["id"]) == ("catflap.collect", note["id"])
    assert [one["type"] for one in heard(mine, 1)] == ["favourite"]
    assert [one["type"] for one in mine.json("GET", "/api/v2/notifications")["notification_groups"]] == ["favourite"]
    assert heard(mine, 0, **{"types[]": "catflap.collect", "exclude_types[]": "catflap.collect"}) == []


def test_a_policy_holds_back_strangers_until_their_request_is_accepted_or_dismissed(mine, crowd):
    ash, birch, cedar, _ = crowd
    assert mine.json("GET", "/api/v2/notifications/policy") == {
        "for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept",
        "for_private_mentions": "accept", "for_limited_accounts": "accept",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }
    mine.json("PATCH", "/api/v2/notifications/policy", data={"for_not_following": "perhaps"}, status=422)
    told = mine.json("PATCH", "/api/v2/notifications/policy", data={"for_not_following": "filter"})
    assert told["for_not_following"] == "filter"
    mine.json("POST", f"/api/v1/accounts/{cedar.id}/follow")
    note = posted(mine, "Who is there?")
    for app in (ash, birch, cedar):
        app.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    answer = posted(ash, "Me", in_reply_to_id=note["id"])
    requests = heard(mine, 2, "/api/v1/notifications/requests")
    of_ash = next(one for one in requests if one["account"]["acct"] == "ash")
    for _ in range(100):
        of_ash = mine.json("GET", f"/api/v1/notifications/requests/{of_ash['id']}")
        if of_ash["notifications_count"] == "2":
            break
        time.sleep(0.05)
    assert of_ash["notifications_count"] == "2"
    assert of_ash["last_status"]["id"] == answer["id"]
    assert TIMES.fullmatch(of_ash["created_at"])
    assert [one["account"]["acct"] for one in heard(mine, 1)] == ["cedar"]
    assert mine.json("GET", "/api/v1/notifications/unread_count") == {"count": 1}
    assert len(heard(mine, 2, account_id=ash.id, include_filtered="true")) == 2
    assert mine.json("GET", "/api/v2/notifications/policy")["summary"] == {
        "pending_requests_count": 2, "pending_notifications_count": 3,
    }
    ash.json("GET", f"/api/v1/notifications/requests/{of_ash['id']}", status=404)
    ash.json("POST", f"/api/v1/notifications/requests/{of_ash['id']}/accept", status=404)
    assert mine.json("POST", f"/api/v1/notifications/requests/{of_ash['id']}/accept") == {}
    assert mine.json("GET", "/api/v1/notifications/requests/merged") == {"merged": True}
    assert {one["account"]["acct"] for one in heard(mine, 3)} == {"ash", "cedar"}
    [of_birch] = heard(mine, 1, "/api/v1/notifications/requests")
    assert mine.json("POST", "/api/v1/notifications/requests/dismiss", data={"id[]": of_birch["id"]}) == {}
    assert heard(mine, 0, "/api/v1/notifications/requests") == []
    assert heard(mine, 0, account_id=birch.id, include_filtered="true") == []
    posted(ash, f"And again @{mine.handle}")
    heard(mine, 4)


@pytest.mark.parametrize(("policy", "text", "visibility", "is_held"), [
    ("for_private_mentions", "Psst", "direct", True), ("for_private_mentions", "Aloud", "public", False),
    ("for_new_accounts", "New here", "public", True), ("for_not_followers", "Hi", "public", True),
    ("for_limited_accounts", "Hi", "public", False),
])
def test_each_policy_holds_back_what_it_says(mine, crowd, policy, text, visibility, is_held):
    mine.json("PATCH", "/api/v2/notifications/policy", json={policy: "filter"})
    posted(crowd[0], f"{text} @{mine.handle}", visibility=visibility)
    heard(mine, 1, "/api/v1/notifications/requests" if is_held else "/api/v1/notifications")
    assert mine.json("GET", "/api/v1/notifications/unread_count")["count"] == (0 if is_held else 1)


def test_what_is_dropped_never_was_and_older_apps_can_choose_too(mine, crowd):
    mine.json("PATCH", "/api/v2/notifications/policy", data={"for_not_following": "drop"})
    ash, birch, *_ = crowd
    note = posted(mine, "Hello")
    ash.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    mine.json("POST", f"/api/v1/accounts/{birch.id}/follow")
    birch.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    assert [one["account"]["acct"] for one in heard(mine, 1, include_filtered="true")] == ["birch"]
    told = mine.json("PATCH", "/api/v1/notifications/policy", data={"filter_not_following": "false", "filter_new_accounts": "true"})
    assert told["filter_not_following"] is False
    assert told["filter_new_accounts"] is True
    assert mine.json("GET", "/api/v2/notifications/policy")["for_new_accounts"] == "filter"


def test_an_app_needs_the_scopes_of_notifications(server):
    with signed_in(server, "narrow", scopes="read:notifications") as app:
        app.json("GET", "/api/v2/notifications")
        app.json("POST", "/api/v1/notifications/clear", status=403)
        app.json("PATCH", "/api/v2/notifications/policy", data={}, status=403)
    with signed_in(server, "other", scopes="read:statuses write:notifications") as app:
        for path in ("v1/notifications", "v2/notifications", "v2/notifications/policy", "v1/notifications/requests"):
            app.json("GET", f"/api/{path}", status=403)


def test_the_version_of_the_api_says_that_groups_are_there(server, crowd):
    assert crowd[0].json("GET", "/api/v2/instance")["api_versions"]["mastodon"] >= 2


def test_operators_are_told_of_who_is_new_and_nobody_else_is(tmp_path):
    server = Server(tmp_path, attempts_per_hour="1000", operators="rowan").start()
    try:
        with closing(signed_in(server, "rowan")) as rowan, closing(signed_in(server, "tansy")) as tansy:
            new = tansy.json("GET", "/api/v1/accounts/verify_credentials")["id"]
            signed_in(server, "sorrel").close()
            heard = until(lambda: len(one := rowan.json("GET", "/api/v1/notifications?types[]=admin.sign_up")) == 2 and one)
            assert (heard[1]["account"]["id"], heard[1]["status"]) == (new, None)
            [group] = rowan.json("GET", "/api/v2/notifications?types[]=admin.sign_up")["notification_groups"]
            assert (group["type"], group["notifications_count"]) == ("admin.sign_up", 2)
            assert tansy.json("GET", "/api/v1/notifications?types[]=admin.sign_up") == []
    finally:
        server.stop()
