"""Apps: registering, a person's consent, tokens, taking them back.

OAuth 2 (RFC 6749) with PKCE (RFC 7636, S256), revocation (RFC 7009) and Mastodon's habits: tokens
do not expire; secrets, codes and tokens are kept as hashes; a person copies the code by hand for
an app that cannot be returned to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa

from catflap.access import passwords, scopes
from catflap.access.errors import (
    AppUnknown,
    GrantInvalid,
    GrantKindUnknown,
    RedirectInvalid,
    RevokingRefused,
    ScopeInvalid,
    TokenInvalid,
)
from catflap.access.events import AppsChanged
from catflap.access.model import (
    APP_NAME_MAX_CHARS,
    APP_URI_MAX_CHARS,
    APP_URIS_MAX,
    CODE_VALID_S,
    OUT_OF_BAND,
    SESSION_TOUCH_S,
    App,
    AppId,
    AppInUse,
    Granted,
    Token,
    TokenId,
)
from catflap.access.tables import apps, grants, tokens
from catflap.ground import clock, events, ids
from catflap.ground.characters import writable
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TextMissing, TextTooLong, TooMany
from catflap.ground.statements import Instant, Statement, among
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,60}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# A page of ours, or a script run where a page was expected, is no app.
_NEVER = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})

_REGISTER = Statement(apps.insert().values({c: sa.bindparam(c) for c in apps.c.keys()}))
_APP = Statement(
    sa.select(*(apps.c[name] for name in App.__struct_fields__)).where(
        apps.c.client_id == sa.bindparam("client_id")
    ),
    App,
)
_APP_BY_ID = Statement(
    sa.select(*(apps.c[name] for name in App.__struct_fields__)).where(
        apps.c.id == sa.bindparam("app", type_=_i64)
    ),
    App,
)
_GRANT = Statement(grants.insert().values({c: sa.bindparam(c) for c in grants.c.keys()}))
_GRANTED = Statement(
    sa.select(*(grants.c[name] for name in Granted.__struct_fields__)).where(
        grants.c.code_hash == sa.bindparam("code_hash"),
        grants.c.valid_until > sa.bindparam("now", type_=Instant),
    ),
    Granted,
)
_SPEND = Statement(grants.delete().where(grants.c.code_hash == sa.bindparam("code_hash")))
_FORGET = Statement(
    grants.delete().where(grants.c.valid_until < sa.bindparam("now", type_=Instant))
)
_GIVE = Statement(tokens.insert().values({c: sa.bindparam(c) for c in tokens.c.keys()}))
_TOKEN = Statement(
    sa.select(*(tokens.c[name] for name in Token.__struct_fields__)).where(
        tokens.c.token_hash == sa.bindparam("token_hash")
    ),
    Token,
)
_TOKENS = Statement(
    sa.select(*(tokens.c[name] for name in Token.__struct_fields__)).where(
        among(tokens.c.id, "ids")
    ),
    Token,
)
_TOUCH = Statement(
    tokens.update()
    .where(tokens.c.id == sa.bindparam("token", type_=_i64))
    .values(seen_at=sa.bindparam("at", type_=Instant))
)
_REVOKE = Statement(
    tokens.delete().where(
        tokens.c.token_hash == sa.bindparam("token_hash"),
        tokens.c.app_id == sa.bindparam("app", type_=_i64),
    )
)
_REVOKE_MINE = Statement(
    tokens.delete().where(
        tokens.c.id == sa.bindparam("token", type_=_i64),
        tokens.c.person_id == sa.bindparam("person", type_=_i64),
    )
)
_REVOKE_ALL = Statement(
    tokens.delete().where(tokens.c.person_id == sa.bindparam("person", type_=_i64))
)
_TRANSLATE = Statement(
    tokens.update()
    .where(
        tokens.c.id == sa.bindparam("token", type_=_i64),
        tokens.c.person_id == sa.bindparam("person", type_=_i64),
    )
    .values(translate=sa.bindparam("wanted", type_=sa.Boolean))
)
_IN_USE = Statement(
    sa.select(
        tokens.c.id, apps.c.name, apps.c.website, tokens.c.scopes, tokens.c.made_at,
        tokens.c.seen_at, tokens.c.translate,
    )
    .join(apps, apps.c.id == tokens.c.app_id)
    .where(tokens.c.person_id == sa.bindparam("person", type_=_i64))
    .order_by(tokens.c.id.desc())
    .limit(200),
    AppInUse,
)


def checked_redirect(uri: str) -> str:
    """An address that a person can be sent back to: a web page, an app's own scheme, or none.

    Raises:
        RedirectInvalid: it has no scheme, a fragment, or a scheme that runs where it stands.
    """
    text = uri.strip()
    if text == OUT_OF_BAND:
        return text
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise RedirectInvalid(uri[:80]) from error
    bad = (
        len(text) > APP_URI_MAX_CHARS
        or not _SCHEME.fullmatch(parts.scheme)
        or parts.scheme in _NEVER
        or parts.fragment
        or not text.isprintable()
        or " " in text
        or (parts.scheme in ("http", "https") and not parts.hostname)
    )
    if bad:
        raise RedirectInvalid(uri[:80])
    return text


async def register(
    tx: Tx, *, name: str, redirect_uris: Sequence[str], asked: str, website: str = ""
) -> tuple[App, str]:
    """Register an app; the second of the answer is its secret, which is kept nowhere else.

    Raises:
        TextMissing, TextTooLong, TooMany, RedirectInvalid, ScopeInvalid
    """
    called = writable(name).strip()
    if not called:
        raise TextMissing("client_name")
    if len(called) > APP_NAME_MAX_CHARS:
        raise TextTooLong("client_name", length_chars=len(called), limit_chars=APP_NAME_MAX_CHARS)
    uris = tuple(dict.fromkeys(checked_redirect(uri) for uri in redirect_uris if uri.strip()))
    if not uris:
        raise TextMissing("redirect_uris")
    if len(uris) > APP_URIS_MAX:
        raise TooMany("redirect_uris", count=len(uris), limit=APP_URIS_MAX)
    page = website.strip()
    if page and urlsplit(checked_redirect(page)).scheme not in ("http", "https"):
        raise RedirectInvalid(page[:80])
    secret = passwords.new_token()
    app = App(
        id=AppId(ids.new(shard=ids.random_shard())), client_id=passwords.new_token(),
        secret_hash=passwords.token_hash(secret), name=called, website=page, redirect_uris=uris,
        scopes=scopes.parsed(asked), made_at=clock.now(),
    )
    await tx.run(_REGISTER, **{field: getattr(app, field) for field in App.__struct_fields__})
    return app, secret


async def app(reads: Reads, client_id: str) -> App:
    """A registered app.

    Raises:
        AppUnknown: it was never registered.
    """
    found = await reads.one(_APP, client_id=client_id)
    if found is None:
        raise AppUnknown
    return found


async def proven(reads: Reads, client_id: str, secret: str | None) -> App:
    """The app that an id and a secret belong to.

    A public client (an app on a phone keeps no secret) gives none: then PKCE must protect its code.

    Raises:
        AppUnknown: there is none, or the secret is another.
    """
    found = await app(reads, client_id)
    if secret is not None and not hmac.compare_digest(
        passwords.token_hash(secret), found.secret_hash
    ):
        raise AppUnknown
    return found


def asked_of(found: App, *, redirect_uri: str, asked: str, challenge: str, method: str) -> tuple[
    str, tuple[str, ...], str
]:
    """What a request for consent amounts to: return address, scopes, PKCE challenge ("" for none).

    Raises:
        RedirectInvalid: the address is not one the app registered (compared as text, RFC 6749
            section 3.1.2.3).
        ScopeInvalid: it asks for more than it registered.
        GrantInvalid: the challenge is none of S256's.
    """
    uri = redirect_uri.strip() or found.redirect_uris[0]
    if uri not in found.redirect_uris:
        raise RedirectInvalid(uri[:80])
    wanted = scopes.parsed(asked)
    for scope in wanted:
        if not scopes.within([scope], found.scopes):
            raise ScopeInvalid(scope)
    if challenge and (method != "S256" or not _CHALLENGE.fullmatch(challenge)):
        raise GrantInvalid
    return uri, wanted, challenge


async def consent(
    tx: Tx, found: App, *, by: PersonId, redirect_uri: str, wanted: Sequence[str], challenge: str
) -> str:
    """Give an app a code in somebody's name; it is good once, for ten minutes."""
    code = passwords.new_token()
    await tx.run(
        _GRANT, code_hash=passwords.token_hash(code), app_id=found.id, person_id=by,
        redirect_uri=redirect_uri, scopes=tuple(wanted), challenge=challenge,
        valid_until=clock.now() + timedelta(seconds=CODE_VALID_S),
    )
    return code


