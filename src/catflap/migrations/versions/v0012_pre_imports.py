"""Archives that people bring from elsewhere: their posts, and handles under keyed hashes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make room."""
    op.create_table(
        "imports",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "owner_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_imports_owner_id"),
            nullable=False,
        ),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("progress_ratio", sa.Float, nullable=False),
        sa.Column("batches", sa.Integer, nullable=False),
        sa.Column("report", sa.Text),
        sa.Column("refusal", sa.Text),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
    )
    op.create_index("ix_imports_owner", "imports", ["owner_id", "id"])
    op.create_index("ix_imports_made_at", "imports", ["made_at"])
    op.create_table(
        "brought_posts",
        _to_import("brought_posts"),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("at", Instant),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("draft_id", sa.BigInteger),
    )
    op.create_table(
        "brought_handles",
        _to_import("brought_handles"),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("handle_hash", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_index("ix_brought_handles_hash", "brought_handles", ["handle_hash", "kind"])
    op.create_index(
        "ix_brought_handles_place", "brought_handles", ["import_id", "kind", "place"]
    )


def _to_import(table: str) -> sa.Column[int]:
    key = sa.ForeignKey("imports.id", ondelete="CASCADE", name=f"fk_{table}_import_id")
    return sa.Column("import_id", sa.BigInteger, key, primary_key=True, autoincrement=False)
