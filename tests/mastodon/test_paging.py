"""Lists as apps page through them: by their Link headers alone, down to the end and up again."""

from __future__ import annotations

import re

import pytest

from tests.conftest import photo_bytes
from tests.mastodon.app import App
from tests.mastodon.cast import person, posts
from tests.mastodon.sockets import Socket


def ids(found):
    return [one["id"] for one in found]


def linked(answer) -> dict[str, str]:
    """The addresses of a Link header, by what they lead to."""
    return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers.get("link", ""))}


def paged(app: App, path: str, **asked) -> list[str]:
    """The ids of a whole list, two at a time."""
    answer = app.get(path, params={**asked, "limit": 2})
    down, last = [], answer
    while answer.json():
        assert answer.status_code == 200
        assert len(answer.json()) == 2 or "next" not in linked(answer), "a page is full or the last"
        down += ids(answer.json())
        last = answer
        if "next" not in linked(answer):
            break
        answer = app.get(linked(answer)["next"])
    if not down:
        return []
    up = ids(last.json())
    while (answer := app.get(linked(last)["prev"])).json():
        up, last = [*ids(answer.json()), *up], answer
    assert up == down
    return down


def photographs(by, text: str, **more) -> str:
    """A status with a photo, just published."""
    file = by.json("POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")})
    return posts(by, text, media_ids=[file["id"]], **more)["id"]


@pytest.fixture(scope="module")
def wrote(community):
    """What somebody wrote, by what it is."""
    moss, aju = person(community, "moss"), person(community, "aju")
    moss.json("POST", f"/api/v1/accounts/{aju.id}/follow")
    told: dict = {"moss": moss, "aju": aju, "photos": [], "words": []}
    for n in range(5):
        told["photos"].insert(0, photographs(moss, f"photo {n} #paging"))
        for m in range(5):
            told["words"].insert(0, posts(moss, f"words {n} {m} #pagingwords")["id"])
    told["theirs"] = posts(aju, "mine #paging")["id"]
    told["both"] = photographs(aju, "both #paging #pagingwords")
    told["self"] = posts(moss, "one more thing", in_reply_to_id=told["photos"][0])["id"]
    told["reply"] = photographs(moss, "look", in_reply_to_id=told["theirs"])
    told["boost"] = moss.json("POST", f"/api/v1/statuses/{told['theirs']}/reblog")["id"]
    moss.json("POST", f"/api/v1/statuses/{told['words'][-1]}/pin")
    moss.json("POST", f"/api/v1/statuses/{told['photos'][-1]}/pin")
    yield told
    moss.close()
    aju.close()


def test_a_profiles_media_tab_has_every_photo_and_its_pages_are_full(wrote):
    moss, path = wrote["moss"], f"/api/v1/accounts/{wrote['moss'].id}/statuses"
    assert paged(moss, path, only_media=True) == [wrote["reply"], *wrote["photos"]]
    assert paged(moss, path, only_media=True, exclude_replies=True) == wrote["photos"]
    assert paged(wrote["aju"], path, tagged="Paging") == wrote["photos"]
    assert paged(moss, path, tagged="pagingwords") == wrote["words"]
    assert paged(moss, path, tagged="pagingwords", only_media=True) == []
    assert paged(moss, path, tagged="pagin_words") == []


def test_a_profile_leaves_out_answers_and_boosts_where_that_is_asked(wrote):
    moss, path = wrote["moss"], f"/api/v1/accounts/{wrote['moss'].id}/statuses"
    everything = paged(moss, path)
    assert everything[:3] == [wrote["boost"], wrote["reply"], wrote["self"]]
    assert len(everything) == 33
    assert paged(moss, path, exclude_reblogs=True) == everything[1:]
    assert paged(moss, path, exclude_replies=True) == [wrote["boost"], *everything[2:]]
    assert paged(moss, path, exclude_replies=True, exclude_reblogs=True) == everything[2:]
    assert ids(moss.json("GET", path, params={"pinned": True})) == [wrote["photos"][-1], wrote["words"][-1]]


def test_public_and_tag_timelines_are_narrowed_before_they_are_cut(wrote):
    moss = wrote["moss"]
    photos, words, theirs, both = wrote["photos"], wrote["words"], wrote["theirs"], wrote["both"]
    assert paged(moss, "/api/v1/timelines/public", only_media=True) == [both, *photos]
    path = "/api/v1/timelines/tag/paging"
    assert paged(moss, path) == [both, theirs, *photos]
    assert paged(moss, path, only_media=True) == [both, *photos]
    assert paged(moss, path, **{"all[]": "pagingwords"}) == [both]
    assert paged(moss, path, **{"none[]": "pagingwords"}) == [theirs, *photos]
    every = sorted([both, theirs, *photos, *words], key=int, reverse=True)
    assert paged(moss, path, **{"any[]": "PagingWords"}) == every
    assert paged(moss, path, **{"any[]": "pagingwords", "none[]": "paging"}) == words