async def spend(
    tx: Tx, found: App, *, code: str, redirect_uri: str, verifier: str, is_public: bool
) -> tuple[str, Token]:
    """A token for a code, which then is spent.

    Who asks wrongly spends nothing: whoever saw a code cannot take it from its app.

    Raises:
        GrantInvalid: the code was used, is too old, or was not given to this app at this address
            with this verifier; or a public client used none.
    """
    code_hash = passwords.token_hash(code)
    held = await tx.one(_GRANTED, code_hash=code_hash, now=clock.now())
    if held is None or held.app_id != found.id:
        raise GrantInvalid
    if redirect_uri != held.redirect_uri or not _fits(held.challenge, verifier):
        raise GrantInvalid
    if is_public and not held.challenge:
        raise GrantInvalid
    if not await tx.run(_SPEND, code_hash=code_hash):
        raise GrantInvalid
    return await give(tx, found.id, person=PersonId(held.person_id), granted=held.scopes)


def _fits(challenge: str, verifier: str) -> bool:
    if not challenge:
        return True
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made, challenge)


async def spend_credentials(tx: Tx, found: App, *, asked: str) -> tuple[str, Token]:
    """A token of the app's own, for what needs nobody.

    Raises:
        ScopeInvalid: it asks for more than it registered.
    """
    wanted = scopes.parsed(asked)
    for scope in wanted:
        if not scopes.within([scope], found.scopes):
            raise ScopeInvalid(scope)
    return await give(tx, found.id, person=None, granted=wanted)


