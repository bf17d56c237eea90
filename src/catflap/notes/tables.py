"""Tables of notes; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _to(name: str, target: str, **options: object) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(target, ondelete="CASCADE"), **options  # type: ignore[arg-type]
    )


notes = sa.Table(
    "notes",
    metadata,
    _id(),
    _to("author_id", "people.id", nullable=False),
    _to("parent_id", "notes.id"),
    _to("root_id", "notes.id"),
    _to("branch_id", "notes.id"),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("title_key", sa.Text, nullable=False),
    sa.Column("body_key", sa.Text, nullable=False),
    sa.Column("warning_key", sa.Text, nullable=False),
    sa.Column("place_key", sa.Text, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("tags", Json(tuple[str, ...]), nullable=False),
    sa.Column("likes_count", sa.Integer, nullable=False),
    sa.Column("collects_count", sa.Integer, nullable=False),
    sa.Column("comments_count", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("edited_at", Instant),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Index("ix_notes_author", "author_id", "root_id", "id"),
    sa.Index("ix_notes_root", "root_id", "branch_id", "id"),
    sa.Index("ix_notes_branch", "branch_id", "id"),
    sa.Index("ix_notes_parent", "parent_id"),
)

revisions = sa.Table(
    "revisions",
    metadata,
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("title_key", sa.Text, nullable=False),
    sa.Column("body_key", sa.Text, nullable=False),
    sa.Column("warning_key", sa.Text, nullable=False),
)

note_tags = sa.Table(
    "note_tags",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Index("ix_note_tags_note", "note_id"),
)

mentions = sa.Table(
    "mentions",
    metadata,
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Index("ix_mentions_person", "person_id", "note_id"),
)

likes = sa.Table(
    "likes",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_likes_note", "note_id", "at"),
)

boards = sa.Table(
    "boards",
    metadata,
    _id(),
    _to("owner_id", "people.id", nullable=False, index=True),
    sa.Column("title_key", sa.Text, nullable=False),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("notes_count", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)

collected = sa.Table(
    "collected",
    metadata,
    _to("board_id", "boards.id", primary_key=True, autoincrement=False),
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_collected_note", "note_id"),
)

drafts = sa.Table(
    "drafts",
    metadata,
    _id(),
    _to("owner_id", "people.id", nullable=False, index=True),
    sa.Column("fields", Json(dict[str, str]), nullable=False),
    sa.Column("media", Json(tuple[str, ...]), nullable=False),
    sa.Column("at", Instant, nullable=False),
)
