"""How HTTP engines ask: one request, its failures told in the port's three errors.

A status that speaks of the engine (a wrong key, an unpaid account, no such model) is no refusal of
the texts: they wait until the operator has mended what it names.
"""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec
import structlog

from catflap.translation.engines.port import EngineBusy, EngineRefused

log = structlog.get_logger("catflap.translation")

ANSWER_LIMIT_BYTES = 2_000_000
BUSY_RETRY_S = 15.0
BUSY_RETRY_MAX_S = 3600.0
UNAVAILABLE_RETRY_S = 120.0
"""When to look again whether the operator has mended what a server complains of."""
_LATER = frozenset({408, 425, 429})


class Mending(msgspec.Struct, frozen=True, kw_only=True):
    """The settings to change where a server does not take our key, or has no such model."""

    key: str
    address: str


async def ask(
    client: httpx2.AsyncClient, url: str, body: Any, *, headers: dict[str, str],
    timeout_s: float, mending: Mending,
) -> bytes:
    """POST a JSON body and give the answer's bytes, at most `ANSWER_LIMIT_BYTES`.

    Raises:
        EngineBusy: no connection, no answer in time, 408, 425, 429 or a 5xx; with a reason, 401,
            402, 403 or 404.
        EngineRefused: any other status but 200, or an answer too large.
    """
    content = msgspec.json.encode(body)
    headers = {"content-type": "application/json", **headers}
    request = client.build_request("POST", url, content=content, headers=headers, timeout=timeout_s)
    return await _answered(client, request, mending=mending)


async def look(
    client: httpx2.AsyncClient, url: str, *, timeout_s: float, mending: Mending
) -> bytes:
    """GET an answer's bytes. Raises as `ask` does."""
    request = client.build_request("GET", url, timeout=timeout_s)
    return await _answered(client, request, mending=mending)


async def _answered(
    client: httpx2.AsyncClient, request: httpx2.Request, *, mending: Mending
) -> bytes:
    try:
        response = await client.send(request, stream=True)
        try:
            _check(response, mending)
            return await _bounded(response)
        finally:
            await response.aclose()
    except httpx2.HTTPError as error:
        raise EngineBusy(retry_after_s=BUSY_RETRY_S) from error


def _check(response: httpx2.Response, mending: Mending) -> None:
    """Let only a good status pass. Raises as `ask` does."""
    if response.status_code in _LATER or response.status_code >= 500:
        raise EngineBusy(retry_after_s=_retry_after_s(response))
    if reason := _unavailable(response, mending):
        log.warning("engine_unavailable", reason=reason)
        raise EngineBusy(retry_after_s=UNAVAILABLE_RETRY_S, reason=reason)
    if response.status_code != 200:
        raise EngineRefused(f"status {response.status_code}")


def _unavailable(response: httpx2.Response, mending: Mending) -> str:
    """What the operator has to change before the server answers at all, "" where nothing."""
    host, status = response.url.host, response.status_code
    if status in (401, 403):
        return f"{host} does not let us in (status {status}): check {mending.key}"
    if status == 402:
        return f"{host} wants to be paid (status 402): check the account of {mending.key}"
    if status == 404:
        return f"{host} has nothing there (status 404): check {mending.address}"
    return ""


async def _bounded(response: httpx2.Response) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_LIMIT_BYTES:
            raise EngineRefused(f"answer over {ANSWER_LIMIT_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def _retry_after_s(response: httpx2.Response) -> float:
    text = response.headers.get("retry-after", "")
    seconds = float(text) if text.isascii() and text.isdigit() else BUSY_RETRY_S
    return min(max(seconds, 1.0), BUSY_RETRY_MAX_S)
