"""Old handles that people claim, whom they meet by them; leaving with a way back; exports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make room."""
    _finding()
    op.create_table(
        "closings",
        _to("closings", "person_id", "people.id", is_key=True),
        sa.Column("closed_at", Instant, nullable=False),
    )
    op.create_index("ix_closings_closed_at", "closings", ["closed_at"])
    op.create_table(
        "exports",
        _id(),
        _to("exports", "owner_id", "people.id"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("progress_ratio", sa.Float, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("until", Instant, nullable=False),
    )
    op.create_index("ix_exports_owner", "exports", ["owner_id", "id"])
    op.create_index("ix_exports_until", "exports", ["until"])
    # What people translated is theirs to take; most renditions are nobody's.
    _partial("ix_renditions_by", "renditions", ["by_id"], "by_id IS NOT NULL")


def _finding() -> None:
    op.create_table(
        "seekers",
        _to("seekers", "person_id", "people.id", is_key=True),
        sa.Column("seeks", sa.Boolean, nullable=False),
        sa.Column("claims_count", sa.Integer, nullable=False),
        sa.Column("counted_since", Instant, nullable=False),
    )
    op.create_table(
        "claims",
        _id(),
        _to("claims", "person_id", "people.id"),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("handle_hash", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("looked_at", Instant),
        sa.UniqueConstraint("person_id", "handle_hash", name="uq_claims_person_handle"),
    )
    op.create_index("ix_claims_handle_hash", "claims", ["handle_hash"])
    _partial("ix_claims_proven", "claims", ["handle_hash"], "state = 'proven'", unique=True)
    op.create_table(
        "meetings",
        _to("meetings", "viewer_id", "people.id", is_key=True),
        _to("meetings", "claim_id", "claims.id", is_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        _to("meetings", "import_id", "imports.id"),
        sa.Column("waved", sa.Boolean, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_meetings_claim", "meetings", ["claim_id"])
    op.create_index("ix_meetings_import", "meetings", ["import_id"])


def _partial(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _to(table: str, name: str, target: str, *, is_key: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(target, ondelete="CASCADE", name=f"fk_{table}_{name}")
    if is_key:
        return sa.Column(name, sa.BigInteger, key, primary_key=True, autoincrement=False)
    return sa.Column(name, sa.BigInteger, key, nullable=False)
