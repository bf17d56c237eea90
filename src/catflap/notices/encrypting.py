"""What is pushed is sealed for the app alone, and says whom it comes from.

Message encryption: RFC 8291 (``aes128gcm``), and its draft of 2016 (``aesgcm``), which older apps
and relays still expect. Proof of origin: RFC 8292 (VAPID), a JWT signed with ES256.
"""

from __future__ import annotations

import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from catflap.ground import clock

CURVE = ec.SECP256R1()
POINT_BYTES = 65
AUTH_BYTES = 16
SALT_BYTES = 16
RECORD_BYTES = 4096
JWT_VALID_S = 12 * 3600


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A body, and the headers that say how to open it and whom it is from."""

    body: bytes
    headers: dict[str, str]


def encoded(raw: bytes) -> str:
    """Base64 for URLs, without padding."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """What base64 stands for, however it was written.

    Raises:
        ValueError: it is none.
    """
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    return urlsafe_b64decode(plain.encode("ascii") + b"=" * (-len(plain) % 4))


def new_private() -> str:
    """A fresh private key, as it is kept."""
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return encoded(number.to_bytes(32, "big"))


def private_key(kept: str) -> ec.EllipticCurvePrivateKey:
    """The key behind its kept form."""
    return ec.derive_private_key(int.from_bytes(decoded(kept), "big"), CURVE)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half of a key, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def is_point(raw: bytes) -> bool:
    """Whether bytes are a public key on the curve."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw)
    except ValueError:
        return False
    return len(raw) == POINT_BYTES


def _derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def aes128gcm(
    payload: bytes, *, p256dh: bytes, auth: bytes, salt: bytes | None = None,
    private: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """A payload sealed in one record, its header before it (RFC 8291, 3 and 4)."""
    salt = salt or os.urandom(SALT_BYTES)
    own = private or ec.generate_private_key(CURVE)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh))
    info = b"WebPush: info\x00" + p256dh + point(own)
    secret = _derived(shared, salt=auth, info=info, length=32)
    key = _derived(secret, salt=salt, info=b"Content-Encoding: aes128gcm\x00", length=16)
    nonce = _derived(secret, salt=salt, info=b"Content-Encoding: nonce\x00", length=12)
    head = salt + struct.pack(">IB", RECORD_BYTES, POINT_BYTES) + point(own)
    return head + AESGCM(key).encrypt(nonce, payload + b"\x02", None)


def aesgcm(payload: bytes, *, p256dh: bytes, auth: bytes) -> tuple[bytes, bytes, bytes]:
    """A payload sealed as the draft had it: body, salt, our public key, which go into headers."""
    salt, own = os.urandom(SALT_BYTES), ec.generate_private_key(CURVE)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh))
    secret = _derived(shared, salt=auth, info=b"Content-Encoding: auth\x00", length=32)
    size = struct.pack(">H", POINT_BYTES)
    context = b"P-256\x00" + size + p256dh + size + point(own)
    key = _derived(secret, salt=salt, info=b"Content-Encoding: aesgcm\x00" + context, length=16)
    nonce = _derived(secret, salt=salt, info=b"Content-Encoding: nonce\x00" + context, length=12)
    return AESGCM(key).encrypt(nonce, b"\x00\x00" + payload, None), salt, point(own)


def token(endpoint: str, *, key: ec.EllipticCurvePrivateKey, subject: str) -> str:
    """A JWT that tells a push service who sends, good for it alone and for half a day."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(clock.now().timestamp()) + JWT_VALID_S, "sub": subject,
    }
    head = msgspec.json.encode({"typ": "JWT", "alg": "ES256"})
    said = f"{encoded(head)}.{encoded(msgspec.json.encode(claims))}"
    r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(SHA256())))
    return f"{said}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def sealed(
    payload: bytes, *, endpoint: str, p256dh: str, auth: str, is_standard: bool, vapid: str,
    subject: str,
) -> Sealed:
    """Everything of a push but where it goes."""
    key, theirs, secret = private_key(vapid), decoded(p256dh), decoded(auth)
    jwt, ours = token(endpoint, key=key, subject=subject), encoded(point(key))
    if is_standard:
        return Sealed(
            body=aes128gcm(payload, p256dh=theirs, auth=secret),
            headers={
                "content-encoding": "aes128gcm", "authorization": f"vapid t={jwt}, k={ours}"
            },
        )
    body, salt, once = aesgcm(payload, p256dh=theirs, auth=secret)
    return Sealed(
        body=body,
        headers={
            "content-encoding": "aesgcm", "authorization": f"WebPush {jwt}",
            "encryption": f"salt={encoded(salt)}",
            "crypto-key": f"dh={encoded(once)};p256ecdsa={ours}",
        },
    )
