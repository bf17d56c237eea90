"""Oneself: one's profile, what one's posts begin with, and coming to be somebody here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from catflap.access import actions as access
from catflap.access import apps, passwords
from catflap.access import errors as access_errors
from catflap.access.model import AppId
from catflap.arrivals import entering
from catflap.arrivals.entering import Brought
from catflap.arrivals.errors import ProofNeeded
from catflap.arrivals.valve import Way
from catflap.ground.errors import CatflapError, TextMissing, TextTooLong
from catflap.mastodon.asking import ParameterInvalid, file_of
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, Nothing, endpoint
from catflap.mastodon.entities.account import PRIVACY, CredentialAccount, own_account
from catflap.mastodon.problems import (
    Detail,
    JoinOnPage,
    NothingToConfirm,
    OutsideScopes,
    RegistrationRefused,
)
from catflap.mastodon.routes.oauth import TokenGiven, given
from catflap.mastodon.routes.quoting import quotable_by
from catflap.media import actions as media
from catflap.media import workshop
from catflap.media.errors import MediaKindRefused
from catflap.media.model import Kind, MediaId, Slot
from catflap.media.uploading import on_disk
from catflap.people import actions, circles, handles, profiles
from catflap.people import errors as people_errors
from catflap.people import queries as people
from catflap.people.model import HANDLE_MAX_CHARS, Field, Reader
from catflap.translation import introducing
from catflap.translation.codes import CHINESE, ENGLISH, UNKNOWN, canonical
from catflap.words import catalogue
from catflap.words.catalogue import Words
from catflap.words.sentences import sentence

INWARD = {"public": "public", "unlisted": "unlisted", "private": "followers", "direct": "mentioned"}
"""What one's posts begin with, in our words."""


async def oneself(door: Door, call: Call) -> CredentialAccount:
    """Oneself as one is now. Three queries."""
    async with door.house.database.reads() as reads:
        found = await people.by_id(reads, call.me, viewer=call.viewer)
        reader = await people.reader(reads, call.me)
        asking = await circles.asking_count(reads, call.me)
    assert reader is not None
    return own_account(found, reader, requests=asking, base=call.base, is_operator=call.is_operator)


@endpoint(
    "GET", "/api/v1/accounts/verify_credentials", gives=CredentialAccount,
    scopes=("profile", "read:accounts"),
)
async def verify(door: Door, call: Call, asked: Nothing) -> CredentialAccount:
    """Oneself."""
    return await oneself(door, call)


class FieldAsked(msgspec.Struct, kw_only=True):
    """A line of a profile."""

    name: str = ""
    value: str = ""


class SourceAsked(msgspec.Struct, kw_only=True):
    """What new posts begin with; what is left out stays."""

    privacy: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    quote_policy: str | None = None


class Changed(msgspec.Struct, kw_only=True):
    """A profile's changes; what is left out stays. Pictures come as files."""

    display_name: str | None = None
    note: str | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    hide_collections: bool | None = None
    indexable: bool | None = None
    fields_attributes: list[FieldAsked] | dict[str, FieldAsked] | None = None
    source: SourceAsked | None = None
    attribution_domains: list[str] | str | None = None

    def fields(self) -> Sequence[Field] | None:
        """The lines in the order they came in, None where they stay."""
        asked = self.fields_attributes
        if asked is None:
            return None
        rows = list(asked.values()) if isinstance(asked, dict) else asked
        return [Field(name=row.name, value=row.value) for row in rows]


async def _photo(door: Door, call: Call, name: str) -> MediaId | None:
    upload = file_of(call.asked, name)
    if upload is None:
        return None
    if call.reader is not None and call.reader.waits:
        raise people_errors.StillWaiting
    door.posts.spend(f"media:{call.me}")
    with on_disk(upload) as path:
        if workshop.kind_of(path) is not Kind.PHOTO:
            raise MediaKindRefused("video")
        return await door.house.uploads.take(path, owner=call.me)


def _beginning(source: SourceAsked, reader: Reader) -> dict[str, Any]:
    """What posts begin with from now on.

    Raises:
        ParameterInvalid: a privacy, a language or a policy for quotes that is none.
    """
    lang = reader.post_lang
    if source.language is not None:
        lang = canonical(source.language) if source.language else ""
        if lang == UNKNOWN:
            raise ParameterInvalid("Language is not included in the list")
    visibility = reader.post_visibility
    if source.privacy:
        if source.privacy not in INWARD:
            raise ParameterInvalid("Privacy is not included in the list")
        visibility = INWARD[source.privacy]
    sensitive = reader.post_sensitive if source.sensitive is None else source.sensitive
    quotable = quotable_by(source.quote_policy or reader.post_quotable_by)
    return {
        "visibility": visibility, "sensitive": sensitive, "lang": lang, "quotable_by": quotable
    }


