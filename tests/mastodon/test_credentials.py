"""One's profile, what one's posts begin with, and signing up in an app."""

from __future__ import annotations

import httpx2
import pytest

from tests.conftest import Server, photo_bytes
from tests.mastodon.app import PASSWORD, App, registered
from tests.mastodon.cast import posts, until

ME = "/api/v1/accounts/verify_credentials"
UPDATE = "/api/v1/accounts/update_credentials"


def photo():
    return ("cat.jpg", photo_bytes(), "image/jpeg")


def test_a_profile_is_changed_by_multipart_form_and_json(community, cast):
    me = cast("moss")
    told = me.json("PATCH", UPDATE, files={"avatar": photo(), "header": photo()}, data={
        "display_name": "Moss", "note": "I like #tea", "bot": "true", "discoverable": "false",
        "fields_attributes[0][name]": "Site", "fields_attributes[0][value]": "https://moss.example/a?b=1",
        "fields_attributes[1][name]": "<b>", "fields_attributes[1][value]": "& more",
    })
    assert (told["display_name"], told["bot"], told["discoverable"]) == ("Moss", True, False)
    assert told["source"]["note"] == "I like #tea"
    assert 'class="mention hashtag"' in told["note"]
    assert [field["name"] for field in told["source"]["fields"]] == ["Site", "<b>"]
    assert told["fields"][0]["value"].startswith('<a href="https://moss.example/a?b=1"')
    assert told["fields"][1] == {"name": "<b>", "value": "&amp; more", "verified_at": None}
    for picture in ("avatar", "header"):
        assert httpx2.get(told[picture]).headers["content-type"] == "image/webp"
    page = httpx2.get(f"{community.url}/@{me.handle}").text
    assert told["header"].removeprefix(community.url) in page
    assert 'href="https://moss.example/a?b=1"' in page
    assert "&lt;b&gt;" in page

    me.json("PATCH", UPDATE, data={"locked": "1", "source[privacy]": "private",
                                   "source[sensitive]": "true", "source[language]": "zh-CN"})
    told = me.json("PATCH", UPDATE, json={"display_name": "苔", "fields_attributes": {
        "7": {"name": "one", "value": "1"}, "3": {"name": "two", "value": "2"}}})
    assert told["locked"] is True
    assert (told["display_name"], told["source"]["note"]) == ("苔", "I like #tea")
    assert [field["name"] for field in told["fields"]] == ["one", "two"]
    assert (told["source"]["privacy"], told["source"]["language"]) == ("private", "zh")
    assert told == me.json("GET", ME)


def test_what_a_profile_cannot_hold_changes_nothing(cast):
    me = cast("rock")
    before = me.json("GET", ME)
    five = [{"name": str(n), "value": "x"} for n in range(5)]
    for wrong in (
        {"fields_attributes": five, "display_name": "no"}, {"note": "x" * 501},
        {"fields_attributes": [{"name": "x" * 256, "value": ""}]}, {"source": {"privacy": "everybody"}},
        {"source": {"language": "no language at all"}}, {"locked": "perhaps"},
    ):
        assert me.json("PATCH", UPDATE, status=422, json=wrong)["error"].startswith("Validation failed")
    assert me.json("GET", ME) == before


def test_pictures_are_taken_off_and_their_files_go(community, cast):
    me = cast("leaf")
    worn = me.json("PATCH", UPDATE, files={"avatar": photo(), "header": photo()})
    told = me.json("DELETE", "/api/v1/profile/header")
    assert told["header"].endswith("/static/header-missing.png")
    until(lambda: httpx2.get(worn["header"]).status_code == 404)
    assert told["avatar"] == worn["avatar"]
    assert httpx2.get(worn["avatar"]).status_code == 200
    assert me.json("DELETE", "/api/v1/profile/avatar")["avatar"].endswith("avatar-missing.png")
    assert httpx2.get(f"{community.url}/static/header-missing.png").status_code == 200


def test_a_new_post_begins_as_its_writer_prefers(cast):
    me = cast("fern")
    usual = me.json("GET", "/api/v1/preferences")
    assert usual["posting:default:visibility"] == "public"
    assert (usual["posting:default:sensitive"], usual["posting:default:language"]) == (False, None)
    assert usual["reading:expand:media"] == "default"
    me.json("PATCH", UPDATE, data={"source[privacy]": "private", "source[sensitive]": "1",
                                   "source[language]": "fr"})
    assert me.json("GET", "/api/v1/preferences")["posting:default:visibility"] == "private"
    note = posts(me, "bonjour")
    assert (note["visibility"], note["sensitive"], note["language"]) == ("private", True, "fr")
    chosen = posts(me, "hello all", visibility="public", sensitive=False, language="en")
    assert (chosen["visibility"], chosen["sensitive"], chosen["language"]) == ("public", False, "en")
    assert me.json("GET", ME)["last_status_at"] == note["created_at"][:10]


