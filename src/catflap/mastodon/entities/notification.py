"""Notification. Source: docs.joinmastodon.org, Entities, Notification (4.4)."""

from __future__ import annotations

import msgspec

from catflap.mastodon.entities.account import Account
from catflap.mastodon.entities.report import Report
from catflap.mastodon.rendered import Shown


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did. ``group_key`` is that of the grouped list."""

    id: str
    type: str
    group_key: str
    created_at: str
    account: Account
    status: Shown | None


class ReportNotification(Notification, frozen=True, kw_only=True):
    """That somebody was reported, for operators."""

    report: Report


class PartialAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What a row of faces needs of somebody."""

    id: str
    acct: str
    url: str
    avatar: str
    avatar_static: str
    locked: bool
    bot: bool


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Notifications that are alike. Ids of accounts and statuses stand for those at the root."""

    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: int
    page_min_id: str
    page_max_id: str
    latest_page_notification_at: str
    sample_account_ids: list[str]
    status_id: str | None


class ReportGroup(Group, frozen=True, kw_only=True):
    """A report among groups, for operators."""

    report: Report


class Grouped(msgspec.Struct, frozen=True, kw_only=True):
    """Groups, with whom and what they name once each."""

    accounts: list[Account]
    statuses: list[Shown]
    notification_groups: list[Group]


class GroupedPartly(Grouped, frozen=True, kw_only=True):
    """`Grouped` with all but the latest of each group in few words."""

    partial_accounts: list[PartialAccount]


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many wait to be read."""

    count: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is held back."""

    pending_requests_count: int
    pending_notifications_count: int


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What is held back from whom: ``accept``, ``filter`` or ``drop``."""

    for_not_following: str
    for_not_followers: str
    for_new_accounts: str
    for_private_mentions: str
    for_limited_accounts: str
    summary: Summary


class OldPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as version 1 of it tells: held back or not."""

    filter_not_following: bool
    filter_not_followers: bool
    filter_new_accounts: bool
    filter_private_mentions: bool
    summary: Summary


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose notifications are held back."""

    id: str
    created_at: str
    updated_at: str
    notifications_count: str
    account: Account
    last_status: Shown | None
