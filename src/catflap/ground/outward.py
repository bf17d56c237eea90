"""Requests to addresses that strangers give: resolved once, checked, and then gone to just there.

A name is resolved here, every address it has must be a public one, and the connection goes to the
address that was checked, so that a name that resolves otherwise a moment later (DNS rebinding)
leads nowhere. Of an answer its head is read, or its body up to a limit. Redirects are followed by
`follow` alone, and each is an address that a stranger gives: it is checked like the first.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from urllib.parse import urljoin

import httpx2
import msgspec

from catflap.ground.addresses import AddressRefused, PeerUnreachable, checked, is_public
from catflap.ground.database import transaction_open
from catflap.ground.http import NetworkInTransaction

TIMEOUT_S = 10.0
TOTAL_S = 20.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The head of an answer; ``retry_after_s`` where it says when to come back."""

    status: int
    retry_after_s: int | None


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at an address: where it was in the end, its Content-Type, its bytes."""

    url: str
    kind: str
    body: bytes


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
        return await _body(answer, url, limit_bytes=limit_bytes, cuts=False)


async def follow(
    url: str, *, accept: str, agent: str, kinds: Sequence[str], limit_bytes: int,
    redirects: int, cuts: bool, privately: bool = False,
) -> Read | None:
    """What everybody can read at an address, with or without TLS, behind some redirects at most.

    None where it is nothing (a refusal, a loop), packed, or of a Content-Type that begins with none
    of ``kinds``. Of what is longer than ``limit_bytes`` the beginning where that ``cuts``.

    Raises:
        AddressRefused: no request goes there, or to where it leads.
        PeerUnreachable: nobody answered in time, with a fault of their own, or with too much.
    """
    headers = {"accept": accept, "accept-encoding": "identity", "user-agent": agent}
    for _ in range(redirects + 1):
        async with _answer(
            "GET", url, content=b"", headers=headers, privately=privately, plainly=True
        ) as answer:
            if answer.status_code in _REDIRECTS and "location" in answer.headers:
                url = _joined(url, answer.headers["location"])
                continue
            if answer.status_code == 429 or answer.status_code >= 500:
                raise PeerUnreachable(httpx2.URL(url).host)
            kind = answer.headers.get("content-type", "").strip().lower()
            if (
                answer.status_code != 200 or "content-encoding" in answer.headers
                or not kind.startswith(tuple(kinds))
            ):
                return None
            body = await _body(answer, url, limit_bytes=limit_bytes, cuts=cuts)
            return Read(url=url, kind=kind, body=body)
    return None


def _joined(url: str, location: str) -> str:
    """Where a redirect leads, in ASCII.

    Raises:
        AddressRefused: to no address.
    """
    try:
        return str(httpx2.URL(urljoin(url, location)))
    except (httpx2.InvalidURL, ValueError) as error:
        raise AddressRefused(location[:80]) from error


async def _body(
    answer: httpx2.Response, url: str, *, limit_bytes: int, cuts: bool
) -> bytes:
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > limit_bytes:
            if cuts:
                return bytes(body[:limit_bytes])
            raise PeerUnreachable(httpx2.URL(url).host)
    return bytes(body)


@asynccontextmanager
async def _answer(
    method: str, url: str, *, content: bytes, headers: Mapping[str, str], privately: bool,
    plainly: bool = False,
) -> AsyncIterator[httpx2.Response]:
    if transaction_open.get():
        raise NetworkInTransaction
    try:
        parsed = httpx2.URL(checked(url, privately=privately, plainly=plainly))
    except httpx2.InvalidURL as error:  # `0177.0.0.1`, and what else looks like an address
        raise AddressRefused(url[:80]) from error
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
