"""Tables of media; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json
from catflap.media.model import Focus, PhotoMade, VideoMade

media = sa.Table(
    "media",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "owner_id", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"),
        nullable=False, index=True,
    ),
    # The note it stands in, or the person who wears it (ids of both are of one kind). Notes are
    # above media, so this is a number and no foreign key.
    sa.Column("note_id", sa.BigInteger),
    sa.Column("position", sa.SmallInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("folder", sa.Text, nullable=False, index=True),
    sa.Column("alt_key", sa.Text, nullable=False, index=True),
    sa.Column("photo", Json(PhotoMade)),
    sa.Column("video", Json(VideoMade)),
    sa.Column("progress_ratio", sa.Float, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("focus", Json(Focus)),
    sa.Index("ix_media_note", "note_id", "position"),
)

# By which numbers a photo is found by those that look like it (`looks.parts`).
looks = sa.Table(
    "looks",
    metadata,
    sa.Column(
        "media_id", sa.BigInteger, sa.ForeignKey("media.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False,
    ),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Index("ix_looks_part", "part", "media_id"),
)

# Subtitles of a video: each file is one text, a cue a line, so that it is translated and corrected
# like any other; the times stand beside it.
subtitles = sa.Table(
    "subtitles",
    metadata,
    sa.Column(
        "media_id", sa.BigInteger, sa.ForeignKey("media.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False,
    ),
    sa.Column("lang", sa.Text, primary_key=True),
    sa.Column("text_key", sa.Text, nullable=False, index=True),
    sa.Column("times_ms", Json(tuple[tuple[int, int], ...]), nullable=False),
)
