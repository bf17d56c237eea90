"""Tables of the feed; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata

entries = sa.Table(
    "feed_entries",
    metadata,
    sa.Column(
        "note_id", sa.BigInteger, sa.ForeignKey("notes.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False,
    ),
    sa.Column("author_id", sa.BigInteger, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("warmth", sa.Float, nullable=False),
    sa.Index("ix_feed_entries_warmth", "warmth", "note_id"),
    sa.Index("ix_feed_entries_format", "format", "warmth", "note_id"),
)
