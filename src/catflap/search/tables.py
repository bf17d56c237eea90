"""Tables of search; private to the feature.

``search_documents`` says of which note and language a document is and who may find it;
``search_words`` holds its tokens: on SQLite an FTS5 table, which a trigger empties with the
document, on PostgreSQL a ``tsvector``. Their forms stand in the migration; here the second has
only its name, because no `Table` of SQLAlchemy's is both.
"""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata

documents = sa.Table(
    "search_documents",
    metadata,
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True,
        autoincrement=True,
    ),
    sa.Column(
        "note_id", sa.BigInteger, sa.ForeignKey("notes.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("lang", sa.Text, nullable=False),
    sa.Column(
        "author_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.UniqueConstraint("note_id", "lang", name="uq_search_documents_note_id_lang"),
    sa.Index("ix_search_documents_author", "author_id", "note_id"),
)

word_table = sa.table("search_words")

names = sa.Table(
    "search_names",
    metadata,
    # Compared by code points on PostgreSQL too, so that a beginning is a range of the index.
    sa.Column("form", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
              primary_key=True),
    sa.Column(
        "person_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False,
    ),
    sa.Index("ix_search_names_person", "person_id"),
    sqlite_with_rowid=False,
)