@endpoint(
    "PATCH", "/api/v1/accounts/update_credentials", takes=Changed, gives=CredentialAccount,
    scopes=("write:accounts",), files={"avatar": False, "header": False},
)
async def update(door: Door, call: Call, asked: Changed) -> CredentialAccount:
    """Change one's profile, and what one's posts begin with."""
    assert call.reader is not None
    beginning = _beginning(asked.source or SourceAsked(), call.reader)
    avatar = await _photo(door, call, "avatar")
    header = await _photo(door, call, "header")
    async with door.house.database.tx() as tx:
        await actions.hold(tx, call.me)
        old = await people.by_id(tx, call.me, viewer=call.me)
        if asked.display_name is not None or asked.note is not None:
            await introducing.introduce(
                tx, old, name=old.name if asked.display_name is None else asked.display_name,
                bio=old.bio if asked.note is None else asked.note, home=old.home,
                prior=call.reader.reads,
            )
        lines = asked.fields()
        if lines is not None:
            lines = await introducing.lines(tx, old, lines, prior=call.reader.reads)
        await profiles.show(
            tx, old, fields=lines, locked=asked.locked, automated=asked.bot,
            discoverable=asked.discoverable, indexable=asked.indexable,
            hides_circles=asked.hide_collections,
        )
        await profiles.begin_with(tx, call.me, **beginning)
        if asked.attribution_domains is not None:
            sites = asked.attribution_domains
            await profiles.let_credit(tx, call.me, [sites] if isinstance(sites, str) else sites)
        if avatar is not None:
            file = await media.wear(tx, avatar, owner=call.me)
            await actions.wear(tx, call.me, avatar_url=f"/files/{file}")
        if header is not None:
            file = await media.wear(tx, header, owner=call.me, slot=Slot.HEADER)
            await actions.hang(tx, call.me, header_url=f"/files/{file}")
    return await oneself(door, call)


@endpoint("DELETE", "/api/v1/profile/avatar", gives=CredentialAccount, scopes=("write:accounts",))
async def no_avatar(door: Door, call: Call, asked: Nothing) -> CredentialAccount:
    """Show no picture of oneself."""
    async with door.house.database.tx() as tx:
        await actions.hold(tx, call.me)
        await media.take_off(tx, owner=call.me, slot=Slot.AVATAR)
        await actions.wear(tx, call.me, avatar_url="")
    return await oneself(door, call)


@endpoint("DELETE", "/api/v1/profile/header", gives=CredentialAccount, scopes=("write:accounts",))
async def no_header(door: Door, call: Call, asked: Nothing) -> CredentialAccount:
    """Show no picture across one's profile."""
    async with door.house.database.tx() as tx:
        await actions.hold(tx, call.me)
        await media.take_off(tx, owner=call.me, slot=Slot.HEADER)
        await actions.hang(tx, call.me, header_url="")
    return await oneself(door, call)


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What one's posts begin with, and how one reads."""

    visibility: str = msgspec.field(name="posting:default:visibility")
    sensitive: bool = msgspec.field(name="posting:default:sensitive")
    language: str | None = msgspec.field(name="posting:default:language")
    quote_policy: str = msgspec.field(name="posting:default:quote_policy")
    media: str = msgspec.field(name="reading:expand:media")
    spoilers: bool = msgspec.field(name="reading:expand:spoilers")
    autoplay: bool = msgspec.field(name="reading:autoplay:gifs")


@endpoint("GET", "/api/v1/preferences", gives=Preferences, scopes=("read:accounts",))
async def preferences(door: Door, call: Call, asked: Nothing) -> Preferences:
    """What one's posts begin with, and how one reads."""
    reader = call.reader
    assert reader is not None
    return Preferences(
        visibility=PRIVACY[reader.post_visibility], sensitive=reader.post_sensitive,
        language=reader.post_lang or None, quote_policy=reader.post_quotable_by, media="default",
        spoilers=False, autoplay=False,
    )


class Registered(msgspec.Struct, kw_only=True):
    """Somebody who signs up in an app; operators read the ``reason`` where they approve."""

    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = ""
    reason: str | None = None


WRONG: dict[type[CatflapError], tuple[str, str, str]] = {
    people_errors.HandleTaken: ("username", "ERR_TAKEN", "has already been taken"),
    people_errors.HandleConfusable: ("username", "ERR_TAKEN", "looks like one that is taken"),
    people_errors.HandleInvalid: (
        "username", "ERR_INVALID", "must contain only letters, numbers and underscores",
    ),
    access_errors.EmailInvalid: ("email", "ERR_INVALID", "is invalid"),
    access_errors.EmailTaken: ("email", "ERR_TAKEN", "has already been taken"),
    access_errors.PasswordTooShort: ("password", "ERR_TOO_SHORT", "is too short"),
    access_errors.PasswordTooCommon: (
        "password", "ERR_INVALID", "is one that everybody tries first",
    ),
    TextTooLong: ("password", "ERR_TOO_LONG", "is too long"),
}
"""Which parameter an error is about, in Mastodon's code and words."""

