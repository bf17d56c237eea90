"""Apps are told what is wrong in their person's language, but for the words that apps compare."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
import regex
from pysqlite3 import dbapi2

from tests.conftest import Server
from tests.mastodon.app import registered, signed_in

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
