"""Opens what was uploaded: a ZIP, a gzipped tar, or one file as it is. Nothing is ever unpacked.

Files are read where they lie in the archive; their names choose what is read and never where
something is written. What an archive says about itself is checked before its directory is read
whole, and what it gives is counted against what it said. An archive inside one is never opened.

Source: PKWARE's APPNOTE 6.3.10, sections 4.3.14 to 4.3.16 (end of the directory); D. Fifield, "A
better zip bomb" (2019), on files that overlap, which Python's zipfile refuses itself.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, Protocol

import msgspec

from catflap.arrivals import limits
from catflap.arrivals.errors import (
    ArchiveBomb,
    ArchiveDamaged,
    ArchiveEncrypted,
    ArchiveNamesTwice,
    ArchivePathUnsafe,
    ArchiveTooLarge,
    Measure,
)

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_START = b"\x1f\x8b"
_END, _END_64, _WHERE_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_BYTES, _WHERE_64_BYTES, _END_64_BYTES, _COMMENT_MAX_BYTES = 22, 20, 56, 65_535
_DRIVE = re.compile(r"[a-zA-Z]:")
_OF_FINDER = re.compile(r"(?:^|/)(?:__MACOSX/|\._[^/]*$|\.DS_Store$)")
"""What a Mac adds to whatever is packed on it; Safari unpacks downloads, so people pack again."""
_NESTED = re.compile(r"\.(?:zip|tar|tgz|gz|7z|rar|bz2|xz)$", re.IGNORECASE)

_CHUNK_BYTES = 1 << 20

Read = Callable[[int], bytes]


class Member(msgspec.Struct, frozen=True):
    """A file in an archive; its size in bytes is what the archive says."""

    name: str
    size_bytes: int

    @property
    def is_archive(self) -> bool:
        """Whether it is, by its name, an archive itself."""
        return _NESTED.search(self.name) is not None


class Archive(Protocol):
    """Files by name."""

    @property
    def members(self) -> Sequence[Member]:
        """Every file, in the archive's order."""

    def walk(self, names: Collection[str]) -> Iterator[tuple[str, Read]]:
        """These files in the archive's order, each to be read before the next is asked for.

        Raises:
            ArchiveDamaged, ArchiveTooLarge, ArchiveBomb
        """


@contextlib.contextmanager
def opened(path: Path, *, name: str) -> Iterator[Archive]:
    """What was uploaded, ``name`` being what its owner called it.

    Raises:
        ArchiveDamaged, ArchiveEncrypted, ArchiveTooLarge, ArchiveBomb, ArchivePathUnsafe,
        ArchiveNamesTwice
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start in ZIP_STARTS:
        _check_end(path)
        with _faults_named():
            packed = zipfile.ZipFile(path)
        with packed:
            yield _Zip(packed)
    elif start.startswith(GZIP_START):
        yield _Tar(path)
    else:
        yield _Bare(path, name)


@contextlib.contextmanager
def _faults_named() -> Iterator[None]:
    """The libraries' own exceptions as ours; their words may hold names, so they are left out."""
    try:
        yield
    except (
        zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, struct.error,
        NotImplementedError, UnicodeError, ValueError, MemoryError,
    ) as error:
        raise ArchiveDamaged(type(error).__name__) from error
    except RuntimeError as error:  # how zipfile asks for a password
        raise ArchiveEncrypted from error


class _Budget:
    """Bytes that may still come out of one archive, whatever it says of itself."""

    def __init__(self) -> None:
        self.unpacked_bytes = 0

    def spend(self, count: int) -> None:
        self.unpacked_bytes += count
        if self.unpacked_bytes > limits.UNPACKED_MAX_BYTES:
            raise ArchiveTooLarge(
                Measure.UNPACKED_BYTES, found=self.unpacked_bytes, limit=limits.UNPACKED_MAX_BYTES
            )


def _metered(file: IO[bytes], size_bytes: int, budget: _Budget) -> Read:
    """Reads a file that said to have so many bytes."""
    left_bytes = size_bytes

    def read(size: int) -> bytes:
        nonlocal left_bytes
        with _faults_named():
            found = file.read(size)
        budget.spend(len(found))
        left_bytes -= len(found)
        if left_bytes < 0 or (left_bytes and size and not found):
            raise ArchiveDamaged("another size than it says")
        return found

    return read


def _checked(members: Sequence[Member]) -> Sequence[Member]:
    if len(members) > limits.ENTRIES_MAX:
        raise ArchiveTooLarge(Measure.FILES, found=len(members), limit=limits.ENTRIES_MAX)
    for member in members:
        _check_name(member.name)
    if len({member.name for member in members}) < len(members):
        raise ArchiveNamesTwice
    total = sum(member.size_bytes for member in members)
    if total > limits.UNPACKED_MAX_BYTES:
        raise ArchiveTooLarge(
            Measure.UNPACKED_BYTES, found=total, limit=limits.UNPACKED_MAX_BYTES
        )
    return [member for member in members if not _OF_FINDER.search(member.name)]


def _check_name(name: str) -> None:
    plain = name.replace("\\", "/")
    if (
        len(name) > limits.NAME_MAX_CHARS or "\0" in name or plain.startswith("/")
        or _DRIVE.match(plain) or ".." in plain.split("/")
    ):
        raise ArchivePathUnsafe


