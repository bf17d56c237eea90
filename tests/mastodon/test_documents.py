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
    assert len(OPERATIONS) == len(endpoint.EVERY)
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

    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
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
    for one in endpoint.EVERY:
        assert f"<code>{one.path}</code>" in page


def test_an_operator_prints_a_token_for_a_script(server):
    data = server.folder / "data"
    catflap("people", "add", "gunther", "--password-stdin", "--data", data, stdin="correct horse 9\n")
    done = catflap("people", "token", "gunther", "--scopes", "read write", "--data", data)
    with App(server, token=done.stdout.strip()) as script:
        assert script.json("GET", "/api/v1/accounts/verify_credentials")["acct"] == "gunther"
        script.json("POST", "/api/v1/statuses", json={"status": "From a script"})
        script.json("GET", "/api/v1/notifications")
