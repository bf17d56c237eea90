"""Places that readers pick and notes are from; how photos look; how many letters went out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make room. Older entries are looked at by a job, newest first (`feed.place_bare`)."""
    op.create_table(
        "places",
        _to("places", "person_id", "people.id"),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("written", sa.Text, nullable=False),
    )
    op.add_column("feed_entries", sa.Column("places", sa.Text))
    op.drop_index("ix_feed_entries_bare", "feed_entries")
    condition = sa.text("places IS NULL")
    op.create_index(
        "ix_feed_entries_unplaced", "feed_entries", ["places", "note_id"],
        sqlite_where=condition, postgresql_where=condition,
    )
    op.add_column(
        "less_like_this", sa.Column("places", sa.Text, nullable=False, server_default="[]")
    )
    op.add_column(
        "feed_entries", sa.Column("copied", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "looks",
        _to("looks", "media_id", "media.id"),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index("ix_looks_part", "looks", ["part", "media_id"])
    op.create_table(
        "letters",
        sa.Column("minute", Instant, primary_key=True, autoincrement=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("to_newcomers", sa.Integer, nullable=False),
    )
    op.add_column(
        "exports", sa.Column("begun_count", sa.SmallInteger, nullable=False, server_default="0")
    )


def _to(table: str, name: str, target: str) -> sa.Column[int]:
    key = sa.ForeignKey(target, ondelete="CASCADE", name=f"fk_{table}_{name}")
    return sa.Column(name, sa.BigInteger, key, primary_key=True, autoincrement=False)
