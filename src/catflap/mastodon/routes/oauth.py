"""Registering apps, and tokens. The page that asks a person stands at the web door."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from catflap.access import apps, scopes
from catflap.access.errors import AppUnknown, RevokingRefused
from catflap.access.model import OUT_OF_BAND, App, Token
from catflap.ground.errors import TextMissing
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import BESIDE, Beside, Needs, Nothing, endpoint
from catflap.people import queries as people

GRANTS = ("authorization_code", "client_credentials")


class NewApp(msgspec.Struct, kw_only=True):
    """An app to be registered. ``redirect_uris`` is a list, or one text with a line for each."""

    client_name: str = ""
    redirect_uris: str | list[str] = ""
    scopes: str = "read"
    website: str | None = None


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An app as it is registered."""

    id: str
    name: str
    website: str | None
    scopes: tuple[str, ...]
    redirect_uri: str
    redirect_uris: tuple[str, ...]
    vapid_key: str


class CredentialApplication(Application, frozen=True, kw_only=True):
    """An app as it is told once, with its secret."""

    client_id: str
    client_secret: str
    client_secret_expires_at: int


def _told(app: App, *, vapid_key: str) -> dict[str, Any]:
    return {
        "id": str(app.id), "name": app.name, "website": app.website or None,
        "scopes": app.scopes, "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": app.redirect_uris, "vapid_key": vapid_key,
    }


@endpoint(
    "POST", "/api/v1/apps", takes=NewApp, gives=CredentialApplication, needs=Needs.NOBODY
)
async def register(door: Door, call: Call, asked: NewApp) -> CredentialApplication:
    """Register an app."""
    door.attempts.spend(f"app:{call.address}")
    uris = asked.redirect_uris
    async with door.house.database.tx() as tx:
        app, secret = await apps.register(
            tx, name=asked.client_name, asked=asked.scopes, website=asked.website or "",
            redirect_uris=uris.split() if isinstance(uris, str) else uris,
        )
    return CredentialApplication(
        **_told(app, vapid_key=await door.server_key()), client_id=app.client_id,
        client_secret=secret, client_secret_expires_at=0,
    )


@endpoint("GET", "/api/v1/apps/verify_credentials", gives=Application, needs=Needs.APP,
          scopes=scopes.EVERY)
async def verify_app(door: Door, call: Call, asked: Nothing) -> Application:
    """Which app a token belongs to."""
    assert call.token is not None
    async with door.house.database.reads() as reads:
        app = await apps.app_of(reads, call.token)
    return Application(**_told(app, vapid_key=await door.server_key()))


class Consent(msgspec.Struct, kw_only=True):
    """What an app asks a person for (RFC 6749, 4.1.1), with PKCE's challenge (RFC 7636).

    ``lang`` is the language to be asked in, where it is not the person's own.
    """

    client_id: str
    redirect_uri: str = ""
    response_type: str = "code"
    scope: str = "read"
    state: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""
    lang: str = ""


BESIDE.append(Beside(
    method="GET", path="/oauth/authorize", room=__name__, takes=Consent, kind="text/html",
    words="Ask a person, on a page, whether an app may act in their name; a browser opens it.",
    answers={
        200: "The page that asks; its form ends at `redirect_uri` with `code` or `error`.",
        303: "To sign in first, or back to the app with `error`.",
        400: "No app of this `client_id`, or it did not register this `redirect_uri`.",
    },
))


class TokenWanted(msgspec.Struct, kw_only=True):
    """A code, or an app's own credentials, for a token."""

    grant_type: str = ""
    client_id: str = ""
    client_secret: str | None = None
    code: str = ""
    redirect_uri: str = OUT_OF_BAND
    code_verifier: str = ""
    scope: str = ""


class TokenGiven(msgspec.Struct, frozen=True, kw_only=True):
    """A token, good until it is revoked. ``created_at`` in seconds since 1970."""

    access_token: str
    token_type: str
    scope: str
    created_at: int


