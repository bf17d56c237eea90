"""Operators let in from an app who waits, or turn them away; nobody else does."""

from __future__ import annotations

import httpx2
import pytest
from mastodon.return_types import AdminAccount

from mastodon import Mastodon
from tests.conftest import Server
from tests.mastodon.app import PASSWORD, App, registered, token_of
from tests.mastodon.typed import wrong

SCOPES = "read write admin:read admin:write"
ACCOUNTS = ("/api/v2/admin/accounts", {"status": "pending"}), ("/api/v1/admin/accounts", {"pending": "true"})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A community where one comes in by an operator's word; juniper and moss run it."""
    made = Server(
        tmp_path_factory.mktemp("approval"), attempts_per_hour="10000", operators="juniper,moss",
        registrations="approval",
    ).start()
    yield made
    made.stop()


class Door:
    """The way in, and a browser for each who takes it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.clients: list[httpx2.Client] = []

    def comes(self, handle: str, **more: str) -> httpx2.Client:
        """Somebody's browser, who signed up."""
        person = httpx2.Client(base_url=self.server.url, timeout=30, headers={"accept-language": "en"})
        self.clients.append(person)
        answer = person.post("/join", data={"handle": handle, "password": PASSWORD, "reads": "en", **more})
        assert answer.status_code == 303, answer.text
        return person

    def app(self, person: httpx2.Client | None, *, scopes: str = SCOPES) -> App:
        """An app, of somebody or of nobody."""
        token = token_of(self.server, person, scopes=scopes) if person else ""
        self.clients.append(App(self.server, token=token))
        return self.clients[-1]


@pytest.fixture(scope="module")
def door(server):
    made = Door(server)
    yield made
    for client in made.clients:
        client.close()


@pytest.fixture(scope="module")
def juniper(door):
    return door.app(door.comes("juniper"))


def pending(juniper: App) -> list[str]:
    """Handles of those who wait, as each version of the list has them."""
    old, new = ([one["username"] for one in juniper.json("GET", path, params=asked)] for path, asked in ACCOUNTS)
    assert old == new
    return new


def waits(door, juniper: App, handle: str, **more: str) -> tuple[httpx2.Client, str]:
    """Somebody who waits, and their id."""
    person = door.comes(handle, **more)
    [found] = juniper.json("GET", "/api/v2/admin/accounts", params={"status": "pending", "username": handle})
    return person, found["id"]


def posts(person: httpx2.Client) -> int:
    return person.post("/new", data={"body": "hello", "visibility": "public"}).status_code


def test_who_waits_is_listed_with_why_they_come_and_is_in_by_an_operators_word(door, juniper):
    person, id_ = waits(door, juniper, "sam", reason="I knit")
    told = juniper.json("GET", f"/api/v1/admin/accounts/{id_}")
    assert wrong(told, AdminAccount) == []
    assert (told["approved"], told["invite_request"]) == (False, "I knit")
    assert "sam" in pending(juniper)
    assert posts(person) == 403
    let_in = juniper.json("POST", f"/api/v1/admin/accounts/{id_}/approve")
    assert let_in == {**told, "approved": True, "ips": let_in["ips"]}
    assert posts(person) == 303
    assert "sam" not in pending(juniper)
    for deed in ("approve", "reject"):
        refused = juniper.json("POST", f"/api/v1/admin/accounts/{id_}/{deed}", status=403)
        assert refused == {"error": "This action is not allowed"}
    assert posts(person) == 303, "whoever is in is not sent out this way"


def test_who_is_turned_away_is_gone_and_may_come_again(door, juniper):
    person, id_ = waits(door, juniper, "spam_bot", reason="Buy fish")
    assert person.post("/enter", data={"handle": "spam_bot", "password": PASSWORD}).status_code == 303
    gone = juniper.json("POST", f"/api/v1/admin/accounts/{id_}/reject")
    assert (gone["username"], gone["approved"], gone["invite_request"]) == ("spam_bot", False, "Buy fish")
    for deed in ("", "/approve", "/reject"):
        juniper.json("POST" if deed else "GET", f"/api/v1/admin/accounts/{id_}{deed}", status=404)
    assert "spam_bot" not in pending(juniper)
    assert person.post("/enter", data={"handle": "spam_bot", "password": PASSWORD}).status_code == 403
    waits(door, juniper, "spam_bot")


def test_mastodon_py_lets_in_and_turns_away(door, juniper):
    library = Mastodon(access_token=juniper.token, api_base_url=door.server.url, request_timeout=20)
    for handle, deed in (("fern", library.admin_account_approve), ("fox", library.admin_account_reject)):
        _, id_ = waits(door, juniper, handle)
        for found in (library.admin_accounts_v1(status="pending"), library.admin_accounts_v2(status="pending")):
            assert id_ in {one["id"] for one in found}
        assert deed(id_)["username"] == handle
        assert handle not in pending(juniper)


def test_nobody_else_lets_in_or_turns_away(door, juniper):
    person, id_ = waits(door, juniper, "tansy")
    # moss runs the place, with an app that was granted less.
    less = door.app(door.comes("moss"), scopes="read write admin:read admin:write:reports")
    theirs = door.app(person, scopes="read write admin:write")
    for deed in ("approve", "reject"):
        for status, client in ((403, less), (403, theirs), (401, door.app(None))):
            client.json("POST", f"/api/v1/admin/accounts/{id_}/{deed}", status=status)
    for path, asked in ACCOUNTS:
        theirs.json("GET", path, status=403, params=asked)
    assert "tansy" in pending(juniper)


def test_the_queue_is_read_page_by_page_the_newest_first(door, juniper):
    handles = [f"guest{n}" for n in range(5)]
    for handle in handles:
        door.comes(handle)
    everybody = pending(juniper)
    assert everybody[:5] == handles[::-1]
    walked, asked = [], "/api/v1/admin/accounts?pending=true&limit=2"
    while asked:
        page = juniper.get(asked)
        walked += [one["username"] for one in page.json()]
        asked = page.links.get("next", {}).get("url", "").removeprefix(door.server.url)
    assert walked == everybody


def test_who_signs_up_in_an_app_is_told_from_those_who_are_in(door, juniper):
    app = registered(door.server, scopes="read write")
    granted = httpx2.post(f"{door.server.url}/oauth/token", data={
        "grant_type": "client_credentials", "client_id": app["client_id"],
        "client_secret": app["client_secret"], "scope": "read write",
    }).json()["access_token"]
    with App(door.server, token=granted) as fresh:
        fresh.json("POST", "/api/v1/accounts", data={
            "username": "rowan", "email": "rowan@example.org", "password": PASSWORD, "agreement": "true",
            "locale": "en", "reason": "Cats",
        })
    [found] = juniper.json("GET", "/api/v2/admin/accounts", params={"email": "rowan@example.org"})
    assert (found["username"], found["approved"], found["invite_request"]) == ("rowan", False, "Cats")
    operator = juniper.json("GET", "/api/v1/admin/accounts", params={"staff": "true", "username": "moss"})
    assert [one["username"] for one in operator] == ["moss"]
