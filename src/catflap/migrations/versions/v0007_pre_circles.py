"""Profiles with headers and fields; requests, lists, filters, and how far people have read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make room."""
    _profiles()
    _pairs()
    _lists()
    _tags()
    _filters()


def _profiles() -> None:
    for column in (
        _text("header", ""), _text("fields", "[]"), _flag("locked", on=False),
        _flag("automated", on=False), _flag("discoverable", on=True), _flag("indexable", on=True),
        _flag("hides_circles", on=False), _text("post_visibility", "public"),
        _flag("post_sensitive", on=False), _text("post_lang", ""), sa.Column("wrote_at", Instant),
    ):
        op.add_column("people", column)
    op.execute(
        "UPDATE people SET wrote_at = "
        "(SELECT max(made_at) FROM notes WHERE notes.author_id = people.id)"
    )
    op.create_index(
        "ix_people_wrote", "people", ["wrote_at"], sqlite_where=sa.text("discoverable = 1"),
        postgresql_where=sa.text("discoverable"),
    )


def _pairs() -> None:
    for column in _wishes():
        op.add_column("follows", column)
    op.create_index(
        "ix_follows_notify", "follows", ["followed_id"], sqlite_where=sa.text("notify = 1"),
        postgresql_where=sa.text("notify"),
    )
    op.add_column("mutes", _flag("with_notices", on=True))
    op.add_column("mutes", sa.Column("until", Instant))
    _pair("follow_requests", "asker_id", "asked_id", *_wishes())
    _pair("endorsements", "endorser_id", "endorsed_id")
    _pair("passed_over", "viewer_id", "person_id")
    _pair("remarks", "author_id", "about_id", sa.Column("text", sa.Text, nullable=False))


def _lists() -> None:
    op.create_table(
        "lists",
        _id(),
        _to("owner_id", "people.id", "lists"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
        sa.Column("exclusive", sa.Boolean, nullable=False),
    )
    op.create_index("ix_lists_owner", "lists", ["owner_id", "id"])
    op.create_table(
        "list_members",
        _to("list_id", "lists.id", "list_members", primary_key=True),
        _to("person_id", "people.id", "list_members", primary_key=True),
    )
    op.create_index("ix_list_members_person", "list_members", ["person_id"])
    op.create_table(
        "markers",
        _to("person_id", "people.id", "markers", primary_key=True),
        sa.Column("of", sa.Text, primary_key=True),
        sa.Column("last_id", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_table(
        "blocked_domains",
        _id(),
        _to("person_id", "people.id", "blocked_domains"),
        sa.Column("domain", sa.Text, nullable=False),
        sa.UniqueConstraint("person_id", "domain", name="uq_blocked_domains_person_id_domain"),
    )
    op.create_index("ix_blocked_domains_person", "blocked_domains", ["person_id", "id"])


def _tags() -> None:
    for name in ("tag_follows", "featured_tags"):
        op.create_table(
            name,
            _id(),
            _to("person_id", "people.id", name),
            sa.Column("tag", sa.Text, nullable=False),
            sa.UniqueConstraint("person_id", "tag", name=f"uq_{name}_person_id_tag"),
        )
    op.create_index("ix_tag_follows_person", "tag_follows", ["person_id", "id"])


def _filters() -> None:
    op.create_table(
        "filters",
        _id(),
        _to("person_id", "people.id", "filters"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("until", Instant),
    )
    op.create_index("ix_filters_person", "filters", ["person_id", "id"])
    op.create_table(
        "filter_words",
        _id(),
        _to("filter_id", "filters.id", "filter_words"),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
    )
    op.create_index("ix_filter_words_filter", "filter_words", ["filter_id", "id"])
    op.create_table(
        "filter_notes",
        _id(),
        _to("filter_id", "filters.id", "filter_notes"),
        _to("note_id", "notes.id", "filter_notes"),
        sa.UniqueConstraint("filter_id", "note_id", name="uq_filter_notes_filter_id_note_id"),
    )
    op.create_index("ix_filter_notes_note_id", "filter_notes", ["note_id"])


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _text(name: str, usual: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=usual)


def _flag(name: str, *, on: bool) -> sa.Column[bool]:
    usual = sa.true() if on else sa.false()
    return sa.Column(name, sa.Boolean, nullable=False, server_default=usual)


def _wishes() -> tuple[sa.Column[Any], ...]:
    return _flag("with_boosts", on=True), _flag("notify", on=False), _text("langs", "[]")


def _to(name: str, target: str, table: str, *, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger,
        sa.ForeignKey(target, ondelete="CASCADE", name=f"fk_{table}_{name}"),
        nullable=False, primary_key=primary_key, autoincrement=False,
    )


def _pair(name: str, one: str, other: str, *more: sa.Column[Any]) -> None:
    op.create_table(
        name,
        _to(one, "people.id", name, primary_key=True),
        _to(other, "people.id", name, primary_key=True),
        sa.Column("at", Instant, nullable=False),
        *more,
    )
    op.create_index(f"ix_{name}_{other}", name, [other, "at"])
