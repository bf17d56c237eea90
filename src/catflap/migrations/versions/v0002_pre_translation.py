"""Translation deepened: lanes, segments, suggestions, glossary, families, subtitles, figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make room."""
    _widen()
    _texts()
    _glossary()
    _families()


def _widen() -> None:
    op.add_column("jobs", sa.Column("lane", sa.Text, nullable=False, server_default="quick"))
    op.drop_index("ix_jobs_due", "jobs")
    op.create_index("ix_jobs_due", "jobs", ["lane", "dead", "priority", "run_at"])
    op.create_index("ix_jobs_newest", "jobs", ["lane", "dead", "priority", sa.text("id DESC")])
    for name, column, sqlite, postgresql in (
        ("ix_jobs_worker", "worker", "worker IS NOT NULL", "worker IS NOT NULL"),
        ("ix_jobs_dead", "dead", "dead = 1", "dead"),
    ):
        op.create_index(
            name, "jobs", [column], sqlite_where=sa.text(sqlite),
            postgresql_where=sa.text(postgresql),
        )
    op.add_column("people", sa.Column("script", sa.Text, nullable=False, server_default=""))
    for name in ("claimed", "context"):
        op.add_column("texts", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name, default in (("langs_fixed", sa.false()), ("public", sa.true())):
        op.add_column(
            "texts", sa.Column(name, sa.Boolean, nullable=False, server_default=default)
        )
    for name in ("title", "body", "warning", "place"):
        op.create_index(f"ix_notes_{name}", "notes", [f"{name}_key"])
    op.create_index("ix_media_alt_key", "media", ["alt_key"])
    op.add_column("renditions", sa.Column("via", sa.Text, nullable=False, server_default=""))


def _texts() -> None:
    op.create_table(
        "segments",
        sa.Column(
            "text_key", sa.Text,
            sa.ForeignKey("texts.key", ondelete="CASCADE", name="fk_segments_text_key"),
            primary_key=True,
        ),
        sa.Column("segment_key", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_segments_key", "segments", ["segment_key"])
    op.create_table(
        "suggestions",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "text_key", sa.Text,
            sa.ForeignKey("texts.key", ondelete="CASCADE", name="fk_suggestions_text_key"),
            nullable=False,
        ),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column(
            "by_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_suggestions_by_id"),
            nullable=False,
        ),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("decided_at", Instant),
        sa.Column("replaced", sa.Text, nullable=False),
        sa.Column("replaced_origin", sa.Text, nullable=False),
        sa.Column("replaced_engine", sa.Text, nullable=False),
        sa.Column("replaced_by_id", sa.BigInteger),
    )
    op.create_index("ix_suggestions_by", "suggestions", ["by_id"])
    op.create_index("ix_suggestions_state", "suggestions", ["state", "id"])
    op.create_index("ix_suggestions_text", "suggestions", ["text_key", "target"])
    op.create_table(
        "suggestion_votes",
        sa.Column(
            "suggestion_id", sa.BigInteger,
            sa.ForeignKey("suggestions.id", ondelete="CASCADE", name="fk_votes_suggestion"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_suggestion_votes_person_id"),
            primary_key=True, autoincrement=False,
        ),
    )
    op.create_index("ix_suggestion_votes_person", "suggestion_votes", ["person_id"])
    op.create_table(
        "doubts",
        sa.Column(
            "text_key", sa.Text,
            sa.ForeignKey("texts.key", ondelete="CASCADE", name="fk_doubts_text_key"),
            primary_key=True,
        ),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_doubts_person_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
    )
    op.create_index("ix_doubts_open", "doubts", ["settled", "at"])
    op.create_index("ix_doubts_person", "doubts", ["person_id"])
    op.create_table(
        "language_claims",
        sa.Column(
            "text_key", sa.Text,
            sa.ForeignKey("texts.key", ondelete="CASCADE", name="fk_language_claims_text_key"),
            primary_key=True,
        ),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_language_claims_person_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_language_claims_person", "language_claims", ["person_id"])


def _glossary() -> None:
    op.create_table(
        "glossary_terms",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("term", sa.Text, nullable=False),
        sa.Column("variants", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("by_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="SET NULL", name="fk_glossary_terms_by_id"),
           ),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.UniqueConstraint("lang", "term", name="uq_glossary_terms_term"),
    )
    op.create_index("ix_glossary_terms_by", "glossary_terms", ["by_id"])
    op.create_table(
        "glossary_renderings",
        sa.Column(
            "term_id", sa.BigInteger,
            sa.ForeignKey("glossary_terms.id", ondelete="CASCADE", name="fk_renderings_term"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("rendering", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "translation_figures",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("figure", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("engine", sa.Text, primary_key=True),
        sa.Column("sum", sa.BigInteger, nullable=False),
    )


def _families() -> None:
    op.create_table(
        "tag_families",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("family", sa.Text, nullable=False),
    )
    op.create_index("ix_tag_families_family", "tag_families", ["family"])
    op.create_table(
        "tag_proposals",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("joins", sa.Text, primary_key=True),
        sa.Column(
            "by_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_tag_proposals_by_id"),
            nullable=False,
        ),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index("ix_tag_proposals_by_id", "tag_proposals", ["by_id"])
    op.create_index("ix_tag_proposals_state", "tag_proposals", ["state", "at"])
    op.create_table(
        "tag_votes",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("joins", sa.Text, primary_key=True),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_tag_votes_person_id"),
            primary_key=True, autoincrement=False,
        ),
    )
    op.create_index("ix_tag_votes_person_id", "tag_votes", ["person_id"])
    op.create_table(
        "subtitles",
        sa.Column(
            "media_id", sa.BigInteger,
            sa.ForeignKey("media.id", ondelete="CASCADE", name="fk_subtitles_media_id"),
            primary_key=True, autoincrement=False,
        ),
        sa.Column("lang", sa.Text, primary_key=True),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("times_ms", sa.Text, nullable=False),
    )
    op.create_index("ix_subtitles_text_key", "subtitles", ["text_key"])
