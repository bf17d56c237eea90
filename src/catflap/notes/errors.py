"""What can go wrong with notes.

CatflapError
├── NoteEmpty          neither words nor photos nor a video
├── TagInvalid         a tag with characters that tags cannot have
├── VideoAlone         a video beside photos, or two videos
└── MediaNotReady      a video that could not be made, or somebody else's file

Lengths raise `ground.errors.TextTooLong`, counts `TooMany`, strangers' things `NotFound`.
"""

from __future__ import annotations

from catflap.ground.errors import CatflapError


class NoteEmpty(CatflapError):
    """There is nothing to publish."""


class TagInvalid(CatflapError):
    """``tag`` has characters other than letters, digits, marks and ``_``, or only digits."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


class VideoAlone(CatflapError):
    """A note has photos or one video, not both."""


class MediaNotReady(CatflapError):
    """A file of the note failed or does not exist."""
