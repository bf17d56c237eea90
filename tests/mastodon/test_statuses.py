"""What apps do with statuses: once, again, differently, later, among few, by vote."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from tests.conftest import Server, photo_bytes
from tests.mastodon.app import App, joined, token_of


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        Path(tmp_path_factory.mktemp("statuses")), attempts_per_hour="10000",
        posts_per_hour="100000",
    ).start()
    yield made
    made.stop()


@contextmanager
def arrived(server, handle, reads):
    """A person's app, and their browser beside it."""
    with (
        closing(joined(server, handle, reads=reads)) as web,
        App(server, token=token_of(server, web)) as app,
    ):
        app.web = web
        app.me = app.json("GET", "/api/v1/accounts/verify_credentials")
        yield app


@pytest.fixture(scope="module")
def juniper(server):
    with arrived(server, "juniper", "en") as app:
        yield app


@pytest.fixture(scope="module")
def aju(server, juniper):
    with arrived(server, "阿橘", "zh") as app:
        app.json("POST", f"/api/v1/accounts/{juniper.me['id']}/follow")
        yield app


@pytest.fixture(scope="module")
def stranger(server):
    with arrived(server, "robin", "en") as app:
        yield app


@pytest.fixture(scope="module")
def nobody(server):
    with App(server) as app:
        yield app


def posted(app, text="hello", **more):
    return app.json("POST", "/api/v1/statuses", json={"status": text, **more})


def act(app, note, deed, status=200, **asked):
    return app.json("POST", f"/api/v1/statuses/{note['id']}/{deed}", status=status, json=asked)


def ids(listed):
    return [one["id"] for one in listed]


def told(app, kind, note):
    """Whether a notification of this kind about this note comes."""
    for _ in range(60):
        heard = app.json("GET", "/api/v1/notifications", params={"types[]": kind})
        if any(one["status"]["id"] == note["id"] for one in heard):
            return True
        time.sleep(0.1)
    return False


def test_the_same_key_publishes_once_even_at_once(server, juniper):
    async def both():
        async with httpx2.AsyncClient(base_url=server.url, timeout=30) as client:
            headers = {"authorization": f"Bearer {juniper.token}", "idempotency-key": "k-1"}
            answers = await asyncio.gather(*(
                client.post("/api/v1/statuses", data={"status": "just once"}, headers=headers)
                for _ in range(4)
            ))
        return {answer.json()["id"] for answer in answers}

    [only] = asyncio.run(both())
    again = juniper.json(
        "POST", "/api/v1/statuses", data={"status": "just once"},
        headers={"idempotency-key": "k-1"},
    )
    assert again["id"] == only
    other = juniper.json(
        "POST", "/api/v1/statuses", data={"status": "just once"},
        headers={"idempotency-key": "k-2"},
    )
    assert other["id"] != only
    mine = juniper.json("GET", f"/api/v1/accounts/{juniper.me['id']}/statuses")
    assert len(mine) == 2


def test_a_deleted_status_comes_back_with_its_text_and_its_files_for_writing_it_anew(juniper):
    file = juniper.json(
        "POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")},
        data={"description": "A cat"},
    )
    note = posted(juniper, "typo @nobody #cats", media_ids=[file["id"]])
    was = juniper.json("DELETE", f"/api/v1/statuses/{note['id']}")
    assert was["text"] == "typo @nobody #cats"
    assert ids(was["media_attachments"]) == [file["id"]]
    juniper.json("GET", f"/api/v1/statuses/{note['id']}", status=404)
    anew = posted(juniper, "no typo", media_ids=[file["id"]])
    assert anew["media_attachments"][0]["description"] == "A cat"
    juniper.json("DELETE", f"/api/v1/statuses/{anew['id']}", params={"delete_media": "true"})
    juniper.json("GET", f"/api/v1/media/{file['id']}", status=404)


