"""From an uploaded file to media: photos at once, videos in the background."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from catflap.ground.database import Database
from catflap.media import actions, workshop
from catflap.media.model import Kind, MediaId, PhotoMade
from catflap.media.store import Store
from catflap.people.model import PersonId

ORIGINAL = "original"
CHUNK_BYTES = 1 << 20


class Upload(Protocol):
    """A file as the doors' form parsers give it."""

    @property
    def file(self) -> BinaryIO:
        """Its bytes, wherever they are held."""


@contextlib.contextmanager
def on_disk(upload: Upload) -> Iterator[Path]:
    """An uploaded file as a path, for the workshop; it vanishes afterwards."""
    with tempfile.TemporaryDirectory(prefix="catflap-up-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as target:
            upload.file.seek(0)
            while chunk := upload.file.read(CHUNK_BYTES):
                target.write(chunk)
        yield path


class Uploads:
    """Takes uploads; the workshop sees to it that a flood cannot take all memory."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    async def photo(self, source: Path) -> tuple[str, PhotoMade]:
        """Make a photo and keep its files; the answer is their folder and what was made."""
        folder = actions.new_folder()
        with tempfile.TemporaryDirectory(prefix="catflap-") as out:
            made = await workshop.photo(source, Path(out))
            await self._store.put_folder(Path(out), folder)
        return folder, made

    async def discard(self, folder: str) -> None:
        """Delete the files of a photo that turned out not to be wanted."""
        await self._store.clear(folder)

    async def take(self, source: Path, *, owner: PersonId) -> MediaId:
        """Take one uploaded file, whatever it turns out to be.

        Raises:
            MediaKindRefused, MediaTooLarge, TooManyPixels, MediaUnreadable
        """
        if workshop.kind_of(source) is Kind.PHOTO:
            folder, made = await self.photo(source)
            async with self._database.tx() as tx:
                return await actions.add_photo(tx, owner=owner, folder=folder, made=made)
        folder = actions.new_folder()
        await self._store.put_file(source, f"{folder}/{ORIGINAL}")
        async with self._database.tx() as tx:
            return await actions.add_video(tx, owner=owner, folder=folder)
