"""An answer may be given again only to the same caller, and only until something changed."""

from __future__ import annotations

from contextlib import closing

import httpx2

from tests.mastodon.app import App, joined, token_of

HOME = "/api/v1/timelines/home"


def test_an_answer_given_again_is_the_callers_own(cast, community):
    moss, wren = cast("moss"), cast("wren")
    note = moss.json("POST", "/api/v1/statuses", json={"status": "One cat."})
    path = f"/api/v1/statuses/{note['id']}"
    assert moss.json("GET", path)["favourited"] is False
    wren.json("POST", f"{path}/favourite")
    for _ in range(3):
        assert wren.json("GET", path)["favourited"] is True
        assert moss.json("GET", path)["favourited"] is False
        nobody = httpx2.get(f"{community.url}{path}").json()
        assert (nobody["favourited"], nobody["favourites_count"]) == (False, 1)


def test_whatever_anybody_commits_is_in_the_next_answer(cast):
    moss, wren = cast("moss2"), cast("wren2")
    wren.json("POST", f"/api/v1/accounts/{moss.id}/follow")
    for count in range(1, 6):
        moss.json("POST", "/api/v1/statuses", json={"status": f"Cat number {count}."})
        assert len(wren.json("GET", HOME)) == count
        assert len(wren.json("GET", HOME)) == count
    last = wren.json("GET", HOME)[0]
    moss.json("PUT", f"/api/v1/statuses/{last['id']}", json={"status": "Another cat."})
    assert "Another cat." in wren.json("GET", HOME)[0]["content"]
    moss.json("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "Mossy"})
    assert wren.json("GET", HOME)[0]["account"]["display_name"] == "Mossy"
    wren.json("POST", f"/api/v1/accounts/{moss.id}/block")
    assert wren.json("GET", HOME) == []


def test_a_kept_answer_still_wants_a_good_token_and_goes_on_where_it_went_on(cast, community):
    moss = cast("moss3")
    for count in range(3):
        moss.json("POST", "/api/v1/statuses", json={"status": f"Cat number {count}."})
    answers = [moss.get(HOME, params={"limit": 2}) for _ in range(3)]
    assert len({answer.content for answer in answers}) == 1
    assert all('rel="next"' in answer.headers["link"] for answer in answers)
    left = [int(answer.headers["x-ratelimit-remaining"]) for answer in answers]
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == 3
    refused = httpx2.get(f"{community.url}{HOME}", headers={"authorization": "Bearer none"})
    assert refused.status_code == 401
    moss.json("DELETE", f"/api/v1/statuses/{moss.json('GET', HOME)[0]['id']}")
    assert len(moss.json("GET", HOME)) == 2


def test_who_reads_otherwise_from_now_on_is_answered_so(cast, community):
    note = cast("moss4").json("POST", "/api/v1/statuses", json={"status": "我们的猫在车站", "language": "zh"})
    with closing(joined(community, "lian_reads", reads="zh")) as person, \
            App(community, token=token_of(community, person)) as app:
        for script, shown in (("Hans", "我们的猫在车站"), ("Hant", "我們的貓在車站"), ("Hans", "我们的猫在车站")):
            changed = person.post("/settings/languages", data={
                "reads": "zh", "script": script, "translate": "on", "locale": "zh-Hans"})
            assert changed.status_code == 303, changed.text
            for _ in range(2):
                assert app.json("GET", f"/api/v1/statuses/{note['id']}")["content"] == f"<p>{shown}</p>"
                assert app.json("GET", "/api/v1/timelines/public")[0]["content"] == f"<p>{shown}</p>"
