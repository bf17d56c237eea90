"""Families of tags that mean the same, what people propose of them, and who agreed.

Takes the place of three tables that came with 0002 and that nothing ever wrote to.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0003"
down_revision = "0002"

_IS_OPEN = "state = 'open'"


def upgrade() -> None:
    """Make room."""
    for name in ("tag_votes", "tag_proposals", "tag_families"):
        op.drop_table(name)
    op.create_table(
        "family_tags",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("family_id", sa.BigInteger),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_family_tags_family_id", "family_tags", ["family_id"])
    _proposals()
    op.create_table(
        "family_votes",
        sa.Column(
            "proposal_id", sa.BigInteger,
            sa.ForeignKey(
                "family_proposals.id", ondelete="CASCADE", name="fk_family_votes_proposal_id"
            ),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_family_votes_person_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_family_votes_person_id", "family_votes", ["person_id"])


def _proposals() -> None:
    op.create_table(
        "family_proposals",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("other", sa.Text, nullable=False),
        sa.Column("family_id", sa.BigInteger),
        sa.Column(
            "by_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="SET NULL", name="fk_family_proposals_by_id"),
        ),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("decided_at", Instant),
        sa.Column(
            "decided_by_id", sa.BigInteger,
            sa.ForeignKey(
                "people.id", ondelete="SET NULL", name="fk_family_proposals_decided_by_id"
            ),
        ),
        sa.Column("reason", sa.Text, nullable=False),
    )
    for name, columns in (
        ("family_id", ["family_id"]), ("decided_by_id", ["decided_by_id"]), ("tag", ["tag"]),
        ("other", ["other"]), ("by", ["by_id", "state"]), ("state", ["state", "id"]),
    ):
        op.create_index(f"ix_family_proposals_{name}", "family_proposals", columns)
    op.create_index(
        "uq_family_proposals_open", "family_proposals", ["kind", "tag", "other"], unique=True,
        sqlite_where=sa.text(_IS_OPEN), postgresql_where=sa.text(_IS_OPEN),
    )
