"""Unpacking an archive that somebody else made.

Every member is looked at before the first byte is written: no links, no way out of the folder, not
more members or bytes than allowed. Bytes are counted while they are written too, because the
lengths an archive states are its own claim.
"""

from __future__ import annotations

import lzma
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from catflap.translation.models import placing
from catflap.translation.models.errors import ArchiveUnsafe, ModelNotUnderstood, TooLarge

LIMIT_BYTES = 16_000_000_000
LIMIT_MEMBERS = 1_000
_CHUNK_BYTES = 1 << 20
# What zipfile lets through of damage, unknown methods, passwords, and names that collide.
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, UnicodeDecodeError,
    FileExistsError, NotADirectoryError, IsADirectoryError,
)


def unpack(path: Path, into: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
    """Unpack a zip into the existing, empty folder ``into``.

    Raises:
        ModelNotUnderstood: it is no zip, is damaged, or wants a password.
        ArchiveUnsafe: a member is a link or points outside.
        TooLarge: more than ``limit_bytes`` or `LIMIT_MEMBERS`.
        NoSpace: the disk is too small.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            for member in members:
                _look_at(path, member)
            stated = sum(member.file_size for member in members)
            if stated > limit_bytes or len(members) > LIMIT_MEMBERS:
                raise TooLarge(str(path), limit_bytes=limit_bytes)
            placing.check_space(into, needed_bytes=stated)
            left_bytes = limit_bytes
            for member in members:
                if not member.is_dir():
                    left_bytes -= _write(archive, member, into, left_bytes)
    except _UNREADABLE as error:
        raise ModelNotUnderstood(str(path), f"no readable zip: {error}") from error


def _look_at(path: Path, member: zipfile.ZipInfo) -> None:
    # `orig_filename` is the name before zipfile tidied it up.
    named = PurePosixPath(member.orig_filename.replace("\\", "/"))
    away = named.is_absolute() or ".." in named.parts or ":" in member.orig_filename
    mode = member.external_attr >> 16
    if away or stat.S_ISLNK(mode) or "\0" in member.orig_filename:
        raise ArchiveUnsafe(str(path), member.orig_filename)


def _write(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path, left_bytes: int
) -> int:
    target = into / member.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    count_bytes = 0
    with archive.open(member) as packed, target.open("xb") as written:
        while chunk := packed.read(_CHUNK_BYTES):
            count_bytes += len(chunk)
            if count_bytes > left_bytes:
                raise TooLarge(member.filename, limit_bytes=left_bytes)
            written.write(chunk)
    return count_bytes


def copy(files: list[Path], into: Path) -> None:
    """Copy files, what links point to and not the links, into the existing folder ``into``.

    Raises:
        NoSpace: the disk is too small.
    """
    placing.check_space(into, needed_bytes=sum(file.stat().st_size for file in files))
    for file in files:
        shutil.copyfile(file, into / file.name)
