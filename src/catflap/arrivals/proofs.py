"""Looking at an old profile on the fediverse: does it name the code, or the profile here?

Two requests to the server that the handle names: WebFinger, then the actor that it gives, which
must be of that server and of that name. Only what a person writes of themselves counts (their
summary and fields), as plain text or as a link. TikTok and Instagram show no profile to those who
are not signed in there; nothing is tried with them.

Source: RFC 7033; the W3C's ActivityPub, section 3; Mastodon's profile metadata (``attachment``).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from catflap.arrivals import limits
from catflap.ground import outward
from catflap.ground.addresses import AddressRefused, PeerUnreachable

_ACTIVITY = "application/activity+json"
_TYPES = (_ACTIVITY, 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"')
_LINK = re.compile(r"""href=["']([^"'<>\s]{1,500})["']""")


async def is_named(handle: str, *, code: str, profile: str, privately: bool) -> bool:
    """Whether the old profile of an address ``name@place`` names the code or the profile here.

    False too where nobody answers: trying again is the person's to do.
    """
    name, _, place = handle.partition("@")
    scheme = "http" if privately else "https"
    try:
        actor = await _actor(f"{scheme}://{place}", name, handle, privately=privately)
    except (AddressRefused, PeerUnreachable):
        return False
    written = [actor.get("summary"), *_fields(actor.get("attachment"))]
    texts = [text for text in written if isinstance(text, str)]
    return any(
        code in re.sub(r"<[^>]*>", "", text) or profile in (text.strip(), *_LINK.findall(text))
        for text in texts
    )


async def _actor(base: str, name: str, handle: str, *, privately: bool) -> dict[str, Any]:
    finger = await _document(
        f"{base}/.well-known/webfinger?resource=acct:{quote(handle, safe='@.:')}",
        accept="application/jrd+json, application/json", privately=privately,
    )
    links = finger.get("links")
    for link in links if isinstance(links, list) else []:
        if not isinstance(link, dict) or link.get("rel") != "self":
            continue
        href = link.get("href")
        if not isinstance(href, str) or urlsplit(href).netloc != urlsplit(base).netloc:
            continue
        if link.get("type") in _TYPES:
            found = await _document(href, accept=_ACTIVITY, privately=privately)
            called = found.get("preferredUsername")
            if found.get("id") == href and isinstance(called, str) and called.casefold() == name:
                return found
    return {}


async def _document(url: str, *, accept: str, privately: bool) -> dict[str, Any]:
    body = await outward.read(
        url, accept=accept, limit_bytes=limits.PROFILE_MAX_BYTES, privately=privately
    )
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _fields(attached: Any) -> list[Any]:
    parts = attached if isinstance(attached, list) else []
    return [part.get("value") for part in parts if isinstance(part, dict)]
