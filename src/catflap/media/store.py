"""Where files are kept: a folder, S3, or whatever else obstore speaks to, by URL."""

from __future__ import annotations

import glob
import shutil
from collections.abc import AsyncIterator
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from catflap.ground.settings import SettingsInvalid

CHUNK_BYTES = 512 * 1024
_RIGHT = "`file:///var/lib/catflap/media` or `s3://bucket/prefix` would be right"


class Store:
    """Files by path; paths have the form ``ab/cdef…/name``."""

    def __init__(self, url: str) -> None:
        """Open what a URL names.

        Raises:
            SettingsInvalid: nothing, or a folder that cannot be made.
        """
        self.folder: Path | None = None
        if url.startswith("file://"):
            self.folder = Path(url.removeprefix("file://"))
            if not self.folder.is_absolute():
                raise SettingsInvalid("media_url", f"`{url}` is no whole path; {_RIGHT}")
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SettingsInvalid("media_url", f"cannot be written: {error}") from error
        else:
            from obstore.exceptions import BaseError
            from obstore.store import from_url

            try:
                self._store = from_url(url)
            except (BaseError, ValueError) as error:
                why = str(error).partition("\n")[0]
                raise SettingsInvalid("media_url", f"`{url}`: {why}; {_RIGHT}") from error

    @cached_property
    def _store(self) -> Any:
        from obstore.store import LocalStore  # 8 MB, which the first answers do without

        return LocalStore(self.folder)

    async def put_folder(self, source: Path, folder: str) -> None:
        """Keep every file of a directory under ``folder``."""
        for file in sorted(source.iterdir()):  # noqa: ASYNC240 - a handful of names
            await self._store.put_async(f"{folder}/{file.name}", file)

    async def put_file(self, source: Path, path: str) -> None:
        """Keep one file."""
        await self._store.put_async(path, source)

    async def put_open(self, source: BinaryIO, path: str) -> None:
        """Keep what an open file has from its beginning on; it needs no name."""
        source.seek(0)
        await self._store.put_async(path, source)

    async def fetch(self, path: str, target: Path) -> None:
        """Copy a kept file to a local one."""
        answer = await self._store.get_async(path)
        with target.open("wb") as file:
            async for chunk in answer.stream(min_chunk_size=CHUNK_BYTES):
                file.write(chunk)

    async def size(self, path: str) -> int | None:
        """A file's size in bytes, None where there is none."""
        try:
            meta = await self._store.head_async(path)
        except FileNotFoundError:
            return None
        return int(meta["size"])

    async def read(self, path: str, *, start: int, end: int) -> bytes:
        """Bytes ``start`` to ``end`` (exclusive) of a file."""
        part = await self._store.get_range_async(path, start=start, end=end)
        return bytes(part)

    async def chunks(self, path: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes ``start`` to ``end`` (exclusive) of a file, a chunk at a time."""
        for at in range(start, end, CHUNK_BYTES):
            yield await self.read(path, start=at, end=min(end, at + CHUNK_BYTES))

    async def clear(self, folder: str) -> None:
        """Delete every file under ``folder``; what is gone already is gone."""
        paths = []
        async for batch in self._store.list(prefix=folder):
            paths += [item["path"] for item in batch]
        if paths:
            await self._store.delete_async(paths)
        if self.folder is not None:
            # Halves that a killed process left (`name#1`) are in no list.
            shutil.rmtree(self.folder / folder, ignore_errors=True)

    async def delete(self, path: str) -> None:
        """Delete one file, and halves of it; what is gone already is gone."""
        if self.folder is not None:
            beside = (self.folder / path).parent
            for half in beside.glob(f"{glob.escape(PurePath(path).name)}#*"):
                half.unlink(missing_ok=True)
        try:
            await self._store.delete_async(path)
        except FileNotFoundError:
            return
