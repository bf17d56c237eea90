"""Tables of people; private to the feature."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json, partial
from catflap.people.model import Field

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
    sa.Column("home_key", sa.Text, nullable=False, server_default=""),
    sa.Column("avatar", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("reads", Json(tuple[str, ...]), nullable=False),
    sa.Column("translate", sa.Boolean, nullable=False),
    sa.Column("never_translate", Json(tuple[str, ...]), nullable=False),
    # The script Chinese is shown in: "Hans", "Hant", or "" for as it was written.
    sa.Column("script", sa.Text, nullable=False, server_default=""),
    sa.Column("joined_at", Instant, nullable=False, index=True),
    sa.Column("notes_count", sa.Integer, nullable=False),
    sa.Column("comments_count", sa.Integer, nullable=False),
    sa.Column("followers_count", sa.Integer, nullable=False),
    sa.Column("following_count", sa.Integer, nullable=False),
    sa.Column("likes_count", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("header", sa.Text, nullable=False, server_default=""),
    sa.Column("fields", Json(tuple[Field, ...]), nullable=False, server_default="[]"),
    # Whoever wants to follow a locked person asks first.
    sa.Column("locked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("automated", sa.Boolean, nullable=False, server_default=sa.false()),
    # Whether others are told of them: in the directory, among suggestions.
    sa.Column("discoverable", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("indexable", sa.Boolean, nullable=False, server_default=sa.true()),
    # Whom they follow, and who follows them, is nobody's business.
    sa.Column("hides_circles", sa.Boolean, nullable=False, server_default=sa.false()),
    # What a new note begins with: for whom, behind a warning or not, in which language.
    sa.Column("post_visibility", sa.Text, nullable=False, server_default="public"),
    sa.Column("post_sensitive", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("post_lang", sa.Text, nullable=False, server_default=""),
    sa.Column("post_quotable_by", sa.Text, nullable=False, server_default="public"),
    # Sites whose pages may say that this person wrote them.
    sa.Column("credited_by", Json(tuple[str, ...]), nullable=False, server_default="[]"),
    sa.Column("wrote_at", Instant),
    # Signed up and reads, but is not let in yet: publishes nothing.
    sa.Column("waits", sa.Boolean, nullable=False, server_default=sa.false()),
    partial("ix_people_wrote", "wrote_at", where="discoverable"),
)


def _pairs(name: str, one: str, other: str, *more: sa.Column[Any] | sa.Index) -> sa.Table:
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
        *more,
    )


def _wishes() -> tuple[sa.Column[Any], ...]:
    """What somebody wants of a person they follow; in ``langs`` only, where any are named."""
    return (
        sa.Column("with_boosts", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("notify", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("langs", Json(tuple[str, ...]), nullable=False, server_default="[]"),
    )


follows = _pairs(
    "follows", "follower_id", "followed_id", *_wishes(),
    # Few want to hear of every note.
    partial("ix_follows_notify", "followed_id", where="notify"),
)
requests = _pairs("follow_requests", "asker_id", "asked_id", *_wishes())
blocks = _pairs("blocks", "blocker_id", "blocked_id")
mutes = _pairs(
    "mutes", "muter_id", "muted_id",
    # Whether notices of what they do are hidden too.
    sa.Column("with_notices", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("until", Instant),
)
endorsements = _pairs("endorsements", "endorser_id", "endorsed_id")
# Whom somebody does not want to be told of again.
passed_over = _pairs("passed_over", "viewer_id", "person_id")
remarks = _pairs(
    "remarks", "author_id", "about_id", sa.Column("text", sa.Text, nullable=False)
)


def _person(name: str, **options: bool) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False,
        **options,  # type: ignore[arg-type]
    )


lists = sa.Table(
    "lists",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _person("owner_id"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("answers", sa.Text, nullable=False),
    sa.Column("exclusive", sa.Boolean, nullable=False),
    sa.Index("ix_lists_owner", "owner_id", "id"),
)

list_members = sa.Table(
    "list_members",
    metadata,
    sa.Column(
        "list_id", sa.BigInteger, sa.ForeignKey("lists.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False,
    ),
    _person("person_id", primary_key=True, autoincrement=False),
    sa.Index("ix_list_members_person", "person_id"),
)

# How far somebody has read: their home, their notices.
markers = sa.Table(
    "markers",
    metadata,
    _person("person_id", primary_key=True, autoincrement=False),
    sa.Column("of", sa.Text, primary_key=True),
    sa.Column("last_id", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

blocked_domains = sa.Table(
    "blocked_domains",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _person("person_id"),
    sa.Column("domain", sa.Text, nullable=False),
    sa.UniqueConstraint("person_id", "domain"),
    sa.Index("ix_blocked_domains_person", "person_id", "id"),
)

# Who left, and may come back until they are deleted for real. Few at a time, and never shown.
closings = sa.Table(
    "closings",
    metadata,
    _person("person_id", primary_key=True, autoincrement=False),
    sa.Column("closed_at", Instant, nullable=False, index=True),
)

# Keyed hashes of what the handles of people who left look like and fold to; never the handles.
left_handles = sa.Table(
    "left_handles",
    metadata,
    sa.Column("looks", sa.Text, primary_key=True),
    sa.Column("folded", sa.Text, nullable=False),
    sa.UniqueConstraint("folded", name="uq_left_handles_folded"),
)