def test_a_thread_tells_its_whole_chain_and_what_stands_below_in_its_order(community, cast):
    moss, aju = cast("moss"), cast("aju")
    chain = [posts(moss, "0")["id"]]
    for n in range(1, 7):
        chain.append(posts((aju, moss)[n % 2], str(n), in_reply_to_id=chain[-1])["id"])
    beside = posts(aju, "beside", in_reply_to_id=chain[1])["id"]
    for n, id_ in enumerate(chain):
        context = moss.json("GET", f"/api/v1/statuses/{id_}/context")
        assert ids(context["ancestors"]) == chain[:n]
        assert ids(context["descendants"]) == [*chain[n + 1 :], *([beside] if n < 2 else [])]


def test_nobody_is_shown_less_of_a_thread_than_somebody(community, cast):
    moss = cast("moss")
    chain = [posts(moss, "0")["id"]]
    for n in range(1, 46):
        chain.append(posts(moss, str(n), in_reply_to_id=chain[-1])["id"])
    with App(community) as nobody:
        last = nobody.json("GET", f"/api/v1/statuses/{chain[-1]}/context")
        assert ids(last["ancestors"]) == chain[5:45], "the forty that are nearest"
        first = nobody.json("GET", f"/api/v1/statuses/{chain[0]}/context")
        assert ids(first["descendants"]) == chain[1:21], "twenty deep"
        for n in range(65):
            posts(moss, f"beside {n}", in_reply_to_id=chain[44])
        assert len(nobody.json("GET", f"/api/v1/statuses/{chain[44]}/context")["descendants"]) == 60
    assert ids(moss.json("GET", f"/api/v1/statuses/{chain[0]}/context")["descendants"])[:45] == chain[1:]
    assert ids(moss.json("GET", f"/api/v1/statuses/{chain[-1]}/context")["ancestors"]) == chain[:-1]


def test_favourites_and_bookmarks_stand_by_when_one_did_it(cast):
    moss, aju = cast("moss"), cast("aju")
    notes = [posts(moss, str(n))["id"] for n in range(5)]
    order = [notes[n] for n in (2, 0, 4, 1, 3)]
    for id_ in order:
        aju.json("POST", f"/api/v1/statuses/{id_}/favourite")
        aju.json("POST", f"/api/v1/statuses/{id_}/bookmark")
    for path in ("/api/v1/favourites", "/api/v1/bookmarks"):
        assert paged(aju, path) == order[::-1]
        top = linked(aju.get(path, params={"limit": 2}))
        assert aju.get(top["prev"]).json() == []
        newer = aju.get(top["next"].replace("max_id", "since_id").replace("limit=2", "limit=40"))
        assert ids(newer.json()) == order[-1:], "what is newer than the last of the first page"
        aju.json("GET", path, params={"max_id": "soon"}, status=422)
        aju.json("GET", path, params={"max_id": "9" * 60}, status=422)


def test_who_liked_and_boosted_is_told_page_by_page(cast):
    moss = cast("moss")
    fans = [cast(f"fan{n}") for n in range(5)]
    note = posts(moss, "like me")["id"]
    for deed, path in (("favourite", "favourited_by"), ("reblog", "reblogged_by")):
        for fan in fans:
            fan.json("POST", f"/api/v1/statuses/{note}/{deed}")
        whole = f"/api/v1/statuses/{note}/{path}"
        assert paged(moss, whole) == [fan.id for fan in fans[::-1]]
        fans[0].json("POST", f"/api/v1/accounts/{fans[3].id}/block")
        assert ids(fans[0].json("GET", whole)) == [fans[n].id for n in (4, 2, 1, 0)]
        fans[0].json("POST", f"/api/v1/accounts/{fans[3].id}/unblock")
        for fan in fans:
            fan.json("POST", f"/api/v1/statuses/{note}/un{deed}")


def test_answers_come_home_and_over_the_stream_by_one_rule(community, cast):
    moss, aju, friend, stranger = cast("moss"), cast("aju"), cast("friend"), cast("stranger")
    for one in (aju, friend):
        moss.json("POST", f"/api/v1/accounts/{one.id}/follow")
    top, elsewhere = posts(aju, "top")["id"], posts(stranger, "elsewhere")["id"]
    with Socket(community, access_token=moss.token, stream="user") as stream:
        while stream.heard_within(0.5):
            pass  # what was said before passes by
        onward = posts(aju, "onward", in_reply_to_id=top)["id"]
        among = posts(friend, "among friends", in_reply_to_id=onward)["id"]
        away = posts(friend, "to a stranger", in_reply_to_id=elsewhere)["id"]
        unknown = posts(stranger, "from a stranger", in_reply_to_id=top)["id"]
        mine = posts(moss, "mine", in_reply_to_id=unknown)["id"]
        to_me = posts(friend, "to me", in_reply_to_id=mine)["id"]
        last = posts(aju, "that is all")["id"]
        heard: list[str] = []
        while last not in heard:
            told = stream.hear()
            if told["event"] == "update":
                heard.append(told["payload"]["id"])
    assert heard == [onward, among, mine, to_me, last]
    assert paged(moss, "/api/v1/timelines/home") == [*heard[::-1], top]
    assert away not in heard
