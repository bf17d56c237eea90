"""Tables of access; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json


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

# Letters by the minute (UTC), for as long as a day: nobody's name stands here.
letters = sa.Table(
    "letters",
    metadata,
    sa.Column("minute", Instant, primary_key=True, autoincrement=False),
    sa.Column("sent", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("to_newcomers", sa.Integer, nullable=False),
)

apps = sa.Table(
    "apps",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("client_id", sa.Text, nullable=False, unique=True),
    sa.Column("secret_hash", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("website", sa.Text, nullable=False),
    sa.Column("redirect_uris", Json(tuple[str, ...]), nullable=False),
    sa.Column("scopes", Json(tuple[str, ...]), nullable=False),
    sa.Column("made_at", Instant, nullable=False, index=True),
)


def _app() -> sa.Column[int]:
    return sa.Column(
        "app_id", sa.BigInteger, sa.ForeignKey("apps.id", ondelete="CASCADE"), nullable=False,
        index=True,
    )


# Authorisation codes: spent when the token is fetched.
grants = sa.Table(
    "grants",
    metadata,
    sa.Column("code_hash", sa.Text, primary_key=True),
    _app(),
    _person(index=True),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("scopes", Json(tuple[str, ...]), nullable=False),
    sa.Column("challenge", sa.Text, nullable=False),
    sa.Column("valid_until", Instant, nullable=False, index=True),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    _app(),
    # Without a person it is the app's own, for what needs nobody.
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE")),
    sa.Column("scopes", Json(tuple[str, ...]), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False, index=True),
    # What this app asked for: translations in the place of originals.
    sa.Column("translate", sa.Boolean, nullable=False),
    sa.Index("ix_tokens_person", "person_id", "id"),
)