def test_a_reply_takes_no_photo_out_of_another_status(juniper):
    file = juniper.json("POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")})
    note = posted(juniper, "my cat", media_ids=[file["id"]])
    juniper.json("POST", "/api/v1/statuses", status=422, json={
        "status": "mine again", "in_reply_to_id": note["id"], "media_ids": [file["id"]],
    })
    assert ids(juniper.json("GET", f"/api/v1/statuses/{note['id']}")["media_attachments"]) == [file["id"]]


def test_an_edit_keeps_how_it_read_and_describes_files_as_forms_say_it(juniper, aju):
    files = [
        juniper.json(
            "POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")},
            data={"description": f"photo {n}"},
        )["id"]
        for n in range(2)
    ]
    note = posted(juniper, "first form", media_ids=files, spoiler_text="watch out")
    form = "&".join([
        "status=second+form", f"media_ids[]={files[0]}", f"media_ids[]={files[1]}",
        f"media_attributes[][id]={files[0]}", "media_attributes[][description]=a+dog",
        f"media_attributes[][id]={files[1]}", "media_attributes[][description]=a+cat",
    ])
    edited = juniper.json(
        "PUT", f"/api/v1/statuses/{note['id']}", content=form,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert edited["edited_at"]
    assert [one["description"] for one in edited["media_attachments"]] == ["a dog", "a cat"]
    forms = aju.json("GET", f"/api/v1/statuses/{note['id']}/history")
    assert [one["content"] for one in forms] == ["<p>first form</p>", "<p>second form</p>"]
    assert [one["spoiler_text"] for one in forms] == ["watch out", ""]
    assert forms[0]["created_at"] == note["created_at"]
    assert forms[1]["created_at"] == edited["edited_at"]
    assert forms[1]["account"]["acct"] == "juniper"
    act(aju, note, "reblog")
    aju.json("PUT", f"/api/v1/statuses/{note['id']}", status=404, json={"status": "mine"})


def test_an_unlisted_status_is_read_by_its_address_and_by_followers(juniper, aju, nobody):
    note = posted(juniper, "by the link #quietly", visibility="unlisted")
    assert note["visibility"] == "unlisted"
    assert nobody.json("GET", f"/api/v1/statuses/{note['id']}")["id"] == note["id"]
    assert note["id"] not in ids(nobody.json("GET", "/api/v1/timelines/public"))
    assert ids(nobody.json("GET", "/api/v1/timelines/tag/quietly")) == []
    assert note["id"] in ids(aju.json("GET", "/api/v1/timelines/home"))
    page = juniper.web.get(f"/n/{note['id']}/edit").text
    assert '<option value="unlisted" selected>' in page


def test_a_boost_is_a_status_around_another(juniper, aju, stranger):
    note = posted(stranger, "pass it on")
    boost = act(juniper, note, "reblog")
    assert boost["id"] != note["id"]
    assert boost["account"]["acct"] == "juniper"
    assert boost["reblog"]["id"] == note["id"]
    assert boost["reblog"]["reblogged"] is True
    assert boost["reblog"]["reblogs_count"] == 1
    home = aju.json("GET", "/api/v1/timelines/home")
    mine = next(one for one in home if one["id"] == boost["id"])
    assert mine["reblog"]["account"]["acct"] == "robin"
    assert mine["reblog"]["reblogged"] is False
    assert aju.json("GET", f"/api/v1/statuses/{boost['id']}")["reblog"]["id"] == note["id"]
    older = aju.json("GET", "/api/v1/timelines/home", params={"max_id": boost["id"]})
    assert boost["id"] not in ids(older)
    profile = f"/api/v1/accounts/{juniper.me['id']}/statuses"
    assert boost["id"] in ids(aju.json("GET", profile))
    assert boost["id"] not in ids(aju.json("GET", profile, params={"exclude_reblogs": True}))
    by = aju.json("GET", f"/api/v1/statuses/{note['id']}/reblogged_by")
    assert [one["acct"] for one in by] == ["juniper"]
    assert told(stranger, "reblog", note)
    following = aju.web.get("/following").text
    assert f'data-id="{note["id"]}"' in following
    assert re.search(r'class="why">[^<]*juniper', following)
    assert "passed your note on" in stranger.web.get("/notices").text
    was = act(juniper, boost, "unreblog")
    assert (was["id"], was["reblogged"], was["reblogs_count"]) == (note["id"], False, 0)
    assert boost["id"] not in ids(aju.json("GET", "/api/v1/timelines/home"))


def test_what_is_for_few_cannot_be_boosted_by_others(juniper, aju):
    few = posted(juniper, "for followers", visibility="private")
    act(aju, few, "reblog", status=404)
    assert act(juniper, few, "reblog")["reblog"]["visibility"] == "private"


def test_pinned_statuses_stand_first_in_apps_and_on_the_page(juniper, aju, stranger):
    old = posted(stranger, "my best")
    new = posted(stranger, "my newest")
    assert act(stranger, old, "pin")["pinned"] is True
    act(aju, old, "pin", status=403)
    profile = f"/api/v1/accounts/{stranger.me['id']}/statuses"
    assert ids(aju.json("GET", profile, params={"pinned": True})) == [old["id"]]
    page = aju.web.get("/@robin").text
    assert page.index(f'data-id="{old["id"]}"') < page.index(f'data-id="{new["id"]}"')
    assert page.count(f'data-id="{old["id"]}"') == 1
    assert act(stranger, old, "unpin")["pinned"] is False
    page = aju.web.get("/@robin").text
    assert page.index(f'data-id="{old["id"]}"') > page.index(f'data-id="{new["id"]}"')


def test_a_muted_thread_is_marked_all_through(juniper, aju):
    note = posted(juniper, "long thread")
    answer = posted(aju, "ja", in_reply_to_id=note["id"])
    assert act(juniper, answer, "mute")["muted"] is True
    assert juniper.json("GET", f"/api/v1/statuses/{note['id']}")["muted"] is True
    assert act(juniper, note, "unmute")["muted"] is False


def test_a_poll_is_asked_and_voted_in_by_apps(juniper, aju, nobody):
    limits = juniper.json("GET", "/api/v2/instance")["configuration"]["polls"]
    assert limits["min_expiration"] == 300
    note = juniper.json("POST", "/api/v1/statuses", data={
        "status": "Tea or coffee?", "poll[options][]": ["tea", "coffee"],
        "poll[expires_in]": "600", "poll[multiple]": "false", "poll[hide_totals]": "true",
    })
    poll = note["poll"]
    assert [one["title"] for one in poll["options"]] == ["tea", "coffee"]
    assert (poll["voted"], poll["expired"], poll["multiple"]) == (True, False, False)
    assert poll["voters_count"] is None
    path = f"/api/v1/polls/{poll['id']}"
    assert nobody.json("GET", path)["options"][0]["votes_count"] is None
    after = aju.json("POST", f"{path}/votes", data={"choices[]": ["1"]})
    assert (after["voted"], after["own_votes"], after["votes_count"]) == (True, [1], 1)
    assert after["options"][1]["votes_count"] is None
    for asked, words in (({"choices": [0]}, "已经投过票"), ({"choices": [7]}, "")):
        refused = aju.json("POST", f"{path}/votes", status=422, json=asked)
        assert words in refused["error"]
    juniper.json("POST", f"{path}/votes", status=422, json={"choices": [0]})
    few = {"status": "Which?", "poll": {"options": ["only"], "expires_in": 600}}
    juniper.json("POST", "/api/v1/statuses", status=422, json=few)
    aju.json("GET", "/api/v1/polls/1", status=404)


def test_a_poll_is_voted_in_on_the_web_without_scripts(juniper, aju, server):
    note = posted(juniper, "And now?", poll={
        "options": ["stay <here>", "go"], "expires_in": 600, "multiple": True,
    })
    page = aju.web.get(f"/n/{note['id']}", follow_redirects=True).text
    assert page.count('type="checkbox" name="choice"') == 2
    assert "stay &lt;here&gt;" in page
    answer = aju.web.post(f"/n/{note['id']}/vote", data={"choice": ["0", "1"]})
    assert answer.status_code == 303
    page = aju.web.get(f"/n/{note['id']}", follow_redirects=True).text
    assert 'name="choice"' not in page
    assert page.count('<meter min="0" max="100" value="100"') == 2
    again = aju.web.post(f"/n/{note['id']}/vote", data={"choice": "0"})
    assert again.status_code == 422
    own = juniper.web.get(f"/n/{note['id']}", follow_redirects=True).text
    assert 'name="choice"' not in own
    guest = httpx2.get(f"{server.url}/n/{note['id']}", follow_redirects=True).text
    assert 'name="choice"' not in guest
    assert juniper.json("GET", f"/api/v1/polls/{note['poll']['id']}")["voters_count"] == 1


def test_a_status_is_planned_moved_and_cancelled(juniper, aju):
    def soon(minutes):
        return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()

    refused = juniper.json("POST", "/api/v1/statuses", status=422, json={
        "status": "too soon", "scheduled_at": soon(3),
    })
    assert "Scheduled at" in refused["error"]
    made = posted(
        juniper, "good morning", scheduled_at=soon(10), visibility="unlisted",
        spoiler_text="early", poll={"options": ["a", "b"], "expires_in": 300},
    )
    assert set(made) == {"id", "scheduled_at", "params", "media_attachments"}
    assert made["params"]["text"] == "good morning"
    assert made["params"]["visibility"] == "unlisted"
    assert made["params"]["poll"]["options"] == ["a", "b"]
    path = f"/api/v1/scheduled_statuses/{made['id']}"
    assert ids(juniper.json("GET", "/api/v1/scheduled_statuses")) == [made["id"]]
    assert aju.json("GET", "/api/v1/scheduled_statuses") == []
    aju.json("GET", path, status=404)
    moved = juniper.json("PUT", path, json={"scheduled_at": soon(30)})
    assert moved["scheduled_at"] > made["scheduled_at"]
    juniper.json("PUT", path, status=422, json={"scheduled_at": "never"})
    assert juniper.json("DELETE", path) == {}
    juniper.json("GET", path, status=404)


def test_conversations_are_listed_read_and_taken_off(juniper, aju):
    note = posted(juniper, "@阿橘 between us", visibility="direct")
    [talk] = aju.json("GET", "/api/v1/conversations")
    assert talk["unread"] is True
    assert [one["acct"] for one in talk["accounts"]] == ["juniper"]
    assert talk["last_status"]["id"] == note["id"]
    assert aju.json("POST", f"/api/v1/conversations/{talk['id']}/read")["unread"] is False
    answer = posted(aju, "yes", in_reply_to_id=note["id"])
    [mine] = juniper.json("GET", "/api/v1/conversations")
    assert (mine["last_status"]["id"], mine["unread"]) == (answer["id"], True)
    assert [one["acct"] for one in mine["accounts"]] == ["阿橘"]
    assert juniper.json("DELETE", f"/api/v1/conversations/{mine['id']}") == {}
    assert juniper.json("GET", "/api/v1/conversations") == []
    juniper.json("DELETE", f"/api/v1/conversations/{mine['id']}", status=404)
    assert juniper.json("GET", f"/api/v1/statuses/{note['id']}")["id"] == note["id"]


def test_an_answer_keeps_its_warning(juniper, aju):
    note = posted(juniper, "hello")
    answer = posted(aju, "the butler did it", in_reply_to_id=note["id"], spoiler_text="the end")
    assert answer["spoiler_text"] == "the end"
    page = juniper.web.get(f"/n/{note['id']}", follow_redirects=True).text
    assert page.index("the end") < page.index("the butler did it")
    assert '<details class="warning">' in page
