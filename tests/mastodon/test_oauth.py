"""OAuth gives a token to whom its person let act, and to nobody else; refusals are RFC 6749's."""

from __future__ import annotations

import re
import secrets
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from catflap.words.catalogue import words
from tests.mastodon.app import App, consented, joined, registered, token_of

BACK = "com.tapbots.Ivory.22300:/request_token"
OTHER = "com.tapbots.Ivory.22300:/elsewhere"
INVALID_GRANT = (400, "invalid_grant")
INVALID_CLIENT = (401, "invalid_client")


@pytest.fixture(scope="module")
def moss(community):
    with closing(joined(community, "oauth_moss")) as person:
        yield person


@pytest.fixture(scope="module")
def app(community):
    return registered(community, redirect_uri=f"{BACK}\n{OTHER}", scopes="read write:statuses")


class Code:
    """A code that moss's consent gave an app, and what spends it."""

    def __init__(self, community, person, app, *, scopes: str = "read") -> None:
        self.url = community.url
        self.verifier = secrets.token_urlsafe(40)
        sent = consented(person, app, scopes=scopes, redirect_uri=BACK, verifier=self.verifier)
        self.right = {
            "grant_type": "authorization_code", "client_id": app["client_id"],
            "client_secret": app["client_secret"], "redirect_uri": BACK, "code_verifier": self.verifier,
            "code": told(sent)["code"],
        }

    def spent(self, **wrong: str | None) -> tuple[int, str]:
        """Status and error of asking for a token so; "" is no error, None leaves a field out."""
        asked = {name: text for name, text in {**self.right, **wrong}.items() if text is not None}
        answer = httpx2.post(f"{self.url}/oauth/token", data=asked)
        assert answer.headers["access-control-allow-origin"] == "*"
        return answer.status_code, answer.json().get("error", "")


def told(sent: httpx2.Response) -> dict[str, str]:
    """What an app hears at its address."""
    assert sent.status_code == 303, sent.text
    back = sent.headers["location"]
    assert back.startswith(f"{BACK}?"), back
    return {name: text for name, [text] in parse_qs(urlsplit(back).query).items()}


def asks(person: httpx2.Client, app: dict, **more: str) -> httpx2.Response:
    """The page that asks, or where one is sent instead."""
    return person.get("/oauth/authorize", params={
        "client_id": app["client_id"], "redirect_uri": BACK, "response_type": "code", "scope": "read",
        "state": "s1", **more,
    })


def test_a_code_is_good_for_its_app_at_its_address_with_its_verifier_and_once(community, moss, app):
    other = registered(community, redirect_uri=BACK)
    code = Code(community, moss, app)
    theirs = {name: other[name] for name in ("client_id", "client_secret")}
    for wrong, refused in (
        ({"code_verifier": secrets.token_urlsafe(40)}, INVALID_GRANT), ({"code_verifier": None}, INVALID_GRANT),
        ({"code_verifier": code.verifier[:-1]}, INVALID_GRANT), ({"redirect_uri": OTHER}, INVALID_GRANT),
        ({"redirect_uri": None}, INVALID_GRANT), ({"code": "never was one"}, INVALID_GRANT),
        (theirs, INVALID_GRANT), ({"client_secret": "wrong"}, INVALID_CLIENT),
        ({"client_id": "nobody"}, INVALID_CLIENT), ({"client_id": None}, (400, "invalid_request")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
    ):
        assert code.spent(**wrong) == refused, wrong
    assert code.spent() == (200, ""), "who asked wrongly spent nothing"
    assert code.spent() == INVALID_GRANT


def test_an_app_without_a_secret_needs_the_verifier(community, moss, app):
    code = Code(community, moss, app)
    assert code.spent(client_secret=None, code_verifier=None) == INVALID_GRANT
    assert code.spent(client_secret=None) == (200, "")
    sent = moss.post("/oauth/authorize", data={
        "client_id": app["client_id"], "redirect_uri": BACK, "response_type": "code", "scope": "read",
        "answer": "yes",
    })
    unprotected = {"code": told(sent)["code"], "code_verifier": None}
    assert code.spent(**unprotected, client_secret=None) == INVALID_GRANT
    assert code.spent(**unprotected) == (200, "")


@pytest.mark.parametrize(("challenge", "method"), [
    ("x" * 43, "plain"), ("x" * 43, ""), ("short", "S256"),
])
def test_a_challenge_that_protects_nothing_is_refused_and_the_app_hears_of_it(moss, app, challenge, method):
    sent = asks(moss, app, code_challenge=challenge, code_challenge_method=method)
    assert told(sent) == {"error": "invalid_request", "state": "s1"}


def test_who_says_no_is_no_more_than_that(moss, app):
    sent = consented(moss, app, scopes="read", redirect_uri=BACK, verifier="v" * 43, answer="no")
    assert told(sent) == {"error": "access_denied", "state": "s1"}


def test_an_app_gets_no_more_than_it_registered_for(community, moss, app):
    for beyond in ("write", "read follow", "push", "admin:read", "meow"):
        assert told(asks(moss, app, scope=beyond)) == {"error": "invalid_scope", "state": "s1"}, beyond
        answer = httpx2.post(f"{community.url}/oauth/token", data={
            "grant_type": "client_credentials", "client_id": app["client_id"],
            "client_secret": app["client_secret"], "scope": beyond,
        })
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), beyond
    narrow = Code(community, moss, app, scopes="read:accounts write:statuses")
    answer = httpx2.post(f"{community.url}/oauth/token", data=narrow.right).json()
    assert answer["scope"] == "read:accounts write:statuses"


