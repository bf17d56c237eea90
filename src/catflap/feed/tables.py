"""Tables of the feed; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.feed.model import Figures, ShownSlot
from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json, partial


def _to(name: str, target: str, **options: object) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(target, ondelete="CASCADE"), **options  # type: ignore[arg-type]
    )


entries = sa.Table(
    "feed_entries",
    metadata,
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Column("author_id", sa.BigInteger, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("warmth", sa.Float, nullable=False),
    # What the learned feed asks of a note, found when it was placed.
    sa.Column("lang", sa.Text, nullable=False, server_default=""),
    sa.Column("topic", sa.Text, nullable=False, server_default=""),
    sa.Column("political", sa.Boolean, nullable=False, server_default=sa.false()),
    # Keys of where it says that it is, the finest first; NULL where that was not looked at yet.
    sa.Column("places", Json(tuple[str, ...])),
    # Its words or its first photo stood in an earlier note of somebody else.
    sa.Column("copied", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("likes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("comments", sa.Integer, nullable=False, server_default="0"),
    # Of the note these were found for.
    sa.Column("revision", sa.Integer, nullable=False, server_default="-1"),
    sa.Index("ix_feed_entries_warmth", "warmth", "note_id"),
    sa.Index("ix_feed_entries_format", "format", "warmth", "note_id"),
    partial("ix_feed_entries_unplaced", "places", "note_id", where="places IS NULL"),
)

# What was shown to whom: a row a page and not a row a slot, forgotten after `showing.KEPT`.
pages = sa.Table(
    "feed_pages",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _to("reader_id", "people.id", nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("slots", Json(tuple[ShownSlot, ...]), nullable=False),
    sa.Column("slots_count", sa.Integer, nullable=False),
    sa.Index("ix_feed_pages_reader", "reader_id", "at"),
    sa.Index("ix_feed_pages_at", "at", "slots_count"),
)

# How often each note was shown, and how often refused. Nobody's name stands here.
tallies = sa.Table(
    "feed_tallies",
    metadata,
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Column("shown", sa.BigInteger, nullable=False),
    sa.Column("floor_shown", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.BigInteger, nullable=False),
)

# Readers who asked for less like a note; how their feed reads it is `personal`'s to say.
refusals = sa.Table(
    "less_like_this",
    metadata,
    _to("reader_id", "people.id", primary_key=True, autoincrement=False),
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Column("author_id", sa.BigInteger, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("places", Json(tuple[str, ...]), nullable=False, server_default="[]"),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_less_like_this_note", "note_id"),
    sa.Index("ix_less_like_this_reader", "reader_id", "at"),
)

budgets = sa.Table(
    "feed_budgets",
    metadata,
    _to("reader_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column("politics_ratio", sa.Float, nullable=False),
)

# First notes of the last day: what each still gets before the next pacing.
owed = sa.Table(
    "feed_owed",
    metadata,
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Column("posted_at", Instant, nullable=False, index=True),
    sa.Column("eligible", sa.Boolean, nullable=False),
    sa.Column("answered", sa.Boolean, nullable=False),
    sa.Column("cards", sa.Integer, nullable=False),
    # The least that it was promised while it was young, and what it had when the day was over.
    sa.Column("least_target", sa.Float, nullable=False),
    sa.Column("got", sa.BigInteger, nullable=False),
)

# What each person's first notes were given, cards that were dealt included: deleting the note and
# writing another begins nothing anew. ``before`` is what notes before ``note_id`` were given.
given = sa.Table(
    "feed_given",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column("note_id", sa.BigInteger, nullable=False),
    sa.Column("before", sa.BigInteger, nullable=False),
    sa.Column("given", sa.BigInteger, nullable=False),
    sa.Column("posted_at", Instant, nullable=False, index=True),
)

# Marks of what public notes say (`saying`), and since when they say it.
sayings = sa.Table(
    "feed_sayings",
    metadata,
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    sa.Column("mark", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("said_at", Instant, nullable=False),
    sa.Index("ix_feed_sayings_mark", "mark", "said_at"),
)

# The floor's state by the hour (UTC), which is public.
pacings = sa.Table(
    "feed_pacings",
    metadata,
    sa.Column("hour", Instant, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("target", sa.Float, nullable=False),
    sa.Column("owed_count", sa.Integer, nullable=False),
    sa.Column("barred_count", sa.Integer, nullable=False),
    sa.Column("unanswered_count", sa.Integer, nullable=False),
    sa.Column("day_impressions", sa.BigInteger, nullable=False),
    sa.Column("floor_impressions", sa.BigInteger, nullable=False),
)

# What was learned, a file in the store for each number; the newest chosen one is in force.
models = sa.Table(
    "feed_models",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    # A night is learned once, however often its job runs.
    sa.Column("night", sa.Text, nullable=False, unique=True),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("figures", Json(Figures), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # When it was last put in force; None for one that never was, or was taken back.
    sa.Column("chosen_at", Instant, index=True),
)