def _credentials(call: Call, client_id: str, secret: str | None) -> tuple[str, str | None]:
    """An app's id and secret: from the body, or by HTTP Basic (RFC 6749, 2.3.1)."""
    kind, _, text = call.request.headers.get("authorization", "").partition(" ")
    if kind.casefold() != "basic":
        return client_id, secret
    try:
        name, _, word = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AppUnknown from error
    return unquote_plus(name), unquote_plus(word)


def given(text: str, made: Token) -> TokenGiven:
    """A token as it is told once."""
    return TokenGiven(
        access_token=text, token_type="Bearer", scope=" ".join(made.scopes),  # noqa: S106
        created_at=int(made.made_at.timestamp()),
    )


@endpoint(
    "POST", "/oauth/token", takes=TokenWanted, gives=TokenGiven, needs=Needs.NOBODY, is_oauth=True
)
async def token(door: Door, call: Call, asked: TokenWanted) -> TokenGiven:
    """Get a token for a code that a person's consent made, or for the app itself."""
    door.attempts.spend(f"token:{call.address}")
    kind = apps.checked_kind(asked.grant_type, GRANTS)
    client_id, secret = _credentials(call, asked.client_id, asked.client_secret)
    if not client_id:
        raise TextMissing("client_id")
    async with door.house.database.tx() as tx:
        app = await apps.proven(tx, client_id, secret)
        if kind == "client_credentials":
            if secret is None:
                raise AppUnknown
            text, made = await apps.spend_credentials(tx, app, asked=asked.scope)
        else:
            text, made = await apps.spend(
                tx, app, code=asked.code, redirect_uri=asked.redirect_uri,
                verifier=asked.code_verifier, is_public=secret is None,
            )
    door.attempts.give_back(f"token:{call.address}")
    return given(text, made)


class TokenRevoked(msgspec.Struct, kw_only=True):
    """A token to be taken back, by the app that holds it."""

    client_id: str = ""
    client_secret: str | None = None
    token: str = ""


@endpoint("POST", "/oauth/revoke", takes=TokenRevoked, needs=Needs.NOBODY, is_oauth=True,
          also=(403,))
async def revoke(door: Door, call: Call, asked: TokenRevoked) -> Nothing:
    """Take a token back (RFC 7009)."""
    client_id, secret = _credentials(call, asked.client_id, asked.client_secret)
    async with door.house.database.tx() as tx:
        try:
            app = await apps.proven(tx, client_id, secret)
        except AppUnknown as error:
            raise RevokingRefused from error
        await apps.revoke(tx, app, text=asked.token)
    return Nothing()


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a token is good for, as Doorkeeper tells it."""

    resource_owner_id: str | None
    scope: tuple[str, ...]
    expires_in: int | None
    application: dict[str, str]
    created_at: int


@endpoint("GET", "/oauth/token/info", gives=TokenInfo, needs=Needs.APP, scopes=scopes.EVERY)
async def token_info(door: Door, call: Call, asked: Nothing) -> TokenInfo:
    """What one's token is good for."""
    assert call.token is not None
    async with door.house.database.reads() as reads:
        app = await apps.app_of(reads, call.token)
    person = call.token.person_id
    return TokenInfo(
        resource_owner_id=str(person) if person is not None else None, scope=call.token.scopes,
        expires_in=None, application={"uid": app.client_id},
        created_at=int(call.token.made_at.timestamp()),
    )


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody is, in OpenID Connect's words."""

    iss: str
    sub: str
    name: str
    preferred_username: str
    profile: str
    picture: str | None


@endpoint("GET", "/oauth/userinfo", gives=UserInfo, scopes=("profile", "read:accounts"))
async def userinfo(door: Door, call: Call, asked: Nothing) -> UserInfo:
    """Who the token's person is."""
    async with door.house.database.reads() as reads:
        person = await people.by_id(reads, call.me, viewer=call.viewer)
    url = f"{call.base}/@{person.handle}"
    return UserInfo(
        iss=call.base, sub=url, name=person.name, preferred_username=person.handle, profile=url,
        picture=f"{call.base}{person.avatar}" if person.avatar else None,
    )
