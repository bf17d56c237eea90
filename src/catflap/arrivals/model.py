"""What coming over knows: newcomers and their hosts, and what people bring."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

STAMPS_FOR_KEEPSAKE = 3
STAMP_MAX_CHARS = 40
STAMPS_SHOWN = 60
INVITATION_USES_MAX = 1000
INVITATION_DAYS_MAX = 365
INVITATIONS_MAX = 100
REASON_MAX_CHARS = 500


class Design(StrEnum):
    """The seals that hosts choose from; each is drawn by code."""

    PAW = "paw"
    CAT = "cat"
    FISH = "fish"
    LEAF = "leaf"
    BOWL = "bowl"
    DOOR = "door"


class Interest(StrEnum):
    """What somebody reads and likes, chosen by its picture."""

    CATS = "cats"
    DOGS = "dogs"
    FOOD = "food"
    PLANTS = "plants"
    TRAVEL = "travel"
    PRICES = "prices"
    HOMEWORK = "homework"
    MUSIC = "music"
    FISHING = "fishing"
    CRAFTS = "crafts"
    SPORT = "sport"
    STORIES = "stories"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place that somebody wants to hear from: its key, and what they wrote."""

    place: str
    written: str


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """A host's seal on a newcomer's cat tax; ``words_key`` is "" where they said nothing."""

    id: int
    note_id: int
    by_id: int
    design: Design
    words_key: str
    made_at: datetime


class CatTax(msgspec.Struct, frozen=True, kw_only=True):
    """Whose cat tax a note is; ``welcomed_at`` is when its third seal came."""

    person_id: int
    note_id: int
    paid_at: datetime
    stamps_count: int
    welcomed_at: datetime | None


class FirstNote(msgspec.Struct, frozen=True, kw_only=True):
    """A newcomer's first public note, and when somebody first answered it."""

    person_id: int
    note_id: int
    lang: str
    at: datetime
    answered_at: datetime | None


