"""The glossary's history, reasons of declined proposals as texts, and an index of stems."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground import clock
from catflap.ground.statements import Instant

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make room, and want what stands already brought into it."""
    op.create_table(
        "glossary_versions",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "term_id", sa.BigInteger,
            sa.ForeignKey(
                "glossary_terms.id", ondelete="CASCADE", name="fk_glossary_versions_term_id"
            ),
            nullable=False,
        ),
        sa.Column("variants", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("meanings", sa.Text, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column(
            "by_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="SET NULL", name="fk_glossary_versions_by_id"),
        ),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_index("ix_glossary_versions_term", "glossary_versions", ["term_id", "id"])
    op.create_index("ix_glossary_versions_by", "glossary_versions", ["by_id"])
    op.add_column(
        "family_proposals",
        sa.Column("reason_key", sa.Text, nullable=False, server_default=""),
    )
    _enqueue()


def _enqueue() -> None:
    """Two backfills, which go on from where they were cut off; older code does not know them."""
    jobs = sa.table(
        "jobs", sa.column("kind"), sa.column("payload"), sa.column("key"), sa.column("priority"),
        sa.column("run_at", Instant), sa.column("attempts"), sa.column("dead", sa.Boolean),
        sa.column("made_at", Instant), sa.column("lane"),
    )
    now = clock.now()
    for kind in ("search.backfill_stems", "notes.backfill_reasons"):
        op.execute(
            jobs.insert().values(
                kind=kind, payload='{"after":0}', key=kind, priority=9, run_at=now, attempts=0,
                dead=False, made_at=now, lane="quick",
            )
        )