def test_nobody_is_sent_to_an_address_that_an_app_did_not_register(moss, app):
    for wrong in (
        {"redirect_uri": "https://evil.example/"}, {"redirect_uri": f"{BACK}/more"}, {"client_id": "nobody"},
        {"response_type": "token"},
    ):
        page = asks(moss, app, **wrong)
        assert page.status_code == 400, (wrong, page.status_code)
        assert "location" not in page.headers
        assert "text/html" in page.headers["content-type"]


@pytest.fixture(scope="module")
def tokens(community, moss):
    """moss's apps with a scope each, one that may nothing here, and an app's own token."""
    app = registered(community, scopes="read profile")
    granted = httpx2.post(f"{community.url}/oauth/token", data={
        "grant_type": "client_credentials", "client_id": app["client_id"],
        "client_secret": app["client_secret"], "scope": "read",
    }).json()["access_token"]
    own = {scope: token_of(community, moss, scopes=scope) for scope in ("profile", "read:accounts", "write:statuses")}
    return {**own, "app": granted, "app_id": app["client_id"]}


def test_a_token_tells_whose_it_is_and_what_it_is_good_for(community, tokens):
    def info(token: str) -> httpx2.Response:
        return httpx2.get(f"{community.url}/oauth/token/info", headers={"authorization": f"Bearer {token}"})

    with App(community, token=tokens["read:accounts"]) as one:
        me = one.json("GET", "/api/v1/accounts/verify_credentials")["id"]
    mine, its = info(tokens["write:statuses"]).json(), info(tokens["app"]).json()
    assert (mine["resource_owner_id"], mine["scope"], mine["expires_in"]) == (me, ["write:statuses"], None)
    assert (its["resource_owner_id"], its["scope"]) == (None, ["read"])
    assert its["application"] == {"uid": tokens["app_id"]}
    assert info("never was one").status_code == 401


def test_who_somebody_is_is_told_to_apps_that_may_know(community, tokens):
    def userinfo(name: str) -> httpx2.Response:
        return httpx2.get(f"{community.url}/oauth/userinfo", headers={"authorization": f"Bearer {tokens[name]}"})

    for scope in ("profile", "read:accounts"):
        found = userinfo(scope).json()
        assert (found["iss"], found["preferred_username"]) == (community.url, "oauth_moss")
        assert found["sub"] == found["profile"] == f"{community.url}/@oauth_moss"
    assert userinfo("write:statuses").status_code == 403
    assert userinfo("app").status_code == 422


@pytest.mark.parametrize(("reads", "locale"), [("zh", "zh-Hans"), ("en", "en")])
def test_the_question_is_in_its_readers_language_and_says_what_the_app_may(community, app, reads, locale):
    said = words(locale).gettext
    with closing(joined(community, f"asked_{reads}", reads=reads)) as person:
        page = asks(person, app, scope="read write:statuses")
    assert page.status_code == 200
    assert f'<html lang="{locale}"' in page.text
    assert "Ivory" in page.text
    for line in ("Read everything you can read here", "Change some things in your name"):
        assert said(line) in page.text
    assert said("Write, like, collect and change things in your name") not in page.text
    [scopes] = re.findall(r'name="scope" value="([^"]*)"', page.text)
    assert scopes == "read write:statuses"
