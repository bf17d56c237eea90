"""Takes an archive from a form into the store, so that a worker can read it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from catflap.arrivals import actions
from catflap.arrivals.actions import ARCHIVE, folder_of
from catflap.arrivals.errors import ArchiveTooLarge, ArchiveUnknown, Measure
from catflap.arrivals.model import ImportId
from catflap.ground.database import Database
from catflap.ground.errors import CatflapError
from catflap.media.store import Store
from catflap.people.model import PersonId


async def take(
    database: Database, store: Store, file: BinaryIO, *, owner: PersonId, file_name: str,
    size_bytes: int, limit_bytes: int,
) -> ImportId:
    """Keep an archive and have it read in the background.

    Raises:
        ArchiveTooLarge: it has more than ``limit_bytes``.
        ArchiveUnknown: it is empty.
        TooMany: one has as many as one may have.
    """
    if size_bytes > limit_bytes:
        raise ArchiveTooLarge(Measure.UPLOAD_BYTES, found=size_bytes, limit=limit_bytes)
    if not size_bytes:
        raise ArchiveUnknown
    async with database.tx() as tx:
        await actions.must_have_room(tx, by=owner)
    id_ = actions.new_id(owner)
    kept = f"{folder_of(owner, id_)}/{ARCHIVE}"
    with tempfile.TemporaryDirectory(prefix="catflap-up-") as folder:
        path = Path(folder) / ARCHIVE
        # Gigabytes: in a thread, or nobody would be answered meanwhile.
        await asyncio.to_thread(_copy, file, path)
        await store.put_file(path, kept)
    try:
        async with database.tx() as tx:
            await actions.bring(tx, id_, by=owner, file_name=file_name, size_bytes=size_bytes)
    except CatflapError:
        await store.delete(kept)
        raise
    return id_


def _copy(file: BinaryIO, path: Path) -> None:
    file.seek(0)
    with path.open("wb") as target:
        shutil.copyfileobj(file, target, 1 << 20)
