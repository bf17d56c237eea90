"""Tables of moderation; private to the feature.

People are named by number, without foreign keys: a case outlives the account of whoever reported,
and `jobs.forget_left` takes out who left.
"""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json, partial


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _to(name: str, target: str, **options: bool) -> sa.Column[int]:
    if options.get("primary_key"):
        options["autoincrement"] = False
    else:
        options["nullable"] = False
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(target, ondelete="CASCADE"), **options  # type: ignore[arg-type]
    )


rules = sa.Table(
    "rules",
    metadata,
    _id(),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("text_key", sa.Text, nullable=False, index=True),
    sa.Column("hint_key", sa.Text, nullable=False, index=True),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Index("ix_rules_standing", "withdrawn", "place", "id"),
)

# Every version of the house's own texts stays: the newest of a page counts.
charter = sa.Table(
    "charter",
    metadata,
    _id(),
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("text_key", sa.Text, nullable=False, index=True),
    sa.Column("effective_on", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Index("ix_charter_page", "page", "id"),
)

announcements = sa.Table(
    "announcements",
    metadata,
    _id(),
    sa.Column("text_key", sa.Text, nullable=False, index=True),
    sa.Column("starts_at", Instant),
    sa.Column("ends_at", Instant),
    sa.Column("all_day", sa.Boolean, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
)

announcement_dismissals = sa.Table(
    "announcement_dismissals",
    metadata,
    _to("person_id", "people.id", primary_key=True),
    _to("announcement_id", "announcements.id", primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_announcement_dismissals_announcement", "announcement_id"),
)

announcement_reactions = sa.Table(
    "announcement_reactions",
    metadata,
    _to("announcement_id", "announcements.id", primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    _to("person_id", "people.id", primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_announcement_reactions_person", "person_id"),
)

cases = sa.Table(
    "cases",
    metadata,
    _id(),
    sa.Column("about_id", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("assigned_to_id", sa.BigInteger, index=True),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("resolved_at", Instant),
    sa.Column("resolved_by_id", sa.BigInteger, index=True),
    sa.Column("reports_count", sa.Integer, nullable=False),
    sa.Index("ix_cases_state", "state", "id"),
    sa.Index("ix_cases_about", "about_id", "id"),
    # Of one person one case is open at a time.
    partial("uq_cases_open", "about_id", where="state = 'open'", unique=True),
)

reports = sa.Table(
    "reports",
    metadata,
    _id(),
    _to("case_id", "cases.id"),
    sa.Column("by_id", sa.BigInteger),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("rules", Json(tuple[int, ...]), nullable=False),
    sa.Column("message_key", sa.Text, nullable=False),
    sa.Column("forward", sa.Boolean, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Index("ix_reports_case", "case_id", "id"),
    sa.Index("ix_reports_by", "by_id", "made_at"),
)

reported_notes = sa.Table(
    "reported_notes",
    metadata,
    _to("report_id", "reports.id", primary_key=True),
    sa.Column("note_id", sa.BigInteger, primary_key=True, autoincrement=False),
    # What it said then. Its texts have no use here while it stands, or its author could tell
    # by them that it was reported.
    sa.Column("words", Json(tuple[str, ...]), nullable=False),
    # Whether the texts are kept by the report, since their note is gone.
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Index("ix_reported_notes_note", "note_id"),
)

case_steps = sa.Table(
    "case_steps",
    metadata,
    _id(),
    _to("case_id", "cases.id"),
    sa.Column("by_id", sa.BigInteger, index=True),
    sa.Column("deed", sa.Text, nullable=False),
    sa.Column("remark_key", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_case_steps_case", "case_id", "id"),
)
