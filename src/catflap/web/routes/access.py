"""Signing in and out; settings."""

from __future__ import annotations

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.access import actions, apps, passwords, queries
from catflap.access.errors import ResetInvalid, WrongCredentials
from catflap.access.model import SessionId
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.media import actions as media_actions
from catflap.media import workshop
from catflap.media.errors import MediaKindRefused
from catflap.media.model import Kind, MediaId, Slot
from catflap.media.uploading import on_disk
from catflap.notes import leaving
from catflap.people import actions as people_actions
from catflap.people import closing, profiles
from catflap.people import queries as people
from catflap.people.errors import StillWaiting
from catflap.people.model import (
    FIELDS_MAX,
    HANDLE_MAX_CHARS,
    WAY_BACK_FOR,
    Field,
    Person,
    PersonId,
)
from catflap.translation import introducing
from catflap.translation import queries as translation_queries
from catflap.translation.codes import NAMES, UNKNOWN, canonical
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities.device import device_name
from catflap.web.forms import Form, form
from catflap.web.routes.explore import unread
from catflap.web.visit import (
    COOKIE,
    KNOWN_COOKIE,
    LOCALE_COOKIE,
    NO_ENGINE,
    THEME_COOKIE,
    THEMES,
    Visit,
)
from catflap.words.catalogue import LOCALES

YEAR_S = 365 * 86400


def languages_of(visit: Visit, chosen: tuple[str, ...]) -> list[tuple[str, str, bool]]:
    """Languages to choose from, each with its own name and whether it is chosen."""
    first = dict.fromkeys([*chosen, *visit.house.settings.languages, *NAMES])
    return [(code, NAMES.get(code, code), code in chosen) for code in first if code in NAMES]


def chosen_languages(fields: Form, name: str = "reads") -> tuple[str, ...]:
    """The languages that a form names, in canonical codes."""
    found = [canonical(code) for code in fields.texts(name)]
    return tuple(dict.fromkeys(code for code in found if code != UNKNOWN))


def _signed_in(visit: Visit, answer: Response, token: str) -> Response:
    settings = visit.house.settings
    answer.set_cookie(
        COOKIE, token, max_age=settings.session_days * 86400, httponly=True, samesite="lax",
        secure=settings.is_secure(), path="/",
    )
    return answer


def next_path(visit: Visit, fields: Form) -> str:
    """Where to go after signing in: a page of ours."""
    path = fields.text("next") or visit.request.query_params.get("next", "")
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


async def signed_in(door: Door, visit: Visit, person: PersonId, to: str) -> Response:
    """Open a session and go somewhere with its cookie; whoever had left is back."""
    async with door.house.database.tx() as tx:
        if await closing.reopen(tx, person):
            to = "/settings/account?back=1"
        token = await actions.open_session(
            tx, person, device=visit.request.headers.get("user-agent", ""),
            address=visit.address,
        )
    return _signed_in(visit, RedirectResponse(to, status_code=303), token)


async def enter_page(door: Door, visit: Visit) -> Response:
    """The form for signing in."""
    del door
    return rendering.page(
        visit, "enter.html", handle="", error="", unread=0,
        next=visit.request.query_params.get("next", "/"),
        has_mail=bool(visit.house.settings.smtp_url),
    )


async def enter(door: Door, visit: Visit) -> Response:
    """Sign in."""
    async with form(visit.request) as fields:
        handle, to = fields.text("handle"), next_path(visit, fields)
        try:
            person = await _proven(door, visit, handle, fields.text("password"))
        except CatflapError as error:
            page = rendering.page(
                visit, "enter.html", status=problems.status_of(error), handle=handle, next=to,
                error=problems.sentence(visit.words, error), unread=0,
                has_mail=bool(visit.house.settings.smtp_url),
            )
            return problems.timed(page, error)
    return await signed_in(door, visit, person, to)


async def _proven(door: Door, visit: Visit, handle: str, password: str) -> PersonId:
    """Who somebody is.

    Failures count for one account from one address, so that a campus behind one address is not
    locked out by one who forgot their password, or by one who wants it to be. For all accounts
    together an address has `door.HOUSEHOLD_TIMES` as many; then it waits seconds for each.

    Raises:
        WrongCredentials, TooFast
    """
    door.entering.spend(visit.household)
    credential = None
    async with door.house.database.reads() as reads:
        # Whoever left may come back by signing in, and is there for nobody else.
        person = await people.anyone_by_handle(reads, handle)
        if person is not None:
            credential = await queries.credential(reads, person.id)
    # However the handle is written, the account is one.
    whom = str(person.id) if person else handle.strip().casefold()[:HANDLE_MAX_CHARS]
    key = f"enter:{visit.household}:{whom}"
    door.attempts.spend(key)
    right = await passwords.is_right(password, credential.password_hash if credential else None)
    if not right or person is None:
        raise WrongCredentials
    door.attempts.give_back(key)
    door.entering.give_back(visit.household)
    return person.id


