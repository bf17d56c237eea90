"""What signing in knows."""

from __future__ import annotations

from datetime import datetime
from typing import NewType

import msgspec

SessionId = NewType("SessionId", int)
AppId = NewType("AppId", int)
TokenId = NewType("TokenId", int)

PASSWORD_MIN_CHARS = 8
PASSWORD_MAX_CHARS = 200
EMAIL_MAX_CHARS = 254
RESET_VALID_S = 3600
SESSION_TOUCH_S = 300
APP_NAME_MAX_CHARS = 60
APP_URI_MAX_CHARS = 2000
APP_URIS_MAX = 10
CODE_VALID_S = 600
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The return address of apps that none can reach: the person copies the code."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in, as its person sees it."""

    id: SessionId
    device: str
    address: str
    made_at: datetime
    seen_at: datetime


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands behind a session's token."""

    id: SessionId
    person_id: int
    seen_at: datetime


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """How a person proves who they are."""

    person_id: int
    password_hash: str
    email: str | None


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app that was registered here; its secret is kept as a hash."""

    id: AppId
    client_id: str
    secret_hash: str
    name: str
    website: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    made_at: datetime


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """A code that a person's consent made, and what must fit when it is spent."""

    app_id: int
    person_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What an app may do, and for whom (None: for nobody). ``translate``: into its ``content``."""

    id: TokenId
    app_id: int
    person_id: int | None
    scopes: tuple[str, ...]
    made_at: datetime
    seen_at: datetime
    translate: bool


class AppInUse(msgspec.Struct, frozen=True, kw_only=True):
    """A token with its app, as its person sees it in the settings."""

    id: TokenId
    name: str
    website: str
    scopes: tuple[str, ...]
    made_at: datetime
    seen_at: datetime
    translate: bool
