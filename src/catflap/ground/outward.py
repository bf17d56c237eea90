"""Requests to addresses that strangers give: resolved once, checked, and then gone to just there.

A name is resolved here, every address it has must be a public one, and the connection goes to the
address that was checked, so that a name that resolves otherwise a moment later (DNS rebinding)
leads nowhere. Redirects are not followed, and no more of an answer than its head is read.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import httpx2
import msgspec

from catflap.ground.addresses import AddressRefused, PeerUnreachable, checked, is_public
from catflap.ground.database import transaction_open
from catflap.ground.http import NetworkInTransaction

TIMEOUT_S = 10.0
TOTAL_S = 20.0


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The head of an answer; ``retry_after_s`` where it says when to come back."""

    status: int
    retry_after_s: int | None


async def _resolved(host: str, port: int, *, privately: bool) -> str:
    """The first address of a host, all of whose addresses may be gone to."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PeerUnreachable(host) from error
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not (privately or all(map(is_public, addresses))):
        raise AddressRefused(host)
    return addresses[0]


async def post(
    url: str, *, content: bytes, headers: Mapping[str, str], privately: bool = False
) -> Answered:
    """Send something; the answer is its head. ``privately`` goes to private addresses too.

    Raises:
        AddressRefused: no request goes there.
        PeerUnreachable: nobody answered in time.
    """
    if transaction_open.get():
        raise NetworkInTransaction
    parsed = httpx2.URL(checked(url, privately=privately))
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    try:
        async with asyncio.timeout(TOTAL_S):
            ip = await _resolved(parsed.host, port, privately=privately)
            async with httpx2.AsyncClient(
                timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
            ) as client, client.stream(
                "POST", parsed.copy_with(host=ip), content=content,
                headers={**headers, "host": parsed.netloc.decode()},
                extensions={"sni_hostname": parsed.host},
            ) as answer:
                wait = answer.headers.get("retry-after", "")
                return Answered(
                    status=answer.status_code,
                    retry_after_s=int(wait) if wait.isascii() and wait.isdigit() else None,
                )
    except (httpx2.HTTPError, TimeoutError) as error:
        raise PeerUnreachable(parsed.host) from error