async def leave(door: Door, visit: Visit) -> Response:
    """Sign out."""
    if visit.session is not None and visit.viewer is not None:
        async with door.house.database.tx() as tx:
            await actions.end_session(tx, visit.session.id, by=visit.viewer)
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


async def forgot_page(door: Door, visit: Visit) -> Response:
    """The form for a reset link; without mail it says whom to ask."""
    del door
    return rendering.page(
        visit, "forgot.html", sent=False, unread=0, has_mail=bool(visit.house.settings.smtp_url)
    )


async def forgot(door: Door, visit: Visit) -> Response:
    """Have a reset link mailed; the answer is the same whether an account has the address."""
    door.attempts.spend(f"forgot:{visit.household}")
    if not door.house.settings.smtp_url:
        return await forgot_page(door, visit)
    async with form(visit.request) as fields, door.house.database.tx() as tx:
        await actions.want_reset(tx, email=fields.text("email"), locale=visit.locale)
    return rendering.page(visit, "forgot.html", sent=True, unread=0, has_mail=True)


async def reset_page(door: Door, visit: Visit) -> Response:
    """The form for another password."""
    del door
    return rendering.page(visit, "reset.html", error="", unread=0)


async def reset(door: Door, visit: Visit) -> Response:
    """Set another password through a mailed link."""
    door.attempts.spend(f"reset:{visit.household}")
    async with form(visit.request) as fields:
        try:
            checked = passwords.checked(fields.text("password"), handle="")
            password_hash = await passwords.hashed(checked)
            async with door.house.database.tx() as tx:
                person = await actions.reset_password(
                    tx, token=visit.request.path_params["token"], password_hash=password_hash
                )
        except ResetInvalid:
            raise
        except CatflapError as error:
            return rendering.page(
                visit, "reset.html", status=422, unread=0,
                error=problems.sentence(visit.words, error),
            )
    return await signed_in(door, visit, person, "/")


async def settings(door: Door, visit: Visit) -> Response:
    """The settings, a section a page."""
    return await _settings(door, visit, error="", status=200)


async def _settings(
    door: Door, visit: Visit, *, error: str, status: int, written: Form | None = None
) -> Response:
    """A section; with what was ``written`` about oneself where that could not be taken."""
    assert visit.viewer is not None
    assert visit.reader is not None
    section = visit.request.path_params.get("section", "profile")
    if section not in ("profile", "languages", "sessions", "apps", "account", "hidden"):
        raise NotFound("page")
    async with door.house.database.reads() as reads:
        person = await people.by_id(reads, visit.viewer, viewer=visit.viewer)
        credential = await queries.credential(reads, visit.viewer)
        bio = await translation_queries.text(reads, person.bio_key)  # type: ignore[arg-type]
        if written is not None:
            person, bio = _as_written(person, written), written.text("bio")
        return rendering.page(
            visit, "settings.html", status=status, section=section, person=person, error=error,
            bio=bio,
            email=(credential.email if credential else None) or "",
            sessions=await queries.sessions_of(reads, visit.viewer),
            current=visit.session.id if visit.session else 0,
            apps=await apps.in_use(reads, visit.viewer),
            blocked=(await people.blocked(reads, visit.viewer)).items,
            muted=(await people.muted(reads, visit.viewer)).items,
            way_back_days=WAY_BACK_FOR.days, device_name=device_name, fields=_lines(person),
            languages=languages_of(visit, visit.reader.reads),
            never=languages_of(visit, visit.reader.never_translate), locales=LOCALES,
            unread=await unread(reads, visit),
        )


def _lines(person: Person) -> list[Field]:
    """A profile's lines, with empty ones up to as many as one may have."""
    return [*person.fields, *[Field(name="", value="")] * (FIELDS_MAX - len(person.fields))]


def _as_written(person: Person, written: Form) -> Person:
    """A person as their form says, which was not taken."""
    pairs = zip(written.texts("field_name"), written.texts("field_value"), strict=False)
    lines = [Field(name=name, value=value) for name, value in pairs if name or value]
    return msgspec.structs.replace(
        person, name=written.text("name"), home=written.text("home"),
        fields=tuple(lines[:FIELDS_MAX]), locked=written.text("locked") == "yes",
    )


async def change(door: Door, visit: Visit) -> Response:
    """Save one section."""
    section = visit.request.path_params["section"]
    savers = {"profile": _save_profile, "languages": _save_languages, "account": _save_account}
    if section not in savers:
        raise NotFound("page")
    async with form(visit.request, with_files=True) as fields:
        try:
            await savers[section](door, visit, fields)
        except CatflapError as error:
            return await _settings(
                door, visit, error=problems.sentence(visit.words, error),
                status=problems.status_of(error), written=fields if section == "profile" else None,
            )
        answer = RedirectResponse(f"/settings/{section}?saved=1", status_code=303)
        if fields.text("theme") in THEMES:
            answer.set_cookie(THEME_COOKIE, fields.text("theme"), max_age=YEAR_S, samesite="lax")
    return answer


