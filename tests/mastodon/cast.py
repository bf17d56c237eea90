"""People with apps, of whom each test has its own."""

from __future__ import annotations

import itertools
import time

from tests.conftest import Server
from tests.mastodon.app import App, signed_in

_NUMBERS = itertools.count(1)


class Person(App):
    """Somebody with an app, and their account's id."""

    id: str
    handle: str


def person(server: Server, name: str, *, reads: str = "en") -> Person:
    """Somebody new whose handle begins with ``name``."""
    handle = f"{name}{next(_NUMBERS)}"
    app = signed_in(server, handle, reads=reads)
    made = Person(server, token=app.token)
    app.close()
    made.handle = handle
    made.id = made.json("GET", "/api/v1/accounts/verify_credentials")["id"]
    return made


def until(what, *, seconds: float = 10):
    """What a worker makes true in a while."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found


def posts(by: Person, text: str, **more) -> dict:
    """A status, just published."""
    return by.json("POST", "/api/v1/statuses", json={"status": text, **more})
