"""Tables of notices; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "person_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column(
        "actor_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"),
        nullable=False, index=True,
    ),
    sa.Column(
        "note_id", sa.BigInteger, sa.ForeignKey("notes.id", ondelete="CASCADE"), index=True
    ),
    # One notice a deed: the key makes a job's second run, and a like taken back and given
    # again, the same notice.
    sa.Column("deed", sa.Text, nullable=False, unique=True),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("read", sa.Boolean, nullable=False),
    sa.Index("ix_notices_person", "person_id", "id"),
    sa.Index("ix_notices_unread", "person_id", "read"),
)
