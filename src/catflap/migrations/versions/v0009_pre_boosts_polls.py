"""Boosts, pins, hushed threads, polls, planned notes, talks, and keys of repeated requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make room."""
    op.add_column(
        "notes", sa.Column("boosts_count", sa.Integer, nullable=False, server_default="0")
    )
    _boosts_pins_hushed()
    _polls()
    _planned_talks_repeats()


def _boosts_pins_hushed() -> None:
    op.create_table(
        "boosts",
        _id(),
        _to("boosts", "person_id", "people.id"),
        _to("boosts", "note_id", "notes.id"),
        sa.Column("made_at", Instant, nullable=False),
        sa.UniqueConstraint("person_id", "note_id", name="uq_boosts_person_note"),
    )
    op.create_index("ix_boosts_person", "boosts", ["person_id", "id"])
    op.create_index("ix_boosts_note", "boosts", ["note_id", "id"])
    for table, column in (("pins", "note_id"), ("hushed", "root_id")):
        op.create_table(
            table,
            _to(table, "person_id", "people.id", is_key=True),
            _to(table, column, "notes.id", is_key=True),
            sa.Column("at", Instant, nullable=False),
        )
        op.create_index(f"ix_{table}_{column}", table, [column])


def _polls() -> None:
    op.create_table(
        "polls",
        _id(),
        _to("polls", "note_id", "notes.id"),
        sa.Column("is_multiple", sa.Boolean, nullable=False),
        sa.Column("hides_totals", sa.Boolean, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("voters_count", sa.Integer, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.UniqueConstraint("note_id", name="uq_polls_note_id"),
    )
    op.create_table(
        "poll_options",
        _to("poll_options", "poll_id", "polls.id", is_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("votes_count", sa.Integer, nullable=False),
    )
    op.create_index("ix_poll_options_text_key", "poll_options", ["text_key"])
    op.create_table(
        "ballots",
        _to("ballots", "poll_id", "polls.id", is_key=True),
        _to("ballots", "person_id", "people.id", is_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index("ix_ballots_person_id", "ballots", ["person_id"])


def _planned_talks_repeats() -> None:
    op.create_table(
        "planned",
        _id(),
        _to("planned", "person_id", "people.id"),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
    )
    op.create_index("ix_planned_person", "planned", ["person_id", "id"])
    op.create_table(
        "talks",
        _to("talks", "person_id", "people.id", is_key=True),
        _to("talks", "root_id", "notes.id", is_key=True),
        sa.Column("last_id", sa.BigInteger, nullable=False),
        sa.Column("unread", sa.Boolean, nullable=False),
    )
    op.create_index("ix_talks_root_id", "talks", ["root_id"])
    op.create_index("ix_talks_last_id", "talks", ["last_id"])
    op.create_index("ix_talks_last", "talks", ["person_id", "last_id"])
    op.create_table(
        "repeats",
        _to("repeats", "person_id", "people.id", is_key=True),
        sa.Column("key_hash", sa.Text, primary_key=True),
        _to("repeats", "note_id", "notes.id", nullable=True),
        _to("repeats", "planned_id", "planned.id", nullable=True),
        sa.Column("at", Instant, nullable=False),
    )
    for column in ("note_id", "planned_id", "at"):
        op.create_index(f"ix_repeats_{column}", "repeats", [column])


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _to(
    table: str, name: str, target: str, *, is_key: bool = False, nullable: bool = False
) -> sa.Column[int]:
    key = sa.ForeignKey(target, ondelete="CASCADE", name=f"fk_{table}_{name}")
    if is_key:
        return sa.Column(name, sa.BigInteger, key, primary_key=True, autoincrement=False)
    return sa.Column(name, sa.BigInteger, key, nullable=nullable)
