"""What pages say of themselves that notes link to; notes that quote notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make room."""
    op.create_table(
        "previews",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("title_key", sa.Text, nullable=False),
        sa.Column("description_key", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("author_name", sa.Text, nullable=False),
        sa.Column("author_url", sa.Text, nullable=False),
        sa.Column("creator", sa.Text, nullable=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("published_at", Instant),
        sa.Column("image", sa.Text),
        sa.Column("image_alt", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("fetched_at", Instant),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.UniqueConstraint("url", name="uq_previews_url"),
    )
    op.create_table(
        "note_links",
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_note_links_note_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "preview_id", sa.BigInteger,
            sa.ForeignKey("previews.id", ondelete="CASCADE", name="fk_note_links_preview_id"),
            nullable=False,
        ),
    )
    op.create_index("ix_note_links_preview", "note_links", ["preview_id", "note_id"])
    op.add_column("notes", sa.Column("quoted_id", sa.BigInteger))
    op.add_column(
        "notes", sa.Column("quote_state", sa.Text, nullable=False, server_default="")
    )
    op.add_column(
        "notes", sa.Column("quotable_by", sa.Text, nullable=False, server_default="public")
    )
    op.add_column(
        "notes", sa.Column("quotes_count", sa.Integer, nullable=False, server_default="0")
    )
    condition = sa.text("quoted_id IS NOT NULL")
    op.create_index(
        "ix_notes_quoted", "notes", ["quoted_id", "id"], sqlite_where=condition,
        postgresql_where=condition,
    )
    op.add_column(
        "people", sa.Column("post_quotable_by", sa.Text, nullable=False, server_default="public")
    )
    op.add_column(
        "people", sa.Column("credited_by", sa.Text, nullable=False, server_default="[]")
    )
