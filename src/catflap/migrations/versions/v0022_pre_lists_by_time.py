"""Indexes by which what somebody wrote, liked and collected is found in the order of its time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the indexes; the rows stay as they are."""
    public = sa.text("root_id IS NULL AND visibility = 'public'")
    op.drop_index("ix_notes_public", "notes")
    op.create_index(
        "ix_notes_public", "notes", ["visibility", "id"],
        sqlite_where=public, postgresql_where=public,
    )
    op.create_index("ix_notes_author_time", "notes", ["author_id", "id"])
    op.create_index("ix_likes_person", "likes", ["person_id", "at", "note_id"])
    op.create_index("ix_collected_board", "collected", ["board_id", "at", "note_id"])
