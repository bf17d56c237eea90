"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0001"
down_revision = None

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "events",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_events_at", "events", ["at"])
    op.create_table(
        "jobs",
        sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.UniqueConstraint("key", name="uq_jobs_key"),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("run_at", Instant, nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("worker", sa.Text),
        sa.Column("dead", sa.Boolean, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_index("ix_jobs_due", "jobs", ["dead", "run_at"])
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("handle_skeleton", sa.Text, nullable=False),
        sa.UniqueConstraint("handle_skeleton", name="uq_people_handle_skeleton"),
        sa.Column("handle_folded", sa.Text, nullable=False),
        sa.UniqueConstraint("handle_folded", name="uq_people_handle_folded"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("bio", sa.Text, nullable=False),
        sa.Column("bio_key", sa.Text, nullable=False),
        sa.Column("bio_lang", sa.Text, nullable=False),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("avatar", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("reads", sa.Text, nullable=False),
        sa.Column("translate", sa.Boolean, nullable=False),
        sa.Column("never_translate", sa.Text, nullable=False),
        sa.Column("joined_at", Instant, nullable=False),
        sa.Column("notes_count", sa.Integer, nullable=False),
        sa.Column("comments_count", sa.Integer, nullable=False),
        sa.Column("followers_count", sa.Integer, nullable=False),
        sa.Column("following_count", sa.Integer, nullable=False),
        sa.Column("likes_count", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("ix_people_joined_at", "people", ["joined_at"])
    op.create_table(
        "texts",
        sa.Column("key", sa.Text, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("langs", sa.Text, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
    )
    op.create_table(
        "blocks",
        sa.Column(
            "blocker_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_blocks_blocker_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "blocked_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_blocks_blocked_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id", "at"])
    op.create_table(
        "boards",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "owner_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_boards_owner_id"),
            nullable=False,
        ),
        sa.Column("title_key", sa.Text, nullable=False),
        sa.Column("is_public", sa.Boolean, nullable=False),
        sa.Column("notes_count", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_index("ix_boards_owner_id", "boards", ["owner_id"])
    op.create_table(
        "credentials",
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_credentials_person_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("email_folded", sa.Text),
        sa.UniqueConstraint("email_folded", name="uq_credentials_email_folded"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "owner_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_drafts_owner_id"),
            nullable=False,
        ),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_drafts_owner_id", "drafts", ["owner_id"])
    op.create_table(
        "follows",
        sa.Column(
            "follower_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_follows_follower_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "followed_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_follows_followed_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_follows_followed_id", "follows", ["followed_id", "at"])
    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "owner_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_media_owner_id"),
            nullable=False,
        ),
        sa.Column("note_id", sa.BigInteger),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("alt_key", sa.Text, nullable=False),
        sa.Column("photo", sa.Text),
        sa.Column("video", sa.Text),
        sa.Column("progress_ratio", sa.Float, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_index("ix_media_folder", "media", ["folder"])
    op.create_index("ix_media_note", "media", ["note_id", "position"])
    op.create_index("ix_media_owner_id", "media", ["owner_id"])
    op.create_table(
        "mutes",
        sa.Column(
            "muter_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_mutes_muter_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "muted_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_mutes_muted_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_mutes_muted_id", "mutes", ["muted_id", "at"])
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "author_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_notes_author_id"),
            nullable=False,
        ),
        sa.Column(
            "parent_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_notes_parent_id"),
        ),
        sa.Column(
            "root_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_notes_root_id"),
        ),
        sa.Column(
            "branch_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_notes_branch_id"),
        ),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("title_key", sa.Text, nullable=False),
        sa.Column("body_key", sa.Text, nullable=False),
        sa.Column("warning_key", sa.Text, nullable=False),
        sa.Column("place_key", sa.Text, nullable=False),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("likes_count", sa.Integer, nullable=False),
        sa.Column("collects_count", sa.Integer, nullable=False),
        sa.Column("comments_count", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("edited_at", Instant),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("ix_notes_author", "notes", ["author_id", "root_id", "id"])
    op.create_index("ix_notes_branch", "notes", ["branch_id", "id"])
    op.create_index("ix_notes_parent", "notes", ["parent_id"])
    op.create_index("ix_notes_root", "notes", ["root_id", "branch_id", "id"])
    op.create_table(
        "renditions",
        sa.Column(
            "text_key", sa.Text,
            sa.ForeignKey("texts.key", ondelete="CASCADE", name="fk_renditions_text_key"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("target", sa.Text, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("engine_version", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column(
            "by_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="SET NULL", name="fk_renditions_by_id"),
        ),
        sa.Column("confidence_ratio", sa.Float, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_table(
        "resets",
        sa.Column("token_hash", sa.Text, primary_key=True, autoincrement=False),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_resets_person_id"),
            nullable=False,
        ),
        sa.Column("valid_until", Instant, nullable=False),
    )
    op.create_index("ix_resets_person_id", "resets", ["person_id"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_sessions_person_id"),
            nullable=False,
        ),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_index("ix_sessions_seen_at", "sessions", ["seen_at"])
    op.create_table(
        "collected",
        sa.Column(
            "board_id", sa.BigInteger,
            sa.ForeignKey("boards.id", ondelete="CASCADE", name="fk_collected_board_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_collected_note_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_collected_note", "collected", ["note_id"])
    op.create_table(
        "feed_entries",
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_feed_entries_note_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("warmth", sa.Float, nullable=False),
    )
    op.create_index("ix_feed_entries_format", "feed_entries", ["format", "warmth", "note_id"])
    op.create_index("ix_feed_entries_warmth", "feed_entries", ["warmth", "note_id"])
    op.create_table(
        "likes",
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_likes_person_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_likes_note_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_likes_note", "likes", ["note_id", "at"])
    op.create_table(
        "mentions",
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_mentions_note_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_mentions_person_id"),
            primary_key=True, autoincrement=False,
        ),
    )
    op.create_index("ix_mentions_person", "mentions", ["person_id", "note_id"])
    op.create_table(
        "note_tags",
        sa.Column("tag", sa.Text, primary_key=True, autoincrement=False),
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_note_tags_note_id"),
            primary_key=True, autoincrement=False,
        ),
    )
    op.create_index("ix_note_tags_note", "note_tags", ["note_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_notices_person_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column(
            "actor_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_notices_actor_id"),
            nullable=False,
        ),
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_notices_note_id"),
        ),
        sa.Column("deed", sa.Text, nullable=False),
        sa.UniqueConstraint("deed", name="uq_notices_deed"),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("read", sa.Boolean, nullable=False),
    )
    op.create_index("ix_notices_actor_id", "notices", ["actor_id"])
    op.create_index("ix_notices_note_id", "notices", ["note_id"])
    op.create_index("ix_notices_person", "notices", ["person_id", "id"])
    op.create_index("ix_notices_unread", "notices", ["person_id", "read"])
    op.create_table(
        "revisions",
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_revisions_note_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("title_key", sa.Text, nullable=False),
        sa.Column("body_key", sa.Text, nullable=False),
        sa.Column("warning_key", sa.Text, nullable=False),
    )
    op.create_table(
        "search_terms",
        sa.Column("term", sa.Text, primary_key=True, autoincrement=False),
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_search_terms_note_id"),
            primary_key=True, autoincrement=False,
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_terms_note", "search_terms", ["note_id"])
