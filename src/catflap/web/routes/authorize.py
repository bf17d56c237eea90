"""Consent: a person lets an app act in their name, sees which apps do, and ends it."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.access import apps, scopes
from catflap.access.errors import GrantInvalid, ScopeInvalid
from catflap.access.model import OUT_OF_BAND, App, TokenId
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit
from catflap.words.catalogue import Words

_FIELDS = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge",
    "code_challenge_method", "lang",
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an app asks a person for, checked."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str


class Refused(Exception):
    """A request that its app hears of, at the address it registered (RFC 6749, 4.1.2.1)."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def _back(redirect_uri: str, **told: str) -> str:
    """The app's address with what it is told, letter for letter: apps' own schemes know case."""
    query = urlencode({name: value for name, value in told.items() if value})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}"


async def _wanted(door: Door, visit: Visit, asked: dict[str, str]) -> Wanted:
    """What is asked for.

    Raises:
        AppUnknown, RedirectInvalid, GrantKindUnknown: nobody can be told but the person.
        Refused: the app is told.
    """
    async with door.house.database.reads() as reads:
        app = await apps.app(reads, asked["client_id"])
    apps.checked_kind(asked["response_type"] or "code", ("code",))
    try:
        uri, wanted, challenge = apps.asked_of(
            app, redirect_uri=asked["redirect_uri"], asked=asked["scope"],
            challenge=asked["code_challenge"], method=asked["code_challenge_method"],
        )
        wanted = scopes.for_person(wanted, is_operator=visit.is_operator)
    except (ScopeInvalid, GrantInvalid) as error:
        uri = asked["redirect_uri"].strip() or app.redirect_uris[0]
        if uri not in app.redirect_uris or uri == OUT_OF_BAND:
            raise
        kind = "invalid_scope" if isinstance(error, ScopeInvalid) else "invalid_request"
        raise Refused(_back(uri, error=kind, state=asked["state"])) from error
    return Wanted(
        app=app, redirect_uri=uri, scopes=wanted, challenge=challenge, state=asked["state"]
    )


def deeds(words: Words, granted: tuple[str, ...]) -> list[str]:
    """What scopes let an app do, a line each, in the reader's words."""
    _ = words.gettext
    lines = []
    if "read" in granted:
        lines.append(_("Read everything you can read here"))
    elif any(scope.startswith("read:") for scope in granted) or "profile" in granted:
        lines.append(_("Read some of what you can read here"))
    if "write" in granted:
        lines.append(_("Write, like, collect and change things in your name"))
    elif any(scope.startswith("write:") for scope in granted):
        lines.append(_("Change some things in your name"))
    if "follow" in granted and "write" not in granted:
        lines.append(_("Follow, block and mute people in your name"))
    if "push" in granted:
        lines.append(_("Send notices to your device"))
    if any(scope.startswith("admin") for scope in granted):
        lines.append(_("Moderate in your name, as far as you may yourself"))
    return lines


async def authorize_page(door: Door, visit: Visit) -> Response:
    """Ask whether an app may act in one's name."""
    asked = {name: visit.request.query_params.get(name, "") for name in _FIELDS}
    if visit.reader is None:
        here = f"{visit.request.url.path}?{visit.request.url.query}"
        return RedirectResponse(f"/enter?next={quote(here, safe='')}", status_code=303)
    visit.speak(asked["lang"])
    try:
        wanted = await _wanted(door, visit, asked)
    except Refused as refused:
        return RedirectResponse(refused.address, status_code=303)
    async with door.house.database.reads() as reads:
        page = rendering.page(
            visit, "authorize.html", app=wanted.app, asked=asked, unread=await unread(reads, visit),
            deeds=deeds(visit.words, wanted.scopes), scopes=wanted.scopes,
            site=urlsplit(wanted.app.website).netloc,
        )
    return _to_anywhere(page)


def _to_anywhere(page: Response) -> Response:
    """A page whose form may end at an app's address, of a scheme that no policy can list."""
    policy = rendering.SECURITY["content-security-policy"]
    page.headers["content-security-policy"] = policy.replace("form-action 'self'; ", "")
    page.headers["cache-control"] = "no-store"
    return page


async def authorize(door: Door, visit: Visit) -> Response:
    """Let the app, or do not."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        asked = {name: fields.text(name) for name in _FIELDS}
        is_granted = fields.text("answer") == "yes"
    visit.speak(asked["lang"])
    try:
        wanted = await _wanted(door, visit, asked)
    except Refused as refused:
        return RedirectResponse(refused.address, status_code=303)
    if not is_granted:
        if wanted.redirect_uri == OUT_OF_BAND:
            return RedirectResponse("/", status_code=303)
        address = _back(wanted.redirect_uri, error="access_denied", state=wanted.state)
        return RedirectResponse(address, status_code=303)
    async with door.house.database.tx() as tx:
        code = await apps.consent(
            tx, wanted.app, by=visit.viewer, redirect_uri=wanted.redirect_uri,
            wanted=wanted.scopes, challenge=wanted.challenge,
        )
        notices = await unread(tx, visit)
    if wanted.redirect_uri == OUT_OF_BAND:
        page = rendering.page(visit, "code.html", code=code, app=wanted.app, unread=notices)
        page.headers["cache-control"] = "no-store"
        return page
    return RedirectResponse(_back(wanted.redirect_uri, code=code, state=wanted.state), 303)


def _token(visit: Visit) -> TokenId:
    found = from_text(visit.request.path_params["id"])
    if found is None:
        raise NotFound("app")
    return TokenId(found)


async def end_app(door: Door, visit: Visit) -> Response:
    """End what an app may do."""
    assert visit.viewer is not None
    async with door.house.database.tx() as tx:
        await apps.revoke_own(tx, _token(visit), by=visit.viewer)
    return RedirectResponse("/settings/apps?saved=1", status_code=303)


async def translate_app(door: Door, visit: Visit) -> Response:
    """Have an app that cannot translate be given translations, or originals again."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        wanted = fields.text("translate") == "on"
    async with door.house.database.tx() as tx:
        await apps.translate_for(tx, _token(visit), by=visit.viewer, wanted=wanted)
    return RedirectResponse("/settings/apps?saved=1", status_code=303)

