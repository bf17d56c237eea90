"""Instance, V1::Instance, and what OAuth, NodeInfo, WebFinger and OpenAPI tell of a server.

Sources: docs.joinmastodon.org, Entities (4.4); RFC 8414; RFC 7033; NodeInfo 2.1; OpenAPI 3.1.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from catflap.mastodon.entities.account import Account
from catflap.mastodon.entities.community import Rule


class OfAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of profiles."""

    max_featured_tags: int
    max_pinned_statuses: int


class OfStatuses(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of statuses; whatever an address is long, it counts as so many characters."""

    max_characters: int
    max_media_attachments: int
    characters_reserved_per_url: int


class OfMedia(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of files: sizes in bytes, matrices in pixels."""

    supported_mime_types: Sequence[str]
    description_limit: int
    image_size_limit: int
    image_matrix_limit: int
    video_size_limit: int
    video_frame_rate_limit: int
    video_matrix_limit: int


class OfPolls(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of polls; expirations in seconds."""

    max_options: int
    max_characters_per_option: int
    min_expiration: int
    max_expiration: int


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What apps may send, in both versions."""

    accounts: OfAccounts
    statuses: OfStatuses
    media_attachments: OfMedia
    polls: OfPolls


class Urls(msgspec.Struct, frozen=True, kw_only=True):
    """Where else something of this server is."""

    streaming: str
    status: str | None
    about: str | None
    privacy_policy: str | None
    terms_of_service: str | None


class Vapid(msgspec.Struct, frozen=True, kw_only=True):
    """The key that pushes are signed with."""

    public_key: str


class Translating(msgspec.Struct, frozen=True, kw_only=True):
    """Whether statuses can be translated."""

    enabled: bool


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may read a timeline: ``public``, ``authenticated`` or ``disabled``."""

    local: str
    remote: str


class Timelines(msgspec.Struct, frozen=True, kw_only=True):
    """Who may read which timelines."""

    live_feeds: Access
    hashtag_feeds: Access
    trending_link_feeds: Access


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What apps may send and where, in version 2."""

    urls: Urls
    vapid: Vapid
    accounts: OfAccounts
    statuses: OfStatuses
    media_attachments: OfMedia
    polls: OfPolls
    translation: Translating
    timelines_access: Timelines
    limited_federation: bool


class Users(msgspec.Struct, frozen=True, kw_only=True):
    """How many people were here within a month."""

    active_month: int


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """How much happens here."""

    users: Users


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """A picture for plain screens and for dense ones."""

    plain: str = msgspec.field(name="@1x")
    dense: str = msgspec.field(name="@2x")


class Thumbnail(msgspec.Struct, frozen=True, kw_only=True):
    """The community's picture."""

    url: str
    versions: Sizes


class Icon(msgspec.Struct, frozen=True, kw_only=True):
    """The community's sign in one size, ``512x512``."""

    src: str
    size: str


class Registrations(msgspec.Struct, frozen=True, kw_only=True):
    """Whether and how an app can sign somebody up."""

    enabled: bool
    approval_required: bool
    reason_required: bool
    message: str | None
    min_age: int | None
    url: str


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask."""

    email: str
    account: Account | None


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """This server, as version 2 tells of it."""

    domain: str
    title: str
    version: str
    source_url: str
    description: str
    usage: Usage
    thumbnail: Thumbnail
    icon: Sequence[Icon]
    languages: Sequence[str]
    configuration: Configuration
    registrations: Registrations
    api_versions: Mapping[str, int]
    contact: Contact
    rules: Sequence[Rule]


class OldUrls(msgspec.Struct, frozen=True, kw_only=True):
    """Where streams are, as version 1 tells it."""

    streaming_api: str


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """How much is here."""

    user_count: int
    status_count: int
    domain_count: int


class OldInstance(msgspec.Struct, frozen=True, kw_only=True):
    """This server, as version 1 tells of it."""

    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str
    urls: OldUrls
    stats: Stats
    thumbnail: str
    languages: Sequence[str]
    registrations: bool
    approval_required: bool
    invites_enabled: bool
    configuration: Limits
    contact_account: Account | None
    rules: Sequence[Rule]


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A language that one can read and write in here, under its own name."""

    code: str
    name: str


class OAuthServer(msgspec.Struct, frozen=True, kw_only=True):
    """What this server's OAuth offers (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    app_registration_endpoint: str
    revocation_endpoint: str
    userinfo_endpoint: str
    service_documentation: str
    scopes_supported: Sequence[str]
    response_types_supported: Sequence[str]
    response_modes_supported: Sequence[str]
    grant_types_supported: Sequence[str]
    token_endpoint_auth_methods_supported: Sequence[str]
    code_challenge_methods_supported: Sequence[str]


class NodeLink(msgspec.Struct, frozen=True, kw_only=True):
    """Where one version of NodeInfo is."""

    rel: str
    href: str


class NodeLinks(msgspec.Struct, frozen=True, kw_only=True):
    """Where this server tells what it is."""

    links: Sequence[NodeLink]


class Software(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What runs here; ``repository`` is only in NodeInfo 2.1."""

    name: str
    version: str
    repository: str = ""


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """Other services that this one is joined to."""

    outbound: Sequence[str]
    inbound: Sequence[str]


class NodeUsers(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many people are here, and were lately."""

    total: int
    active_month: int
    active_halfyear: int


class NodeUsage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How much was written here."""

    users: NodeUsers
    local_posts: int
    local_comments: int


class NodeMetadata(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the schema leaves to each server."""

    node_name: str
    node_description: str
    languages: Sequence[str]


class NodeInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What this server is, in NodeInfo 2.0 or 2.1."""

    version: str
    software: Software
    protocols: Sequence[str]
    services: Services
    usage: NodeUsage
    open_registrations: bool
    metadata: NodeMetadata


class WebLink(msgspec.Struct, frozen=True, kw_only=True):
    """A page about somebody."""

    rel: str
    type: str
    href: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, as WebFinger tells of them (RFC 7033)."""

    subject: str
    aliases: Sequence[str]
    links: Sequence[WebLink]


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where an interface is."""

    url: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenAPI document; its parts are as OpenAPI's own schema has them."""

    openapi: str
    info: Mapping[str, Any]
    servers: Sequence[Server]
    paths: Mapping[str, Mapping[str, Any]]
    components: Mapping[str, Mapping[str, Any]]
