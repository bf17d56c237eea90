"""The demo's pictures and films: drawn once, and kept for the next demo where a folder is named.

What is kept stands under a hash of what was asked for and of the code that draws and makes it, so a
change of either draws anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import structlog

from catflap import media as media_feature
from catflap.demo import films, pictures, scripts
from catflap.demo.scripts import Character, Picture, Script
from catflap.house import House
from catflap.media import actions as media
from catflap.media import photos, workshop
from catflap.media.model import PhotoMade, VideoMade

log = structlog.get_logger("catflap.demo")

AT_ONCE = 2
FILES, MADE = "files", "made.json"


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn picture's or film's files."""

    folder: str
    made: PhotoMade | VideoMade


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    key: tuple[str, int]
    picture: Picture | None
    film: str
    is_avatar: bool

    @property
    def kind(self) -> type[PhotoMade] | type[VideoMade]:
        return VideoMade if self.film else PhotoMade


async def drawn(
    house: House, cast: Sequence[Character], found: Sequence[Script], *, kept: Path | None = None
) -> dict[tuple[str, int], Drawn]:
    """Every picture, once: the k-th picture of a note's key, and avatars under ``@handle``."""
    wanted = [
        _Wanted(key=(f"@{c.handle}", 0), picture=scripts.Picture(scene=c.avatar), film="",
                is_avatar=True)
        for c in cast
    ]
    wanted += [
        _Wanted(key=(s.key, k), picture=picture, film="", is_avatar=False)
        for s in found for k, picture in enumerate(s.scenes())
    ]
    wanted += [
        _Wanted(key=(s.key, 0), picture=None, film=s.film, is_avatar=False)
        for s in found if s.film
    ]
    done: dict[tuple[str, int], Drawn] = {}
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(item: _Wanted, folder: str) -> None:
        async with turns:
            with tempfile.TemporaryDirectory(prefix="catflap-demo-") as made_here:
                files, made = await _made(item, Path(made_here), kept=kept)
                await house.store.put_folder(files, folder)
            done[item.key] = Drawn(folder=folder, made=made)
            if len(done) % 50 == 0:
                log.info("drawing", done=len(done), of=len(wanted))

    # Folders are named in this order, whichever picture is done first.
    await asyncio.gather(*(one(item, media.new_folder()) for item in wanted))
    return done


async def _made(
    item: _Wanted, made_here: Path, *, kept: Path | None
) -> tuple[Path, PhotoMade | VideoMade]:
    """A folder with an item's files, and what they are; drawn where they were not kept."""
    if kept is None:
        return made_here, await _fresh(item, made_here)
    folder = kept / _name(item)
    if not folder.is_dir():
        making = kept / f"{folder.name}.part"
        shutil.rmtree(making, ignore_errors=True)
        (making / FILES).mkdir(parents=True)
        made = await _fresh(item, making / FILES)
        (making / MADE).write_bytes(msgspec.json.encode(made))
        making.rename(folder)
    return folder / FILES, msgspec.json.decode((folder / MADE).read_bytes(), type=item.kind)


async def _fresh(item: _Wanted, out: Path) -> PhotoMade | VideoMade:
    if item.picture is not None:
        return await asyncio.to_thread(_drawn, item.key, item.picture, item.is_avatar, out)
    with tempfile.TemporaryDirectory(prefix="catflap-demo-") as folder:
        source = Path(folder) / "film.mp4"
        await asyncio.to_thread(films.shoot, item.film, source)
        return await workshop.video(source, out, on_progress=_unheard)


def _drawn(key: tuple[str, int], picture: Picture, is_avatar: bool, out: Path) -> PhotoMade:
    seed = sum(ord(c) * (i + 7) for i, c in enumerate(f"{key[0]}{key[1]}"))
    if is_avatar:
        return photos.sized(pictures.avatar(picture.scene, seed=seed).convert("RGB"), out)
    image = pictures.draw(picture.scene, seed=seed, lines=picture.lines)
    return photos.sized(image.convert("RGB"), out)


def _name(item: _Wanted) -> str:
    return hashlib.sha256(msgspec.json.encode(item) + _code()).hexdigest()[:32]


@cache
def _code() -> bytes:
    """A hash of what draws and what makes; what only writes texts and rows is no part of it."""
    makes = sorted(Path(str(media_feature.__file__)).parent.glob("*.py"))
    draws = [Path(str(module.__file__)) for module in (pictures, films)]
    text = b"".join(path.read_bytes() for path in [*draws, Path(__file__), *makes])
    return hashlib.sha256(text).digest()


async def _unheard(ratio: float) -> None:
    del ratio
