"""Facts about notes."""

from __future__ import annotations

from typing import Self

from catflap.ground.events import Event
from catflap.notes.model import Note


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


class NoteCarded(Event, frozen=True, kw_only=True):
    """What a note shows beside its own words changed: the card of a page, or of what it quotes."""

    note: int
    author: int
    root: int

    @classmethod
    def of(cls, note: Note) -> Self:
        """The fact of a note or comment."""
        return cls(note=note.id, author=note.author_id, root=note.root_id or note.id)


class NoteQuoted(Event, frozen=True, kw_only=True):
    """A note quotes ``quoted``, which ``of`` wrote."""

    note: int
    author: int
    quoted: int
    of: int


class NoteWithdrawn(Event, frozen=True, kw_only=True):
    """A note or comment is gone for real. ``root`` is None for a note.

    What it was stays in the fact, for nobody can look it up any more; ``mentioned`` are those it
    was for, where it was not for everybody.
    """

    note: int
    root: int | None
    author: int
    visibility: str
    tags: tuple[str, ...]
    mentioned: tuple[int, ...]


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


class FiltersChanged(Event, frozen=True, kw_only=True):
    """Somebody finds other notes with their filters now."""

    person: int


class TranslationSuggested(Event, frozen=True, kw_only=True):
    """``by`` suggests a better translation of a text in ``author``'s note."""

    note: int
    author: int
    by: int


class TranslationAccepted(Event, frozen=True, kw_only=True):
    """``by`` accepted ``writer``'s translation of a text in a note."""

    note: int
    writer: int
    by: int


class NoteBoosted(Event, frozen=True, kw_only=True):
    """``person`` passed a note on to those who follow them."""

    boost: int
    note: int
    person: int


class NoteUnboosted(Event, frozen=True, kw_only=True):
    """``person`` took it back that they passed a note on."""

    note: int
    person: int


class PollVoted(Event, frozen=True, kw_only=True):
    """A poll of a note, or of a comment under ``root``, counts one more; who, it does not say."""

    note: int
    root: int


class PollClosed(Event, frozen=True, kw_only=True):
    """The poll of a note has ended; ``root`` is the note whose page shows it."""

    note: int
    poll: int
    root: int = 0
