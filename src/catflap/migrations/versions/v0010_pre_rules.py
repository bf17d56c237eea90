"""Rules, the house's own texts, announcements, cases with their reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0010"
down_revision = "0009"

_IS_OPEN = "state = 'open'"


def upgrade() -> None:
    """Make room."""
    op.add_column("notices", sa.Column("case_id", sa.BigInteger))
    _rules()
    _announcements()
    _cases()


def _rules() -> None:
    op.create_table(
        "rules",
        _id(),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("hint_key", sa.Text, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
    )
    op.create_index("ix_rules_text_key", "rules", ["text_key"])
    op.create_index("ix_rules_hint_key", "rules", ["hint_key"])
    op.create_index("ix_rules_standing", "rules", ["withdrawn", "place", "id"])
    op.create_table(
        "charter",
        _id(),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("effective_on", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_index("ix_charter_text_key", "charter", ["text_key"])
    op.create_index("ix_charter_page", "charter", ["page", "id"])


def _announcements() -> None:
    op.create_table(
        "announcements",
        _id(),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("starts_at", Instant),
        sa.Column("ends_at", Instant),
        sa.Column("all_day", sa.Boolean, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
    )
    op.create_index("ix_announcements_text_key", "announcements", ["text_key"])
    op.create_table(
        "announcement_dismissals",
        _to("announcement_dismissals", "person_id", "people.id", is_key=True),
        _to("announcement_dismissals", "announcement_id", "announcements.id", is_key=True),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index(
        "ix_announcement_dismissals_announcement", "announcement_dismissals", ["announcement_id"]
    )
    op.create_table(
        "announcement_reactions",
        _to("announcement_reactions", "announcement_id", "announcements.id", is_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        _to("announcement_reactions", "person_id", "people.id", is_key=True),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index(
        "ix_announcement_reactions_person", "announcement_reactions", ["person_id"]
    )


def _cases() -> None:
    op.create_table(
        "cases",
        _id(),
        sa.Column("about_id", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("assigned_to_id", sa.BigInteger),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("resolved_at", Instant),
        sa.Column("resolved_by_id", sa.BigInteger),
        sa.Column("reports_count", sa.Integer, nullable=False),
    )
    op.create_index("ix_cases_assigned_to_id", "cases", ["assigned_to_id"])
    op.create_index("ix_cases_resolved_by_id", "cases", ["resolved_by_id"])
    op.create_index("ix_cases_state", "cases", ["state", "id"])
    op.create_index("ix_cases_about", "cases", ["about_id", "id"])
    op.create_index(
        "uq_cases_open", "cases", ["about_id"], unique=True, sqlite_where=sa.text(_IS_OPEN),
        postgresql_where=sa.text(_IS_OPEN),
    )
    op.create_table(
        "reports",
        _id(),
        _to("reports", "case_id", "cases.id"),
        sa.Column("by_id", sa.BigInteger),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("message_key", sa.Text, nullable=False),
        sa.Column("forward", sa.Boolean, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_index("ix_reports_case", "reports", ["case_id", "id"])
    op.create_index("ix_reports_by", "reports", ["by_id", "made_at"])
    op.create_table(
        "reported_notes",
        _to("reported_notes", "report_id", "reports.id", is_key=True),
        sa.Column("note_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
    )
    op.create_index("ix_reported_notes_note", "reported_notes", ["note_id"])
    op.create_table(
        "case_steps",
        _id(),
        _to("case_steps", "case_id", "cases.id"),
        sa.Column("by_id", sa.BigInteger),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("remark_key", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_case_steps_by_id", "case_steps", ["by_id"])
    op.create_index("ix_case_steps_case", "case_steps", ["case_id", "id"])


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _to(table: str, name: str, target: str, *, is_key: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(target, ondelete="CASCADE", name=f"fk_{table}_{name}")
    if is_key:
        return sa.Column(name, sa.BigInteger, key, primary_key=True, autoincrement=False)
    return sa.Column(name, sa.BigInteger, key, nullable=False)
