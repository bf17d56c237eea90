"""Calls made out of the OpenAPI document find no fault of ours and no answer it does not name.

A handful of examples for each operation in the suite, the same ones each time; more with
``CATFLAP_FUZZ_EXAMPLES=300``, from another start with ``CATFLAP_FUZZ_SEED``.
"""

from __future__ import annotations

import contextlib
import os
import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Server, photo_bytes
from tests.mastodon.app import signed_in

EXAMPLES = int(os.environ.get("CATFLAP_FUZZ_EXAMPLES", "2"))
SEED = int(os.environ.get("CATFLAP_FUZZ_SEED", "41"))
FOR_OPERATORS = ("/api/v1/admin", "/api/v2/admin")
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("fuzzed"), attempts_per_hour="1000000", posts_per_hour="1000000",
        api_calls_per_five_minutes="10000000", operators="mei",
    ).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def juniper(server):
    with signed_in(server, "juniper", scopes="read write follow push profile") as app:
        yield app


@pytest.fixture(scope="module")
def mei(server):
    """Who runs the place."""
    with signed_in(server, "mei", scopes="read write admin:read admin:write") as app:
        yield app


@pytest.fixture(scope="module")
def ids(server, juniper) -> list[str]:
    """Ids of what is really there, so that calls reach further than "not found"."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    with signed_in(server, "阿橘", reads="zh") as aju:
        them = aju.json("GET", "/api/v1/accounts/verify_credentials")["id"]
        file = juniper.json("POST", "/api/v2/media", files={"file": ("c.jpg", photo_bytes(), "image/jpeg")})
        note = juniper.json("POST", "/api/v1/statuses", json={"status": "Paying my #cattax", "media_ids": [file["id"]]})
        asked = aju.json("POST", "/api/v1/statuses", json={
            "status": "Which? @juniper", "poll": {"options": ["a", "b"], "expires_in": 600},
        })
        boost = aju.json("POST", f"/api/v1/statuses/{note['id']}/reblog")
        talk = aju.json("POST", "/api/v1/statuses", json={"status": "@juniper psst", "visibility": "direct"})
        planned = juniper.json("POST", "/api/v1/statuses", json={"status": "later", "scheduled_at": tomorrow})
    made = juniper.json("POST", "/api/v1/lists", json={"title": "Cats"})
    held = juniper.json("POST", "/api/v2/filters", json={
        "title": "f", "context": ["home"], "keywords_attributes": [{"keyword": "k"}],
    })
    mine = juniper.json("GET", "/api/v1/accounts/verify_credentials")["id"]
    report = juniper.json("POST", "/api/v1/reports", json={"account_id": them, "status_ids": [asked["id"]]})
    return [
        them, mine, report["id"], note["id"], asked["id"], asked["poll"]["id"], boost["id"], talk["id"], planned["id"],
        made["id"], held["id"], held["keywords"][0]["id"], file["id"],
    ]


@pytest.fixture(scope="module")
def operations(server):
    """Every operation that ends; streams go on."""
    document = requests.get(f"{server.url}/api/openapi.json", timeout=20).json()
    read = schemathesis.openapi.from_dict(document)
    read.config.update(base_url=server.url)
    found = [one.ok() for one in read.get_all_operations()]
    return [one for one in found if "text/event-stream" not in str(one.definition.raw)]


def fuzz(operation: Any, mode: GenerationMode, *, session: requests.Session, token: str, ids: list[str]) -> list[str]:
    """What an operation answers that it may not."""
    chosen = random.Random(f"{SEED} {operation.label}")
    found: list[str] = []

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        if case.path_parameters and chosen.random() < 0.7:
            for name in case.path_parameters:
                if name.endswith("id"):
                    case.path_parameters[name] = chosen.choice(ids)
        headers = {"authorization": f"Bearer {token}"} if chosen.random() < 0.9 else {}
        answer = case.call(session=session, headers=headers, timeout=20)
        if answer.status_code == 503 and "503" in operation.definition.raw["responses"]:
            return  # no engine is here, which is said as documented
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            told = f"{operation.label}: {answer.status_code} {answer.text[:200]}"
            found.extend(f"{told}: {type(failure).__name__} {failure}" for failure in failures.exceptions)

    with contextlib.suppress(Unsatisfiable):  # there is no wrong way to ask for this
        call()
    return found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_call_finds_a_fault_or_an_answer_that_is_not_documented(server, juniper, mei, ids, operations, mode):
    def token(operation: Any) -> str:
        return mei.token if operation.path.startswith(FOR_OPERATORS) else juniper.token

    with closing(requests.Session()) as session:
        found = [
            text for operation in operations if mode is GenerationMode.POSITIVE or operation_takes(operation)
            for text in fuzz(operation, mode, session=session, token=token(operation), ids=ids)
        ]
    assert found == [], "\n".join(found)
    assert "Traceback" not in server.log()


def operation_takes(operation: Any) -> bool:
    """Whether there is anything that could be asked wrongly: an id in a path may be any text."""
    return bool(operation.body or operation.query)
