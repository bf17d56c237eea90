"""The root of every error Catflap raises on purpose.

CatflapError
├── ground.settings.SettingsInvalid
├── ground.http.NetworkInTransaction, HostNotConfigured
├── ground.paging.CursorInvalid
├── ground.jobs.JobUnknown
└── each feature's own tree, drawn on top of its ``errors.py``

An error carries data with units, never sentences: a door chooses the words, in the reader's
language. Anything that is not a `CatflapError` is a programming fault and is left to fly.
"""

from __future__ import annotations


class CatflapError(Exception):
    """An expected refusal; subclasses carry what was wrong and what would be right as data."""


class NotFound(CatflapError):
    """The thing is absent, or not for this viewer; the two are never told apart.

    ``thing`` is one of our own words (``note``, ``person``, ``board`` …), for the door to name.
    """

    def __init__(self, thing: str) -> None:
        super().__init__(thing)
        self.thing = thing


class NotAllowed(CatflapError):
    """The viewer may see the thing but may not do this to it."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class SignInNeeded(CatflapError):
    """Only a signed-in person may do this."""


class Overtaken(CatflapError):
    """Another transaction changed or took away, at this moment, what this one stands on.

    Nothing happened; doing it again is right. Only PostgreSQL raises it: SQLite has one writer.
    """


class TextTooLong(CatflapError):
    """A text is longer than its field allows; lengths count Unicode code points after NFC."""

    def __init__(self, field: str, *, length_chars: int, limit_chars: int) -> None:
        super().__init__(field, length_chars, limit_chars)
        self.field = field
        self.length_chars = length_chars
        self.limit_chars = limit_chars


class TextMissing(CatflapError):
    """A field that must hold something holds nothing."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class TooMany(CatflapError):
    """More things than one may have (``thing`` is our own word for them)."""

    def __init__(self, thing: str, *, count: int, limit: int) -> None:
        super().__init__(thing, count, limit)
        self.thing = thing
        self.count = count
        self.limit = limit


class TooFast(CatflapError):
    """More attempts than the limit in the window; ``retry_after_s`` says when to come back."""

    def __init__(self, action: str, *, retry_after_s: int) -> None:
        super().__init__(action, retry_after_s)
        self.action = action
        self.retry_after_s = retry_after_s
