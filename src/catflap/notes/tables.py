"""Tables of notes; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json, among, partial
from catflap.notes.model import Content, Visibility


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
    sa.Column("boosts_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("edited_at", Instant),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    # What it quotes; None, though a state stands beside it, once that is gone.
    sa.Column("quoted_id", sa.BigInteger),
    sa.Column("quote_state", sa.Text, nullable=False, server_default=""),
    # Who may quote it, and how many do.
    sa.Column("quotable_by", sa.Text, nullable=False, server_default="public"),
    sa.Column("quotes_count", sa.Integer, nullable=False, server_default="0"),
    partial("ix_notes_quoted", "quoted_id", "id", where="quoted_id IS NOT NULL"),
    sa.Index("ix_notes_author", "author_id", "root_id", "id"),
    # Notes and comments alike.
    sa.Index("ix_notes_author_time", "author_id", "id"),
    # Of comments alone: each index is a page more that publishing writes.
    partial("ix_notes_root", "root_id", "branch_id", "id", where="root_id IS NOT NULL"),
    partial("ix_notes_branch", "branch_id", "id", where="branch_id IS NOT NULL"),
    partial("ix_notes_parent", "parent_id", where="parent_id IS NOT NULL"),
    # What anybody may see, for the public timeline. By its visibility first, though that is one:
    # by its ids alone SQLite would rather sort all there is from `ix_notes_root`.
    partial(
        "ix_notes_public", "visibility", "id",
        where="root_id IS NULL AND visibility = 'public'",
    ),
    # From a text back to the notes it stands in, for those who look at its translation.
    *(
        partial(f"ix_notes_{name}", f"{name}_key", where=f"{name}_key <> ''")
        for name in ("title", "body", "warning", "place")
    ),
)

# As a literal: SQLite takes a partial index only where the statement itself says its condition.
in_public = sa.and_(
    notes.c.root_id.is_(None), notes.c.visibility == sa.literal_column(f"'{Visibility.PUBLIC}'")
)
"""Whether a row is a note, not a comment, that anybody may see: what `ix_notes_public` holds."""


def says(name: str, keys: str) -> sa.ColumnElement[bool]:
    """Whether one of the texts bound under ``keys`` is a note's ``title``, ``body`` … ."""
    column = notes.c[f"{name}_key"]
    return sa.and_(column != sa.literal_column("''"), among(column, keys))

# The page that a note links to first.
note_links = sa.Table(
    "note_links",
    metadata,
    _to("note_id", "notes.id", primary_key=True, autoincrement=False),
    _to("preview_id", "previews.id", nullable=False),
    sa.Index("ix_note_links_preview", "preview_id", "note_id"),
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
    sa.Index("ix_likes_person", "person_id", "at", "note_id"),
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
    sa.Index("ix_collected_board", "board_id", "at", "note_id"),
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

# Tags that mean the same. A family is the tags that carry its number.
family_tags = sa.Table(
    "family_tags",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),
    # None for a tag that hosts took out: it stays, so that the seed does not bring it back.
    sa.Column("family_id", sa.BigInteger, index=True),
    # "" where nobody said it and its letters do not.
    sa.Column("lang", sa.Text, nullable=False),
    # Sorts a family: who came first stands first.
    sa.Column("place", sa.BigInteger, nullable=False),
)