def asking(server: Server, *, scopes: str = "read write") -> App:
    app = registered(server, scopes=scopes)
    answer = httpx2.post(f"{server.url}/oauth/token", data={
        "grant_type": "client_credentials", "client_id": app["client_id"],
        "client_secret": app["client_secret"], "scope": scopes,
    })
    return App(server, token=answer.json()["access_token"])


WISH = {"email": "new@example.org", "password": PASSWORD, "agreement": "true", "locale": "zh-CN"}


def test_somebody_signs_up_in_an_app_and_can_sign_in_on_the_web(community):
    with asking(community) as app:
        told = app.json("POST", "/api/v1/accounts", data={"username": "新人", **WISH})
        assert told["token_type"] == "Bearer"
        assert told["scope"] == "read write"
        with App(community, token=told["access_token"]) as theirs:
            me = theirs.json("GET", ME)
            assert (me["username"], me["catflap"]["reads"]) == ("新人", ["zh"])
            again = theirs.request("POST", "/api/v1/accounts", data={"username": "another", **WISH})
            assert again.status_code == 403
        entered = httpx2.post(f"{community.url}/enter", data={"handle": "新人", "password": PASSWORD})
        assert entered.status_code == 303
        taken = app.json("POST", "/api/v1/accounts", status=422, data={"username": "新人", **WISH})
        assert taken["details"]["username"][0]["error"] == "ERR_TAKEN"


@pytest.mark.parametrize(("wrong", "name", "code"), [
    ({"username": "not a handle"}, "username", "ERR_INVALID"), ({"username": ""}, "username", "ERR_BLANK"),
    ({"username": "x" * 31}, "username", "ERR_TOO_LONG"), ({"username": "admin"}, "username", "ERR_TAKEN"),
    ({"email": "nobody"}, "email", "ERR_INVALID"), ({"email": ""}, "email", "ERR_BLANK"),
    ({"password": "short"}, "password", "ERR_TOO_SHORT"), ({"password": ""}, "password", "ERR_BLANK"),
    ({"password": "x" * 2000}, "password", "ERR_TOO_LONG"), ({"agreement": "false"}, "agreement", "ERR_ACCEPTED"),
])
def test_what_is_wrong_with_a_registration_is_told_by_parameter(community, wrong, name, code):
    with asking(community) as app:
        asked = {"username": "someone", **WISH, **wrong}
        told = app.json("POST", "/api/v1/accounts", status=422, data=asked)
    assert told["error"].startswith("Validation failed: ")
    assert list(told["details"]) == [name]
    assert told["details"][name][0]["error"] == code
    assert told["details"][name][0]["description"]


def test_everything_that_is_wrong_is_told_at_once(community):
    with asking(community) as app:
        told = app.json("POST", "/api/v1/accounts", status=422, data={"username": "a b"})
    assert set(told["details"]) == {"username", "email", "password", "agreement"}


def test_an_app_without_the_scope_and_nobody_at_all_register_nobody(community):
    with asking(community, scopes="read") as app:
        told = app.json("POST", "/api/v1/accounts", status=403, data={"username": "someone", **WISH})
        assert told["error"] == "This action is outside the authorized scopes"
    with App(community) as nobody:
        nobody.json("POST", "/api/v1/accounts", status=401, data={"username": "someone", **WISH})


def test_a_closed_community_registers_nobody(tmp_path):
    closed = Server(tmp_path, registrations="closed").start()
    try:
        with asking(closed) as app:
            app.json("POST", "/api/v1/accounts", status=403, data={"username": "someone", **WISH})
    finally:
        closed.stop()


@pytest.mark.parametrize(("lang", "words"), [("en", "join on the web page"), ("zh-CN", "请")])
def test_whom_only_the_page_can_take_in_is_told_where_it_is_in_their_language(tmp_path, lang, words):
    server = Server(
        tmp_path, attempts_per_hour="2", registrations="valved", sign_ups_per_hour="1"
    ).start()
    try:
        with asking(server) as app:
            for n in range(2):
                wish = {**WISH, "username": f"first{n}", "email": f"first{n}@example.org"}
                app.json("POST", "/api/v1/accounts", data=wish)
            # The address is crowded and an hour's worth waits: an app's person would fill the queue.
            told = app.json(
                "POST", "/api/v1/accounts", status=422, data={"username": "poppy", **WISH},
                headers={"accept-language": lang},
            )
        assert told["error"].endswith(f"{server.url}/join")
        assert words in told["error"]
        page = httpx2.get(told["error"].split()[-1].rpartition("：")[2])
        assert (page.status_code, 'name="handle"' in page.text) == (200, True)
    finally:
        server.stop()
