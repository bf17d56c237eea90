"""What is asked for and cannot be is refused as Mastodon refuses it, and nothing comes of it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from xml.etree import ElementTree as ET

import httpx2
import pytest

from tests.conftest import Server, photo_bytes
from tests.mastodon.app import joined, registered, signed_in, token_of
from tests.mastodon.cast import posts, until
from tests.media.conftest import Studio

NOT_FOUND = {"error": "Record not found"}
NOT_YOURS = {
    "error": "unauthorized_client", "error_description": "You are not authorized to revoke this token",
}
NOT_THERE = {"error": "Validation failed: Media not found or already attached to another post"}


def uploaded(by) -> str:
    file = {"file": ("cat.jpg", photo_bytes(), "image/jpeg")}
    return by.json("POST", "/api/v2/media", files=file)["id"]


@pytest.mark.parametrize("absent", ["abc", "1", "-1", "9" * 30, "１２"])
def test_an_answer_to_nothing_is_not_published(cast, absent):
    moss = cast("moss")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for name in ("in_reply_to_id", "quoted_status_id"):
        asked = {"status": "hello", name: absent}
        assert moss.json("POST", "/api/v1/statuses", status=404, json=asked) == NOT_FOUND
        assert moss.json("POST", "/api/v1/statuses", status=404, json={
            **asked, "scheduled_at": tomorrow}) == NOT_FOUND
    for media_ids in ([absent], [uploaded(moss), absent]):
        asked = {"status": "hello", "media_ids": media_ids}
        assert moss.json("POST", "/api/v1/statuses", status=422, json=asked) == NOT_THERE
    assert moss.json("GET", f"/api/v1/accounts/{moss.id}/statuses") == []
    assert moss.json("GET", "/api/v1/scheduled_statuses") == []


def test_no_answer_to_something_is_a_note_of_its_own(cast):
    moss = cast("moss")
    for nothing in (None, ""):
        assert posts(moss, "hello", in_reply_to_id=nothing)["in_reply_to_id"] is None


def test_an_answer_to_a_boost_answers_what_it_passes_on(cast):
    moss, aju = cast("moss"), cast("aju")
    note = posts(moss, "hello")
    boost = aju.json("POST", f"/api/v1/statuses/{note['id']}/reblog")
    assert boost["id"] != note["id"]
    assert posts(aju, "well said", in_reply_to_id=boost["id"])["in_reply_to_id"] == note["id"]


def test_a_file_of_anothers_or_of_another_note_goes_into_none(cast):
    moss, aju = cast("moss"), cast("aju")
    theirs, mine = uploaded(aju), uploaded(moss)
    posts(moss, "first", media_ids=[mine])
    second = posts(moss, "second")
    for taken in (theirs, mine):
        asked = {"status": "hello", "media_ids": [taken]}
        assert moss.json("POST", "/api/v1/statuses", status=422, json=asked) == NOT_THERE
        path = f"/api/v1/statuses/{second['id']}"
        assert moss.json("PUT", path, status=422, json=asked) == NOT_THERE


def test_nobody_edits_or_deletes_what_is_anothers(cast):
    moss, aju = cast("moss"), cast("aju")
    note = posts(moss, "mine")
    path = f"/api/v1/statuses/{note['id']}"
    assert aju.json("PUT", path, status=404, json={"status": "yours"}) == NOT_FOUND
    assert aju.json("DELETE", path, status=404) == NOT_FOUND
    assert aju.json("GET", path)["content"] == note["content"]


def test_a_token_is_taken_back_by_its_own_app_alone(community, cast):
    moss = cast("moss")
    app, other = registered(community), registered(community)
    granted = httpx2.post(f"{community.url}/oauth/token", data={
        "grant_type": "client_credentials", "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }).json()["access_token"]

    def revoked(by: dict, token: str, **more: str) -> httpx2.Response:
        told = {name: by[name] for name in ("client_id", "client_secret")}
        return httpx2.post(f"{community.url}/oauth/revoke", data={**told, "token": token, **more})

    def works() -> bool:
        return httpx2.get(
            f"{community.url}/api/v1/apps/verify_credentials", headers={"authorization": f"Bearer {granted}"}
        ).status_code == 200

    for answer in (
        revoked(app, granted, client_secret="wrong"), revoked(app, granted, client_id="nobody"),
        revoked(other, granted), revoked(app, moss.token),
    ):
        assert (answer.status_code, answer.json()) == (403, NOT_YOURS)
    assert works()
    for _ in range(2):
        answer = revoked(app, granted)
        assert (answer.status_code, answer.json()) == (200, {})
        assert not works()
    assert revoked(app, "never was one").status_code == 200


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> bytes:
    return Studio(tmp_path_factory.mktemp("studio")).film(seconds=1.0).read_bytes()


def test_an_older_app_has_a_video_once_it_can_be_shown(cast, film):
    moss = cast("moss")
    told = moss.json("POST", "/api/v1/media", files={"file": ("cat.mp4", film, "video/mp4")})
    assert told["type"] == "video"
    assert moss.get(told["url"]).headers["content-type"] == "video/mp4"
    note = posts(moss, "look", media_ids=[told["id"]])
    assert note["media_attachments"][0]["url"] == told["url"]


def test_a_video_that_nobody_makes_has_no_address_and_is_not_called_ready(tmp_path, film):
    server = Server(tmp_path, flags=("--no-worker",)).start()
    try:
        with signed_in(server, "moss") as moss:
            file = {"file": ("cat.mp4", film, "video/mp4")}
            for path in ("/api/v1/media", "/api/v2/media"):
                told = moss.json("POST", path, status=202, files=file)
                assert told["url"] is None
            path = f"/api/v1/media/{told['id']}"
            assert moss.json("GET", path, status=206)["url"] is None
            described = moss.json("PUT", path, status=206, data={"description": "a cat"})
            assert (described["url"], described["description"]) == (None, "a cat")
    finally:
        server.stop()


def test_a_video_is_taken_made_and_then_there(tmp_path, film):
    server = Server(tmp_path, flags=("--no-worker",)).start()
    try:
        with signed_in(server, "moss") as moss:
            taken = moss.json("POST", "/api/v2/media", status=202, files={"file": ("cat.mp4", film, "video/mp4")})
            path = f"/api/v1/media/{taken['id']}"
            assert moss.json("GET", path, status=206)["url"] is None
            asked = {"status": "look", "media_ids": [taken["id"]]}
            unready = moss.json("POST", "/api/v1/statuses", status=422, json=asked)
            assert "not finished processing" in unready["error"]
            server.stop()
            server.flags = ()
            server.start()
            made = until(lambda: (answer := moss.get(path)).status_code == 200 and answer.json(), seconds=30)
            assert (made["id"], made["type"]) == (taken["id"], "video")
            assert moss.get(made["url"]).headers["content-type"] == "video/mp4"
            assert posts(moss, "look", media_ids=[taken["id"]])["media_attachments"][0]["url"] == made["url"]
    finally:
        server.stop()


@pytest.mark.parametrize(("asked", "shown"), [("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("en", "en"), ("xx", "en"), ("", "en")])
def test_the_question_is_asked_in_the_language_that_the_app_names(community, asked, shown):
    app = registered(community)
    with closing(joined(community, f"asked{asked or 'none'}".replace("-", ""))) as person:
        page = person.get("/oauth/authorize", params={
            "client_id": app["client_id"], "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
            "response_type": "code", "scope": "read", "lang": asked,
        })
        assert page.status_code == 200
        assert f'<html lang="{shown}"' in page.text
        assert token_of(community, person)


PROTOCOLS = {
    "activitypub", "buddycloud", "dfrn", "diaspora", "libertree", "ostatus", "pumpio", "tent", "xmpp", "zot",
}
"""Of NodeInfo 2.0 and 2.1 (nodeinfo.diaspora.software/ns/schema): at least one, and each once."""


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_what_this_server_is_fits_the_schema(community, version):
    told = httpx2.get(f"{community.url}/nodeinfo/{version}").json()
    assert set(told) == {"version", "software", "protocols", "services", "openRegistrations", "usage", "metadata"}
    assert told["version"] == version
    assert set(told["protocols"]) <= PROTOCOLS
    assert len(set(told["protocols"])) == len(told["protocols"]) >= 1
    assert set(told["software"]) <= {"name", "version", *(["repository", "homepage"] if version == "2.1" else [])}


def test_the_communitys_picture_has_no_member_that_is_nothing(community):
    thumbnail = httpx2.get(f"{community.url}/api/v2/instance").json()["thumbnail"]
    assert set(thumbnail) == {"url", "versions"}


def test_somebody_is_found_by_their_address_as_host_meta_says(community, cast):
    moss = cast("moss")
    host = community.url.removeprefix("http://")
    told = httpx2.get(f"{community.url}/.well-known/host-meta")
    assert told.headers["content-type"].startswith("application/xrd+xml")
    link = ET.fromstring(told.content).find("{*}Link")
    assert link.get("rel") == "lrdd"
    for resource in (f"acct:{moss.handle}@{host}", f"{community.url}/@{moss.handle}"):
        answer = httpx2.get(link.get("template").replace("{uri}", quote(resource, safe="")))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jrd+json")
        assert answer.headers["access-control-allow-origin"] == "*"
        found = answer.json()
        page = f"{community.url}/@{moss.handle}"
        assert (found["subject"], found["aliases"]) == (f"acct:{moss.handle}@{host}", [page])
        [profile] = [one for one in found["links"] if one["rel"] == "http://webfinger.net/rel/profile-page"]
        assert httpx2.get(profile["href"]).status_code == 200
    for resource in (f"acct:nobody@{host}", f"acct:{moss.handle}@elsewhere.example", "", "https://elsewhere.example/@a"):
        answer = httpx2.get(f"{community.url}/.well-known/webfinger", params={"resource": resource})
        assert answer.status_code == 404, resource
