"""Notices: bundles of alike ones, policies, requests, pushing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make room."""
    op.add_column(
        "notices", sa.Column("filtered", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("notices", sa.Column("bundle", sa.Text, nullable=False, server_default=""))
    op.create_index("ix_notices_bundle", "notices", ["person_id", "bundle", "id"])
    op.create_index("ix_notices_of", "notices", ["person_id", "actor_id", "id"])
    op.create_index("ix_notices_alike", "notices", ["person_id", "kind", "note_id", "id"])
    op.create_table(
        "notice_policies",
        _to("person_id", "people.id", "fk_notice_policies_person_id", primary_key=True),
        sa.Column("not_following", sa.Text, nullable=False),
        sa.Column("not_followers", sa.Text, nullable=False),
        sa.Column("new_accounts", sa.Text, nullable=False),
        sa.Column("private_mentions", sa.Text, nullable=False),
        sa.Column("limited", sa.Text, nullable=False),
    )
    op.create_table(
        "notice_passes",
        _to("person_id", "people.id", "fk_notice_passes_person_id", primary_key=True),
        _to("actor_id", "people.id", "fk_notice_passes_actor_id", primary_key=True),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_notice_passes_actor", "notice_passes", ["actor_id"])
    op.create_table(
        "notice_requests",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        _to("person_id", "people.id", "fk_notice_requests_person_id", nullable=False),
        _to("actor_id", "people.id", "fk_notice_requests_actor_id", nullable=False),
        sa.Column(
            "last_note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="SET NULL", name="fk_notice_requests_last_note_id"),
        ),
        sa.Column("notices_count", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.UniqueConstraint("person_id", "actor_id", name="uq_notice_requests_person_id_actor_id"),
    )
    op.create_index("ix_notice_requests_person", "notice_requests", ["person_id", "id"])
    op.create_index("ix_notice_requests_actor", "notice_requests", ["actor_id"])
    op.create_index("ix_notice_requests_note", "notice_requests", ["last_note_id"])
    _pushing()


def _pushing() -> None:
    op.create_table(
        "push_keys",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_table(
        "push_subscriptions",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True,
            autoincrement=True,
        ),
        _to("token_id", "tokens.id", "fk_push_subscriptions_token_id", nullable=False),
        _to("person_id", "people.id", "fk_push_subscriptions_person_id", nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("p256dh", sa.Text, nullable=False),
        sa.Column("auth", sa.Text, nullable=False),
        sa.Column("standard", sa.Boolean, nullable=False),
        sa.Column("alerts", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.UniqueConstraint("token_id", name="uq_push_subscriptions_token_id"),
    )
    op.create_index("ix_push_subscriptions_person_id", "push_subscriptions", ["person_id"])


def _to(name: str, target: str, constraint: str, **options: object) -> sa.Column[int]:
    if "primary_key" in options:
        options["autoincrement"] = False
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(target, ondelete="CASCADE", name=constraint),
        **options,  # type: ignore[arg-type]
    )
