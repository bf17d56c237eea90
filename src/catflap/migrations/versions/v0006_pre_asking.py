"""Who is asking an engine for which segment, so that no two workers ask for the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make room."""
    op.create_table(
        "asking",
        sa.Column("segment_key", sa.Text, primary_key=True),
        sa.Column("until", Instant, nullable=False),
    )
    op.create_index("ix_asking_until", "asking", ["until"])
