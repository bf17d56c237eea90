"""What a note is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from catflap.people.model import PersonId
from catflap.translation.codes import Lang
from catflap.translation.model import NO_TEXT, Reading, TextKey

NoteId = NewType("NoteId", int)
BoardId = NewType("BoardId", int)
DraftId = NewType("DraftId", int)
BoostId = NewType("BoostId", int)
PollId = NewType("PollId", int)
PlannedId = NewType("PlannedId", int)

TITLE_MAX_CHARS = 100
BODY_MAX_CHARS = 5000
COMMENT_MAX_CHARS = 2000
WARNING_MAX_CHARS = 200
PLACE_MAX_CHARS = 100
BOARD_TITLE_MAX_CHARS = 60
TAG_MAX_CHARS = 50
TAG_ASKED_MAX_CHARS = 4 * TAG_MAX_CHARS
"""Of a tag as it comes in: NFKC makes one character of at most four."""
TAGS_MAX = 20
MENTIONS_MAX = 20
BOARDS_MAX = 200
DRAFTS_MAX = 50
FAMILY_MAX_TAGS = 24
"""Of tags that mean the same: a tag's page looks for the notes of each."""
OPEN_PROPOSALS_MAX = 20
"""Of one person, about families of tags."""
REASON_MAX_CHARS = 300
PINS_MAX = 5
POLL_OPTIONS_MIN = 2
POLL_OPTIONS_MAX = 6
POLL_OPTION_MAX_CHARS = 100
POLL_MIN_S = 300
POLL_MAX_S = 2_629_746
"""A month."""
PLANNED_MAX = 300
PLANNED_AHEAD_MIN_S = 300
PLANNED_AHEAD_MAX_S = 5 * 366 * 86_400


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
    """Who may see a note. An unlisted one is for all who have its address, and in no list."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    MENTIONED = "mentioned"
    ONLY_ME = "only_me"

    is_open: bool
    """Whether anybody may see it, wherever it is listed."""

    def __init__(self, value: str) -> None:
        self.is_open = value in ("public", "unlisted")

    def shows_others(self, then: Visibility) -> bool:
        """Whether people may see a note ``then`` who may not see it now.

        Its history was for those who saw it: what was said to oneself is not for everybody.
        """
        return then is not self and not self.is_open and then is not Visibility.ONLY_ME


class QuotableBy(StrEnum):
    """Whom a note lets quote it. Its author always may, and nobody a note that is for few."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    NOBODY = "nobody"


class QuoteState(StrEnum):
    """Whether a note quotes another, and whether that one's author still lets it."""

    NONE = ""
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note or a comment. ``root`` is the note at the top, ``branch`` the comment right under it.

    The keys stand for texts in `translation`; an empty key is no text. ``revision`` grows with
    every change that a reader can see, counters aside. What it quotes, ``quoted_id``, is None too
    once that is gone.
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
    boosts_count: int
    made_at: datetime
    edited_at: datetime | None
    withdrawn: bool
    revision: int
    quoted_id: NoteId | None = None
    quote_state: QuoteState = QuoteState.NONE
    quotable_by: QuotableBy = QuotableBy.PUBLIC
    quotes_count: int = 0

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
    # What its author says it is written in; "" to have it found.
    lang: str = ""


class Boost(msgspec.Struct, frozen=True, kw_only=True):
    """A note that somebody passed on to those who follow them."""

    id: BoostId
    person_id: PersonId
    note_id: NoteId
    made_at: datetime


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as it comes in; ``lasts_s`` counts from when its note is published."""

    options: tuple[str, ...]
    lasts_s: int
    is_multiple: bool = False
    hides_totals: bool = False


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of a poll, by its place from 0."""

    place: int
    text_key: TextKey
    votes_count: int


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A poll of a note. ``voters_count`` counts people, the options' votes may be more."""

    id: PollId
    note_id: NoteId
    is_multiple: bool
    hides_totals: bool
    ends_at: datetime
    voters_count: int
    options: tuple[Option, ...]

    def has_ended(self, now: datetime) -> bool:
        """Whether nobody can vote any more."""
        return now >= self.ends_at

    def shows_totals(self, now: datetime) -> bool:
        """Whether anybody may see who is ahead."""
        return not self.hides_totals or self.has_ended(now)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A whole note before it is published. With a ``parent_id`` it answers that."""

    written: Written
    media: tuple[str, ...] = ()
    parent_id: int | None = None
    question: Question | None = None
    quoted_id: int | None = None
    quotable_by: QuotableBy = QuotableBy.PUBLIC


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A note to be published at ``due_at``."""

    id: PlannedId
    person_id: PersonId
    content: Content
    due_at: datetime


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """A thread between few, from one person's side; ``last_id`` is the newest in it."""

    root_id: NoteId
    last_id: NoteId
    unread: bool


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


class ProposalKind(StrEnum):
    """What somebody proposes of tags: that two mean the same, or that one does not belong."""

    JOIN = "join"
    LEAVE = "leave"


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """``tag`` and ``other`` mean the same; or, with no ``other``, ``tag`` leaves its family.

    People are None where they left, or where the viewer does not see them.
    """

    id: int
    kind: ProposalKind
    tag: str
    other: str
    by_id: int | None
    state: ProposalState
    made_at: datetime
    decided_at: datetime | None
    decided_by_id: int | None
    reason: str
    reason_key: TextKey = NO_TEXT


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A tag of a family and the language it is in, "" where nobody knows."""

    tag: str
    lang: str


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A tag with those that mean the same; itself first, then by who came first.

    ``id`` is None for a tag that stands alone.
    """

    id: int | None
    members: tuple[Member, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags alone, in the same order."""
        return tuple(member.tag for member in self.members)

    def told(self, reading: Reading) -> str:
        """What a reader of other languages calls the tag; "" where no tag or no need is."""
        own = Lang(self.members[0].lang)
        if not own or not reading.is_foreign((own,)):
            return ""
        return next((m.tag for m in self.members if m.lang == reading.target), "")
