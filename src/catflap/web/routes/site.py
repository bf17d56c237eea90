"""The house itself: files, assets, health, metrics, what this place is."""

from __future__ import annotations

import hmac
import math
import mimetypes
import re
from collections.abc import Mapping

from prometheus_client import generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from catflap import __version__
from catflap.arrivals import answering, valve
from catflap.ground import faults, jobs
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.ground.metrics import (
    FIRST_ANSWER_SECONDS,
    FIRST_ANSWER_WITHIN_DAY,
    JOBS_WAITING,
    PEOPLE_WAITING,
    REGISTRY,
)
from catflap.moderation import charter
from catflap.moderation.model import Page
from catflap.notes import queries as notes
from catflap.notes.model import NoteId
from catflap.people import queries as people
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.live import Stream
from catflap.web.rendering import DIST, HERE
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit

_FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}/[a-z]+\.(?:webp|avif|mp4)", re.ASCII)
_RANGE = re.compile(r"bytes=(\d{1,12})?-(\d{1,12})?", re.ASCII)
_ASSET = re.compile(r"[\w./-]{1,200}", re.ASCII)
FOREVER = "public, max-age=31536000, immutable"
WHOLE_BYTES = 4_000_000
TYPES = {"webp": "image/webp", "avif": "image/avif", "mp4": "video/mp4"}


async def file(door: Door, visit: Visit) -> Response:
    """A made photo or video, whole or in part; its name cannot be guessed and never changes."""
    path = visit.request.path_params["path"]
    if not _FILE.fullmatch(path):
        raise NotFound("file")
    return await sent(
        door, visit, path,
        headers={"cache-control": FOREVER, "content-type": TYPES[path.rpartition(".")[2]]},
    )


async def sent(
    door: Door, visit: Visit, path: str, *, headers: Mapping[str, str]
) -> Response:
    """A file of the store, whole or the part that a Range asks for.

    Raises:
        NotFound: it is gone.
    """
    size = await door.house.store.size(path)
    if size is None:
        raise NotFound("file")
    headers = {
        "accept-ranges": "bytes", "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox", **headers,
    }
    asked = visit.request.headers
    # Whoever goes on with a download that broke off says of which file they have the first part.
    is_same = asked.get("if-range", headers.get("etag", "")) == headers.get("etag", "")
    start, end, status = _asked(asked.get("range", "") if is_same else "", size)
    if status == 416:
        return PlainTextResponse(
            f"The file has {size} bytes.\n", 416, {"content-range": f"bytes */{size}"}
        )
    if status == 206:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    if visit.request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    if end - start <= WHOLE_BYTES:
        body = await door.house.store.read(path, start=start, end=end) if end > start else b""
        return Response(body, status, headers)
    return StreamingResponse(
        door.house.store.chunks(path, start=start, end=end), status, headers
    )


def _asked(header: str, size: int) -> tuple[int, int, int]:
    """Start, end (exclusive) and status that a Range header asks for (RFC 9110, 14.2)."""
    match = _RANGE.fullmatch(header.strip())
    if not match or not any(match.groups()):
        return 0, size, 200
    first, last = match.groups()
    if first is None:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
    return (start, end, 206) if start < end else (0, 0, 416)


def static(request: Request) -> Response:
    """A built asset, compressed beforehand where the browser takes it."""
    name = request.path_params["name"]
    if not _ASSET.fullmatch(name):
        return PlainTextResponse("Nothing is here.\n", 404)
    path = (HERE / "static" / name).resolve()
    if not path.is_relative_to(HERE / "static") or not path.is_file():
        return PlainTextResponse("Nothing is here.\n", 404)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {
        "cache-control": FOREVER if "dist/" in name else "public, max-age=86400",
        "x-content-type-options": "nosniff", "content-type": kind, "vary": "accept-encoding",
    }
    accepted = request.headers.get("accept-encoding", "")
    for coding, ending in (("br", ".br"), ("gzip", ".gz")):
        packed = path.with_name(path.name + ending)
        if coding in accepted and packed.is_file():
            return Response(packed.read_bytes(), 200, {**headers, "content-encoding": coding})
    return Response(path.read_bytes(), 200, headers)


async def service_worker(door: Door, visit: Visit) -> Response:
    """The service worker, at the root so that it may serve the offline page anywhere."""
    del door, visit
    found = sorted(DIST.glob("assets/sw-*.js"))
    body = found[-1].read_bytes() if found else b""
    return Response(
        body, 200, {**rendering.SECURITY, "cache-control": "no-cache"},
        media_type="text/javascript",
    )


