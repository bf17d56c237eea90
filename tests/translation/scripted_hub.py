"""A hub of models that misbehaves as it is told, on a real socket."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from catflap.translation.models.catalogue import Entry

CONTENTS = {
    "model.bin": bytes(range(256)) * 2_000,
    "config.json": b'{"add_source_eos": true}\n',
    "shared_vocabulary.json": b'["<unk>", "</s>"]\n',
    "source.spm": b"pieces of the source",
    "target.spm": b"pieces of the target",
}
LARGE = "model.bin"
SIZE = len(CONTENTS[LARGE])
ENTRY = Entry(
    name="zh-en", title="Scripted", repo="cats/zh-en", kind="marian", pairs=("zh-en",),
    licence="CC-BY-4.0", size_mb=1, files=tuple(CONTENTS),
)


def blob_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def honest_index() -> list[dict[str, Any]]:
    """The index as the hub gives it: the large file in LFS, the small ones in git."""
    lines: list[dict[str, Any]] = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "onnx"}]
    for path, content in CONTENTS.items():
        line = {"type": "file", "oid": blob_name(content), "size": len(content), "path": path}
        if path == LARGE:
            line["lfs"] = {
                "oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134,
            }
        lines.append(line)
    return lines


class Request(BaseHTTPRequestHandler):
    """One request; the hub's script gets it first and says whether it has answered."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        hub = self.server.hub
        hub.asked.append((self.path, self.headers.get("Range")))
        if hub.script(self):
            return
        if "/api/models/" in self.path:
            self.send(json.dumps(hub.index).encode())
            return
        name = self.path.rpartition("/")[2]
        if name in hub.contents:
            self.send_file(hub.contents[name])
        else:
            self.send(b"no", status=404)

    def send_file(self, content: bytes, *, cut: int | None = None) -> None:
        """The file from where it was asked for; with ``cut``, only so many bytes, then the end."""
        first = self.first_wanted()
        rest = content[first:]
        told = {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"} if first else {}
        self.send(rest, status=206 if first else 200, cut=cut, **told)

    def first_wanted(self) -> int:
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))

    def send(self, body: bytes, *, status: int = 200, cut: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True

    def send_endlessly(self, body: bytes) -> None:
        """Chunks, without saying how much comes."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(2):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    hub: Hub

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the play."""


class Hub:
    """A running hub: ``asked`` are the paths and Range headers that came, in order."""

    def __init__(self) -> None:
        self.index: Any = honest_index()
        self.contents = dict(CONTENTS)
        self.asked: list[tuple[str, str | None]] = []
        self.script: Callable[[Request], bool] = lambda _: False
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Request)
        self._server.hub = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def ranges(self, name: str = LARGE) -> list[str | None]:
        """The Range headers that a file was asked with."""
        return [wanted for path, wanted in self.asked if path.endswith(f"/resolve/main/{name}")]

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