async def give(
    tx: Tx, app_id: AppId, *, person: PersonId | None, granted: Sequence[str]
) -> tuple[str, Token]:
    """A new token; its text is kept nowhere else."""
    text, now = passwords.new_token(), clock.now()
    shard = ids.shard_of(person) if person is not None else ids.random_shard()
    made = Token(
        id=TokenId(ids.new(shard=shard)), app_id=app_id, person_id=person, scopes=tuple(granted),
        made_at=now, seen_at=now, translate=False,
    )
    await tx.run(
        _GIVE, token_hash=passwords.token_hash(text),
        **{field: getattr(made, field) for field in Token.__struct_fields__},
    )
    return text, made


async def token(reads: Reads, text: str) -> Token:
    """What a token is good for. One query.

    Raises:
        TokenInvalid: it was revoked or never was.
    """
    found = await reads.one(_TOKEN, token_hash=passwords.token_hash(text))
    if found is None:
        raise TokenInvalid
    return found


async def tokens_among(reads: Reads, ids_: Collection[int]) -> dict[int, Token]:
    """Those of these tokens that are still good, by id. One query."""
    if not ids_:
        return {}
    return {found.id: found for found in await reads.all(_TOKENS, ids=sorted(ids_))}


def is_stale(found: Token) -> bool:
    """Whether its last use is worth noting anew."""
    return clock.now() - found.seen_at > timedelta(seconds=SESSION_TOUCH_S)


async def touch(tx: Tx, found: Token) -> None:
    """Note that a token was used now; the door asks only where `is_stale`."""
    await tx.run(_TOUCH, token=found.id, at=clock.now())


async def app_of(reads: Reads, found: Token) -> App:
    """The app that a token was given to."""
    made = await reads.one(_APP_BY_ID, app=found.app_id)
    if made is None:
        raise AppUnknown
    return made


async def revoke(tx: Tx, found: App, *, text: str) -> None:
    """Take back a token of this app; one that is none is taken back already (RFC 7009, 2.2).

    Raises:
        RevokingRefused: it was given to another app.
    """
    held = await tx.one(_TOKEN, token_hash=passwords.token_hash(text))
    if held is None:
        return
    if held.app_id != found.id:
        raise RevokingRefused
    await events.emit(tx, AppsChanged())
    await tx.run(_REVOKE, token_hash=passwords.token_hash(text), app=found.id)


async def revoke_own(tx: Tx, id_: TokenId, *, by: PersonId) -> None:
    """End what an app may do in one's name.

    Raises:
        NotFound: it is nobody's, or somebody else's.
    """
    if not await tx.run(_REVOKE_MINE, token=id_, person=by):
        raise NotFound("app")
    await events.emit(tx, AppsChanged())


async def revoke_all(tx: Tx, person: PersonId) -> None:
    """End what every app may do in somebody's name."""
    await tx.run(_REVOKE_ALL, person=person)
    await events.emit(tx, AppsChanged())


async def translate_for(tx: Tx, id_: TokenId, *, by: PersonId, wanted: bool) -> None:
    """Have an app that cannot translate be given translations in the place of originals, or not.

    Raises:
        NotFound: the token is nobody's, or somebody else's.
    """
    if not await tx.run(_TRANSLATE, token=id_, person=by, wanted=wanted):
        raise NotFound("app")
    await events.emit(tx, AppsChanged())


async def in_use(reads: Reads, viewer: PersonId) -> list[AppInUse]:
    """The apps that may act for the viewer, newest first."""
    return await reads.all(_IN_USE, person=viewer)


async def forget_codes(tx: Tx) -> int:
    """Forget codes that nobody spent in time."""
    return await tx.run(_FORGET, now=clock.now())


def checked_kind(kind: str, known: Sequence[str]) -> str:
    """A way of getting a token that is offered.

    Raises:
        GrantKindUnknown: it is not.
    """
    if kind not in known:
        raise GrantKindUnknown
    return kind
