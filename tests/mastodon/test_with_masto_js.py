"""masto.js, on which many web clients stand, hears every stream through one socket."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import Server, photo_bytes
from tests.mastodon.cast import Person, posts

SCRIPT = Path(__file__).parent / "masto_streams.mjs"
MASTO = Path(__file__).parents[2] / "client/node_modules/masto/dist/index.js"


class Streams:
    """What a script on masto.js hears, as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.told: list[dict[str, Any]] = []
        self.arrived = threading.Condition()
        self.reading = threading.Thread(target=self._read)
        self.reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.arrived:
                self.told.append(json.loads(line))
                self.arrived.notify_all()

    def of(self, id_: str) -> set[tuple[str, str]]:
        """On which streams it was heard of something, and by which events."""
        return {(one["name"], one["event"]) for one in self.told if one.get("id") == id_}

    def hears(self, id_: str, *expected: tuple[str, str]) -> None:
        """Wait until it was heard of something everywhere where it should be."""
        with self.arrived:
            came = self.arrived.wait_for(lambda: set(expected) <= self.of(id_), timeout=15)
        assert came, (set(expected) - self.of(id_), self.told[-5:])

    def ends(self, name: str) -> None:
        """Listen to one stream no more."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        with self.arrived:
            assert self.arrived.wait_for(lambda: {"event": "unsubscribed", "name": name} in self.told, timeout=10)


@contextmanager
def listening(server: Server, person: Person, *, tags: list[str], lists: list[str]) -> Iterator[Streams]:
    """masto.js at every stream of a person's."""
    asked = {
        "url": person.json("GET", "/api/v2/instance")["configuration"]["urls"]["streaming"],
        "accessToken": person.token, "tags": tags, "lists": lists,
    }
    process = subprocess.Popen(
        ["node", "--no-warnings", "--experimental-websocket", str(SCRIPT), MASTO.as_uri(), json.dumps(asked)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    made = Streams(process)
    try:
        yield made
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=10)
        finally:
            process.kill()
            made.reading.join()
            assert process.stdout is not None
            process.stdout.close()


def test_every_stream_comes_through_one_socket_and_each_tells_what_is_its_own(community, cast):
    juniper, aju, rowan = cast("juniper"), cast("aju"), cast("rowan")
    aju.json("POST", f"/api/v1/accounts/{juniper.id}/follow")
    hers, other = (aju.json("POST", "/api/v1/lists", json={"title": title})["id"] for title in ("hers", "other"))
    for list_, member in ((hers, juniper), (other, rowan)):
        aju.json("POST", f"/api/v1/accounts/{member.id}/follow")
        aju.json("POST", f"/api/v1/lists/{list_}/accounts", json={"account_ids": [member.id]})
    everywhere = ("user", "public", "local", "#cats", f"list {hers}")
    with listening(community, aju, tags=["cats", "dogs"], lists=[hers, other]) as streams:
        deadline = time.monotonic() + 20
        while f"list {other}" not in {one.get("name") for one in streams.told}:
            # It is the last to be asked for: once it tells, all of them listen.
            assert time.monotonic() < deadline, streams.told
            posts(rowan, "Is anybody there?")
            time.sleep(0.2)

        note = posts(juniper, "Good morning #cats")
        streams.hears(note["id"], *((name, "update") for name in everywhere))
        juniper.json("PUT", f"/api/v1/statuses/{note['id']}", json={"status": "Good night #cats"})
        streams.hears(note["id"], *((name, "status.update") for name in everywhere))
        juniper.json("DELETE", f"/api/v1/statuses/{note['id']}")
        streams.hears(note["id"], *((name, "delete") for name in everywhere))

        file = juniper.json("POST", "/api/v2/media", files={"file": ("cat.jpg", photo_bytes(), "image/jpeg")})
        pictured = posts(juniper, "Look", media_ids=[file["id"]])
        streams.hears(pictured["id"], ("media", "update"), ("public", "update"))
        whispered = posts(juniper, f"Psst @{aju.handle}", visibility="direct")
        mentions = waited_for_mention(streams)

        streams.ends("public")
        last = posts(rowan, "#dogs")
        streams.hears(last["id"], ("#dogs", "update"), (f"list {other}", "update"), ("local", "update"))

        told = streams.of(note["id"])
        assert {one for one in told if one[1] != "delete"} == {
            (name, event) for name in everywhere for event in ("update", "status.update")
        }
        # What is gone is told wherever it may have stood, for nobody can look that up any more.
        assert not {name for name, _ in told} & {"#dogs", "notification"}
        assert streams.of(pictured["id"]) == {
            (name, "update") for name in ("user", "public", "local", "media", f"list {hers}")
        }
        assert mentions == {("user", "notification"), ("notification", "notification")}
        conversations = [one for one in streams.told if one["event"] == "conversation"]
        assert [one["name"] for one in conversations] == ["direct"]
        assert "Psst" in conversations[0]["text"]
        assert not {name for name, _ in streams.of(whispered["id"])} & {"public", "local", "media", "#cats"}
        assert ("public", "update") not in streams.of(last["id"])
    assert streams.told[-1] == {"event": "sockets", "count": 1}


def waited_for_mention(streams: Streams) -> set[tuple[str, str]]:
    """Where a mention was heard of, once it was on both streams that tell of it and the talk is there."""

    def found() -> set[tuple[str, str]]:
        return {(one["name"], one["event"]) for one in streams.told if one.get("text") == "mention"}

    with streams.arrived:
        streams.arrived.wait_for(
            lambda: len(found()) == 2 and any(one["event"] == "conversation" for one in streams.told), timeout=15
        )
    return found()
