"""The OpenAPI document says what the server does, all of it."""

from __future__ import annotations

import re

import httpx2
import pytest

from catflap.access import scopes
from catflap.mastodon import endpoint, openapi
from catflap.mastodon.endpoint import Needs
from catflap.mastodon.routes import table
from tests.forked import catflap
from tests.mastodon.app import App, signed_in

assert table.ROOMS
DOCUMENT = openapi.document(base="https://cats.example")
OPERATIONS = [
    (path, method, told) for path, methods in DOCUMENT["paths"].items()
    for method, told in methods.items()
]


def test_every_endpoint_stands_in_it_once_with_words_and_a_name_of_its_own():
    assert len(OPERATIONS) == len(endpoint.EVERY) + len(endpoint.BESIDE)
    names = [told["operationId"] for _, _, told in OPERATIONS]
    assert len(names) == len(set(names))
    assert all(told["summary"].endswith(".") for _, _, told in OPERATIONS)


def test_every_reference_leads_somewhere():
    def refs(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for inside in node.values():
                yield from refs(inside)
        elif isinstance(node, list):
            for inside in node:
                yield from refs(inside)

    known = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "headers") for name in DOCUMENT["components"][kind]
    }
    assert set(refs(DOCUMENT)) <= known


def test_every_name_in_a_path_is_a_parameter_of_it():
    for path, _, told in OPERATIONS:
        named = {one["name"] for one in told.get("parameters", []) if one["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), path


def test_every_scope_that_is_asked_for_exists_and_every_person_is_asked_for_one():
    for one in endpoint.EVERY:
        assert set(one.scopes) <= set(scopes.EVERY), one.path
        if one.needs is not Needs.NOBODY:
            assert one.scopes, one.path


def test_the_page_that_asks_and_the_socket_stand_in_it():
    asks = DOCUMENT["paths"]["/oauth/authorize"]["get"]
    assert {one["name"] for one in asks["parameters"] if one["required"]} == {"client_id"}
    assert {"code_challenge", "code_challenge_method", "state", "lang"} <= {one["name"] for one in asks["parameters"]}
    assert set(asks["responses"]) == {"200", "303", "400"}
    socket = DOCUMENT["paths"]["/api/v1/streaming"]["get"]
    assert {one["name"] for one in socket["parameters"]} == {"stream", "tag", "list", "access_token"}
    assert "101" in socket["responses"]


def test_files_are_parts_of_forms_by_their_names():
    for path, method, names, must in (
        ("/api/v1/media", "post", {"file"}, ["file"]), ("/api/v2/media", "post", {"file"}, ["file"]),
        ("/api/v1/accounts/update_credentials", "patch", {"avatar", "header"}, []),
    ):
        content = DOCUMENT["paths"][path][method]["requestBody"]["content"]
        _, parts = content["multipart/form-data"]["schema"]["allOf"]
        assert (set(parts["properties"]), parts["required"]) == (names, must)
        assert all(one == {"type": "string", "format": "binary"} for one in parts["properties"].values())
        assert ("application/json" in content) is (not must), "a file that must come cannot come as JSON"


def test_every_answer_says_what_is_in_it():
    """An object without a word on its members tells an app nothing."""
    bare = [
        (path, method) for path, method, told in OPERATIONS
        for status, answer in told["responses"].items() if status < "300"
        for body in answer.get("content", {}).values() if body["schema"] == {"type": "object"}
    ]
    assert bare == []


def test_lists_say_where_they_go_on_and_every_answer_how_many_calls_are_left():
    def headers(path, method, status):
        return set(DOCUMENT["paths"][path][method]["responses"][status]["headers"])

    counted = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
    for path in ("/api/v1/timelines/home", "/api/v1/favourites", "/api/v1/notifications", "/api/v1/admin/accounts"):
        assert headers(path, "get", "200") == {*counted, "Link"}
    for path, method, told in OPERATIONS:
        if told["operationId"] not in ("get_oauth_authorize", "get_api_v1_streaming"):
            assert counted <= headers(path, method, next(iter(told["responses"])))
            assert {*counted, "Retry-After"} == headers(path, method, "429")


@pytest.fixture
def juniper(server):
    with signed_in(server, "juniper", scopes="read:accounts") as app:
        yield app


def test_the_server_lets_nobody_past_whom_the_document_does_not_name(server, juniper):
    """Every operation that needs a token is refused without one, and with one for something else."""
    with App(server) as nobody:
        for path, method, told in OPERATIONS:
            if told["x-needs"] == "nobody":
                continue
            here = re.sub(r"{\w+}", "1", path)
            assert nobody.request(method.upper(), here).status_code == 401, (method, path)
            allowed = {scope for one in told["security"] for scope in one["oauth"]}
            if not any(scopes.allows(["read:accounts"], scope) for scope in allowed):
                answer = juniper.request(method.upper(), here)
                assert answer.status_code == 403, (method, path, answer.text)
                assert answer.json() == {"error": "This action is outside the authorized scopes"}


def test_it_is_served_and_so_is_a_page_for_people(server):
    told = httpx2.get(f"{server.url}/api/openapi.json")
    assert told.json()["openapi"] == "3.1.1"
    assert told.headers["access-control-allow-origin"] == "*"
    page = httpx2.get(f"{server.url}/docs").text
    for path, who in (
        ("/api/v1/timelines/public", "Anybody; a token that comes along needs read:statuses."),
        ("/api/v1/instance", "Anybody."), ("/api/v1/timelines/home", "A person’s token with read:statuses."),
        ("/api/v1/accounts", "An app’s token with write:accounts."), ("/api/v2/media", "A person’s token with write:media."),
    ):
        assert f'<code>{path}</code></h3>' in page
        rows = re.findall(rf'<code>{re.escape(path)}</code></h3>.*?<p class="who">(.*?)</p>', page)
        assert who in rows, (path, rows)
    for one in (*endpoint.EVERY, *endpoint.BESIDE):
        assert f"<code>{one.path}</code>" in page


def test_an_operator_prints_a_token_for_a_script(server):
    data = server.folder / "data"
    catflap("people", "add", "gunther", "--password-stdin", "--data", data, stdin="correct horse 9\n")
    done = catflap("people", "token", "gunther", "--scopes", "read write", "--data", data)
    with App(server, token=done.stdout.strip()) as script:
        assert script.json("GET", "/api/v1/accounts/verify_credentials")["acct"] == "gunther"
        script.json("POST", "/api/v1/statuses", json={"status": "From a script"})
        script.json("GET", "/api/v1/notifications")
