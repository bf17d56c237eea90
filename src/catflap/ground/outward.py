"""Requests to addresses that strangers give: resolved once, checked, and then gone to just there.

A name is resolved here, every address it has must be a public one, and the connection goes to the
address that was checked, so that a name that resolves otherwise a moment later (DNS rebinding)
leads nowhere. Redirects are not followed. Of an answer its head is read, or its body up to a limit.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache

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


@cache
def _trust() -> ssl.SSLContext:
    """Whom TLS trusts, read once: 31 ms of CPU, which each push would cost else."""
    return httpx2.create_ssl_context(trust_env=False)


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
    async with _answer(
        "POST", url, content=content, headers=headers, privately=privately
    ) as answer:
        wait = answer.headers.get("retry-after", "")
        return Answered(
            status=answer.status_code,
            retry_after_s=int(wait) if wait.isascii() and wait.isdigit() else None,
        )


async def read(
    url: str, *, accept: str, limit_bytes: int, privately: bool = False
) -> bytes | None:
    """What stands at an address, None where it is nothing (any status but 200).

    Raises:
        AddressRefused: no request goes there.
        PeerUnreachable: nobody answered in time, or with more than ``limit_bytes``.
    """
    # Unpacked: a small answer could unpack to anything.
    headers = {"accept": accept, "accept-encoding": "identity"}
    async with _answer("GET", url, content=b"", headers=headers, privately=privately) as answer:
        if answer.status_code != 200 or "content-encoding" in answer.headers:
            return None
        body = bytearray()
        async for part in answer.aiter_raw():
            body += part
            if len(body) > limit_bytes:
                raise PeerUnreachable(httpx2.URL(url).host)
        return bytes(body)


@asynccontextmanager
async def _answer(
    method: str, url: str, *, content: bytes, headers: Mapping[str, str], privately: bool
) -> AsyncIterator[httpx2.Response]:
    if transaction_open.get():
        raise NetworkInTransaction
    parsed = httpx2.URL(checked(url, privately=privately))
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    try:
        async with asyncio.timeout(TOTAL_S):
            ip = await _resolved(parsed.host, port, privately=privately)
            async with httpx2.AsyncClient(
                timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=_trust()
            ) as client, client.stream(
                method, parsed.copy_with(host=ip), content=content,
                headers={**headers, "host": parsed.netloc.decode()},
                extensions={"sni_hostname": parsed.host},
            ) as answer:
                yield answer
    except (httpx2.HTTPError, TimeoutError) as error:
        raise PeerUnreachable(parsed.host) from error
