"""What first notes were given outlives them; what public notes say, so that copies are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0023"
down_revision = "0022"

_KEY = "fk_first_notes_note_id"


def upgrade() -> None:
    """Make room. Older entries are looked at anew by a job, newest first (`feed.place_bare`)."""
    _first_notes_outlive_theirs()
    op.create_table(
        "feed_given",
        _to("feed_given", "person_id", "people.id"),
        sa.Column("note_id", sa.BigInteger, nullable=False),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("given", sa.BigInteger, nullable=False),
        sa.Column("posted_at", Instant, nullable=False),
    )
    op.create_index("ix_feed_given_posted_at", "feed_given", ["posted_at"])
    op.create_table(
        "feed_sayings",
        _to("feed_sayings", "note_id", "notes.id"),
        sa.Column("mark", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("said_at", Instant, nullable=False),
    )
    op.create_index("ix_feed_sayings_mark", "feed_sayings", ["mark", "said_at"])
    op.execute("UPDATE feed_entries SET places = NULL")


def _first_notes_outlive_theirs() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("first_notes", "note_id", existing_type=sa.BigInteger, nullable=True)
        op.drop_constraint(_KEY, "first_notes")
        op.create_foreign_key(
            _KEY, "first_notes", "notes", ["note_id"], ["id"], ondelete="SET NULL"
        )
        return
    with op.batch_alter_table("first_notes", recreate="always") as table:
        table.alter_column("note_id", existing_type=sa.BigInteger, nullable=True)
        table.drop_constraint(_KEY, type_="foreignkey")
        table.create_foreign_key(_KEY, "notes", ["note_id"], ["id"], ondelete="SET NULL")


def _to(table: str, name: str, target: str) -> sa.Column[int]:
    key = sa.ForeignKey(target, ondelete="CASCADE", name=f"fk_{table}_{name}")
    return sa.Column(name, sa.BigInteger, key, primary_key=True, autoincrement=False)
