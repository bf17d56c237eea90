"""What can go wrong with the feed.

CatflapError
└── VersionUnknown   no such version of what was learned, or its file is gone
"""

from __future__ import annotations

from catflap.ground.errors import CatflapError


class VersionUnknown(CatflapError):
    """No version of what was learned has this number, or none is left; 0 for the one before."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
