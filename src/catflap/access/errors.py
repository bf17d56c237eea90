"""What can go wrong at the door.

CatflapError
├── PasswordTooShort    fewer characters than the limit
├── PasswordTooCommon   the handle itself, or one everybody tries first
├── EmailInvalid        not an address
├── EmailTaken          another account has it
├── WrongCredentials    no such handle, or not its password; never told apart
├── ResetInvalid        the link was used, is too old, or was never given out
├── RegistrationsClosed nobody can sign up now
├── ScopeInvalid        no such scope, or more than the app was registered with
├── RedirectInvalid     an app's return address that is none, or not one it registered
├── AppUnknown          no such app, or not its secret
├── GrantInvalid        a code that was used, is too old, or belongs to another app
├── GrantKindUnknown    a way of getting a token that is not offered
├── RevokingRefused     a token that is not the asking app's, or an app that is not who it says
└── TokenInvalid        an app's token that was revoked or never was
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


class ScopeInvalid(CatflapError):
    """``scope`` is none, or is not within what the app was registered with."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class RedirectInvalid(CatflapError):
    """``uri`` is no address an app can be returned to, or not one that it registered."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.uri = uri


class AppUnknown(CatflapError):
    """No such app, or not its secret; never told apart."""


class GrantInvalid(CatflapError):
    """A code that was used, is too old, or was given to another app, address or verifier."""


class GrantKindUnknown(CatflapError):
    """A ``grant_type`` or ``response_type`` that this server does not offer."""


class RevokingRefused(CatflapError):
    """A token that the app which would take it back was not given, or whose app is not proven."""


class TokenInvalid(CatflapError):
    """An app's token that was revoked or never was."""
