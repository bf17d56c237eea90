"""Search across languages: documents by note and language, names, a backfill of both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground import clock
from catflap.ground.statements import Instant

revision = "0004"
down_revision = "0003"

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_FORM = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# Tokens come from us, apart by spaces: letters, digits and marks belong to one, nothing else
# does. Beginnings of one character have an index of their own. Measured on 64,000 documents of the
# demo's texts: `c*` takes 31 ms without it and 7 ms with it, longer ones 12 ms at most without;
# the index takes 47 MB without, 72 MB with one character, 122 MB with one to three.
_FTS5 = """
CREATE VIRTUAL TABLE search_words USING fts5(
    title, tags, body, detail = full, prefix = '1',
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
)
"""
_SETTINGS = (
    # What is deleted leaves the index at once, not at its next merge.
    "INSERT INTO search_words (search_words, rank) VALUES ('secure-delete', 1)",
    "INSERT INTO search_words (search_words, rank) VALUES ('rank', 'bm25(10.0, 5.0, 1.0)')",
    """CREATE TRIGGER search_documents_forgotten AFTER DELETE ON search_documents BEGIN
        DELETE FROM search_words WHERE rowid = old.id;
    END""",
)


def upgrade() -> None:
    """Make room, and have everything indexed anew."""
    op.drop_table("search_terms")
    op.create_table(
        "search_documents",
        sa.Column("id", _SEQ, primary_key=True, autoincrement=True),
        sa.Column(
            "note_id", sa.BigInteger,
            sa.ForeignKey("notes.id", ondelete="CASCADE", name="fk_search_documents_note_id"),
            nullable=False,
        ),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column(
            "author_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_search_documents_author_id"),
            nullable=False,
        ),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.UniqueConstraint("note_id", "lang", name="uq_search_documents_note_id_lang"),
    )
    op.create_index("ix_search_documents_author", "search_documents", ["author_id", "note_id"])
    op.create_table(
        "search_names",
        sa.Column("form", _FORM, primary_key=True),
        sa.Column(
            "person_id", sa.BigInteger,
            sa.ForeignKey("people.id", ondelete="CASCADE", name="fk_search_names_person_id"),
            primary_key=True, autoincrement=False,
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_names_person", "search_names", ["person_id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in (_FTS5, *_SETTINGS):
            op.execute(statement)
    else:
        _on_postgresql()
    _enqueue()


def _on_postgresql() -> None:
    op.execute(
        "CREATE TABLE search_words (document_id BIGINT PRIMARY KEY "
        "REFERENCES search_documents (id) ON DELETE CASCADE, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_search_words_words ON search_words USING gin (words)")
    op.execute('CREATE INDEX ix_note_tags_beginning ON note_tags (tag COLLATE "C", note_id)')


def _enqueue() -> None:
    """The backfill, which goes on from where it was cut off."""
    jobs = sa.table(
        "jobs", sa.column("kind"), sa.column("payload"), sa.column("key"), sa.column("priority"),
        sa.column("run_at", Instant), sa.column("attempts"), sa.column("dead", sa.Boolean),
        sa.column("made_at", Instant), sa.column("lane"),
    )
    now = clock.now()
    for kind in ("search.backfill", "search.backfill_names"):
        op.execute(
            jobs.insert().values(
                kind=kind, payload='{"after":0}', key=kind, priority=9, run_at=now, attempts=0,
                dead=False, made_at=now, lane="quick",
            )
        )
