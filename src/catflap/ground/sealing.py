"""Sealing what must be kept readable, under a key that stands beside the database, not in it.

Whoever gets at a copy of the database alone reads nothing of it. The key is a file of the data
folder, made once; where it is lost, what was sealed is lost too, and its owner gives it again.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

FILE_NAME = "seal.key"
KEY_BYTES = 32
NONCE_BYTES = 12


class Seal:
    """Seals and opens texts with the key of one data folder, which is read when first needed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._key: bytes | None = None

    def close(self, text: str) -> str:
        """A text sealed; the same text never looks the same."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 20 MB, for few

        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._held()).encrypt(nonce, text.encode(), None)
        return urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str) -> str | None:
        """What was sealed; None where it was sealed under another key, or is damaged."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            raw = urlsafe_b64decode(sealed)
            opened = AESGCM(self._held()).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None)
        except (InvalidTag, ValueError):
            return None
        return opened.decode()

    def derived(self, purpose: str) -> bytes:
        """A key for another purpose, which tells nothing of the one that seals."""
        return hmac.digest(self._held(), purpose.encode(), "sha256")

    def mark(self, text: str, *, purpose: str) -> str:
        """What stands for a text wherever it is compared: the same text, the same mark.

        Without the key nobody can try texts against it, and marks of two purposes never meet.
        """
        key = hmac.digest(self._held(), f"catflap mark: {purpose}".encode(), "sha256")
        return urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode()

    def _held(self) -> bytes:
        """The key; of two processes that make it at once, the first wins."""
        if self._key is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_name(f"{FILE_NAME}.{os.getpid()}")
            if not self._path.exists():
                handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(os.urandom(KEY_BYTES))
                try:
                    os.link(fresh, self._path)
                except FileExistsError:
                    pass
                finally:
                    fresh.unlink()
            self._key = self._path.read_bytes()
        return self._key
