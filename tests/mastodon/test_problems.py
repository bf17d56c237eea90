"""Apps are told what is wrong in their person's language, but for the words that apps compare."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import regex
from pysqlite3 import dbapi2

from tests.conftest import Server
from tests.mastodon.app import App, registered, signed_in

HAN = regex.compile(r"\p{Han}")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(Path(tmp_path_factory.mktemp("problems")), attempts_per_hour="10000").start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def aju(server):
    with signed_in(server, "阿橘", reads="zh") as app:
        yield app


@pytest.fixture(scope="module")
def juniper(server):
    with signed_in(server, "juniper") as app:
        yield app


def empty(app, **more):
    return app.json("POST", "/api/v1/statuses", status=422, data={"status": " "}, **more)["error"]


def test_a_persons_app_hears_what_is_wrong_in_the_persons_language(juniper, aju):
    assert empty(juniper) == "Validation failed: Text can't be blank"
    prefix, said = empty(aju)[:19], empty(aju)[19:]
    assert prefix == "Validation failed: "
    assert HAN.search(said)
    assert not regex.search("[A-Za-z]", said)
    # The person's language counts, not their telephone's.
    assert empty(aju, headers={"accept-language": "en"}) == prefix + said


def test_what_has_no_prefix_of_mastodons_has_none_in_another_language(aju):
    note = aju.json("POST", "/api/v1/statuses", data={"status": "公开的话"})
    said = aju.json("POST", f"/api/v1/statuses/{note['id']}/translate", status=403)["error"]
    assert "Validation" not in said
    own = aju.json("GET", "/api/v1/accounts/verify_credentials")
    path = f"/api/v1/accounts/{own['id']}/follow"
    assert HAN.search(aju.json("POST", path, status=403)["error"])


def test_what_apps_compare_stays_as_mastodon_says_it(server, aju):
    assert aju.json("GET", "/api/v1/statuses/1", status=404)["error"] == "Record not found"
    chinese = {"accept-language": "zh-CN"}
    nobody = httpx2.get(
        f"{server.url}/api/v1/accounts/verify_credentials",
        headers={**chinese, "authorization": "Bearer none"},
    )
    assert (nobody.status_code, nobody.json()["error"]) == (401, "The access token is invalid")
    nowhere = httpx2.get(f"{server.url}/api/v1/nowhere", headers=chinese)
    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "Record not found")


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize(("method", "path"), [
    *itertools.product(METHODS, ("/api/v1/nowhere", "/api/v1/nowhere/", "/api/v7/statuses/1")),
    ("POST", "/api/v1/timelines/home"), ("DELETE", "/api/v2/instance"), ("PATCH", "/api/v1/statuses"),
    ("GET", "/oauth/token"), ("POST", "/nodeinfo/2.0"), ("POST", "/.well-known/nodeinfo/"),
])
def test_what_is_not_here_is_told_in_json_that_every_page_may_read(server, method, path):
    answer = httpx2.request(method, f"{server.url}{path}", headers={"origin": "https://app.example"})
    assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/v1/statuses", "/api/v1/statuses/", "/api/v1/nowhere", "/oauth/token"])
def test_a_page_may_ask_beforehand_about_any_path(server, path):
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    answer = httpx2.options(f"{server.url}{path}", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_a_slash_at_the_end_of_a_path_is_no_other_path(server, juniper):
    note = juniper.json("POST", "/api/v1/statuses/", data={"status": "with a slash"})
    path = f"/api/v1/statuses/{note['id']}/"
    assert juniper.json("GET", path)["id"] == note["id"]
    assert juniper.json("POST", f"{path}favourite/")["favourited"]
    edited = juniper.json("PUT", path, json={"status": "edited"})
    assert "edited" in edited["content"]
    assert "next" in juniper.get("/api/v1/timelines/home/", params={"limit": 1}).headers["link"]
    juniper.json("PATCH", "/api/v1/accounts/update_credentials/", data={"display_name": "Juniper"})
    juniper.json("DELETE", path)
    juniper.json("GET", path, status=404)
    for path in ("/nodeinfo/2.0/", "/.well-known/oauth-authorization-server/"):
        assert httpx2.get(f"{server.url}{path}").status_code == 200


def test_who_calls_too_often_is_told_when_to_come_back(tmp_path):
    server = Server(tmp_path, api_calls_per_five_minutes="5").start()
    try:
        with App(server) as nobody:
            answers = [nobody.get("/api/v1/custom_emojis") for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [429]
        assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["4", "3", "2", "1", "0", "0"]
        refused = answers[-1]
        assert refused.json() == {"error": "Too many requests"}
        assert refused.headers["x-ratelimit-limit"] == "5"
        resets = datetime.fromisoformat(refused.headers["x-ratelimit-reset"])
        wait_s = (resets - datetime.now(UTC)).total_seconds()
        assert -1 < wait_s <= 300
        assert abs(wait_s - int(refused.headers["retry-after"])) < 3
        exposed = refused.headers["access-control-expose-headers"]
        assert all(name in exposed for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"))
    finally:
        server.stop()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_who_signs_up_in_an_app_hears_it_in_the_language_of_the_app(server, lang):
    app = registered(server)
    token = httpx2.post(f"{server.url}/oauth/token", data={
        "grant_type": "client_credentials", "client_id": app["client_id"],
        "client_secret": app["client_secret"], "scope": "read write",
    }).json()["access_token"]
    answer = httpx2.post(
        f"{server.url}/api/v1/accounts",
        headers={"authorization": f"Bearer {token}", "accept-language": lang},
        data={"username": "juniper!", "email": "", "password": "short", "locale": lang},
    )
    assert answer.status_code == 422
    told = answer.json()
    assert told["error"].startswith("Validation failed: ")
    assert {name: row[0]["error"] for name, row in told["details"].items()} == {
        "username": "ERR_INVALID", "email": "ERR_BLANK", "password": "ERR_TOO_SHORT",
        "agreement": "ERR_ACCEPTED",
    }
    # The rest of the catalogue's newest words may still be on their way.
    assert bool(HAN.search(told["details"]["password"][0]["description"])) == (lang == "zh")


def test_even_a_fault_is_told_to_apps_as_json_and_to_people_in_words(server, juniper):
    database = server.folder / "data" / "catflap.db"

    def rename(old: str, new: str) -> None:
        with dbapi2.connect(str(database)) as connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")

    rename("filters", "lost")
    try:
        answer = juniper.get("/api/v2/filters")
    finally:
        rename("lost", "filters")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == {"error": "We're sorry, but something went wrong on our end."}
    rename("rules", "lost")
    try:
        page = httpx2.get(f"{server.url}/rules")
    finally:
        rename("lost", "rules")
    assert (page.status_code, page.text[:7]) == (500, "Catflap")
