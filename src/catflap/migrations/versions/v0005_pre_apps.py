"""Apps: what they are registered as, codes on their way, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make room."""
    op.create_table(
        "apps",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("website", sa.Text, nullable=False),
        sa.Column("redirect_uris", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.UniqueConstraint("client_id", name="uq_apps_client_id"),
    )
    op.create_index("ix_apps_made_at", "apps", ["made_at"])
    op.create_table(
        "grants",
        sa.Column("code_hash", sa.Text, primary_key=True),
        _to("app_id", "apps.id", "fk_grants_app_id", nullable=False),
        _to("person_id", "people.id", "fk_grants_person_id", nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("challenge", sa.Text, nullable=False),
        sa.Column("valid_until", Instant, nullable=False),
    )
    for column in ("app_id", "person_id", "valid_until"):
        op.create_index(f"ix_grants_{column}", "grants", [column])
    op.create_table(
        "tokens",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        _to("app_id", "apps.id", "fk_tokens_app_id", nullable=False),
        _to("person_id", "people.id", "fk_tokens_person_id", nullable=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("translate", sa.Boolean, nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_tokens_token_hash"),
    )
    op.create_index("ix_tokens_app_id", "tokens", ["app_id"])
    op.create_index("ix_tokens_seen_at", "tokens", ["seen_at"])
    op.create_index("ix_tokens_person", "tokens", ["person_id", "id"])
    public = sa.text("root_id IS NULL AND visibility = 'public'")
    op.create_index(
        "ix_notes_public", "notes", ["id"], sqlite_where=public, postgresql_where=public
    )


def _to(name: str, target: str, constraint: str, *, nullable: bool) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(target, ondelete="CASCADE", name=constraint),
        nullable=nullable,
    )
