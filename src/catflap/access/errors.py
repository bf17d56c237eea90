"""What can go wrong at the door.

CatflapError
├── PasswordTooShort    fewer characters than the limit
├── PasswordTooCommon   the handle itself, or one everybody tries first
├── EmailInvalid        not an address
├── EmailTaken          another account has it
├── WrongCredentials    no such handle, or not its password; never told apart
├── ResetInvalid        the link was used, is too old, or was never given out
└── RegistrationsClosed nobody can sign up now
"""

from __future__ import annotations

from catflap.ground.errors import CatflapError


class PasswordTooShort(CatflapError):
    """``length_chars`` is under ``limit_chars``."""

    def __init__(self, *, length_chars: int, limit_chars: int) -> None:
        super().__init__(length_chars, limit_chars)
        self.length_chars = length_chars
        self.limit_chars = limit_chars


class PasswordTooCommon(CatflapError):
    """The password is the handle, or among those that everybody tries first."""


class EmailInvalid(CatflapError):
    """``email`` cannot be an address."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email


class EmailTaken(CatflapError):
    """Another account has this address."""


class WrongCredentials(CatflapError):
    """No such handle, or not its password."""


class ResetInvalid(CatflapError):
    """A reset link that was used, has expired, or never was."""


class RegistrationsClosed(CatflapError):
    """The operator lets nobody sign up now."""