_FIELDS = {"username": "handle"}
"""What the sentences call a parameter, where that is another word."""

BLANK = Detail(error="ERR_BLANK", description="can't be blank")


def _wrong(error: CatflapError, *, words: Words) -> tuple[str, Detail]:
    name, code, text = WRONG[type(error)]
    if isinstance(error, people_errors.HandleInvalid) and not error.character:
        code, text = "ERR_TOO_LONG", f"is too long (maximum is {HANDLE_MAX_CHARS} characters)"
    if words.locale != catalogue.ENGLISH:
        text = sentence(words, error) or text
    return name, Detail(error=code, description=text)


def _missing(name: str, *, words: Words) -> Detail:
    if words.locale == catalogue.ENGLISH:
        return BLANK
    said = sentence(words, TextMissing(_FIELDS.get(name, name)))
    return Detail(error=BLANK.error, description=said or "")


def _not_agreed(words: Words) -> Detail:
    if words.locale == catalogue.ENGLISH:
        return Detail(error="ERR_ACCEPTED", description="must be accepted")
    told = words.gettext("Please agree to the rules of this place first.")
    return Detail(error="ERR_ACCEPTED", description=told)


def _checked(asked: Registered, *, words: Words) -> dict[str, list[Detail]]:
    """Everything that is wrong before anybody else's handle or address is looked at."""
    found: dict[str, list[Detail]] = {
        name: [_missing(name, words=words)] for name in ("username", "email", "password")
        if not getattr(asked, name).strip()
    }
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("username", lambda: handles.checked(asked.username)),
        ("email", lambda: access.checked_email(asked.email)),
        ("password", lambda: passwords.checked(asked.password, handle=asked.username)),
    )
    for name, check in checks:
        if name in found:
            continue
        try:
            check()
        except tuple(WRONG) as error:
            about, detail = _wrong(error, words=words)
            found.setdefault(about, []).append(detail)
    if not asked.agreement:
        found["agreement"] = [_not_agreed(words)]
    return found


def _reads(call: Call, locale: str) -> tuple[str, Sequence[str]]:
    """The interface's language and those that somebody reads, by what their app says."""
    told = canonical(locale)
    reads = call.guessed or (ENGLISH,) if told == UNKNOWN else (told, *call.guessed)
    reads = tuple(dict.fromkeys(reads))
    return ("zh-Hans" if reads[0] == CHINESE else "en"), reads


@endpoint(
    "POST", "/api/v1/accounts", takes=Registered, gives=TokenGiven, needs=Needs.APP,
    scopes=("write:accounts",),
)
async def register(door: Door, call: Call, asked: Registered) -> TokenGiven:
    """Sign somebody up; the app is given a token for them."""
    assert call.token is not None
    if call.token.person_id is not None:
        raise OutsideScopes
    entering.must_be_open(Way(door.house.settings.registrations), code="")
    if wrong := _checked(asked, words=call.words):
        raise RegistrationRefused(wrong)
    from_crowd = door.attempts.is_spent(f"join:{call.address}")
    if not from_crowd:
        door.attempts.spend(f"join:{call.address}")
    checked = passwords.checked(asked.password, handle=asked.username)
    password_hash = await passwords.hashed(checked)
    locale, reads = _reads(call, asked.locale)
    async with door.house.database.reads() as before:
        now = await entering.threshold(
            before, door.house.settings, open_cases=door.house.open_cases, from_crowd=from_crowd
        )
    email = access.checked_email(asked.email)
    try:
        async with door.house.database.tx() as tx:
            made = await access.sign_up(
                tx, handle=asked.username, password_hash=password_hash,
                email=email, locale=locale, reads=reads, seal=door.house.seal,
            )
            # An app brings no proof of work: where one is asked, its person takes a number; where
            # no more numbers are given to a crowd without proofs, it is told of the web page.
            brought = Brought(reason=asked.reason or "", email=email, from_crowd=from_crowd)
            await entering.come_in(tx, made, brought, now=now, key="")
            text, token = await apps.give(
                tx, AppId(call.token.app_id), person=made, granted=call.token.scopes
            )
    except ProofNeeded as error:
        raise JoinOnPage(f"{call.base}/join") from error
    except tuple(WRONG) as error:
        name, detail = _wrong(error, words=call.words)
        raise RegistrationRefused({name: [detail]}) from error
    return given(text, token)


class Resent(msgspec.Struct, kw_only=True):
    """Another address, while the first waits to be confirmed."""

    email: str | None = None


@endpoint("POST", "/api/v1/emails/confirmations", takes=Resent, scopes=("write:accounts",))
async def confirm_again(door: Door, call: Call, asked: Resent) -> Nothing:
    """Have the letter sent again that asks whether an address is one's own; none is asked here."""
    raise NothingToConfirm
