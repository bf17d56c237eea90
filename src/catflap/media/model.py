"""What a photo and a video are once made."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType

import msgspec

from catflap.translation.model import TextKey

MediaId = NewType("MediaId", int)


class Kind(StrEnum):
    """Photo or video."""

    PHOTO = "photo"
    VIDEO = "video"


class Slot(IntEnum):
    """Where a person wears a photo: its position among what is theirs."""

    AVATAR = 0
    HEADER = 1


class Focus(msgspec.Struct, frozen=True, kw_only=True):
    """What stays in sight where a picture is cut, each from -1 to 1: left to right, low to high."""

    x: float
    y: float


MIDDLE = Focus(x=0.0, y=0.0)


class State(StrEnum):
    """How far the making is."""

    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


class SizeMade(msgspec.Struct, frozen=True, kw_only=True):
    """One size of a photo: pixels, and the names of its two files in the media's folder."""

    name: str
    width: int
    height: int
    webp: str
    avif: str
    webp_bytes: int = 0
    avif_bytes: int = 0


class MovingMade(msgspec.Struct, frozen=True, kw_only=True):
    """An animated WebP that repeats for ever; ``file`` stands in the media's folder."""

    file: str
    width: int
    height: int
    frames: int
    duration_s: float
    size_bytes: int


class PhotoMade(msgspec.Struct, frozen=True, kw_only=True):
    """What the workshop made of a photo: sizes small to large, upright, and what stands in for it.

    ``width`` and ``height`` are those of the largest size. ``blur`` is a ``data:`` URI of a WebP
    of a few pixels, ``colour`` the dominating colour as ``#rrggbb``. ``animated`` says that the
    original moved: the sizes are of its first picture, and ``moving`` is all of it unless it was
    over a limit. ``looks`` is what `looks` compares.
    """

    width: int
    height: int
    sizes: tuple[SizeMade, ...]
    blur: str
    blurhash: str
    animated: bool
    colour: str = ""
    looks: str = ""
    moving: MovingMade | None = None


class VideoMade(msgspec.Struct, frozen=True, kw_only=True):
    """What the workshop made of a video; ``file`` stands in the media's folder."""

    file: str
    width: int
    height: int
    duration_s: float
    has_sound: bool
    poster: PhotoMade


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """One photo or video of a person. ``folder`` is its place in the store.

    ``note_id`` is the note it stands in, the person's own id where they wear it, None while it is
    loose.
    """

    id: MediaId
    owner_id: int
    note_id: int | None
    position: int
    kind: Kind
    state: State
    folder: str
    alt_key: TextKey
    photo: PhotoMade | None
    video: VideoMade | None
    progress_ratio: float
    made_at: datetime
    focus: Focus | None
    """None is its middle."""


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """Subtitles of a video in one language: one text, a cue a line, and each cue's times."""

    media_id: MediaId
    lang: str
    text_key: TextKey
    times_ms: tuple[tuple[int, int], ...]
