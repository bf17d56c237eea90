"""What is kept of a page elsewhere, and every limit of fetching one."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

import msgspec

from catflap.media.model import PhotoMade
from catflap.translation.model import TextKey

PreviewId = NewType("PreviewId", int)

URL_MAX_CHARS = 2000
PAGE_MAX_BYTES = 1_000_000
"""Of a page this much is read; what counts stands in its head."""
TITLE_MAX_CHARS = 200
DESCRIPTION_MAX_CHARS = 400
NAME_MAX_CHARS = 80
"""Of a site's and an author's name."""
ALT_MAX_CHARS = 300
IMAGE_MIN_PX = 48
"""The shorter edge; what is smaller is an icon or counts visitors."""
TAGS_MAX = 1000
"""Of one page that are looked at; real ones have some dozens."""
REDIRECTS_MAX = 4
FRESH_FOR = timedelta(days=14)
TRIES = 3
RETRY_S = (300.0, 3600.0)
"""How long the second and the third try wait."""


class State(StrEnum):
    """Whether a page was read yet, and whether it said anything."""

    WAITING = "waiting"
    READY = "ready"
    NONE = "none"


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of itself, kept once for all notes that link to it.

    Title and description are texts, so that readers get them in their languages. ``is_open`` says
    that everybody may know that somebody links to it; its texts stay in the house until then.
    ``creator`` is the fediverse handle (``name@host``) that it says wrote it, as yet nobody's word.
    ``image`` are the files that were made of its picture, in ``folder`` of the store.
    """

    id: PreviewId
    url: str
    state: State
    is_open: bool
    title_key: TextKey
    description_key: TextKey
    site: str
    author_name: str
    author_url: str
    creator: str
    lang: str
    published_at: datetime | None
    image: PhotoMade | None
    image_alt: str
    folder: str
    fetched_at: datetime | None
    tries: int
    uses: int

    def keys(self) -> tuple[TextKey, ...]:
        """Every text of it."""
        return tuple(key for key in (self.title_key, self.description_key) if key)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a page's head: plain text on one line each, "" where it says nothing."""

    title: str
    description: str
    site: str
    author_name: str
    author_url: str
    creator: str
    lang: str
    published_at: datetime | None
    image_url: str
    image_alt: str
