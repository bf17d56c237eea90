"""Report, Admin::Report, Admin::Account. Source: docs.joinmastodon.org, Entities (4.4)."""

from __future__ import annotations

import msgspec

from catflap.mastodon.entities.account import Account, Role
from catflap.mastodon.entities.community import Rule
from catflap.mastodon.rendered import Shown


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody reported."""

    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    status_ids: list[str]
    rule_ids: list[str]
    target_account: Account


class Ip(msgspec.Struct, frozen=True, kw_only=True):
    """A network address of a sign-in, and when it was used last."""

    ip: str
    used_at: str


class AdminAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as operators see them. No measures are taken against people yet.

    ``approved`` is false while they wait to be let in; ``invite_request`` is what they wrote then.
    """

    id: str
    username: str
    domain: str | None
    created_at: str
    email: str
    ip: str | None
    ips: list[Ip]
    locale: str
    invite_request: str | None
    role: Role
    confirmed: bool
    approved: bool
    disabled: bool
    silenced: bool
    suspended: bool
    sensitized: bool
    account: Account


class CommentWritten(msgspec.Struct, frozen=True, kw_only=True):
    """A comment as it was written, beside its translation."""

    comment: str
    language: str | None


class AdminReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report as operators see it: its case says what came of it.

    ``account`` is null where its reporter has left; ``catflap`` is the comment as it was written.
    """

    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    updated_at: str
    account: AdminAccount | None
    target_account: AdminAccount
    assigned_account: AdminAccount | None
    action_taken_by_account: AdminAccount | None
    statuses: list[Shown]
    rules: list[Rule]
    catflap: CommentWritten
