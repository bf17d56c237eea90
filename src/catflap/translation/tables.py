"""Tables of translation; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json
from catflap.translation.model import Meaning

texts = sa.Table(
    "texts",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("langs", Json(tuple[str, ...]), nullable=False),
    # What its author said it is, "" where nothing was said; authors are wrong half the time.
    sa.Column("claimed", sa.Text, nullable=False, server_default=""),
    # Whether people corrected the languages; then nothing finds them anew.
    sa.Column("langs_fixed", sa.Boolean, nullable=False, server_default=sa.false()),
    # Whether anybody may read it: what only few may never leaves the house for a translation.
    sa.Column("public", sa.Boolean, nullable=False, server_default=sa.true()),
    # The title and tags of the first note that held it, for engines that take context.
    sa.Column("context", sa.Text, nullable=False, server_default=""),
    # How many notes, bios, boards … hold this text; at none, it and its renditions go.
    sa.Column("uses", sa.Integer, nullable=False),
)

renditions = sa.Table(
    "renditions",
    metadata,
    sa.Column(
        "text_key", sa.Text, sa.ForeignKey("texts.key", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("engine", sa.Text, nullable=False),
    sa.Column("engine_version", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("by_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("confidence_ratio", sa.Float, nullable=False),
    sa.Column("failed", sa.Boolean, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    # The language in between, "" for a direct translation.
    sa.Column("via", sa.Text, nullable=False, server_default=""),
)

# What engines said of single segments: an edit asks only for what it changed, and a sentence that
# a thousand people write is translated once. They go with the text they stand in.
segments = sa.Table(
    "segments",
    metadata,
    sa.Column(
        "text_key", sa.Text, sa.ForeignKey("texts.key", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("segment_key", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("ix_segments_key", "segment_key"),
)

# Segments that a worker is asking an engine for, and until when others leave them to it.
asking = sa.Table(
    "asking",
    metadata,
    sa.Column("segment_key", sa.Text, primary_key=True),
    sa.Column("until", Instant, nullable=False),
    sa.Index("ix_asking_until", "until"),
)

suggestions = sa.Table(
    "suggestions",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("text_key", sa.Text, sa.ForeignKey("texts.key", ondelete="CASCADE"), nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column(
        "by_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("decided_at", Instant),
    # What stood there before it was accepted, for undoing and for the history.
    sa.Column("replaced", sa.Text, nullable=False),
    sa.Column("replaced_origin", sa.Text, nullable=False),
    sa.Column("replaced_engine", sa.Text, nullable=False),
    sa.Column("replaced_by_id", sa.BigInteger),
    sa.Index("ix_suggestions_text", "text_key", "target"),
    sa.Index("ix_suggestions_state", "state", "id"),
    sa.Index("ix_suggestions_by", "by_id"),
)

# Hosts who would accept a suggestion; at two it is.
suggestion_votes = sa.Table(
    "suggestion_votes",
    metadata,
    sa.Column(
        "suggestion_id", sa.BigInteger, sa.ForeignKey("suggestions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column(
        "person_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Index("ix_suggestion_votes_person", "person_id"),
)

# "This translation is wrong": one tap, once a person, text and language.
doubts = sa.Table(
    "doubts",
    metadata,
    sa.Column(
        "text_key", sa.Text, sa.ForeignKey("texts.key", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column(
        "person_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("engine", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("settled", sa.Boolean, nullable=False),
    sa.Index("ix_doubts_open", "settled", "at"),
    sa.Index("ix_doubts_person", "person_id"),
)

# "This is not Chinese": what readers say of a text's language.
language_claims = sa.Table(
    "language_claims",
    metadata,
    sa.Column(
        "text_key", sa.Text, sa.ForeignKey("texts.key", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column(
        "person_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("lang", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_language_claims_person", "person_id"),
)

glossary_terms = sa.Table(
    "glossary_terms",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lang", sa.Text, nullable=False),
    sa.Column("term", sa.Text, nullable=False),
    sa.Column("variants", Json(tuple[str, ...]), nullable=False),
    # What it means, in its own language, for those who know the language but not the word.
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("by_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("changed_at", Instant, nullable=False),
    # A term that was taken out stays, so that the seed does not bring it back.
    sa.Column("removed", sa.Boolean, nullable=False),
    sa.UniqueConstraint("lang", "term", name="uq_glossary_terms_term"),
    sa.Index("ix_glossary_terms_by", "by_id"),
)

glossary_renderings = sa.Table(
    "glossary_renderings",
    metadata,
    sa.Column(
        "term_id", sa.BigInteger, sa.ForeignKey("glossary_terms.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("rendering", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

# What stood in the glossary after each change, the newest as it stands.
glossary_versions = sa.Table(
    "glossary_versions",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "term_id", sa.BigInteger, sa.ForeignKey("glossary_terms.id", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("variants", Json(tuple[str, ...]), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("meanings", Json(tuple[Meaning, ...]), nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False),
    sa.Column("by_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("made_at", Instant, nullable=False),
    sa.Index("ix_glossary_versions_term", "term_id", "id"),
    sa.Index("ix_glossary_versions_by", "by_id"),
)

# What the operator's page is made of: sums by day (UTC), pair and engine.
figures = sa.Table(
    "translation_figures",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("figure", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("engine", sa.Text, primary_key=True),
    sa.Column("sum", sa.BigInteger, nullable=False),
)
