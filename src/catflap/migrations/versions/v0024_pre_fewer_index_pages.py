"""Indexes hold only the rows that are looked for by them: a note was in ten, and is in four."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_OF_COMMENTS = {
    "root": ["root_id", "branch_id", "id"], "branch": ["branch_id", "id"], "parent": ["parent_id"],
}


def upgrade() -> None:
    """Make the indexes anew; the rows stay as they are."""
    for name, columns in _OF_COMMENTS.items():
        _narrow(f"ix_notes_{name}", columns, where=f"{name}_id IS NOT NULL")
    for name in ("title", "body", "warning", "place"):
        _narrow(f"ix_notes_{name}", [f"{name}_key"], where=f"{name}_key <> ''")
    op.drop_index("ix_events_at", "events")


def _narrow(name: str, columns: list[str], *, where: str) -> None:
    op.drop_index(name, "notes")
    op.create_index(
        name, "notes", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
