"""What can go wrong with media.

CatflapError
├── MediaTooLarge      more bytes than the limit of its kind
├── TooManyPixels      more pixels than the limit, read from the header before any decoding
├── VideoTooLong       more seconds than the limit
├── MediaKindRefused   the content is none of the kinds taken, or is two things at once
├── MediaUnreadable    truncated, lying, or too much for the workshop
├── FocusUnfit         no two numbers that say where to look
├── WorkshopBusy       so many files wait already that this one had better come back
└── SubtitlesInvalid   no SRT or WebVTT that can be right, or over a limit of theirs
"""

from __future__ import annotations

from enum import StrEnum

from catflap.ground.errors import CatflapError


class MediaTooLarge(CatflapError):
    """``size_bytes`` is over ``limit_bytes``."""

    def __init__(self, *, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(size_bytes, limit_bytes)
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class TooManyPixels(CatflapError):
    """``pixels`` is over ``limit_pixels``."""

    def __init__(self, *, pixels: int, limit_pixels: int) -> None:
        super().__init__(pixels, limit_pixels)
        self.pixels = pixels
        self.limit_pixels = limit_pixels


class VideoTooLong(CatflapError):
    """``duration_s`` is over ``limit_s``."""

    def __init__(self, *, duration_s: float, limit_s: float) -> None:
        super().__init__(duration_s, limit_s)
        self.duration_s = duration_s
        self.limit_s = limit_s


class MediaKindRefused(CatflapError):
    """``found`` says what the content is, "" where nobody can tell."""

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found


class MediaUnreadable(CatflapError):
    """The content cannot be made into anything; ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FocusUnfit(CatflapError):
    """Where to look is said by two numbers from -1 to 1 with a comma between; this is else."""


class WorkshopBusy(CatflapError):
    """Every bench is taken and the line is full; ``retry_after_s`` says when to come back."""

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class Reason(StrEnum):
    """Why subtitles were refused."""

    NO_CUES = "no_cues"
    BAD_TIME = "bad_time"
    ENDS_BEFORE_START = "ends_before_start"
    NOT_TEXT = "not_text"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    TOO_LATE = "too_late"


class SubtitlesInvalid(CatflapError):
    """``line`` counts from 1 and is where it shows; 0 means the file as a whole."""

    def __init__(self, *, line: int, reason: Reason) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason
