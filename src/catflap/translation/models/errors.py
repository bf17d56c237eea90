"""What can go wrong with a model's files.

CatflapError
├── ModelUnknown        no entry of the catalogue has this name, or it is no name at all
├── ModelNotInstalled   nothing of this name is here
├── LicenceNotAccepted  the licence forbids things, and nobody has agreed to it
├── HubUnreachable      the hub does not answer, or not as a hub does
├── ModelFileMissing    a file that the model needs is not where it should be
├── ModelNotUnderstood  a folder or archive holds no model that Catflap can read
├── ArchiveUnsafe       a member of an archive wants to be written outside its folder
├── HashWrong           bytes are not those that were promised
├── TooLarge            more bytes than announced or allowed
└── NoSpace             the disk cannot hold the model
"""

from __future__ import annotations

from catflap.ground.errors import CatflapError


class ModelUnknown(CatflapError):
    """No such name; ``known`` are the catalogue's."""

    def __init__(self, name: str, *, known: tuple[str, ...] = ()) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known


class ModelNotInstalled(CatflapError):
    """Nothing of this name is installed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class LicenceNotAccepted(CatflapError):
    """The model's licence forbids commercial use, and nobody has said that this is accepted."""

    def __init__(self, name: str, licence: str) -> None:
        super().__init__(name, licence)
        self.name = name
        self.licence = licence


class HubUnreachable(CatflapError):
    """The hub did not answer at ``url``, gave up too often, or answered nonsense."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason


class ModelFileMissing(CatflapError):
    """The model ``name`` needs the file ``path``, and it is not there."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self.name = name
        self.path = path


class ModelNotUnderstood(CatflapError):
    """``path`` holds nothing that Catflap can take as a model."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


class ArchiveUnsafe(CatflapError):
    """The archive's ``member`` is a link or points outside the folder it is unpacked to."""

    def __init__(self, path: str, member: str) -> None:
        super().__init__(path, member)
        self.path = path
        self.member = member


class HashWrong(CatflapError):
    """A file's hash, in hexadecimal, is not the expected one; the file has been deleted."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(path, expected, found)
        self.path = path
        self.expected = expected
        self.found = found


class TooLarge(CatflapError):
    """``path`` holds more than ``limit_bytes``."""

    def __init__(self, path: str, *, limit_bytes: int) -> None:
        super().__init__(path, limit_bytes)
        self.path = path
        self.limit_bytes = limit_bytes


class NoSpace(CatflapError):
    """The disk of ``folder`` has ``free_bytes`` where ``needed_bytes`` are needed."""

    def __init__(self, folder: str, *, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(folder, needed_bytes, free_bytes)
        self.folder = folder
        self.needed_bytes = needed_bytes
        self.free_bytes = free_bytes
