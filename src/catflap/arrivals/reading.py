"""The child's side: lower one's own limits, walk through one archive, say what was understood.

``python -m catflap.arrivals.reading SOURCE OUT NAME`` writes one JSON line per answer: any number
of batches, at last one `Done` or `Refused`. Files that posts want (photos, videos) are written into
the directory OUT under numbers; no name of the archive becomes a path.

A child of its own for the reason that `media.making` has one: a hostile archive may use up its
memory and its time and nobody else's. It is given no secrets, so handles leave it as they are,
through a pipe, and are sealed by the worker before anything is written down.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from catflap.arrivals import formats, limits
from catflap.arrivals.errors import (
    ARCHIVE_ERRORS,
    ArchiveDamaged,
    ArchiveNested,
    ArchiveUnknown,
)
from catflap.arrivals.formats import Reader, instagram
from catflap.arrivals.gathering import Batch, Gathering
from catflap.arrivals.model import Found, Refusal, Report
from catflap.arrivals.opening import Archive, Read, opened
from catflap.ground.errors import CatflapError
from catflap.media import limits as media

CHUNK_BYTES = 1 << 20
NICENESS = 10


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """Everything was read; ``files`` are the numbers of those that were taken out."""

    report: Report
    files: tuple[int, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The archive is refused."""

    refusal: Refusal


Answer = Batch | Done | Refused


def main(source: Path, out: Path, name: str) -> None:
    """Read one archive and say one last line."""
    limit_oneself()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as answers:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        _say(answers, outcome(source, out, name, say=lambda batch: _say(answers, batch)))


def limit_oneself() -> None:
    """Take from this process, for good, what reading does not need."""
    for what, value in (
        (resource.RLIMIT_AS, limits.CHILD_MEMORY_BYTES),
        (resource.RLIMIT_CPU, limits.CHILD_CPU_S),
        (resource.RLIMIT_FSIZE, media.VIDEO_MAX_BYTES + CHUNK_BYTES),
        (resource.RLIMIT_NOFILE, limits.CHILD_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    os.nice(NICENESS)


def outcome(source: Path, out: Path, name: str, *, say: Callable[[Batch], None]) -> Answer:
    """What comes of an archive; a refusal says nothing of what is in it."""
    try:
        with opened(source, name=name) as archive:
            return _read(archive, out, say=say)
    except ARCHIVE_ERRORS as error:
        return Refused(refusal=refusal(error))
    except MemoryError:
        return Refused(refusal=refusal(ArchiveDamaged("more memory than there is")))


def refusal(error: CatflapError) -> Refusal:
    """An error of `errors` as it is said and kept."""
    return Refusal(error=type(error).__name__, data=vars(error))


def _read(archive: Archive, out: Path, *, say: Callable[[Batch], None]) -> Done:
    sizes = {member.name: member.size_bytes for member in archive.members}
    reader, wanted = _reader(archive)
    total_bytes = sum(sizes[name] for name in wanted) or 1
    read_bytes = 0

    def progress() -> float:
        return min(read_bytes / total_bytes, 1.0)

    into = Gathering(reader.NETWORK, say=say, progress=progress)
    reported = 0.0
    for name, read in archive.walk(wanted):

        def counted(size: int, read: Read = read) -> bytes:
            nonlocal read_bytes, reported
            chunk = read(size)
            read_bytes += len(chunk)
            if progress() - reported >= 0.02:
                reported = progress()
                into.flush()
            return chunk

        reader.read(name, counted, into)
    into.flush()
    if reader is instagram:
        for what in sorted(instagram.passed(list(sizes))):
            into.passed(what)
    files = _take_out(archive, into.files, sizes, out)
    into.count(Found.FILES, len(into.files))
    into.kept(Found.FILES, len(files))
    ignored = len(set(sizes) - set(wanted) - set(into.files))
    return Done(report=into.report(ignored_files=ignored), files=files)


def _reader(archive: Archive) -> tuple[Reader, list[str]]:
    """Whose archive it is, and which of its files are read.

    Raises:
        ArchiveUnknown, ArchiveNested, TextExport
    """
    names = [member.name for member in archive.members]
    for reader in formats.readers():
        if wanted := reader.wanted(names):
            return reader, wanted
    if names and all(member.is_archive for member in archive.members):
        raise ArchiveNested
    raise ArchiveUnknown


def _take_out(
    archive: Archive, wanted: dict[str, int], sizes: dict[str, int], out: Path
) -> tuple[int, ...]:
    """Write the files that posts want, each under its number; what is too large stays behind."""
    taken: list[int] = []
    left_bytes = limits.MEDIA_TOTAL_MAX_BYTES
    fitting: Collection[str] = {
        name for name in wanted if 0 < sizes.get(name, 0) <= media.VIDEO_MAX_BYTES
    }
    for name, read in archive.walk(fitting):
        size_bytes = sizes[name]
        if size_bytes > left_bytes:
            continue
        left_bytes -= size_bytes
        with (out / str(wanted[name])).open("wb") as file:
            while chunk := read(CHUNK_BYTES):
                file.write(chunk)
        taken.append(wanted[name])
    return tuple(taken)


def _say(answers: BinaryIO, answer: Answer) -> None:
    whole = memoryview(msgspec.json.encode(answer) + b"\n")
    while whole:
        whole = whole[answers.write(whole) :]


def _arguments(given: Sequence[str]) -> tuple[Path, Path, str]:
    return Path(given[0]), Path(given[1]), given[2]


if __name__ == "__main__":
    main(*_arguments(sys.argv[1:]))
