"""Account and what hangs on it. Source: docs.joinmastodon.org, Entities, Account (4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from catflap.mastodon.entities.written import day, html, instant, midnight, one_line
from catflap.people.model import Field as Line
from catflap.people.model import Person, Reader, Relation

MANAGE_REPORTS, MANAGE_USERS = 1 << 4, 1 << 10
"""Mastodon's bits for them."""
AVATAR_MISSING = "/static/avatar-missing.png"
HEADER_MISSING = "/static/header-missing.png"
PRIVACY = {
    "public": "public", "unlisted": "unlisted", "followers": "private", "mentioned": "direct",
    "only_me": "direct",
}
"""What one's notes begin with, in Mastodon's words."""
ACCOUNTS_KEPT = 4000


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a profile's table."""

    name: str
    value: str
    verified_at: str | None


class AsWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What stood in an account before an app that asked for it was given the translation."""

    note: str
    fields: tuple[Field, ...]
    home: str
    by: str


class More(msgspec.Struct, frozen=True, kw_only=True):
    """What Catflap knows of a person beyond Mastodon: languages they read, where they live.

    ``translated_from`` stands only in a profile that was asked for by itself and is translated.
    """

    reads: tuple[str, ...]
    home: str
    translated_from: AsWritten | msgspec.UnsetType = msgspec.UNSET


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person as apps see them."""

    id: str
    username: str
    acct: str
    display_name: str
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    group: bool
    created_at: str
    note: str
    url: str
    uri: str
    avatar: str
    avatar_static: str
    header: str
    header_static: str
    followers_count: int
    following_count: int
    statuses_count: int
    last_status_at: str | None
    hide_collections: bool
    noindex: bool
    emojis: tuple[Any, ...]
    roles: tuple[Any, ...]
    fields: tuple[Field, ...]
    catflap: More


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One's own profile as it was written, and what new posts begin with."""

    privacy: str
    sensitive: bool
    language: str | None
    quote_policy: str
    note: str
    fields: tuple[Field, ...]
    follow_requests_count: int
    hide_collections: bool
    discoverable: bool
    indexable: bool
    attribution_domains: tuple[str, ...]


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may do here beyond what everybody may; ``permissions`` is a bit mask."""

    id: str
    name: str
    color: str
    permissions: str
    highlighted: bool


class CredentialAccount(Account, frozen=True, kw_only=True):
    """One's own account."""

    source: Source
    role: Role


class Relationship(msgspec.Struct, frozen=True, kw_only=True):
    """How the caller stands to somebody."""

    id: str
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: tuple[str, ...] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: str | None
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


class MutedAccount(Account, frozen=True, kw_only=True):
    """Somebody muted, and until when; null for good."""

    mute_expires_at: str | None