# "These two mean the same", or, with no ``other``, "this one does not belong there".
family_proposals = sa.Table(
    "family_proposals",
    metadata,
    _id(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("other", sa.Text, nullable=False),
    # The family that an accepted one made or made smaller, for the history on its page.
    sa.Column("family_id", sa.BigInteger, index=True),
    # What was decided outlives the accounts of those who took part; their names do not.
    sa.Column("by_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="SET NULL")),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("decided_at", Instant),
    sa.Column(
        "decided_by_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="SET NULL"), index=True
    ),
    sa.Column("reason", sa.Text, nullable=False),
    # The same as a text, which its readers have translated; "" where there is none.
    sa.Column("reason_key", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_family_proposals_tag", "tag"),
    sa.Index("ix_family_proposals_other", "other"),
    sa.Index("ix_family_proposals_by", "by_id", "state"),
    sa.Index("ix_family_proposals_state", "state", "id"),
    # The same is open once, however many propose it at once.
    partial(
        "uq_family_proposals_open", "kind", "tag", "other", unique=True, where="state = 'open'"
    ),
)

# Hosts who would accept a proposal; at two it is.
family_votes = sa.Table(
    "family_votes",
    metadata,
    _to("proposal_id", "family_proposals.id", primary_key=True, autoincrement=False),
    _to("person_id", "people.id", primary_key=True, autoincrement=False, index=True),
    sa.Column("at", Instant, nullable=False),
)

# Tags whose notes come into somebody's home.
tag_follows = sa.Table(
    "tag_follows",
    metadata,
    _id(),
    _to("person_id", "people.id", nullable=False),
    sa.Column("tag", sa.Text, nullable=False),
    sa.UniqueConstraint("person_id", "tag"),
    sa.Index("ix_tag_follows_person", "person_id", "id"),
)

# Tags that somebody shows on their profile.
featured_tags = sa.Table(
    "featured_tags",
    metadata,
    _id(),
    _to("person_id", "people.id", nullable=False),
    sa.Column("tag", sa.Text, nullable=False),
    sa.UniqueConstraint("person_id", "tag"),
)

# What somebody does not want to read, or only behind a warning, and where.
filters = sa.Table(
    "filters",
    metadata,
    _id(),
    _to("person_id", "people.id", nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("places", Json(tuple[str, ...]), nullable=False),
    sa.Column("deed", sa.Text, nullable=False),
    sa.Column("until", Instant),
    sa.Index("ix_filters_person", "person_id", "id"),
)

filter_words = sa.Table(
    "filter_words",
    metadata,
    _id(),
    _to("filter_id", "filters.id", nullable=False),
    sa.Column("word", sa.Text, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False),
    sa.Index("ix_filter_words_filter", "filter_id", "id"),
)

filter_notes = sa.Table(
    "filter_notes",
    metadata,
    _id(),
    _to("filter_id", "filters.id", nullable=False),
    _to("note_id", "notes.id", nullable=False, index=True),
    sa.UniqueConstraint("filter_id", "note_id"),
)

# Notes that people passed on to those who follow them; its id stands among the notes' in lists.
boosts = sa.Table(
    "boosts",
    metadata,
    _id(),
    _to("person_id", "people.id", nullable=False),
    _to("note_id", "notes.id", nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.UniqueConstraint("person_id", "note_id", name="uq_boosts_person_note"),
    sa.Index("ix_boosts_person", "person_id", "id"),
    sa.Index("ix_boosts_note", "note_id", "id"),
)

# Notes that stand first on their author's page.
pins = sa.Table(
    "pins",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    _to("note_id", "notes.id", primary_key=True, autoincrement=False, index=True),
    sa.Column("at", Instant, nullable=False),
)

# Threads that somebody wants to hear nothing more of.
hushed = sa.Table(
    "hushed",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    _to("root_id", "notes.id", primary_key=True, autoincrement=False, index=True),
    sa.Column("at", Instant, nullable=False),
)

polls = sa.Table(
    "polls",
    metadata,
    _id(),
    _to("note_id", "notes.id", nullable=False, unique=True),
    sa.Column("is_multiple", sa.Boolean, nullable=False),
    sa.Column("hides_totals", sa.Boolean, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("voters_count", sa.Integer, nullable=False),
    # Whether its end was told.
    sa.Column("told", sa.Boolean, nullable=False),
)

poll_options = sa.Table(
    "poll_options",
    metadata,
    _to("poll_id", "polls.id", primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("text_key", sa.Text, nullable=False, index=True),
    sa.Column("votes_count", sa.Integer, nullable=False),
)

ballots = sa.Table(
    "ballots",
    metadata,
    _to("poll_id", "polls.id", primary_key=True, autoincrement=False),
    _to("person_id", "people.id", primary_key=True, autoincrement=False, index=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
)

# Notes to be published later, as they were written.
planned = sa.Table(
    "planned",
    metadata,
    _id(),
    _to("person_id", "people.id", nullable=False),
    sa.Column("content", Json(Content), nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Index("ix_planned_person", "person_id", "id"),
)

# A person's side of a thread between few: where it stands, and whether they read it.
talks = sa.Table(
    "talks",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    _to("root_id", "notes.id", primary_key=True, autoincrement=False, index=True),
    sa.Column("last_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("unread", sa.Boolean, nullable=False),
    sa.Index("ix_talks_last", "person_id", "last_id"),
)

# What was published under a key that an app made up, so that asking twice publishes once.
repeats = sa.Table(
    "repeats",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column("key_hash", sa.Text, primary_key=True),
    _to("note_id", "notes.id", index=True),
    _to("planned_id", "planned.id", index=True),
    sa.Column("at", Instant, nullable=False, index=True),
)