async def _save_profile(door: Door, visit: Visit, fields: Form) -> None:
    assert visit.viewer is not None
    assert visit.reader is not None
    avatar = await _photo(door, visit, fields, "avatar")
    header = await _photo(door, visit, fields, "header")
    pairs = zip(fields.texts("field_name"), fields.texts("field_value"), strict=False)
    async with door.house.database.tx() as tx:
        await people_actions.hold(tx, visit.viewer)
        old = await people.by_id(tx, visit.viewer, viewer=visit.viewer)
        await introducing.introduce(
            tx, old, name=fields.text("name"), bio=fields.text("bio"), home=fields.text("home"),
            prior=visit.reader.reads,
        )
        await profiles.show(
            tx, old, fields=await introducing.lines(
                tx, old, [Field(name=name, value=value) for name, value in pairs],
                prior=visit.reader.reads,
            ),
            locked=fields.text("locked") == "yes",
        )
        if avatar is not None:
            file = await media_actions.wear(tx, avatar, owner=visit.viewer)
            await people_actions.wear(tx, visit.viewer, avatar_url=f"/files/{file}")
        if header is not None:
            file = await media_actions.wear(tx, header, owner=visit.viewer, slot=Slot.HEADER)
            await people_actions.hang(tx, visit.viewer, header_url=f"/files/{file}")
    door.presenting.pieces.clear()


async def _photo(door: Door, visit: Visit, fields: Form, name: str) -> MediaId | None:
    assert visit.viewer is not None
    for upload in fields.files(name)[:1]:
        if visit.reader is not None and visit.reader.waits:
            raise StillWaiting
        with on_disk(upload) as path:
            if workshop.kind_of(path) is not Kind.PHOTO:
                raise MediaKindRefused("video")
            return await door.house.uploads.take(path, owner=visit.viewer)
    return None


async def _save_languages(door: Door, visit: Visit, fields: Form) -> None:
    assert visit.viewer is not None
    locale = fields.text("locale") if fields.text("locale") in LOCALES else visit.locale
    async with door.house.database.tx() as tx:
        await people_actions.read_in(
            tx, visit.viewer, locale=locale,
            reads=chosen_languages(fields) or (locale.split("-")[0],),
            translate=fields.text("translate") != "off",
            never_translate=chosen_languages(fields, "never"), script=fields.text("script"),
        )


async def _save_account(door: Door, visit: Visit, fields: Form) -> None:
    assert visit.viewer is not None
    assert visit.reader is not None
    await _proven(door, visit, visit.reader.handle, fields.text("current"))
    if fields.text("new_password"):
        checked = passwords.checked(fields.text("new_password"), handle=visit.reader.handle)
        password_hash = await passwords.hashed(checked)
        async with door.house.database.tx() as tx:
            await actions.change_password(
                tx, visit.viewer, password_hash=password_hash,
                keep=visit.session.id if visit.session else None,
            )
    address = actions.checked_email(fields.text("email"))
    async with door.house.database.tx() as tx:
        await actions.change_email(tx, visit.viewer, email=address)


async def end_session(door: Door, visit: Visit) -> Response:
    """End one of one's sessions."""
    assert visit.viewer is not None
    id_ = from_text(visit.request.path_params["id"])
    async with door.house.database.tx() as tx:
        await actions.end_session(tx, SessionId(id_ or 0), by=visit.viewer)
    return RedirectResponse("/settings/sessions", status_code=303)


async def delete_account(door: Door, visit: Visit) -> Response:
    """Delete oneself for real: notes, comments, files, words."""
    assert visit.reader is not None
    async with form(visit.request) as fields:
        person = await _proven(door, visit, visit.reader.handle, fields.text("current"))
    async with door.house.database.tx() as tx:
        await leaving.leave(tx, person, seal=door.house.seal)
    door.presenting.pieces.clear()
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


async def close_account(door: Door, visit: Visit) -> Response:
    """Leave with a way back: hidden at once, deleted for real after `WAY_BACK_FOR`."""
    assert visit.reader is not None
    async with form(visit.request) as fields:
        person = await _proven(door, visit, visit.reader.handle, fields.text("current"))
    async with door.house.database.tx() as tx:
        await closing.close(tx, person)
        await actions.sign_out_everywhere(tx, person)
    door.presenting.pieces.clear()
    answer = rendering.page(
        visit, "left.html", handle=visit.reader.handle, days=WAY_BACK_FOR.days, unread=0,
    )
    answer.delete_cookie(COOKIE, path="/")
    return answer


async def appearance(door: Door, visit: Visit) -> Response:
    """Choose the interface's language, light or dark, what to be told; signed in or not."""
    del door
    async with form(visit.request) as fields:
        answer = visit.back("/")
        if fields.text("known") == NO_ENGINE:
            answer.set_cookie(KNOWN_COOKIE, NO_ENGINE, max_age=YEAR_S, samesite="lax")
        if fields.text("locale") in LOCALES:
            answer.set_cookie(LOCALE_COOKIE, fields.text("locale"), max_age=YEAR_S, samesite="lax")
        if fields.text("theme") in THEMES:
            answer.set_cookie(THEME_COOKIE, fields.text("theme"), max_age=YEAR_S, samesite="lax")
    return answer
