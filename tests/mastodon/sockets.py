"""A WebSocket client as small as tests need (RFC 6455), over a plain socket."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from base64 import b64encode
from urllib.parse import urlencode

from tests.conftest import Server


class Refused(Exception):
    """The server did not open the socket; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Closed(Exception):
    """The server ended the connection."""


class Socket:
    """One open socket."""

    def __init__(self, server: Server, *, protocol: str = "", bearer: str = "", **query: str) -> None:
        self.link = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        lines = [
            f"GET /api/v1/streaming?{urlencode(query)} HTTP/1.1", "Host: 127.0.0.1",
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
        ]
        if protocol:
            lines.append(f"Sec-WebSocket-Protocol: {protocol}")
        if bearer:
            lines.append(f"Authorization: Bearer {bearer}")
        self.link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.held = b""
        while b"\r\n\r\n" not in self.held:
            self.held += self._received()
        head, _, self.held = self.held.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status != 101:
            self.link.close()
            raise Refused(status)
        self.headers = {
            name.decode().lower(): value.strip().decode()
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        }

    def _received(self) -> bytes:
        try:
            found = self.link.recv(65536)
        except ConnectionError as error:
            raise Closed from error
        if not found:
            raise Closed
        return found

    def _exactly(self, count: int) -> bytes:
        while len(self.held) < count:
            self.held += self._received()
        found, self.held = self.held[:count], self.held[count:]
        return found

    def say(self, **frame: str) -> None:
        """Send a JSON frame."""
        self.say_text(json.dumps(frame))

    def say_text(self, text: str) -> None:
        """Send a text frame."""
        body, mask = text.encode(), os.urandom(4)
        size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack(">H", len(body))
        self.link.sendall(b"\x81" + size + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(body)))

    def hear(self, *, within_s: float = 20) -> dict:
        """The next frame; ``payload`` is decoded."""
        self.link.settimeout(within_s)
        while True:
            first, size = self._exactly(2)
            if size == 126:
                [size] = struct.unpack(">H", self._exactly(2))
            elif size == 127:
                [size] = struct.unpack(">Q", self._exactly(8))
            body = self._exactly(size)
            if first & 0x0F == 8:
                raise Closed
            if first & 0x0F == 1:
                break
        frame = json.loads(body)
        if "payload" in frame:
            frame["payload"] = json.loads(frame["payload"])
        return frame

    def heard_within(self, seconds: float) -> dict | None:
        """The next frame, None where none comes so soon."""
        try:
            return self.hear(within_s=seconds)
        except TimeoutError:
            return None

    def hears_nothing(self, *, within_s: float = 0.5) -> bool:
        """Whether nothing comes."""
        return self.heard_within(within_s) is None

    def vanish(self) -> None:
        """Be gone without a word, as a phone in a tunnel."""
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.link.close()

    def close(self) -> None:
        """Be gone."""
        self.link.close()

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def waited(condition, *, within_s: float = 15):
    """What ``condition`` gives once it gives something."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found