def _check_ratio(unpacked_bytes: int, packed_bytes: int) -> None:
    if unpacked_bytes < limits.RATIO_FROM_BYTES:
        return
    ratio = unpacked_bytes // max(packed_bytes, 1)
    if ratio > limits.RATIO_MAX:
        raise ArchiveBomb(ratio=ratio, limit_ratio=limits.RATIO_MAX)


def _check_end(path: Path) -> None:
    """Refuse a directory that is too large to be read whole, by what stands at the file's end.

    Raises:
        ArchiveTooLarge
        ArchiveDamaged: there is no end, as in a file that was cut off.
    """
    size = path.stat().st_size
    tail_bytes = min(size, _END_BYTES + _COMMENT_MAX_BYTES + _WHERE_64_BYTES)
    with path.open("rb") as file:
        file.seek(size - tail_bytes)
        tail = file.read(tail_bytes)
        at = tail.rfind(_END)
        if at < 0 or len(tail) - at < _END_BYTES:
            raise ArchiveDamaged("no end of its directory")
        count, directory_bytes = struct.unpack("<HL", tail[at + 10 : at + 16])
        where = tail[at - _WHERE_64_BYTES : at] if at >= _WHERE_64_BYTES else b""
        if where.startswith(_WHERE_64):
            file.seek(min(struct.unpack("<Q", where[8:16])[0], size))
            end = file.read(_END_64_BYTES)
            if len(end) == _END_64_BYTES and end.startswith(_END_64):
                count, directory_bytes = struct.unpack("<QQ", end[32:48])
    if count > limits.ENTRIES_MAX:
        raise ArchiveTooLarge(Measure.FILES, found=count, limit=limits.ENTRIES_MAX)
    if directory_bytes > limits.DIRECTORY_MAX_BYTES:
        raise ArchiveTooLarge(
            Measure.DIRECTORY_BYTES, found=directory_bytes, limit=limits.DIRECTORY_MAX_BYTES
        )


class _Zip:
    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._budget = _Budget()
        infos = packed.infolist()
        for info in infos:
            if info.flag_bits & 1:
                raise ArchiveEncrypted
            if stat.S_ISLNK(info.external_attr >> 16):
                raise ArchivePathUnsafe
            _check_ratio(info.file_size, info.compress_size)
        self.members = _checked(
            # `filename` is cut at a NUL, and what stands before it may be another file's name.
            [Member(info.orig_filename, info.file_size) for info in infos if not info.is_dir()]
        )

    def walk(self, names: Collection[str]) -> Iterator[tuple[str, Read]]:
        wanted = set(names)
        for info in self._packed.infolist():
            if info.filename in wanted:
                with _faults_named(), self._packed.open(info) as file:
                    yield info.filename, _metered(file, info.file_size, self._budget)


class _Tar:
    """A gzipped tar, read from its beginning for its list and again for its files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packed_bytes = path.stat().st_size
        found: list[Member] = []
        for entry, _ in self._entries():
            if entry.issym() or entry.islnk() or entry.isdev():
                raise ArchivePathUnsafe
            if entry.isfile():
                found.append(Member(entry.name, entry.size))
        self.members = _checked(found)

    def walk(self, names: Collection[str]) -> Iterator[tuple[str, Read]]:
        wanted = set(names)
        for entry, file in self._entries():
            if entry.name in wanted and file is not None:
                yield entry.name, _metered(file, entry.size, _Budget())

    def _entries(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        with _faults_named(), gzip.open(self._path) as unpacked:
            stream = _Stream(unpacked, self._packed_bytes)
            with tarfile.open(fileobj=stream, mode="r|") as packed:  # type: ignore[call-overload]
                for count, entry in enumerate(packed, 1):
                    if count > limits.ENTRIES_MAX:
                        raise ArchiveTooLarge(
                            Measure.FILES, found=count, limit=limits.ENTRIES_MAX
                        )
                    # Before its bytes are unpacked.
                    stream.check(stream.given_bytes + entry.size)
                    yield entry, packed.extractfile(entry) if entry.isfile() else None
            while stream.read(_CHUNK_BYTES):
                pass  # only gzip's own end says that nothing was cut off


class _Stream:
    """What comes out of a gzip, counted against what went into it."""

    def __init__(self, unpacked: gzip.GzipFile, packed_bytes: int) -> None:
        self._unpacked = unpacked
        self._packed_bytes = packed_bytes
        self.given_bytes = 0

    def read(self, size: int) -> bytes:
        """The next bytes, as tarfile asks for them."""
        found = self._unpacked.read(size)
        self.given_bytes += len(found)
        self.check(self.given_bytes)
        return found

    def check(self, unpacked_bytes: int) -> None:
        """Refuse so many bytes.

        Raises:
            ArchiveTooLarge, ArchiveBomb
        """
        if unpacked_bytes > limits.UNPACKED_MAX_BYTES:
            raise ArchiveTooLarge(
                Measure.UNPACKED_BYTES, found=unpacked_bytes, limit=limits.UNPACKED_MAX_BYTES
            )
        _check_ratio(unpacked_bytes, self._packed_bytes)


class _Bare:
    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self.members: Sequence[Member] = [Member(name, path.stat().st_size)]

    def walk(self, names: Collection[str]) -> Iterator[tuple[str, Read]]:
        for member in self.members:
            if member.name in names:
                with self._path.open("rb") as file:
                    yield member.name, _metered(file, member.size_bytes, _Budget())
