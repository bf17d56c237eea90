"""What rules, the house's own texts, announcements, reports and cases are."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

import msgspec

from catflap.people.model import PersonId
from catflap.translation.model import TextKey

RuleId = NewType("RuleId", int)
AnnouncementId = NewType("AnnouncementId", int)
CaseId = NewType("CaseId", int)
ReportId = NewType("ReportId", int)

RULE_MAX_CHARS = 500
HINT_MAX_CHARS = 1000
RULES_MAX = 50
CHARTER_MAX_CHARS = 50_000
ANNOUNCEMENT_MAX_CHARS = 2000
ANNOUNCEMENTS_MAX = 50
REACTIONS_MAX = 8
"""Different reactions to one announcement; each of them any number of people may give."""
REPORT_MESSAGE_MAX_CHARS = 1000
REPORT_NOTES_MAX = 20
REPORTS_PER_HOUR = 20
REPORTERS_ENOUGH = 3
"""Who report somebody independently of each other, before anybody has judged it, and it has any
consequence beyond a moderator's looking at it."""
TOGETHER_CASES = 3
"""Other people whom two reported both: then they act together, and count once."""
TOGETHER_WITHIN = timedelta(days=30)
REMARK_MAX_CHARS = 2000
HOUR = timedelta(hours=1)
HOUSE_SHARD = 0
"""The community's own things are nobody's: one shard has them in order within a millisecond too."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule in plain words. A withdrawn one stays for the reports that name it."""

    id: RuleId
    place: int
    text_key: TextKey
    hint_key: TextKey
    withdrawn: bool


class Page(StrEnum):
    """Which of the house's own texts."""

    ABOUT = "about"
    PRIVACY = "privacy"
    TERMS = "terms"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a text of the house. ``effective_on`` is a date of terms, "" for others."""

    id: int
    page: Page
    text_key: TextKey
    effective_on: str
    made_at: datetime


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """Something said to everybody; between two instants, where it has them, or for good."""

    id: AnnouncementId
    text_key: TextKey
    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    made_at: datetime
    changed_at: datetime

    def is_running(self, now: datetime) -> bool:
        """Whether it is shown at an instant: from when it was written until it ends."""
        return self.ends_at is None or self.ends_at > now


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """How many reacted with one emoji, and whether the viewer is among them."""

    name: str
    count: int
    mine: bool


class Category(StrEnum):
    """Why somebody reports."""

    SPAM = "spam"
    LEGAL = "legal"
    VIOLATION = "violation"
    OTHER = "other"


class State(StrEnum):
    """Whether a case waits for a decision."""

    OPEN = "open"
    RESOLVED = "resolved"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Something to judge about one person; however many report them, it is one open case."""

    id: CaseId
    about_id: PersonId
    state: State
    assigned_to_id: PersonId | None
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    resolved_by_id: PersonId | None
    reports_count: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one person reported. ``by_id`` is None once they left; nobody reported sees it.

    ``forward`` says that they wish it sent on to where the reported person lives.
    """

    id: ReportId
    case_id: CaseId
    by_id: PersonId | None
    category: Category
    rules: tuple[int, ...]
    message_key: TextKey
    forward: bool
    made_at: datetime


class ReportedNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note as it read when it was reported, whatever its author makes of it later."""

    report_id: ReportId
    note_id: int
    words: tuple[str, ...]
    held: bool


class Deed(StrEnum):
    """What an operator did with a case."""

    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    RESOLVED = "resolved"
    REOPENED = "reopened"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done with a case, and what was remarked with it."""

    id: int
    case_id: CaseId
    by_id: PersonId | None
    deed: Deed
    remark_key: TextKey
    at: datetime
