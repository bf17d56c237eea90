"""Marks of the handles of people who left; cat taxes that are short of seals, by their notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make room. Whoever left before now left nothing that a mark could be made of."""
    op.create_table(
        "left_handles",
        sa.Column("looks", sa.Text, primary_key=True),
        sa.Column("folded", sa.Text, nullable=False),
        sa.UniqueConstraint("folded", name="uq_left_handles_folded"),
    )
    condition = sa.text("welcomed_at IS NULL")
    op.create_index(
        "ix_cat_taxes_short", "cat_taxes", ["note_id"], sqlite_where=condition,
        postgresql_where=condition,
    )
