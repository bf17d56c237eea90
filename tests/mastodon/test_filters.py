"""Filters: kept, changed, and told in each status they find."""

from __future__ import annotations

from tests.mastodon.cast import posts, until

EVERYWHERE = ["home", "notifications", "public", "thread", "account"]


def found(viewer, path, id_, **params):
    """Titles of the filters that a list says of one of its statuses."""
    [status] = [one for one in viewer.json("GET", path, params=params) if one["id"] == id_]
    return [result["filter"]["title"] for result in status["filtered"]]


def test_a_filter_is_made_by_form_changed_and_dropped(cast):
    aju = cast("aju")
    made = aju.json("POST", "/api/v2/filters", content=(
        "title=Bait&context[]=home&context[]=public&filter_action=hide&expires_in=3600"
        "&keywords_attributes[][keyword]=foo&keywords_attributes[][whole_word]=false"
        "&keywords_attributes[][keyword]=bar&keywords_attributes[][whole_word]=true"
    ), headers={"content-type": "application/x-www-form-urlencoded"})
    assert (made["title"], made["context"], made["filter_action"]) == ("Bait", ["home", "public"], "hide")
    assert made["expires_at"].endswith("Z")
    assert [(w["keyword"], w["whole_word"]) for w in made["keywords"]] == [("foo", False), ("bar", True)]
    assert made["statuses"] == []
    foo, bar = (word["id"] for word in made["keywords"])
    path = f"/api/v2/filters/{made['id']}"
    told = aju.json("PUT", path, json={"title": "Bait!", "expires_in": "", "keywords_attributes": [
        {"id": foo, "_destroy": True}, {"id": bar, "keyword": "baz"}, {"keyword": "qux"}]})
    assert (told["title"], told["context"], told["expires_at"]) == ("Bait!", ["home", "public"], None)
    assert [(w["keyword"], w["whole_word"]) for w in told["keywords"]] == [("baz", True), ("qux", True)]
    assert aju.json("GET", path) == told
    assert aju.json("GET", "/api/v2/filters") == [told]
    word = aju.json("POST", f"{path}/keywords", data={"keyword": "zap", "whole_word": "false"})
    assert aju.json("GET", f"/api/v2/filters/keywords/{word['id']}") == word
    assert len(aju.json("GET", f"{path}/keywords")) == 3
    changed = aju.json("PUT", f"/api/v2/filters/keywords/{word['id']}", data={"keyword": "zip"})
    assert changed == {"id": word["id"], "keyword": "zip", "whole_word": False}
    assert aju.json("DELETE", f"/api/v2/filters/keywords/{word['id']}") == {}
    aju.json("GET", f"/api/v2/filters/keywords/{word['id']}", status=404)
    assert aju.json("DELETE", path) == {}
    assert aju.json("GET", "/api/v2/filters") == []


