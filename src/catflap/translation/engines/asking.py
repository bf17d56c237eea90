"""How HTTP engines ask: one request, its failures told in the port's three errors."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec

from catflap.translation.engines.port import EngineBusy, EngineRefused

ANSWER_LIMIT_BYTES = 2_000_000
BUSY_RETRY_S = 15.0
BUSY_RETRY_MAX_S = 3600.0


async def ask(
    client: httpx2.AsyncClient, url: str, body: Any, *, headers: dict[str, str], timeout_s: float
) -> bytes:
    """POST a JSON body and give the answer's bytes, at most `ANSWER_LIMIT_BYTES`.

    Raises:
        EngineBusy: no connection, no answer in time, 429, or a 5xx.
        EngineRefused: any other status but 200, or an answer too large.
    """
    content = msgspec.json.encode(body)
    try:
        async with client.stream(
            "POST", url, content=content, timeout=timeout_s,
            headers={"content-type": "application/json", **headers},
        ) as response:
            if response.status_code == 429 or response.status_code >= 500:
                raise EngineBusy(retry_after_s=_retry_after_s(response))
            if response.status_code != 200:
                raise EngineRefused(f"status {response.status_code}")
            return await _bounded(response)
    except httpx2.HTTPError as error:
        raise EngineBusy(retry_after_s=BUSY_RETRY_S) from error


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
