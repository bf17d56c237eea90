"""Putting a model's folder where it belongs, whole or not at all.

Everything is written to a hidden folder beside, on the same disk, and the folder is renamed when
it is complete: whoever lists models never sees half of one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import msgspec

from catflap.ground import clock
from catflap.translation.models.catalogue import Entry
from catflap.translation.models.errors import NoSpace
from catflap.translation.models.model import Installed, Record

RECORD = "model.json"
RESERVE_BYTES = 100_000_000
"""What a model leaves free on the disk, for the database beside it."""
_CHUNK_BYTES = 1 << 20


class Fingerprints(msgspec.Struct, frozen=True, kw_only=True):
    """A file's hashes in hexadecimal: of its bytes, and as git names a blob."""

    sha256: str
    git_sha1: str


def fingerprints(path: Path) -> Fingerprints:
    """Both hashes in one reading of the file.

    Source: gitformat-objects; a blob's name is the SHA-1 of ``blob``, its length, NUL, its bytes.
    """
    plain = hashlib.sha256()
    blob = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            plain.update(chunk)
            blob.update(chunk)
    return Fingerprints(sha256=plain.hexdigest(), git_sha1=blob.hexdigest())


def keep_on_disk(path: Path) -> None:
    """Wait until the file's bytes are on the disk: a renamed file must not come back empty."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def check_space(folder: Path, *, needed_bytes: int) -> None:
    """Look whether the disk of an existing ``folder`` can take ``needed_bytes`` more.

    Raises:
        NoSpace: not with `RESERVE_BYTES` to spare.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes + RESERVE_BYTES:
        raise NoSpace(str(folder), needed_bytes=needed_bytes + RESERVE_BYTES, free_bytes=free)


def put_in_place(work: Path, *, into: Path, entry: Entry, origin: str, revision: str) -> Installed:
    """Make the complete folder ``work`` the model ``entry.name`` of the folder ``into``.

    An older one of that name gives way. Reads every file once for its hash.
    """
    files = sorted(path for path in work.iterdir() if path.name != RECORD)
    record = Record(
        entry=entry, revision=revision, origin=origin, installed_at=clock.now(),
        hashes={path.name: fingerprints(path).sha256 for path in files},
    )
    written = msgspec.json.format(msgspec.json.encode(record), indent=2)
    (work / RECORD).write_bytes(written + b"\n")
    for path in work.iterdir():
        keep_on_disk(path)
    target = into / entry.name
    clear(target)
    work.rename(target)
    return Installed(
        name=entry.name, folder=target, record=record, size_bytes=size_of(target),
    )


def clear(folder: Path) -> None:
    """Take a model's folder away: out of sight in one step, then file by file."""
    if not folder.exists():
        return
    hidden = folder.with_name(f".{folder.name}.removing")
    shutil.rmtree(hidden, ignore_errors=True)
    folder.rename(hidden)
    shutil.rmtree(hidden)


def size_of(folder: Path) -> int:
    """Bytes of the files that lie in ``folder``."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