class FamiliarFollowers(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the caller follows among somebody's followers."""

    id: str
    accounts: list[Account]


def avatar_url(person: Person, *, base: str) -> str:
    """Where a person's picture is; apps want one for everybody."""
    return base + (person.avatar or AVATAR_MISSING)


@lru_cache(ACCOUNTS_KEPT)
def account(person: Person, *, base: str) -> Account:
    """A person as an account; made once for as long as nothing of the person changes."""
    return Account(**_fields(person, base=base))


def muted_account(person: Person, *, until: datetime | None, base: str) -> MutedAccount:
    """A muted person as an account."""
    return MutedAccount(
        **_fields(person, base=base), mute_expires_at=instant(until) if until else None
    )


@lru_cache(ACCOUNTS_KEPT)
def _bio(text: str, *, base: str) -> str:
    """What somebody says of themselves; their counters change with every note, this does not."""
    return html(text, base=base)


def _fields(person: Person, *, base: str) -> dict[str, Any]:
    avatar = avatar_url(person, base=base)
    header = base + (person.header or HEADER_MISSING)
    url = f"{base}/@{person.handle}"
    return {
        "id": str(person.id), "username": person.handle, "acct": person.handle,
        "display_name": person.name, "locked": person.locked, "bot": person.automated,
        "discoverable": person.discoverable, "indexable": person.indexable, "group": False,
        "created_at": midnight(person.joined_at), "note": _bio(person.bio, base=base),
        "url": url, "uri": url, "avatar": avatar, "avatar_static": avatar, "header": header,
        "header_static": header, "followers_count": person.followers_count,
        "following_count": person.following_count,
        "statuses_count": person.notes_count + person.comments_count,
        "last_status_at": day(person.wrote_at) if person.wrote_at else None,
        "hide_collections": person.hides_circles, "noindex": not person.indexable, "emojis": (),
        "roles": (),
        "fields": _lines(person.fields, base=base),
        "catflap": More(reads=person.reads, home=person.home),
    }


def translated(person: Person, *, said: Mapping[str, str], by: str, base: str) -> Account:
    """A person as an account, with what they say of themselves translated.

    ``said`` has translations by the keys of texts; what is not in it stays. ``by`` made the first.
    """
    plain = account(person, base=base)
    lines = tuple(
        msgspec.structs.replace(
            line, name=said.get(line.name_key, line.name),
            value=said.get(line.value_key, line.value),
        )
        for line in person.fields
    )
    bio, home = said.get(person.bio_key, person.bio), said.get(person.home_key, person.home)
    before = AsWritten(note=plain.note, fields=plain.fields, home=person.home, by=by)
    return msgspec.structs.replace(
        plain, note=html(bio, base=base),
        fields=_lines(lines, base=base),
        catflap=More(reads=person.reads, home=home, translated_from=before),
    )


def _lines(lines: Sequence[Line], *, base: str) -> tuple[Field, ...]:
    return tuple(
        Field(name=line.name, value=one_line(line.value, base=base), verified_at=None)
        for line in lines
    )


def operator_role(*, is_operator: bool) -> Role:
    """What an operator may do that others may not: manage reports, and let in who waits."""
    if is_operator:
        return Role(
            id="1", name="Operator", color="", permissions=str(MANAGE_REPORTS | MANAGE_USERS),
            highlighted=False,
        )
    return Role(id="-99", name="", color="", permissions="0", highlighted=False)


def own_account(
    person: Person, reader: Reader, *, requests: int, base: str, is_operator: bool = False
) -> CredentialAccount:
    """One's own account; ``requests`` is how many ask to follow one."""
    return CredentialAccount(
        **_fields(person, base=base),
        source=Source(
            privacy=PRIVACY.get(reader.post_visibility, "public"),
            sensitive=reader.post_sensitive, language=reader.post_lang or None,
            quote_policy=reader.post_quotable_by, note=person.bio,
            fields=tuple(
                Field(name=field.name, value=field.value, verified_at=None)
                for field in person.fields
            ),
            follow_requests_count=requests, hide_collections=person.hides_circles,
            discoverable=person.discoverable, indexable=person.indexable,
            attribution_domains=reader.credited_by,
        ),
        role=operator_role(is_operator=is_operator),
    )


def relationship(person_id: int, found: Relation) -> Relationship:
    """How the caller stands to a person."""
    wishes = found.wishes if found.following else None
    return Relationship(
        id=str(person_id), following=found.following,
        showing_reblogs=wishes is not None and wishes.with_boosts,
        notifying=wishes is not None and wishes.notify,
        languages=wishes.langs if wishes is not None and wishes.langs else None,
        followed_by=found.followed_by, blocking=found.blocked, blocked_by=found.blocked_by,
        muting=found.muted, muting_notifications=found.muted_notices,
        muting_expires_at=instant(found.muted_until) if found.muted_until else None,
        requested=found.requested, requested_by=found.requested_by, domain_blocking=False,
        endorsed=found.endorsed, note=found.remark,
    )
