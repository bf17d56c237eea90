"""Looking at old profiles: what proves a claim, what does not, and where nobody is ever asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from catflap.arrivals import limits, proofs
from catflap.ground import outward
from catflap.ground.addresses import AddressRefused, PeerUnreachable
from tests.conftest import free_port, run

CODE, PROFILE = "catflap-23456789abcdefgh", "https://here.example/@poppy"


class Peer(BaseHTTPRequestHandler):
    """Says what it is told to, to whom it is told to say it."""

    finger: object = {}
    actor: object = {}
    asked = 0

    def do_GET(self) -> None:
        Peer.asked += 1
        body = Peer.finger if self.path.startswith("/.well-known/") else Peer.actor
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def place():
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Peer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def says(place: str, **actor: object) -> None:
    base = f"http://{place}/users/poppy"
    Peer.finger = {"links": [{"rel": "self", "type": "application/activity+json", "href": base}]}
    Peer.actor = {"id": base, "preferredUsername": "Poppy", **actor}


def named(place: str, *, privately: bool = True) -> bool:
    return run(proofs.is_named(f"poppy@{place}", code=CODE, profile=PROFILE, privately=privately))


@pytest.mark.parametrize(
    ("actor", "is_proof"),
    [
        ({"summary": f"<p>I moved: <b>{CODE}</b></p>"}, True),
        ({"attachment": [{"type": "PropertyValue", "name": "new", "value": CODE}]}, True),
        ({"attachment": [{"value": f'<a href="{PROFILE}" rel="me nofollow">here</a>'}]}, True),
        ({"summary": f'<a href="{PROFILE}2">somebody else</a>'}, False),
        ({"summary": "nothing of it", "name": CODE}, False),
        ({"summary": CODE, "preferredUsername": "somebody"}, False),
        ({"summary": CODE, "id": "http://other.example/users/poppy"}, False),
        ({"summary": [CODE], "attachment": {"value": 7}}, False),
    ],
)
def test_only_what_a_person_says_of_themselves_proves_it(place, actor, is_proof):
    says(place, **actor)
    assert named(place) is is_proof


@pytest.mark.parametrize(
    "finger",
    [
        {}, [], {"links": "x"}, {"links": [7, {"rel": "self"}]}, b"no JSON", b"[" * 100_000, b"\xff",
        {"links": [{"rel": "self", "type": "application/activity+json", "href": "http://169.254.169.254/latest"}]},
        {"links": [{"rel": "self", "type": "application/activity+json", "href": "file:///etc/passwd"}]},
    ],
)
def test_a_peer_that_says_nonsense_or_sends_us_elsewhere_proves_nothing(place, finger):
    says(place, summary=CODE)
    Peer.finger = finger
    assert named(place) is False


def test_private_addresses_are_never_asked_and_long_answers_are_cut(place):
    says(place, summary=CODE)
    before = Peer.asked
    assert named(place, privately=False) is False
    for url in (f"http://{place}/", f"https://{place}/", "https://localhost/", "https://[::1]/"):
        with pytest.raises((AddressRefused, PeerUnreachable)):
            run(outward.read(url, accept="*/*", limit_bytes=100))
    assert Peer.asked == before
    Peer.finger = b" " * (limits.PROFILE_MAX_BYTES + 1)
    assert named(place) is False
