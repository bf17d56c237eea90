"""Every room of endpoints. Importing one declares what is in it."""

from __future__ import annotations

from catflap.mastodon.routes import (
    accounts,
    admin_accounts,
    community,
    conversations,
    credentials,
    discovering,
    documents,
    filters,
    instance,
    lists,
    markers,
    media,
    notification_groups,
    notification_requests,
    notifications,
    oauth,
    passing,
    planned,
    polls,
    publishing,
    push,
    quoting,
    relating,
    reports,
    search,
    statuses,
    streaming,
    tags,
    timelines,
    translating,
    well_known,
)

ROOMS = (
    oauth, well_known, instance, credentials, accounts, relating, discovering, lists, markers,
    filters, tags, statuses, publishing, quoting, passing, polls, planned, translating, timelines,
    conversations, media, notifications, notification_groups, notification_requests, push, search,
    streaming, community, reports, admin_accounts, documents,
)
