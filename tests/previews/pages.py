"""Pages elsewhere: a server of a test's own, which says what it is told to say."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.conftest import free_port


class Elsewhere:
    """What stands at each path: a status, headers, bytes; and what was asked for, by whom."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.at: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.agents: list[str] = []

    def says(self, path: str, body: str | bytes, *, kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str) -> str:
        """Put something at a path; the answer is its address."""
        raw = body.encode() if isinstance(body, str) else body
        self.at[path] = (status, {"content-type": kind, **headers}, raw)
        return self.url + path

    def page(self, path: str, **tags: str) -> str:
        """A page with these Open Graph tags; ``__`` stands for a colon."""
        metas = "".join(f'<meta property="og:{name.replace("__", ":")}" content="{text}">' for name, text in tags.items())
        return self.says(path, f"<!doctype html><html lang=en><head><title>plain</title>{metas}</head><body>words</body>")


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    """A server on a port of its own."""

    class Peer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place.asked.append(self.path)
            place.agents.append(self.headers.get("user-agent", ""))
            status, headers, body = place.at.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Peer)
    place = Elsewhere(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
