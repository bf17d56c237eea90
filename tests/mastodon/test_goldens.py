"""What each entity looks like, kept as files: a change of their form is a change of these.

``CATFLAP_GOLDEN=write`` writes them anew; what differs each time (ids, instants, keys) is named.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Server, photo_bytes
from tests.mastodon.app import App, registered, signed_in
from tests.mastodon.cast import until

GOLDEN = Path(__file__).parent / "golden"
NAMED = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "INSTANT"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"/files/[^\"/]+/[^\"]+?\.(\w+)"), r"/files/FILE.\1"),
    (re.compile(r"(?<=Catflap )[\w.+]+"), "VERSION"),
    (re.compile(r'("(?:server_key|public_key|vapid_key|client_id|client_secret)": )"[^"]*"'), r'\1"KEY"'),
    (re.compile(r"(?<=-)1\d{9}\b"), "HOURS"),
    (re.compile(r'("day": )"\d+"'), r'\1"DAY"'),
)


def named(answer: Any, base: str) -> str:
    """An answer as text, in which what differs each time has a name."""
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    text = text.replace(base, "https://cats.example").replace(base.removeprefix("http://"), "cats.example")
    text = text.replace("ws://cats.example", "wss://cats.example")
    for pattern, name in NAMED:
        text = pattern.sub(name, text)
    seen: dict[str, str] = {}
    return re.sub(r"\d{15,}", lambda found: seen.setdefault(found[0], f"ID{len(seen) + 1}"), text) + "\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("golden"), attempts_per_hour="1000", posts_per_hour="1000").start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def answers(server) -> dict[str, Any]:
    """One answer of each entity."""
    with signed_in(server, "juniper") as juniper, signed_in(server, "aju") as aju, App(server) as nobody:
        found = _of_writing(juniper, aju)
        found |= _of_people(juniper, aju)
        found |= _of_ones_own(juniper)
        found["application"] = registered(server)
        for name in ("v1/instance", "v2/instance"):
            found[name.replace("/", "_")] = nobody.json("GET", f"/api/{name}")
        found["error"] = nobody.json("GET", "/api/v1/statuses/1", status=404)
    return found


def _of_writing(juniper: App, aju: App) -> dict[str, Any]:
    me = juniper.json("GET", "/api/v1/accounts/verify_credentials")["id"]
    aju.json("POST", f"/api/v1/accounts/{me}/follow")
    file = juniper.json(
        "POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")}, data={"description": "A cat"},
    )
    note = juniper.json("POST", "/api/v1/statuses", json={
        "status": "Paying my #cattax to @aju: https://example.org", "media_ids": [file["id"]], "language": "en",
        "spoiler_text": "cats",
    })
    asked = juniper.json("POST", "/api/v1/statuses", json={
        "status": "Which?", "language": "en", "poll": {"options": ["tabby", "tuxedo"], "expires_in": 600, "multiple": True},
    })
    aju.json("POST", f"/api/v1/polls/{asked['poll']['id']}/votes", json={"choices": [0]})
    aju.json("POST", f"/api/v1/statuses/{note['id']}/favourite")
    boost = aju.json("POST", f"/api/v1/statuses/{note['id']}/reblog")
    answer = aju.json("POST", "/api/v1/statuses", json={
        "status": "Welcome!", "in_reply_to_id": note["id"], "language": "en",
    })
    juniper.json("PUT", f"/api/v1/statuses/{asked['id']}", json={"status": "Which one?", "language": "en"})
    juniper.json("POST", "/api/v1/statuses", json={"status": "Psst @aju", "visibility": "direct", "language": "en"})
    heard = until(lambda: len(one := juniper.json("GET", "/api/v1/notifications")) == 4 and one)
    held = {one["type"]: one for one in heard}
    return {
        "media_attachment": file, "status": note, "boost": boost, "answer": answer,
        "status_with_poll": aju.json("GET", f"/api/v1/statuses/{asked['id']}"),
        "context": juniper.json("GET", f"/api/v1/statuses/{answer['id']}/context"),
        "status_edit": juniper.json("GET", f"/api/v1/statuses/{asked['id']}/history"),
        "status_source": juniper.json("GET", f"/api/v1/statuses/{note['id']}/source"),
        "conversation": aju.json("GET", "/api/v1/conversations"),
        "tag": aju.json("GET", "/api/v1/tags/cattax"),
        "search": aju.json("GET", "/api/v2/search?q=cattax&type=hashtags"),
        **{f"notification_{kind}": held[kind] for kind in ("favourite", "follow", "mention", "reblog")},
        "grouped_notifications": juniper.json("GET", "/api/v2/notifications?types[]=favourite"),
    }


def _of_people(juniper: App, aju: App) -> dict[str, Any]:
    me = aju.json("GET", "/api/v1/accounts/lookup?acct=juniper")["id"]
    made = aju.json("POST", "/api/v1/lists", json={"title": "Cats"})
    return {
        "account": aju.json("GET", f"/api/v1/accounts/{me}"),
        "credential_account": juniper.json("GET", "/api/v1/accounts/verify_credentials"),
        "relationship": aju.json("GET", f"/api/v1/accounts/relationships?id[]={me}"),
        "familiar_followers": aju.json("GET", f"/api/v1/accounts/familiar_followers?id[]={me}"),
        "list": made,
    }


def _of_ones_own(juniper: App) -> dict[str, Any]:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    held = juniper.json("POST", "/api/v2/filters", json={
        "title": "Green", "context": ["home"], "filter_action": "warn",
        "keywords_attributes": [{"keyword": "cucumber", "whole_word": True}],
    })
    return {
        "filter": held, "filter_v1": juniper.json("GET", "/api/v1/filters"),
        "scheduled_status": juniper.json("POST", "/api/v1/statuses", json={"status": "Later", "scheduled_at": later}),
        "featured_tag": juniper.json("POST", "/api/v1/featured_tags", json={"name": "cattax"}),
        "marker": juniper.json("POST", "/api/v1/markers", json={"home": {"last_read_id": "100000000000000001"}}),
        "notification_policy": juniper.json("GET", "/api/v2/notifications/policy"),
        "preferences": juniper.json("GET", "/api/v1/preferences"),
        "web_push_subscription": juniper.json("POST", "/api/v1/push/subscription", json={
            "subscription": {"endpoint": "https://93.184.215.14/push", "keys": {
                "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                "auth": "BTBZMqHH6r4Tts7J_aSIgg",
            }},
            "data": {"alerts": {"mention": True}},
        }),
    }


@pytest.mark.parametrize(("address", "streams"), [
    ("https://cats.example", "wss://cats.example"), ("http://cats.example:8080", "ws://cats.example:8080"),
    ("https://cats.example:8443/", "wss://cats.example:8443"),
])
def test_streams_are_at_the_public_address_by_its_scheme(tmp_path, address, streams):
    made = Server(tmp_path, public_url=address).start()
    try:
        with App(made) as nobody:
            old, new = (nobody.json("GET", f"/api/{version}/instance") for version in ("v1", "v2"))
    finally:
        made.stop()
    host = streams.partition("//")[2]
    assert old["urls"]["streaming_api"] == new["configuration"]["urls"]["streaming"] == streams
    assert old["uri"] == new["domain"] == host
    assert new["registrations"]["url"] == f"{address.rstrip('/')}/join"


def test_every_entity_has_the_form_it_had(server, answers):
    if os.environ.get("CATFLAP_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        for name, answer in answers.items():
            (GOLDEN / f"{name}.json").write_text(named(answer, server.url))
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(answers)
    for name, answer in answers.items():
        assert named(answer, server.url) == (GOLDEN / f"{name}.json").read_text(), name