class FirstWait(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody first wrote, and was first answered; whether the note stands or not."""

    at: datetime
    answered_at: datetime | None


class AnswerTimes(msgspec.Struct, frozen=True, kw_only=True):
    """How soon newcomers are answered. Waits are in seconds, None where too few were answered yet.

    ``within_day_ratio`` is of those whose first note is a day old, or was answered within one.
    """

    count: int
    open_count: int
    p50_s: float | None
    p90_s: float | None
    within_day_ratio: float | None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A code that lets ``uses_most`` people in until an instant."""

    id: int
    code: str
    by_id: int | None
    uses_most: int
    uses_count: int
    until: datetime
    made_at: datetime
    withdrawn: bool


class Entrance(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody came in, or waits to. ``number`` orders the queue and is never given twice.

    ``needs_host``: let in by a host's word, not by the valve. ``flagged``: their mail's domain is
    known to be thrown away.
    """

    person_id: int
    number: int
    asked_at: datetime
    let_in_at: datetime | None
    needs_host: bool
    flagged: bool
    reason: str


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's place in the queue: 1 is next. ``likely_s`` is None where a host decides."""

    number: int
    place: int
    asked_at: datetime
    likely_s: float | None
    needs_host: bool
    per_hour: int


ImportId = NewType("ImportId", int)


class Network(StrEnum):
    """Where something came from; handles mean something only on theirs."""

    TIKTOK = "tiktok"
    INSTAGRAM = "instagram"
    FEDIVERSE = "fediverse"
    CATFLAP = "catflap"


class State(StrEnum):
    """How far an archive is: it waits, is being read, was read, or was refused."""

    WAITING = "waiting"
    READING = "reading"
    READY = "ready"
    REFUSED = "refused"


class HandleKind(StrEnum):
    """Whose handle it is, as seen from who brought it."""

    OWN = "own"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    BLOCKED = "blocked"
    MUTED = "muted"


class PostState(StrEnum):
    """A brought post waits to be chosen, was chosen, or became a draft."""

    OPEN = "open"
    CHOSEN = "chosen"
    DRAFTED = "drafted"


class Found(StrEnum):
    """Kinds of things that a report counts."""

    POSTS = "posts"
    FOLLOWED = "followed"
    FOLLOWERS = "followers"
    BLOCKED = "blocked"
    MUTED = "muted"
    LIKES = "likes"
    COLLECTED = "collected"
    COMMENTS = "comments"
    WATCHED = "watched"
    SEARCHES = "searches"
    SHARED = "shared"
    TAGS = "tags"
    LISTS = "lists"
    FILES = "files"


class Unread(StrEnum):
    """What is passed over as bytes, by promise."""

    MESSAGES = "messages"
    LOGINS = "logins"
    PLACES = "places"
    MONEY = "money"
    PROFILE = "profile"
    ADVERTISING = "advertising"


class Hints(msgspec.Struct, frozen=True, kw_only=True):
    """What may be offered when somebody chooses languages and interests; nothing follows by itself.

    Both are as the platform wrote them.
    """

    languages: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was understood of an archive, and what was not; it holds no value of the archive."""

    network: Network
    found: dict[Found, int]
    """How many there were, by kind."""
    kept: dict[Found, int]
    """How many of them stand here now."""
    unread: tuple[Unread, ...] = ()
    damaged: int = 0
    """Items of a known place that made no sense."""
    unknown: tuple[str, ...] = ()
    """Paths of keys that nobody knows here, shortened, without values."""
    ignored_files: int = 0
    hints: Hints = Hints()


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One of `errors`, by name, with its data, as it is kept."""

    error: str
    data: dict[str, int | str]


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """One uploaded archive and what became of it."""

    id: int
    owner_id: int
    file_name: str
    size_bytes: int
    state: State
    progress_ratio: float
    batches: int
    """Batches of the child that are kept already; a second run writes none of them again."""
    report: Report | None
    refusal: Refusal | None
    made_at: datetime
    ended_at: datetime | None


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A post as an archive has it; ``files`` are numbers of files that were taken out with it."""

    place: int
    body: str
    link: str
    at: datetime | None
    files: tuple[int, ...] = ()


class BroughtPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post that its owner may choose."""

    import_id: int
    place: int
    body: str
    link: str
    at: datetime | None
    files: tuple[int, ...]
    state: PostState
    draft_id: int | None


class Handle(msgspec.Struct, frozen=True, kw_only=True):
    """A handle as an archive has it, in the form of `handles.canonical_handle`."""

    kind: HandleKind
    network: Network
    handle: str


class BroughtHandle(msgspec.Struct, frozen=True, kw_only=True):
    """A handle as it is kept: found by its keyed hash, read by its owner alone."""

    import_id: int
    place: int
    kind: HandleKind
    network: Network
    handle_hash: str
    sealed: str


ClaimId = NewType("ClaimId", int)


class ClaimState(StrEnum):
    """How far others may believe a claim: somebody says so, two named each other, or a proof."""

    SAID = "said"
    MUTUAL = "mutual"
    PROVEN = "proven"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A handle elsewhere that somebody says was theirs. ``code`` proves it in the old profile.

    ``looked_at`` is when the old profile was looked at last, None for never.
    """

    id: ClaimId
    person_id: int
    network: Network
    handle_hash: str
    sealed: str
    state: ClaimState
    code: str
    made_at: datetime
    looked_at: datetime | None


class MeetingKind(StrEnum):
    """How a viewer knew somebody: in a circle of theirs, or as somebody to keep away from."""

    KNOWN = "known"
    BLOCKED = "blocked"
    MUTED = "muted"


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A handle of the viewer's lists that somebody here claims.

    ``waved``: the viewer lets them know; ``waved_back``: they let the viewer know. Who it is may
    be shown where it `is_open`, and nowhere else. ``doubted``: somebody else claims the handle too.
    """

    claim_id: int
    person_id: int
    network: Network
    state: ClaimState
    sealed: str
    kind: MeetingKind
    waved: bool
    waved_back: bool
    told: bool
    doubted: bool

    @property
    def is_open(self) -> bool:
        """Whether the viewer is shown who it is."""
        if self.state is ClaimState.PROVEN:
            return True
        return self.kind is MeetingKind.KNOWN and self.waved and self.waved_back


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who knew the viewer by a handle that is proven to be theirs, and says so."""

    person_id: int
    claim_id: int
    network: Network
    sealed: str


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of somebody's own in one file, there ``until`` an instant.

    ``begun_count`` is more than one where something cut its making off.
    """

    id: int
    owner_id: int
    state: State
    progress_ratio: float
    size_bytes: int
    begun_count: int
    made_at: datetime
    until: datetime
