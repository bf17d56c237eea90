"""What a note is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from catflap.people.model import PersonId
from catflap.translation.model import TextKey

NoteId = NewType("NoteId", int)
BoardId = NewType("BoardId", int)
DraftId = NewType("DraftId", int)

TITLE_MAX_CHARS = 100
BODY_MAX_CHARS = 5000
COMMENT_MAX_CHARS = 2000
WARNING_MAX_CHARS = 200
PLACE_MAX_CHARS = 100
BOARD_TITLE_MAX_CHARS = 60
TAG_MAX_CHARS = 50
TAGS_MAX = 20
MENTIONS_MAX = 20
BOARDS_MAX = 200
DRAFTS_MAX = 50


class Format(StrEnum):
    """The kind of a note."""

    PHOTO = "photo"
    VIDEO = "video"
    TEXT = "text"
    ASK = "ask"
    HELP = "help"
    RECKONING = "reckoning"
    REMAKE = "remake"


class Visibility(StrEnum):
    """Who may see a note."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    MENTIONED = "mentioned"
    ONLY_ME = "only_me"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note or a comment. ``root`` is the note at the top, ``branch`` the comment right under it.

    The keys stand for texts in `translation`; an empty key is no text. ``revision`` grows with
    every change that a reader can see, counters aside.
    """

    id: NoteId
    author_id: PersonId
    parent_id: NoteId | None
    root_id: NoteId | None
    branch_id: NoteId | None
    format: Format
    title_key: TextKey
    body_key: TextKey
    warning_key: TextKey
    place_key: TextKey
    visibility: Visibility
    tags: tuple[str, ...]
    likes_count: int
    collects_count: int
    comments_count: int
    made_at: datetime
    edited_at: datetime | None
    withdrawn: bool
    revision: int

    def keys(self) -> tuple[TextKey, ...]:
        """Every text of the note."""
        every = (self.title_key, self.body_key, self.warning_key, self.place_key)
        return tuple(key for key in every if key)


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What tells whether a kept rendering of a note is still right, and its counters."""

    id: NoteId
    author_id: PersonId
    revision: int
    visibility: Visibility
    likes_count: int
    comments_count: int


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wrote, as it comes in; lengths are checked by the action."""

    title: str = ""
    body: str = ""
    tags: tuple[str, ...] = ()
    place: str = ""
    warning: str = ""
    visibility: Visibility = Visibility.PUBLIC
    format: Format | None = None


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """How a note read before an edit."""

    at: datetime
    title_key: TextKey
    body_key: TextKey
    warning_key: TextKey


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A person's named collection of notes."""

    id: BoardId
    owner_id: PersonId
    title_key: TextKey
    is_public: bool
    notes_count: int
    made_at: datetime


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A note not yet published: the form's fields as they stood, and its media in order."""

    id: DraftId
    owner_id: PersonId
    fields: dict[str, str]
    media: tuple[str, ...]
    at: datetime
