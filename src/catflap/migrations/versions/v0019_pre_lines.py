"""Where people live is a text that is translated, and so are the lines of their profiles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground import clock
from catflap.ground.statements import Instant

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make room; a job keeps the texts of those who said something before.

    The keys of lines stand in ``people.fields``, whose older form has none.
    """
    op.add_column(
        "people", sa.Column("home_key", sa.Text, nullable=False, server_default="")
    )
    jobs = sa.table(
        "jobs", sa.column("kind"), sa.column("payload"), sa.column("key"), sa.column("priority"),
        sa.column("run_at", Instant), sa.column("attempts"), sa.column("dead", sa.Boolean),
        sa.column("made_at", Instant), sa.column("lane"),
    )
    now = clock.now()
    kind = "translation.backfill_lines"
    op.execute(
        jobs.insert().values(
            kind=kind, payload='{"after":0}', key=kind, priority=9, run_at=now, attempts=0,
            dead=False, made_at=now, lane="quick",
        )
    )
