"""The learned feed: what notes are about, what was shown, the floor, what was learned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make room."""
    _entries()
    _shown()
    _wished()
    _floor()
    op.create_table(
        "feed_models",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("night", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("chosen_at", Instant),
        sa.UniqueConstraint("night", name="uq_feed_models_night"),
    )
    op.create_index("ix_feed_models_chosen_at", "feed_models", ["chosen_at"])


def _entries() -> None:
    for column in (
        sa.Column("lang", sa.Text, nullable=False, server_default=""),
        sa.Column("topic", sa.Text, nullable=False, server_default=""),
        sa.Column("political", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("likes", sa.Integer, nullable=False, server_default="0"),
        sa.Column("comments", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revision", sa.Integer, nullable=False, server_default="-1"),
    ):
        op.add_column("feed_entries", column)
    condition = sa.text("revision = -1")
    op.create_index(
        "ix_feed_entries_bare", "feed_entries", ["revision", "note_id"],
        sqlite_where=condition, postgresql_where=condition,
    )


def _shown() -> None:
    op.create_table(
        "feed_pages",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        _to("feed_pages", "reader_id", "people.id"),
        sa.Column("at", Instant, nullable=False),
        sa.Column("slots", sa.Text, nullable=False),
        sa.Column("slots_count", sa.Integer, nullable=False),
    )
    op.create_index("ix_feed_pages_reader", "feed_pages", ["reader_id", "at"])
    op.create_index("ix_feed_pages_at", "feed_pages", ["at", "slots_count"])
    op.create_table(
        "feed_tallies",
        _to("feed_tallies", "note_id", "notes.id", is_key=True),
        sa.Column("shown", sa.BigInteger, nullable=False),
        sa.Column("floor_shown", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
    )


def _wished() -> None:
    op.create_table(
        "less_like_this",
        _to("less_like_this", "reader_id", "people.id", is_key=True),
        _to("less_like_this", "note_id", "notes.id", is_key=True),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_less_like_this_note", "less_like_this", ["note_id"])
    op.create_index("ix_less_like_this_reader", "less_like_this", ["reader_id", "at"])
    op.create_table(
        "feed_budgets",
        _to("feed_budgets", "reader_id", "people.id", is_key=True),
        sa.Column("politics_ratio", sa.Float, nullable=False),
    )


def _floor() -> None:
    op.create_table(
        "feed_owed",
        _to("feed_owed", "note_id", "notes.id", is_key=True),
        sa.Column("posted_at", Instant, nullable=False),
        sa.Column("eligible", sa.Boolean, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("cards", sa.Integer, nullable=False),
        sa.Column("least_target", sa.Float, nullable=False),
        sa.Column("got", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_feed_owed_posted_at", "feed_owed", ["posted_at"])
    op.create_table(
        "feed_pacings",
        sa.Column("hour", Instant, primary_key=True, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("target", sa.Float, nullable=False),
        sa.Column("owed_count", sa.Integer, nullable=False),
        sa.Column("barred_count", sa.Integer, nullable=False),
        sa.Column("unanswered_count", sa.Integer, nullable=False),
        sa.Column("day_impressions", sa.BigInteger, nullable=False),
        sa.Column("floor_impressions", sa.BigInteger, nullable=False),
    )


def _to(table: str, name: str, target: str, *, is_key: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(target, ondelete="CASCADE", name=f"fk_{table}_{name}")
    if is_key:
        return sa.Column(name, sa.BigInteger, key, primary_key=True, autoincrement=False)
    return sa.Column(name, sa.BigInteger, key, nullable=False)
