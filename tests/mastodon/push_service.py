"""A push service on a real socket, and the app behind it, which opens what came."""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


class Service:
    """Takes pushes; ``answers`` are the statuses it gives in turn, the last one for ever."""

    def __init__(self) -> None:
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        self.answers = [201]
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                service.came.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                status = service.answers.pop(0) if len(service.answers) > 1 else service.answers[0]
                self.send_response(status)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def waited(self, count: int) -> list[tuple[str, dict[str, str], bytes]]:
        deadline = time.monotonic() + 15
        while len(self.came) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.came) == count, self.came
        return self.came


class Sleeper:
    """An app's keys, and how it opens what was pushed."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = b"0123456789abcdef"

    def asked(self, endpoint: str, *, standard: bool, policy: str = "all", **alerts: bool) -> dict[str, str]:
        """The form of a subscription, as apps send it."""
        made = {
            "subscription[endpoint]": endpoint, "subscription[keys][p256dh]": text_of(self.point),
            "subscription[keys][auth]": base64.b64encode(self.auth).decode(), "data[policy]": policy,
            "subscription[standard]": str(standard).lower(),
        }
        return made | {f"data[alerts][{name}]": str(on).lower() for name, on in alerts.items()}

    def opened(self, headers: dict[str, str], body: bytes) -> dict:
        """The JSON of a push, by RFC 8291 or its draft."""
        if headers["content-encoding"] == "aes128gcm":
            salt, size, count = body[:16], *struct.unpack(">IB", body[16:21])
            assert size == 4096
            theirs, sealed = body[21:21 + count], body[21 + count:]
            secret = derived(self._shared(theirs), self.auth, b"WebPush: info\x00" + self.point + theirs, 32)
            key = derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
            nonce = derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
            plain = AESGCM(key).decrypt(nonce, sealed, None)
            assert plain.endswith(b"\x02")
            return json.loads(plain[:-1])
        said = dict(part.split("=", 1) for part in headers["crypto-key"].split(";"))
        theirs, salt = raw(said["dh"]), raw(headers["encryption"].removeprefix("salt="))
        secret = derived(self._shared(theirs), self.auth, b"Content-Encoding: auth\x00", 32)
        context = b"P-256\x00\x00\x41" + self.point + b"\x00\x41" + theirs
        key = derived(secret, salt, b"Content-Encoding: aesgcm\x00" + context, 16)
        nonce = derived(secret, salt, b"Content-Encoding: nonce\x00" + context, 12)
        plain = AESGCM(key).decrypt(nonce, body, None)
        assert plain.startswith(b"\x00\x00")
        return json.loads(plain[2:])

    def _shared(self, point: bytes) -> bytes:
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))


def claims(headers: dict[str, str], *, server_key: str) -> dict:
    """Who says to have sent a push; the signature must be of this key."""
    how, _, rest = headers["authorization"].partition(" ")
    if how == "vapid":
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        token, said = parts["t"], parts["k"]
    else:
        assert how == "WebPush"
        token, said = rest, dict(p.split("=", 1) for p in headers["crypto-key"].split(";"))["p256ecdsa"]
    assert said == server_key
    signed, _, signature = token.rpartition(".")
    both = raw(signature)
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(server_key)).verify(
        encode_dss_signature(int.from_bytes(both[:32], "big"), int.from_bytes(both[32:], "big")),
        signed.encode(), ec.ECDSA(SHA256()),
    )
    head, _, body = signed.partition(".")
    assert json.loads(raw(head)) == {"typ": "JWT", "alg": "ES256"}
    return json.loads(raw(body))
