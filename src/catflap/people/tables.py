"""Tables of people; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("handle", sa.Text, nullable=False),
    # What the handle looks like: two handles with one skeleton could be taken for each other.
    sa.Column("handle_skeleton", sa.Text, nullable=False, unique=True),
    sa.Column("handle_folded", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("bio", sa.Text, nullable=False),
    sa.Column("bio_key", sa.Text, nullable=False),
    sa.Column("bio_lang", sa.Text, nullable=False),
    sa.Column("home", sa.Text, nullable=False),
    sa.Column("avatar", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("reads", Json(tuple[str, ...]), nullable=False),
    sa.Column("translate", sa.Boolean, nullable=False),
    sa.Column("never_translate", Json(tuple[str, ...]), nullable=False),
    sa.Column("joined_at", Instant, nullable=False, index=True),
    sa.Column("notes_count", sa.Integer, nullable=False),
    sa.Column("comments_count", sa.Integer, nullable=False),
    sa.Column("followers_count", sa.Integer, nullable=False),
    sa.Column("following_count", sa.Integer, nullable=False),
    sa.Column("likes_count", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
)


def _pairs(name: str, one: str, other: str) -> sa.Table:
    """A table of ordered pairs of people, found from either end."""
    return sa.Table(
        name,
        metadata,
        sa.Column(
            one, sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            other, sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("at", Instant, nullable=False),
        sa.Index(f"ix_{name}_{other}", other, "at"),
    )


follows = _pairs("follows", "follower_id", "followed_id")
blocks = _pairs("blocks", "blocker_id", "blocked_id")
mutes = _pairs("mutes", "muter_id", "muted_id")
