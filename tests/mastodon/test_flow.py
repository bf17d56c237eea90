"""An app logs in, reads home, posts a photo, is answered and hears of it."""

from __future__ import annotations

import re
import time

import pytest

from tests.conftest import photo_bytes
from tests.mastodon.app import signed_in

MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def juniper(server):
    with signed_in(server, "juniper") as app:
        yield app


@pytest.fixture
def aju(server):
    with signed_in(server, "阿橘", reads="zh") as app:
        yield app


def test_a_photo_is_posted_answered_liked_and_heard_of(server, juniper, aju):
    me = juniper.json("GET", "/api/v1/accounts/verify_credentials")
    assert (me["username"], me["acct"], me["locked"]) == ("juniper", "juniper", False)
    assert me["source"]["privacy"] == "public"
    file = juniper.json(
        "POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")},
        data={"description": "A cat on a sofa"},
    )
    assert file["type"] == "image"
    assert file["description"] == "A cat on a sofa"
    assert juniper.get(file["url"]).status_code == 200
    note = juniper.json("POST", "/api/v1/statuses", data={
        "status": "Paying my #cattax to @阿橘", "media_ids[]": file["id"], "language": "en",
    })
    assert MILLISECONDS.fullmatch(note["created_at"])
    assert note["media_attachments"][0]["description"] == "A cat on a sofa"
    assert [tag["name"] for tag in note["tags"]] == ["cattax"]
    assert [mention["acct"] for mention in note["mentions"]] == ["阿橘"]
    assert note["url"] == f"{server.url}/@juniper/{note['id']}"
    assert juniper.get(note["url"]).status_code == 200

    aju.json("POST", f"/api/v1/accounts/{me['id']}/follow")
    [home] = aju.json("GET", "/api/v1/timelines/home")
    assert home["id"] == note["id"]
    assert aju.json("POST", f"/api/v1/statuses/{note['id']}/favourite")["favourited"] is True
    answer = aju.json("POST", "/api/v1/statuses", json={
        "status": "欢迎!", "in_reply_to_id": note["id"],
    })
    assert answer["in_reply_to_account_id"] == me["id"]
    context = juniper.json("GET", f"/api/v1/statuses/{note['id']}/context")
    assert [one["id"] for one in context["descendants"]] == [answer["id"]]
    assert context["ancestors"] == []

    for _ in range(100):
        heard = juniper.json("GET", "/api/v1/notifications")
        if len(heard) == 3:
            break
        time.sleep(0.1)
    assert {one["type"] for one in heard} == {"follow", "favourite", "mention"}
    assert all(MILLISECONDS.fullmatch(one["created_at"]) for one in heard)
