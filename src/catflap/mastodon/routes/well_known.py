"""What clients look up first: the OAuth server's metadata, NodeInfo, WebFinger, host-meta."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import msgspec
from starlette.responses import Response

from catflap import __version__
from catflap.access import scopes
from catflap.ground.errors import NotFound
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, Nothing, endpoint
from catflap.mastodon.entities.instance import (
    Found,
    NodeInfo,
    NodeLink,
    NodeLinks,
    NodeMetadata,
    NodeUsage,
    NodeUsers,
    OAuthServer,
    Services,
    Software,
    WebLink,
)
from catflap.mastodon.routes.oauth import GRANTS
from catflap.people import queries as people


@endpoint("GET", "/.well-known/oauth-authorization-server", gives=OAuthServer,
          needs=Needs.NOBODY)
async def metadata(door: Door, call: Call, asked: Nothing) -> OAuthServer:
    """What this server's OAuth offers (RFC 8414)."""
    return OAuthServer(
        issuer=f"{call.base}/", authorization_endpoint=f"{call.base}/oauth/authorize",
        token_endpoint=f"{call.base}/oauth/token",
        app_registration_endpoint=f"{call.base}/api/v1/apps",
        revocation_endpoint=f"{call.base}/oauth/revoke",
        userinfo_endpoint=f"{call.base}/oauth/userinfo", service_documentation=f"{call.base}/docs",
        scopes_supported=scopes.EVERY, response_types_supported=("code",),
        response_modes_supported=("query",), grant_types_supported=GRANTS,
        token_endpoint_auth_methods_supported=(
            "client_secret_basic", "client_secret_post", "none",
        ),
        code_challenge_methods_supported=("S256",),
    )


@endpoint("GET", "/.well-known/nodeinfo", gives=NodeLinks, needs=Needs.NOBODY)
async def nodeinfo(door: Door, call: Call, asked: Nothing) -> NodeLinks:
    """Where this server tells what it is."""
    schema = "http://nodeinfo.diaspora.software/ns/schema/"
    return NodeLinks(links=[
        NodeLink(rel=f"{schema}{version}", href=f"{call.base}/nodeinfo/{version}")
        for version in ("2.0", "2.1")
    ])


class Version(msgspec.Struct, kw_only=True):
    """A version of NodeInfo."""

    version: str


@endpoint("GET", "/nodeinfo/{version}", takes=Version, gives=NodeInfo, needs=Needs.NOBODY)
async def nodeinfo_of(door: Door, call: Call, asked: Version) -> NodeInfo:
    """What this server is, in NodeInfo 2.0 or 2.1."""
    if asked.version not in ("2.0", "2.1"):
        raise NotFound("version")
    counted = await door.figures.current(door.house.database)
    settings = door.house.settings
    return NodeInfo(
        version=asked.version,
        software=Software(
            name="catflap", version=__version__,
            repository=settings.source_url if asked.version == "2.1" else "",
        ),
        # The schema demands one of its names, none of which is an interface of apps alone.
        protocols=("activitypub",), services=Services(outbound=(), inbound=()),
        usage=NodeUsage(
            users=NodeUsers(
                total=counted.people, active_month=counted.active_month,
                active_halfyear=counted.active_half_year,
            ),
            local_posts=counted.notes, local_comments=counted.comments,
        ),
        open_registrations=settings.registrations == "open",
        metadata=NodeMetadata(
            node_name=settings.community_name, node_description=settings.community_tagline,
            languages=settings.languages,
        ),
    )


class Resource(msgspec.Struct, kw_only=True):
    """Whom WebFinger is asked about: ``acct:handle@host`` or a profile's address."""

    resource: str = ""


@endpoint("GET", "/.well-known/webfinger", takes=Resource, gives=Found,
          needs=Needs.NOBODY, kind="application/jrd+json")
async def webfinger(door: Door, call: Call, asked: Resource) -> Response:
    """Who somebody is, by address (RFC 7033)."""
    host = urlsplit(call.base).netloc
    handle = _handle(asked.resource, base=call.base, host=host)
    async with door.house.database.reads() as reads:
        person = await people.by_handle(reads, handle, viewer=None)
    url = f"{call.base}/@{person.handle}"
    found = Found(
        subject=f"acct:{person.handle}@{host}", aliases=(url,),
        links=(
            WebLink(rel="http://webfinger.net/rel/profile-page", type="text/html", href=url),
        ),
    )
    return Response(msgspec.json.encode(found), media_type="application/jrd+json")


def _handle(resource: str, *, base: str, host: str) -> str:
    if resource.startswith(f"{base}/@"):
        return resource.removeprefix(f"{base}/@")
    name, _, at = resource.removeprefix("acct:").lstrip("@").rpartition("@")
    if at.casefold() != host.casefold() or not name:
        raise NotFound("person")
    return name


@endpoint("GET", "/.well-known/host-meta", gives=str, needs=Needs.NOBODY,
          kind="application/xrd+xml")
async def host_meta(door: Door, call: Call, asked: Nothing) -> Response:
    """Where WebFinger answers (RFC 6415)."""
    template = escape(f"{call.base}/.well-known/webfinger?resource={{uri}}", {'"': "&quot;"})
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template="{template}"/>\n</XRD>\n'
    )
    return Response(body, media_type="application/xrd+xml")
