"""What every page tells the browser it may do, and what goes over the wire compressed."""

from __future__ import annotations

import gzip

import httpx2
import pytest

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Written out: who loosens it has to say so here."""
OF_DOCS = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    from tests.conftest import Server

    made = Server(tmp_path_factory.mktemp("headers")).start()
    with httpx2.Client(base_url=made.url) as client:
        client.post("/join", data={"handle": "juniper", "password": "correct horse 9"})
        yield client
    made.stop()


@pytest.mark.parametrize(("path", "status"), [
    ("/", 200), ("/new", 200), ("/about", 200), ("/@juniper", 200), ("/settings/profile", 200),
    ("/nothing-here", 404), ("/n/1", 404), ("/offline", 200), ("/notices/count", 200),
])
def test_pages_have_the_policy_and_nothing_looser(pages, path, status):
    told = pages.get(path)
    assert told.status_code == status
    assert told.headers.get_list("content-security-policy") == [POLICY]
    assert told.headers["x-content-type-options"] == "nosniff"
    assert " style=" not in told.text
    assert "<style" not in told.text
    assert "unsafe" not in told.headers["content-security-policy"]


def test_the_apis_page_is_stricter_still_and_goes_compressed(pages):
    told = pages.get("/docs", headers={"accept-encoding": "gzip"})
    assert told.headers["content-security-policy"] == OF_DOCS
    assert told.headers["content-encoding"] == "gzip"
    assert told.headers["vary"] == "accept-encoding"
    assert len(gzip.compress(told.content)) < 60_000
    plain = pages.get("/docs", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == told.text
