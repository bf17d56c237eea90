"""Tables of search; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata

terms = sa.Table(
    "search_terms",
    metadata,
    sa.Column("term", sa.Text, primary_key=True),
    sa.Column(
        "note_id", sa.BigInteger, sa.ForeignKey("notes.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False,
    ),
    sa.Index("ix_search_terms_note", "note_id"),
    sqlite_with_rowid=False,
)
