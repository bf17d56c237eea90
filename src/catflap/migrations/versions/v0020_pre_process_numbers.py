"""Numbers for the processes at one database, of which no two may make the same id."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0020"
down_revision = "0019"

_NUMBERS = 128


def upgrade() -> None:
    """Every number stands there from the beginning, and is free."""
    made = op.create_table(
        "process_numbers",
        sa.Column("number", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", Instant, nullable=False),
    )
    op.create_index("ix_process_numbers_until", "process_numbers", ["until"])
    free = datetime(2025, 1, 1, tzinfo=UTC)
    op.bulk_insert(
        made, [{"number": number, "holder": "", "until": free} for number in range(_NUMBERS)]
    )
