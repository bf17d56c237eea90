"""What of a picture stays in sight where it is cut."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make room; those there are keep their middle."""
    op.add_column("media", sa.Column("focus", sa.Text))
