"""Tables of translation; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json

texts = sa.Table(
    "texts",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("langs", Json(tuple[str, ...]), nullable=False),
    # How many notes, bios, boards … hold this text; at none, it and its renditions go.
    sa.Column("uses", sa.Integer, nullable=False),
)

renditions = sa.Table(
    "renditions",
    metadata,
    sa.Column(
        "text_key", sa.Text, sa.ForeignKey("texts.key", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("engine", sa.Text, nullable=False),
    sa.Column("engine_version", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("by_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("confidence_ratio", sa.Float, nullable=False),
    sa.Column("failed", sa.Boolean, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)
