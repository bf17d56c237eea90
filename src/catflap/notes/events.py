"""Facts about notes."""

from __future__ import annotations

from catflap.ground.events import Event


class NotePosted(Event, frozen=True, kw_only=True):
    """A note was published."""

    note: int
    author: int


class CommentPosted(Event, frozen=True, kw_only=True):
    """A comment was published under ``root``; ``parent`` is what it answers."""

    note: int
    author: int
    root: int
    parent: int


class NoteEdited(Event, frozen=True, kw_only=True):
    """A note or comment reads differently now."""

    note: int
    author: int


class NoteWithdrawn(Event, frozen=True, kw_only=True):
    """A note or comment is gone for real. ``root`` is None for a note."""

    note: int
    root: int | None


class NoteLiked(Event, frozen=True, kw_only=True):
    """``person`` likes a note."""

    note: int
    person: int
    likes: int


class NoteUnliked(Event, frozen=True, kw_only=True):
    """``person`` no longer likes a note."""

    note: int
    person: int
    likes: int


class NoteCollected(Event, frozen=True, kw_only=True):
    """``person`` put a note on a board."""

    note: int
    person: int
