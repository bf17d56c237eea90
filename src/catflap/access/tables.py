"""Tables of access; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant


def _person(**options: bool) -> sa.Column[int]:
    return sa.Column(
        "person_id",
        sa.BigInteger,
        sa.ForeignKey("people.id", ondelete="CASCADE"),
        nullable=False,
        **options,  # type: ignore[arg-type]
    )


credentials = sa.Table(
    "credentials",
    metadata,
    _person(primary_key=True, autoincrement=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("email_folded", sa.Text, unique=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _person(index=True),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False, index=True),
)

resets = sa.Table(
    "resets",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    _person(index=True),
    sa.Column("valid_until", Instant, nullable=False),
)
