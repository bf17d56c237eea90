"""What can be wrong with what moderation is given.

CatflapError
├── ReactionInvalid    not one emoji
├── DateInvalid        not a date, or not an instant
└── EndsTooSoon        an announcement that would end before it begins
"""

from __future__ import annotations

from catflap.ground.errors import CatflapError


class ReactionInvalid(CatflapError):
    """``name`` is no emoji, or more than one."""

    def __init__(self, name: str) -> None:
        super().__init__(name[:40])
        self.name = name[:40]


class DateInvalid(CatflapError):
    """``text`` is no date; ``2026-11-21`` would be, or ``2026-11-21T18:00`` where a time may be."""

    def __init__(self, text: str) -> None:
        super().__init__(text[:40])
        self.text = text[:40]


class EndsTooSoon(CatflapError):
    """An announcement's end is not after its beginning."""
