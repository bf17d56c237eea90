"""What can go wrong with people.

CatflapError
├── HandleInvalid       the handle has characters or a length that handles cannot have
├── HandleConfusable    the handle mixes scripts, or looks like one that exists
├── HandleTaken         somebody has the handle
├── StillWaiting        whoever is not let in yet cannot publish
├── NotYourself         one cannot follow, block or mute oneself
└── DomainInvalid       a text that cannot be a server's name
"""

from __future__ import annotations

from catflap.ground.errors import CatflapError


class StillWaiting(CatflapError):
    """The person signed up and may read, but is not let in yet."""


class HandleInvalid(CatflapError):
    """``character`` is the first that cannot stand in a handle, empty where the length is wrong."""

    def __init__(self, handle: str, *, character: str, limit_chars: int) -> None:
        super().__init__(handle, character)
        self.handle = handle
        self.character = character
        self.limit_chars = limit_chars


class HandleConfusable(CatflapError):
    """Readers could take the handle for another one."""

    def __init__(self, handle: str) -> None:
        super().__init__(handle)
        self.handle = handle


class HandleTaken(CatflapError):
    """Somebody has this handle, or it is kept for the house."""

    def __init__(self, handle: str) -> None:
        super().__init__(handle)
        self.handle = handle


class NotYourself(CatflapError):
    """``action`` needs somebody else."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class DomainInvalid(CatflapError):
    """``domain`` cannot be a server's name."""

    def __init__(self, domain: str) -> None:
        super().__init__(domain)
        self.domain = domain
