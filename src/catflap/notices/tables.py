"""Tables of notices; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json


def _to(name: str, target: str = "people.id", **options: object) -> sa.Column[int]:
    if "primary_key" in options:
        options["autoincrement"] = False
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(target, ondelete="CASCADE"), **options  # type: ignore[arg-type]
    )


notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _to("person_id", nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    _to("actor_id", nullable=False, index=True),
    _to("note_id", "notes.id", index=True),
    # One notice a deed: the key makes a job's second run, and a like taken back and given
    # again, the same notice.
    sa.Column("deed", sa.Text, nullable=False, unique=True),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("read", sa.Boolean, nullable=False),
    # Held back by its person's policy: it stands under a request, not among the others.
    sa.Column("filtered", sa.Boolean, nullable=False, server_default=sa.false()),
    # What it is shown together with, "" for alone.
    sa.Column("bundle", sa.Text, nullable=False, server_default=""),
    # The case that an operator is told of.
    sa.Column("case_id", sa.BigInteger),
    sa.Index("ix_notices_person", "person_id", "id"),
    sa.Index("ix_notices_unread", "person_id", "read"),
    sa.Index("ix_notices_bundle", "person_id", "bundle", "id"),
    sa.Index("ix_notices_of", "person_id", "actor_id", "id"),
    sa.Index("ix_notices_alike", "person_id", "kind", "note_id", "id"),
)

# Whose notices somebody wants held back; who has no row takes all.
notice_policies = sa.Table(
    "notice_policies",
    metadata,
    _to("person_id", primary_key=True),
    sa.Column("not_following", sa.Text, nullable=False),
    sa.Column("not_followers", sa.Text, nullable=False),
    sa.Column("new_accounts", sa.Text, nullable=False),
    sa.Column("private_mentions", sa.Text, nullable=False),
    sa.Column("limited", sa.Text, nullable=False),
)

# Whom somebody wants to hear of whatever their policy says.
notice_passes = sa.Table(
    "notice_passes",
    metadata,
    _to("person_id", primary_key=True),
    _to("actor_id", primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_notice_passes_actor", "actor_id"),
)

# Somebody whose notices are held back, until their person decides.
notice_requests = sa.Table(
    "notice_requests",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _to("person_id", nullable=False),
    _to("actor_id", nullable=False),
    sa.Column("last_note_id", sa.BigInteger, sa.ForeignKey("notes.id", ondelete="SET NULL")),
    sa.Column("notices_count", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.UniqueConstraint("person_id", "actor_id"),
    sa.Index("ix_notice_requests_person", "person_id", "id"),
    sa.Index("ix_notice_requests_actor", "actor_id"),
    sa.Index("ix_notice_requests_note", "last_note_id"),
)

# Keys of this community's own, made once.
push_keys = sa.Table(
    "push_keys",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)

push_subscriptions = sa.Table(
    "push_subscriptions",
    metadata,
    # A small number: apps read it as one.
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True,
        autoincrement=True,
    ),
    _to("token_id", "tokens.id", nullable=False, unique=True),
    _to("person_id", nullable=False, index=True),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("p256dh", sa.Text, nullable=False),
    sa.Column("auth", sa.Text, nullable=False),
    # Whether it is sealed as RFC 8291 says, or as its draft did.
    sa.Column("standard", sa.Boolean, nullable=False),
    sa.Column("alerts", Json(dict[str, bool]), nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)
