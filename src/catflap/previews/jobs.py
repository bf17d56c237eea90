"""Reading pages elsewhere, in the background; a second run finds one read."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Protocol

from catflap import __version__
from catflap.ground import clock
from catflap.ground.addresses import AddressRefused, PeerUnreachable
from catflap.ground.database import Database
from catflap.ground.errors import CatflapError
from catflap.ground.jobs import AWAY, Job, JobDelayed
from catflap.ground.settings import Settings
from catflap.media.errors import WorkshopBusy
from catflap.media.model import PhotoMade
from catflap.media.uploading import Uploads
from catflap.previews import actions, queries
from catflap.previews.actions import FETCH, Fetch
from catflap.previews.model import FRESH_FOR, IMAGE_MIN_PX, RETRY_S, TRIES, Preview


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def uploads(self) -> Uploads:
        """Makes and keeps photos."""


def agent(settings: Settings) -> str:
    """Who asks for pages, so that their owners can tell us and turn us away."""
    return f"CatflapBot/{__version__} (link previews; +{settings.address()}/about)"


async def fetch(context: Context, payload: Fetch) -> None:
    """Read a page and its picture, and keep what it says.

    Who does not answer is asked `TRIES` times; then, as with pages that say nothing, there is no
    card until a note links there again after `FRESH_FOR`.
    """
    from catflap.previews import fetching  # a client, for worker processes alone

    async with context.database.reads() as reads:
        found = (await queries.by_ids(reads, [payload.preview])).get(payload.preview)
    if found is None or not context.settings.link_previews or _is_fresh(found):
        return
    by, privately = agent(context.settings), context.settings.previews_privately
    try:
        page = await fetching.page(found.url, agent=by, privately=privately)
    except AddressRefused:
        page = None
    except PeerUnreachable as error:
        is_last = found.tries + 1 >= TRIES
        async with context.database.tx() as tx:
            await actions.fail(tx, found, for_good=is_last)
        if is_last:
            return
        raise JobDelayed(RETRY_S[found.tries]) from error
    if page is None:
        async with context.database.tx() as tx:
            await actions.fail(tx, found, for_good=True)
        return
    raw = None
    if page.image_url:
        raw = await fetching.picture(page.image_url, agent=by, privately=privately)
    folder, image = await _made(context, raw) if raw else ("", None)
    async with context.database.tx() as tx:
        await actions.keep(tx, found.id, page, image=image, folder=folder)


def _is_fresh(found: Preview) -> bool:
    return found.fetched_at is not None and clock.now() - found.fetched_at <= FRESH_FOR


async def _made(context: Context, raw: bytes) -> tuple[str, PhotoMade | None]:
    """The folder with what the workshop made of a picture; none of what it refuses.

    Raises:
        JobDelayed: the workshop is busy.
    """
    with tempfile.TemporaryDirectory(prefix="catflap-page-") as held:
        source = Path(held) / "picture"
        source.write_bytes(raw)
        try:
            folder, image = await context.uploads.photo(source)
        except WorkshopBusy as busy:
            raise JobDelayed(busy.retry_after_s) from busy
        except CatflapError:
            return "", None
    if min(image.width, image.height) < IMAGE_MIN_PX:
        await context.uploads.discard(folder)
        return "", None
    return folder, image


JOBS = (Job(FETCH, Fetch, fetch, lane=AWAY),)
