"""Making videos and clearing files away, in the background."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Protocol

from catflap.ground.database import Database
from catflap.ground.errors import CatflapError
from catflap.ground.jobs import MEDIA, Job, JobDelayed
from catflap.media import actions, queries, workshop
from catflap.media.actions import CLEAR_FOLDER, MAKE_VIDEO, ClearFolder, MakeVideo
from catflap.media.errors import WorkshopBusy
from catflap.media.model import MediaId, State
from catflap.media.store import Store
from catflap.media.uploading import ORIGINAL


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def store(self) -> Store:
        """The files."""


async def make_video(context: Context, payload: MakeVideo) -> None:
    """Make a video; a second run finds it made and does nothing.

    A video that cannot be made is failed for good: trying again would end the same way.
    """
    async with context.database.reads() as reads:
        item = await queries.anyone(reads, MediaId(payload.media))
    if item is None or item.state is not State.WORKING:
        return

    async def moved(ratio: float) -> None:
        async with context.database.tx() as tx:
            await actions.move(tx, item, state=State.WORKING, made=None, progress_ratio=ratio)

    with tempfile.TemporaryDirectory(prefix="catflap-") as folder:
        source, out = Path(folder) / ORIGINAL, Path(folder) / "out"
        out.mkdir()
        await context.store.fetch(f"{item.folder}/{ORIGINAL}", source)
        try:
            made = await workshop.video(source, out, on_progress=moved)
        except WorkshopBusy as busy:
            raise JobDelayed(busy.retry_after_s) from busy
        except CatflapError:
            async with context.database.tx() as tx:
                await actions.move(tx, item, state=State.FAILED, made=None, progress_ratio=1.0)
            await context.store.delete(f"{item.folder}/{ORIGINAL}")
            return
        await context.store.put_folder(out, item.folder)
    async with context.database.tx() as tx:
        await actions.move(tx, item, state=State.READY, made=made, progress_ratio=1.0)
    await context.store.delete(f"{item.folder}/{ORIGINAL}")


async def clear_folder(context: Context, payload: ClearFolder) -> None:
    """Delete a folder's files, unless media stand on it."""
    async with context.database.reads() as reads:
        uses = await queries.folder_uses(reads, payload.folder)
    if not uses:
        await context.store.clear(payload.folder)


JOBS = (
    Job(MAKE_VIDEO, MakeVideo, make_video, attempts=4, lane=MEDIA),
    Job(CLEAR_FOLDER, ClearFolder, clear_folder),
)
