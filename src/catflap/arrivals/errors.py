"""What can go wrong on the way in, and with what one brings; whoever it happens to is told why.

CatflapError
├── InvitationNeeded    this community takes in those who were invited
├── InvitationSpent     nobody gave this code out, or it was used up, taken back or is too old
├── StampRefused        this note carries no seal, or not one of this person's
├── TaxPaid             one has paid the cat tax, with another note
├── ProofRefused        a proof of work that is wrong, too old or was used before
├── ProofNeeded         too many wait already for one network to send more who prove nothing
├── OldHandleInvalid    a text that is no handle where it is said to be from
├── NotProvable         nothing on that platform can be looked at from here
├── ArchiveUnknown         nothing in it is of a kind that is read here
├── TextExport             the platform's readable form; its JSON form is what is read
├── ArchiveEncrypted       a file in it needs a password
├── ArchiveDamaged         truncated, lying about sizes, or packed in an unknown way
├── ArchiveTooLarge        more files, bytes or items than are read; also the uploaded file's bytes
├── ArchiveBomb            a file in it unpacks to too many times its size
├── ArchiveNested          an archive with nothing but archives in it
├── ArchivePathUnsafe      a name that would leave its folder, or a link
├── ArchiveNamesTwice      two files of one name
└── JsonInvalid            JSON that is broken, too deep, or too long in one piece
"""

from __future__ import annotations

from enum import StrEnum

from catflap.ground.errors import CatflapError


class Unstampable(StrEnum):
    """Why a seal does not go on a note."""

    OWN = "own"
    UNTAXED = "untaxed"
    DESIGN = "design"


class InvitationNeeded(CatflapError):
    """Only those who were invited can sign up."""


class InvitationSpent(CatflapError):
    """A code that nobody gave out, or that was used up, taken back or is too old."""


class StampRefused(CatflapError):
    """``reason``: the note is one's own, is nobody's cat tax, or there is no such seal."""

    def __init__(self, reason: Unstampable) -> None:
        super().__init__(reason)
        self.reason = reason


class TaxPaid(CatflapError):
    """The person has paid the cat tax already."""


class ProofRefused(CatflapError):
    """A proof of work that does not hold: wrong, older than it may be, or used before."""


class ProofNeeded(CatflapError):
    """A proof of work is asked of many from one network who would stand in line without any."""


class OldHandleInvalid(CatflapError):
    """``written`` is no handle of the network it is said to be from."""

    def __init__(self, written: str) -> None:
        super().__init__(written)
        self.written = written


class NotProvable(CatflapError):
    """Profiles of this network cannot be looked at from here; lists that name each other can."""


class ArchiveUnknown(CatflapError):
    """Nothing in the file is of a kind that is read here."""


class TextExport(CatflapError):
    """The form for reading by eye, whose words depend on its owner's language."""


class ArchiveEncrypted(CatflapError):
    """A file in the archive needs a password."""


class ArchiveDamaged(CatflapError):
    """The archive cannot be unpacked; ``reason`` is for the log and holds nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Measure(StrEnum):
    """What of an archive can be too much."""

    UPLOAD_BYTES = "upload_bytes"
    FILES = "files"
    DIRECTORY_BYTES = "directory_bytes"
    UNPACKED_BYTES = "unpacked_bytes"
    ITEMS = "items"


class ArchiveTooLarge(CatflapError):
    """``found`` of a measure is over ``limit``; reading stopped there, so it may be more."""

    def __init__(self, measure: Measure, *, found: int, limit: int) -> None:
        super().__init__(measure, found, limit)
        self.measure = Measure(measure)
        self.found = found
        self.limit = limit


class ArchiveBomb(CatflapError):
    """A file unpacks to ``ratio`` times what it takes, or more; ``limit_ratio`` is the most."""

    def __init__(self, *, ratio: int, limit_ratio: int) -> None:
        super().__init__(ratio, limit_ratio)
        self.ratio = ratio
        self.limit_ratio = limit_ratio


class ArchiveNested(CatflapError):
    """Archives inside an archive are never opened, and nothing else was there."""


class ArchivePathUnsafe(CatflapError):
    """A file's name is absolute, climbs out of its folder, or belongs to a link."""


class ArchiveNamesTwice(CatflapError):
    """Two files have one name, so that two readers would see two different archives."""


class Fault(StrEnum):
    """What is wrong with a piece of JSON."""

    BROKEN = "broken"
    TRUNCATED = "truncated"
    NOT_UTF8 = "not_utf8"
    NOT_A_NUMBER = "not_a_number"
    TOO_DEEP = "too_deep"
    TOO_LONG = "too_long"


class JsonInvalid(CatflapError):
    """``at_bytes`` is where, counted from the file's beginning."""

    def __init__(self, fault: Fault, *, at_bytes: int) -> None:
        super().__init__(fault, at_bytes)
        self.fault = Fault(fault)
        self.at_bytes = at_bytes


ARCHIVE_ERRORS: tuple[type[CatflapError], ...] = (
    ArchiveUnknown, TextExport, ArchiveEncrypted, ArchiveDamaged, ArchiveTooLarge, ArchiveBomb,
    ArchiveNested, ArchivePathUnsafe, ArchiveNamesTwice, JsonInvalid,
)