def test_a_filter_that_is_none_is_refused_and_anothers_is_not_there(cast):
    aju, moss = cast("aju"), cast("moss")
    for wrong in ({"context": ["home"]}, {"title": "x"}, {"title": "x", "context": []},
                  {"title": "x", "context": ["everywhere"]},
                  {"title": "x", "context": ["home"], "filter_action": "burn"},
                  {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": " "}]},
                  {"title": "x", "context": ["home"], "expires_in": "soon"}):
        assert aju.json("POST", "/api/v2/filters", status=422, json=wrong)["error"].startswith("Validation failed")
    assert aju.json("GET", "/api/v2/filters") == []
    made = aju.json("POST", "/api/v2/filters", json={
        "title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "x"}]})
    word = made["keywords"][0]["id"]
    for method, path in (("GET", f"/api/v2/filters/{made['id']}"), ("DELETE", f"/api/v2/filters/{made['id']}"),
                         ("PUT", f"/api/v2/filters/keywords/{word}"), ("DELETE", f"/api/v1/filters/{word}")):
        moss.json(method, path, status=404, json={"keyword": "y"})
    other = moss.json("POST", "/api/v2/filters", json={"title": "y", "context": ["home"]})
    moss.json("PUT", f"/api/v2/filters/{other['id']}", status=404, json={"keywords_attributes": [{"id": word, "keyword": "mine"}]})
    assert aju.json("GET", f"/api/v2/filters/{made['id']}") == made


def test_what_a_filter_finds_is_told_where_it_holds(cast):
    aju, moss = cast("阿橘", reads="zh"), cast("moss")
    aju.json("POST", f"/api/v1/accounts/{moss.id}/follow")
    named, spoken = f"spoiler{moss.id}", posts(moss, f"Hello @{aju.handle}: a SPOILER{moss.id}, 劇透")
    aju.json("POST", "/api/v2/filters", json={"title": "here", "context": ["home", "notifications"],
             "keywords_attributes": [{"keyword": named, "whole_word": True}]})
    aju.json("POST", "/api/v2/filters", json={"title": "there", "context": ["public", "thread", "account"],
             "keywords_attributes": [{"keyword": "剧透", "whole_word": True}]})
    id_ = spoken["id"]
    answer = posts(moss, "and 剧透 again", in_reply_to_id=id_)
    assert found(aju, "/api/v1/timelines/home", id_) == ["here"]
    assert found(aju, "/api/v1/timelines/public", id_) == ["there"]
    assert found(aju, f"/api/v1/accounts/{moss.id}/statuses", id_) == ["there"]
    context = aju.json("GET", f"/api/v1/statuses/{id_}/context")
    assert [r["filter"]["title"] for r in context["descendants"][0]["filtered"]] == ["there"]
    assert context["descendants"][0]["id"] == answer["id"]
    [heard] = until(lambda: aju.json("GET", "/api/v1/notifications"))
    assert [r["filter"]["title"] for r in heard["status"]["filtered"]] == ["here"]
    alone = aju.json("GET", f"/api/v1/statuses/{id_}")["filtered"]
    assert [r["filter"]["title"] for r in alone] == ["here", "there"]
    assert alone[0]["keyword_matches"] == [named]
    assert alone[0]["status_matches"] is None
    assert moss.json("GET", f"/api/v1/statuses/{id_}")["filtered"] == []


def test_a_status_is_filtered_by_name_and_ones_own_never(cast):
    aju, moss = cast("aju"), cast("moss")
    made = aju.json("POST", "/api/v2/filters", json={
        "title": "that one", "context": EVERYWHERE, "filter_action": "blur",
        "keywords_attributes": [{"keyword": "anything"}]})
    note, own = posts(moss, "harmless"), posts(aju, "anything goes")
    path = f"/api/v2/filters/{made['id']}/statuses"
    row = aju.json("POST", path, data={"status_id": note["id"]})
    assert aju.json("POST", path, data={"status_id": note["id"]}) == row
    assert aju.json("GET", path) == [row]
    assert aju.json("GET", f"/api/v2/filters/statuses/{row['id']}") == row
    [result] = aju.json("GET", f"/api/v1/statuses/{note['id']}")["filtered"]
    assert (result["status_matches"], result["keyword_matches"]) == ([note["id"]], None)
    assert result["filter"]["filter_action"] == "blur"
    assert aju.json("GET", f"/api/v1/statuses/{own['id']}")["filtered"] == []
    assert aju.json("DELETE", f"/api/v2/filters/statuses/{row['id']}") == {}
    assert aju.json("GET", f"/api/v1/statuses/{note['id']}")["filtered"] == []
    secret = posts(moss, "for friends", visibility="private")
    aju.json("POST", path, status=404, data={"status_id": secret["id"]})


def test_a_filter_ends_in_its_time(cast):
    aju, moss = cast("aju"), cast("moss")
    note = posts(moss, "boom")
    aju.json("POST", "/api/v2/filters", json={"title": "short", "context": EVERYWHERE, "expires_in": 1,
             "keywords_attributes": [{"keyword": "boom"}]})
    assert aju.json("GET", f"/api/v1/statuses/{note['id']}")["filtered"]
    until(lambda: not aju.json("GET", f"/api/v1/statuses/{note['id']}")["filtered"])


def test_older_apps_see_each_word_as_a_filter(cast):
    aju = cast("aju")
    made = aju.json("POST", "/api/v1/filters", data={
        "phrase": "gossip", "context[]": ["home", "thread"], "irreversible": "true", "whole_word": "true"})
    assert made == {"id": made["id"], "phrase": "gossip", "context": ["home", "thread"], "whole_word": True,
                    "expires_at": None, "irreversible": True}
    [whole] = aju.json("GET", "/api/v2/filters")
    assert (whole["filter_action"], [w["id"] for w in whole["keywords"]]) == ("hide", [made["id"]])
    told = aju.json("PUT", f"/api/v1/filters/{made['id']}", json={
        "phrase": "rumour", "context": ["home"], "irreversible": False, "whole_word": False})
    assert (told["phrase"], told["context"], told["irreversible"]) == ("rumour", ["home"], False)
    assert aju.json("GET", f"/api/v1/filters/{made['id']}") == told
    aju.json("POST", f"/api/v2/filters/{whole['id']}/keywords", data={"keyword": "tattle"})
    assert len(aju.json("GET", "/api/v1/filters")) == 2
    path = f"/api/v1/filters/{made['id']}"
    aju.json("PUT", path, status=422, json={"phrase": "rumour", "context": ["public"]})
    aju.json("PUT", path, json={"phrase": "hearsay", "context": ["home"]})
    assert aju.json("DELETE", path) == {}
    assert [w["keyword"] for w in aju.json("GET", "/api/v2/filters")[0]["keywords"]] == ["tattle"]
    aju.json("POST", "/api/v1/filters", status=422, data={"context[]": "home"})
