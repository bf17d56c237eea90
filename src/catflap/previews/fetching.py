"""Getting a page and its picture, through the one way that leaves for strangers' addresses."""

from __future__ import annotations

import asyncio

import httpx2

from catflap.ground import outward
from catflap.ground.addresses import AddressRefused, PeerUnreachable
from catflap.media import limits
from catflap.previews import reading
from catflap.previews.model import PAGE_MAX_BYTES, REDIRECTS_MAX, Page

_HTML = ("text/html", "application/xhtml+xml")


async def page(url: str, *, agent: str, privately: bool) -> Page | None:
    """What a page says of itself; None where it is no page, or says nothing.

    Raises:
        AddressRefused: no request goes there, or it leads to where none goes.
        PeerUnreachable: nobody answered in time, or with a fault of their own; worth another try.
    """
    found = await outward.follow(
        url, accept=", ".join(_HTML), agent=agent, kinds=_HTML, limit_bytes=PAGE_MAX_BYTES,
        redirects=REDIRECTS_MAX, cuts=True, privately=privately,
    )
    if found is None:
        return None
    text = reading.decoded(found.body, kind=found.kind)
    return await asyncio.to_thread(reading.page, text, url=found.url)


async def picture(url: str, *, agent: str, privately: bool) -> bytes | None:
    """A picture's bytes, whatever they turn out to be; None where there are none to be had."""
    try:
        found = await outward.follow(
            str(httpx2.URL(url)), accept="image/*", agent=agent, kinds=("image/",),
            limit_bytes=limits.PHOTO_MAX_BYTES, redirects=REDIRECTS_MAX, cuts=False,
            privately=privately,
        )
    except (AddressRefused, PeerUnreachable, httpx2.InvalidURL):
        return None
    return found.body if found is not None else None
