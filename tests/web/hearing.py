"""An open page's ear: the events that its live stream tells."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue

import httpx2

from tests.conftest import Server

PATIENCE_S = 10


@contextmanager
def heard(server: Server, person: httpx2.Client, *, note: str) -> Iterator[Callable[[str], dict]]:
    """Ask for the next event of a name; what else is told meanwhile is passed over."""
    told: Queue[tuple[str, dict]] = Queue()
    ear = httpx2.Client(base_url=server.url, cookies=dict(person.cookies), timeout=PATIENCE_S)
    opened = threading.Event()

    def listen() -> None:
        name = ""
        try:
            with ear.stream("GET", "/live", params={"note": note}) as stream:
                for line in stream.iter_lines():
                    opened.set()
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        told.put((name, json.loads(line.removeprefix("data: "))))
        except httpx2.HTTPError:
            return  # the page was closed

    def next_of(wanted: str) -> dict:
        while True:
            name, data = told.get(timeout=PATIENCE_S)
            if name == wanted:
                return data

    threading.Thread(target=listen, daemon=True).start()
    assert opened.wait(PATIENCE_S)
    try:
        yield next_of
    finally:
        ear.close()
