"""Quotes: who may, who sees what of them, and how their author takes them back."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.mastodon.app import PASSWORD, App, joined
from tests.mastodon.cast import Person, posts, until
from tests.mastodon.sockets import Socket, waited


@pytest.fixture
def moss(cast):
    return cast("moss")


@pytest.fixture
def fern(cast):
    return cast("fern")


def quotes(by: Person, note: dict, text: str = "Look at this", *, status: int = 200, **more) -> dict:
    """A status that quotes another."""
    return by.json(
        "POST", "/api/v1/statuses", status=status, json={"status": text, "quoted_status_id": note["id"], **more}
    )


def seen(by: App, note: dict) -> dict:
    return by.json("GET", f"/api/v1/statuses/{note['id']}")


def told_of(by: Person, kind: str) -> list[dict]:
    return by.json("GET", "/api/v1/notifications", params={"types[]": kind})


def test_a_quote_shows_what_it_quotes_and_its_author_is_told(moss, fern):
    note = posts(moss, "My cat sleeps")
    assert note["quote_approval"] == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    made = quotes(fern, note)
    assert made["quote"]["state"] == "accepted"
    assert made["quote"]["quoted_status"]["content"] == "<p>My cat sleeps</p>"
    assert made["content"].startswith('<p class="quote-inline">RE: <a href="' + note["url"])
    assert seen(moss, note)["quotes_count"] == 1
    [told] = until(lambda: told_of(moss, "quote"))
    assert (told["account"]["id"], told["status"]["id"]) == (fern.id, made["id"])
    again = quotes(moss, made, "Quoting the quote")
    assert again["quote"]["quoted_status"]["quote"] == {"state": "accepted", "quoted_status_id": note["id"]}
    assert [one["id"] for one in moss.json("GET", f"/api/v1/statuses/{note['id']}/quotes")] == [made["id"]]


def test_a_text_that_names_the_quoted_note_needs_no_line_for_it(moss, fern):
    note = posts(moss, "My cat sleeps")
    assert "quote-inline" not in quotes(fern, note, f"See {note['url']}")["content"]


def test_whoever_wrote_a_note_says_who_may_quote_it(moss, fern, cast):
    basil = cast("basil")
    fern.json("POST", f"/api/v1/accounts/{moss.id}/follow")
    own = posts(moss, "For those who follow", quote_approval_policy="followers")
    assert own["quote_approval"]["automatic"] == ["followers"]
    assert seen(fern, own)["quote_approval"]["current_user"] == "automatic"
    assert seen(basil, own)["quote_approval"]["current_user"] == "denied"
    quotes(fern, own)
    assert "quot" in quotes(basil, own, status=422)["error"]
    changed = moss.json(
        "PUT", f"/api/v1/statuses/{own['id']}/interaction_policy", json={"quote_approval_policy": "nobody"}
    )
    assert changed["quote_approval"] == {"automatic": [], "manual": [], "current_user": "automatic"}
    assert changed["quotes_count"] == 1
    quotes(fern, own, status=422)
    quotes(moss, own)
    fern.json("PUT", f"/api/v1/statuses/{own['id']}/interaction_policy", status=403, json={"quote_approval_policy": "public"})
    moss.json("PUT", f"/api/v1/statuses/{own['id']}/interaction_policy", status=422, json={"quote_approval_policy": "all"})
    edited = moss.json("PUT", f"/api/v1/statuses/{own['id']}", json={"status": "x", "quote_approval_policy": "public"})
    assert edited["quote_approval"]["automatic"] == ["public"]


def test_what_ones_notes_begin_with_holds_for_quotes_too(moss):
    me = moss.json("PATCH", "/api/v1/accounts/update_credentials", json={"source": {"quote_policy": "nobody"}})
    assert me["source"]["quote_policy"] == "nobody"
    assert moss.json("GET", "/api/v1/preferences")["posting:default:quote_policy"] == "nobody"
    assert posts(moss, "mine")["quote_approval"]["automatic"] == []
    assert posts(moss, "yours", quote_approval_policy="public")["quote_approval"]["automatic"] == ["public"]
    moss.json("PATCH", "/api/v1/accounts/update_credentials", status=422, json={"source": {"quote_policy": "all"}})


def test_what_is_for_few_is_quoted_by_its_author_alone_and_for_no_more_than_it(moss, fern, cast):
    basil = cast("basil")
    fern.json("POST", f"/api/v1/accounts/{moss.id}/follow")
    few = posts(moss, "For followers", visibility="private")
    assert seen(fern, few)["quote_approval"] == {"automatic": [], "manual": [], "current_user": "denied"}
    quotes(fern, few, status=422)
    made = quotes(moss, few, visibility="public")
    assert made["visibility"] == "private"
    talk = posts(moss, f"psst @{fern.handle}", visibility="direct")
    quotes(moss, talk, status=422)
    note = posts(basil, "For all")
    quotes(fern, note, f"@{moss.handle} look", visibility="direct", status=422)
    assert quotes(fern, note, f"@{basil.handle} nice", visibility="direct")["quote"]["state"] == "accepted"


def test_a_revoked_quote_shows_no_more_and_counts_no_more(community, moss, fern):
    note = posts(moss, "My cat sleeps")
    made = quotes(fern, note)
    path = f"/api/v1/statuses/{note['id']}/quotes/{made['id']}/revoke"
    fern.json("POST", path, status=403)
    with Socket(community, access_token=fern.token, stream="user") as stream:
        answer = moss.json("POST", path)
        # The quote's own coming may still be on its way to whoever listens since.
        heard = waited(lambda: (one := stream.hear())["event"] == "status.update" and one)
        told = heard["payload"]
    for one in (answer, told, seen(fern, made)):
        assert one["quote"] == {"state": "revoked", "quoted_status": None}
        assert "quote-inline" not in one["content"]
    moss.json("POST", path)
    assert seen(moss, note)["quotes_count"] == 0
    assert moss.json("GET", f"/api/v1/statuses/{note['id']}/quotes") == []
    moss.json("POST", f"/api/v1/statuses/{note['id']}/quotes/{note['id']}/revoke", status=404)


def test_a_deleted_note_leaves_a_place_and_a_deleted_quote_none(moss, fern):
    note, other = posts(moss, "My cat sleeps"), posts(moss, "My cat eats")
    first, second = quotes(fern, note), quotes(fern, other)
    moss.json("DELETE", f"/api/v1/statuses/{note['id']}")
    assert seen(fern, first)["quote"] == {"state": "deleted", "quoted_status": None}
    assert "quote-inline" not in seen(fern, first)["content"]
    fern.json("DELETE", f"/api/v1/statuses/{second['id']}")
    assert seen(moss, other)["quotes_count"] == 0


def test_who_does_not_see_a_note_sees_none_of_it_in_a_quote(community, moss, fern, cast):
    basil = cast("basil")
    note = posts(moss, "quincesecret")
    made = quotes(fern, note)
    moss.json("POST", f"/api/v1/accounts/{basil.id}/block")
    assert seen(basil, made)["quote"] == {"state": "unauthorized", "quoted_status": None}
    with closing(signed_in_page(community, basil)) as page:
        assert "quincesecret" not in page.get(made["url"]).text
    quotes(basil, note, status=404)
    with Socket(community, access_token=basil.token, stream="public") as stream:
        live = quotes(fern, note, "again")
        heard = waited(lambda: (one := stream.hear()["payload"])["id"] == live["id"] and one)
        assert "quincesecret" not in json.dumps(heard)
    fern.json("POST", f"/api/v1/accounts/{moss.id}/mute")
    own = seen(fern, made)["quote"]
    assert (own["state"], own["quoted_status"]["id"]) == ("muted_account", note["id"])


def signed_in_page(community, one: Person) -> httpx2.Client:
    """The web as somebody sees it who signed in there."""
    made = httpx2.Client(base_url=community.url)
    assert made.post("/enter", data={"handle": one.handle, "password": PASSWORD}).status_code == 303
    return made


def test_filters_look_into_what_is_quoted(moss, fern):
    note = posts(moss, "A cucumber")
    made = quotes(fern, note, "ha")
    moss.json("POST", "/api/v2/filters", json={
        "title": "Green", "context": ["home", "public", "thread", "notifications", "account"], "filter_action": "warn",
        "keywords_attributes": [{"keyword": "ha"}],
    })
    fern.json("POST", "/api/v2/filters", json={
        "title": "Green", "context": ["public"], "filter_action": "warn", "keywords_attributes": [{"keyword": "cucumber"}],
    })
    listed = {one["id"]: one for one in fern.json("GET", "/api/v1/timelines/public")}
    assert listed[made["id"]]["filtered"] == []
    assert [one["filter"]["title"] for one in listed[made["id"]]["quote"]["quoted_status"]["filtered"]] == ["Green"]
    assert [one["filter"]["title"] for one in seen(moss, made)["filtered"]] == ["Green"]


def test_who_quotes_is_told_of_an_edit(moss, fern):
    note = posts(moss, "My cat sleeps")
    made = quotes(fern, note)
    moss.json("PUT", f"/api/v1/statuses/{note['id']}", json={"status": "My cat woke up"})
    [told] = until(lambda: told_of(fern, "quoted_update"))
    assert (told["account"]["id"], told["status"]["id"]) == (moss.id, made["id"])
    assert "woke up" in told["status"]["quote"]["quoted_status"]["content"]


def test_a_planned_note_quotes_when_its_time_has_come(moss, fern):
    note = posts(moss, "My cat sleeps")
    waiting = quotes(fern, note, scheduled_at="2099-01-01T00:00:00Z", status=422)
    assert "error" in waiting
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    waiting = quotes(fern, note, scheduled_at=later, quote_approval_policy="followers")
    assert (waiting["params"]["quoted_status_id"], waiting["params"]["quote_approval_policy"]) == (note["id"], "followers")
    quotes(fern, {"id": "1"}, scheduled_at=later, status=404)


def test_on_the_web_a_quote_is_a_card_that_its_author_can_take_out(community, moss):
    with closing(joined(community, "willow7", reads="en")) as willow:
        note = posts(moss, "My cat sleeps")
        page = willow.get(note["url"]).text
        assert f'href="/new?quote={note["id"]}"' in page
        form = willow.get(f"/new?quote={note['id']}").text
        assert "My cat sleeps" in form
        answer = willow.post("/new", data={"body": "So does mine", "quote": note["id"], "quotable_by": "followers"})
        made = answer.headers["location"]
        assert 'class="quoted"' in willow.get(made).text
        assert "/unquote" not in willow.get(made).text
    id_ = made.rpartition("/")[2]
    told = moss.json("GET", f"/api/v1/statuses/{id_}")
    assert (told["quote"]["state"], told["quote_approval"]["automatic"]) == ("accepted", ["followers"])
    with closing(signed_in_page(community, moss)) as web:
        assert f'action="/n/{id_}/unquote"' in web.get(made).text
        assert web.post(f"/n/{id_}/unquote").status_code == 303
        assert "taken out by its author" in web.get(made).text
        assert web.post("/new", data={"body": "x", "quote": "1"}).status_code == 404
    assert seen(moss, {"id": id_})["quote"]["state"] == "revoked"


def test_a_boosts_id_stands_for_what_it_passes_on(moss, fern):
    note = posts(moss, "My cat sleeps")
    boost = fern.json("POST", f"/api/v1/statuses/{note['id']}/reblog")["id"]
    for deed, member in (("favourite", "favourited"), ("bookmark", "bookmarked"), ("mute", "muted")):
        done = fern.json("POST", f"/api/v1/statuses/{boost}/{deed}")
        assert (done["id"], done[member]) == (note["id"], True)
        undone = fern.json("POST", f"/api/v1/statuses/{boost}/un{deed}")
        assert (undone["id"], undone[member]) == (note["id"], False)
    own = moss.json("POST", f"/api/v1/statuses/{note['id']}/reblog")["id"]
    assert moss.json("POST", f"/api/v1/statuses/{own}/pin")["pinned"] is True
    assert fern.json("GET", f"/api/v1/statuses/{boost}/source")["text"] == "My cat sleeps"
    assert len(fern.json("GET", f"/api/v1/statuses/{boost}/history")) == 1
    assert quotes(fern, {"id": boost})["quote"]["quoted_status"]["id"] == note["id"]
    fern.json("DELETE", f"/api/v1/statuses/{own}", status=404)
    fern.json("DELETE", f"/api/v1/statuses/{boost}")
    assert seen(fern, note)["reblogged"] is False
    assert seen(moss, note)["reblogs_count"] == 1
