"""Facts about notes."""

from __future__ import annotations

from catflap.ground.events import Event


class NotePosted(Event):
    """A note was published."""

    note: int
    author: int


class CommentPosted(Event):
    """A comment was published under ``root``; ``parent`` is what it answers."""

    note: int
    author: int
    root: int
    parent: int


class NoteEdited(Event):
    """A note or comment reads differently now."""

    note: int
    author: int


class NoteWithdrawn(Event):
    """A note or comment is gone for real. ``root`` is None for a note."""

    note: int
    root: int | None


class NoteLiked(Event):
    """``person`` likes a note."""

    note: int
    person: int
    likes: int


class NoteUnliked(Event):
    """``person`` no longer likes a note."""

    note: int
    person: int
    likes: int


class NoteCollected(Event):
    """``person`` put a note on a board."""

    note: int
    person: int
