"""Tables of arrivals; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.arrivals.model import Refusal, Report
from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json


def _to(name: str, target: str, **options: object) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(target, ondelete="CASCADE"), nullable=False, **options  # type: ignore[arg-type]
    )


# Archives that somebody uploaded; the files themselves are gone once they were read.
imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _to("owner_id", "people.id"),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("progress_ratio", sa.Float, nullable=False),
    # Batches that are kept already, so that a second run begins behind them.
    sa.Column("batches", sa.Integer, nullable=False),
    sa.Column("report", Json(Report)),
    sa.Column("refusal", Json(Refusal)),
    sa.Column("made_at", Instant, nullable=False, index=True),
    sa.Column("ended_at", Instant),
    sa.Index("ix_imports_owner", "owner_id", "id"),
)

brought_posts = sa.Table(
    "brought_posts",
    metadata,
    _to("import_id", "imports.id", primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("at", Instant),
    # Numbers of the files in the import's folder of the store.
    sa.Column("files", Json(tuple[int, ...]), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("draft_id", sa.BigInteger),
)

# Handles elsewhere: found by a keyed hash, read by their owner alone. Whoever has the database
# without the key can neither read them nor try handles against them.
brought_handles = sa.Table(
    "brought_handles",
    metadata,
    _to("import_id", "imports.id", primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("handle_hash", sa.Text, primary_key=True),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Index("ix_brought_handles_hash", "handle_hash", "kind"),
    sa.Index("ix_brought_handles_place", "import_id", "kind", "place"),
)
