"""The threshold: first notes, cat tax, stamps, invitations, the valve's queue, interests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catflap.ground.statements import Instant

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make room."""
    op.add_column(
        "people", sa.Column("waits", sa.Boolean, nullable=False, server_default=sa.false())
    )
    _first_notes()
    _cat_tax()
    _invitations()
    _valve()
    op.create_table(
        "interests",
        _to("interests", "person_id", "people.id", is_key=True),
        sa.Column("interest", sa.Text, primary_key=True),
    )


def _first_notes() -> None:
    op.create_table(
        "first_notes",
        _to("first_notes", "person_id", "people.id", is_key=True),
        _to("first_notes", "note_id", "notes.id"),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("answered_at", Instant),
        sa.UniqueConstraint("note_id", name="uq_first_notes_note_id"),
    )
    op.create_index("ix_first_notes_at", "first_notes", ["at"])
    _partial("ix_first_notes_open", "first_notes", ["lang", "at"], "answered_at IS NULL")


def _cat_tax() -> None:
    op.create_table(
        "cat_taxes",
        _to("cat_taxes", "person_id", "people.id", is_key=True),
        _to("cat_taxes", "note_id", "notes.id"),
        sa.Column("paid_at", Instant, nullable=False),
        sa.Column("stamps_count", sa.Integer, nullable=False),
        sa.Column("welcomed_at", Instant),
        sa.UniqueConstraint("note_id", name="uq_cat_taxes_note_id"),
    )
    op.create_table(
        "stamps",
        _id(),
        sa.Column("note_id", sa.BigInteger, nullable=False),
        sa.Column("by_id", sa.BigInteger, nullable=False),
        sa.Column("design", sa.Text, nullable=False),
        sa.Column("words_key", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.UniqueConstraint("note_id", "by_id", name="uq_stamps_note_by"),
    )
    op.create_index("ix_stamps_by_id", "stamps", ["by_id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        _id(),
        sa.Column("code", sa.Text, nullable=False),
        _to("invitations", "by_id", "people.id", nullable=True, gone="SET NULL"),
        sa.Column("uses_most", sa.Integer, nullable=False),
        sa.Column("uses_count", sa.Integer, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.UniqueConstraint("code", name="uq_invitations_code"),
    )
    op.create_index("ix_invitations_by", "invitations", ["by_id", "id"])
    op.create_table(
        "invited",
        _to("invited", "person_id", "people.id", is_key=True),
        _to("invited", "invitation_id", "invitations.id", nullable=True, gone="SET NULL"),
        _to("invited", "by_id", "people.id", nullable=True, gone="SET NULL"),
        sa.Column("at", Instant, nullable=False),
    )
    for column in ("invitation_id", "by_id"):
        op.create_index(f"ix_invited_{column}", "invited", [column])


def _valve() -> None:
    op.create_table(
        "entrances",
        _to("entrances", "person_id", "people.id", is_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("let_in_at", Instant),
        sa.Column("needs_host", sa.Boolean, nullable=False),
        sa.Column("flagged", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.UniqueConstraint("number", name="uq_entrances_number"),
    )
    op.create_index("ix_entrances_let_in_at", "entrances", ["let_in_at"])
    _partial("ix_entrances_waiting", "entrances", ["needs_host", "number"], "let_in_at IS NULL")
    gate = op.create_table(
        "gate",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(gate, [{"id": 1, "last_number": 0}])
    op.create_table(
        "spent_proofs",
        sa.Column("mark", sa.Text, primary_key=True),
        sa.Column("until", Instant, nullable=False),
    )
    op.create_index("ix_spent_proofs_until", "spent_proofs", ["until"])


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _to(
    table: str, name: str, target: str, *, is_key: bool = False, nullable: bool = False,
    gone: str = "CASCADE",
) -> sa.Column[int]:
    key = sa.ForeignKey(target, ondelete=gone, name=f"fk_{table}_{name}")
    if is_key:
        return sa.Column(name, sa.BigInteger, key, primary_key=True, autoincrement=False)
    return sa.Column(name, sa.BigInteger, key, nullable=nullable)
