"""Table of previews; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json
from catflap.media.model import PhotoMade

previews = sa.Table(
    "previews",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("title_key", sa.Text, nullable=False),
    sa.Column("description_key", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("author_name", sa.Text, nullable=False),
    sa.Column("author_url", sa.Text, nullable=False),
    sa.Column("creator", sa.Text, nullable=False),
    sa.Column("lang", sa.Text, nullable=False),
    sa.Column("published_at", Instant),
    sa.Column("image", Json(PhotoMade)),
    sa.Column("image_alt", sa.Text, nullable=False),
    # Where the picture's files are in the store, "" for none.
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("fetched_at", Instant),
    sa.Column("tries", sa.Integer, nullable=False),
    # How many notes link to it; the last one takes it along.
    sa.Column("uses", sa.Integer, nullable=False),
)