async def manifest(door: Door, visit: Visit) -> Response:
    """What an installed Catflap is called and looks like."""
    name = door.house.settings.community_name
    icons = [
        {"src": "/static/icon-192.png", "sizes": "192x192", "type": "image/png"},
        {"src": "/static/icon-512.png", "sizes": "512x512", "type": "image/png",
         "purpose": "any maskable"},
    ]
    return JSONResponse(
        {
            "name": name, "short_name": name[:12], "start_url": "/", "display": "standalone",
            "background_color": "#faf6ef", "theme_color": "#faf6ef", "icons": icons,
            "lang": visit.locale,
        },
        media_type="application/manifest+json",
    )


async def offline(door: Door, visit: Visit) -> Response:
    """What an installed Catflap shows without a network."""
    del door
    return rendering.page(visit, "offline.html", unread=0)


async def about(door: Door, visit: Visit) -> Response:
    """What this place is, and how it translates."""
    async with door.house.database.reads() as reads:
        own = await charter.current(reads, Page.ABOUT)
        texts = await door.presenting.texts(reads, visit, [own.text_key] if own else [])
        return rendering.page(
            visit, "about.html", about=texts.get(own.text_key) if own else None,
            has_terms=await charter.current(reads, Page.TERMS) is not None,
            engines=[engine.card for engine in door.house.engines],
            people_count=await people.count(reads), version=__version__,
            unread=await unread(reads, visit), is_host=visit.is_host,
            is_operator=visit.is_operator,
        )


async def live(door: Door, visit: Visit) -> Response:
    """The stream of what concerns the reader and the note they look at."""
    assert visit.viewer is not None
    note = from_text(visit.request.query_params.get("note", ""))
    if note is not None:
        async with door.house.database.reads() as reads:
            await notes.note(reads, NoteId(note), viewer=visit.viewer)
    waits = "waits" in visit.request.query_params
    stream = Stream(person=visit.viewer, note=note, waits=waits)
    return StreamingResponse(
        door.hub.events(stream), media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def alive(door: Door, visit: Visit) -> Response:
    """The process answers."""
    del door, visit
    return PlainTextResponse("ok\n")


async def ready(door: Door, visit: Visit) -> Response:
    """The process can serve: its database answers."""
    del visit
    try:
        async with door.house.database.reads() as reads:
            await people.count(reads)
    except Exception as error:  # noqa: BLE001 - told to whoever asks
        # A health check reports whatever stands in the way.
        return PlainTextResponse(f"database: {type(error).__name__}\n", 503)
    return PlainTextResponse("ok\n")


def _is_here(door: Door, visit: Visit) -> bool:
    """Whether this machine itself asks, and not the world through a proxy that nobody trusts."""
    settings = door.house.settings
    is_told_of = any(name in visit.request.headers for name in ("x-forwarded-for", "forwarded"))
    is_proxied = faults.shares_one_address(settings) or (
        is_told_of and not settings.behind_proxy
    )
    return visit.address in ("127.0.0.1", "::1") and not is_proxied


async def metrics(door: Door, visit: Visit) -> Response:
    """What Prometheus asks for; with a token, or from this machine."""
    token = door.house.settings.metrics_token
    given = visit.request.headers.get("authorization", "").removeprefix("Bearer ")
    if not (
        hmac.compare_digest(given.encode(), token.encode()) if token else _is_here(door, visit)
    ):
        raise NotFound("page")
    async with door.house.database.reads() as reads:
        for row in await jobs.backlog(reads):
            JOBS_WAITING.labels(row.kind, str(row.dead).lower()).set(row.count)
        times = await answering.times(reads)
        PEOPLE_WAITING.set(await valve.waiting_count(reads))
    for quantile, wait_s in (("0.5", times.p50_s), ("0.9", times.p90_s)):
        none_yet = math.inf if times.count else math.nan
        FIRST_ANSWER_SECONDS.labels(quantile).set(none_yet if wait_s is None else wait_s)
    ratio = times.within_day_ratio
    FIRST_ANSWER_WITHIN_DAY.set(math.nan if ratio is None else ratio)
    return Response(generate_latest(REGISTRY), media_type="text/plain; version=0.0.4")
