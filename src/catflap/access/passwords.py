"""Passwords: hashed with argon2id, off the event loop, a few at a time.

Parameters are OWASP's second recommendation (19 MiB, 2 passes, 1 lane; Password Storage Cheat
Sheet): about 25 ms and 19 MiB each here, so that a flood of sign-ins cannot take all memory.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from catflap.access.errors import PasswordTooCommon, PasswordTooShort
from catflap.access.model import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS
from catflap.ground.errors import TextTooLong

AT_ONCE = 2
ASKED_MAX_CHARS = 4 * PASSWORD_MAX_CHARS
"""Of a password as it comes in: NFKC makes one character of at most four."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_turns: asyncio.Semaphore | None = None
_turns_loop: asyncio.AbstractEventLoop | None = None

TRIED_FIRST = frozenset(
    {
        "password", "password1", "12345678", "123456789", "1234567890", "11111111", "88888888",
        "66666666", "qwertyui", "qwertyuiop", "iloveyou", "5201314520", "woaini520", "a1234567",
        "abc12345", "abcd1234", "letmein1", "passw0rd", "00000000", "87654321", "woaini1314",
    }
)


def checked(password: str, *, handle: str) -> str:
    """The password in the form that is hashed (NFKC).

    Raises:
        PasswordTooShort, TextTooLong, PasswordTooCommon
    """
    text = unicodedata.normalize("NFKC", password[: ASKED_MAX_CHARS])
    if len(text) < PASSWORD_MIN_CHARS:
        raise PasswordTooShort(length_chars=len(text), limit_chars=PASSWORD_MIN_CHARS)
    if len(text) > PASSWORD_MAX_CHARS or len(password) > ASKED_MAX_CHARS:
        raise TextTooLong("password", length_chars=len(password), limit_chars=PASSWORD_MAX_CHARS)
    if text.casefold() in TRIED_FIRST or text.casefold() == handle.casefold():
        raise PasswordTooCommon
    return text


@cache
def _nobody() -> str:
    """What a sign-in without an account is checked against, so that it takes as long."""
    return _hasher.hash("nobody has this password")


def _taking_turns() -> asyncio.Semaphore:
    """This loop's semaphore; one made for another loop would wait for ever."""
    global _turns, _turns_loop
    loop = asyncio.get_running_loop()
    if _turns is None or _turns_loop is not loop:
        _turns, _turns_loop = asyncio.Semaphore(AT_ONCE), loop
    return _turns


async def hashed(password: str) -> str:
    """The argon2id hash of a checked password."""
    async with _taking_turns():
        return await asyncio.to_thread(_hasher.hash, password)


async def is_right(password: str, password_hash: str | None) -> bool:
    """Whether a password fits; no quicker where nobody is there, so that time tells nothing."""
    text = unicodedata.normalize("NFKC", password[:ASKED_MAX_CHARS])[:PASSWORD_MAX_CHARS]
    async with _taking_turns():
        try:
            await asyncio.to_thread(_hasher.verify, password_hash or _nobody(), text)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def new_token() -> str:
    """256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token; a random token needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
