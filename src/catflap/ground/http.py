"""Requests that leave the house.

One client for all of Catflap. It refuses to run while a transaction is open, because a slow peer
must never hold the database, and it talks only to the origins that an operator has configured:
nothing that a person writes can make it call anywhere, private addresses included. Redirects are
not followed; only `translation.models.fetching`, at an operator's command, follows a hub's.
(Federation will add a client that resolves, checks and pins public addresses.)
"""

from __future__ import annotations

from collections.abc import Iterable

import httpx2

from catflap.ground.database import transaction_open
from catflap.ground.errors import CatflapError

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0


class NetworkInTransaction(CatflapError):
    """Somebody tried to call out while a transaction was open."""


class HostNotConfigured(CatflapError):
    """An origin that no setting names."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL."""
    parsed = httpx2.URL(url)
    port = parsed.port or {"http": 80, "https": 443}.get(parsed.scheme, 0)
    return f"{parsed.scheme}://{parsed.host}:{port}"


class _Guarded(httpx2.AsyncHTTPTransport):
    def __init__(self, origins: frozenset[str]) -> None:
        super().__init__(retries=0)
        self._origins = origins

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if transaction_open.get():
            raise NetworkInTransaction
        origin = origin_of(str(request.url))
        if origin not in self._origins:
            raise HostNotConfigured(origin)
        return await super().handle_async_request(request)


def client(urls: Iterable[str]) -> httpx2.AsyncClient:
    """A client that reaches the origins of ``urls`` and nothing else."""
    return httpx2.AsyncClient(
        transport=_Guarded(frozenset(origin_of(url) for url in urls)),
        timeout=httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        follow_redirects=False,
        trust_env=False,
    )
