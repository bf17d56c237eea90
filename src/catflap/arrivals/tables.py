"""Tables of arrivals; private to the feature."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.arrivals.model import Refusal, Report
from catflap.ground.database import metadata
from catflap.ground.statements import Instant, Json, partial


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _to(name: str, target: str, **options: object) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey(target, ondelete="CASCADE"), **options  # type: ignore[arg-type]
    )


def _its(name: str, target: str, **options: object) -> sa.Column[int]:
    return _to(name, target, nullable=False, **options)


def _whoever(name: str, **options: object) -> sa.Column[int]:
    """A person whose leaving takes nothing with it but their name."""
    return sa.Column(
        name, sa.BigInteger, sa.ForeignKey("people.id", ondelete="SET NULL"), **options  # type: ignore[arg-type]
    )


# Each person's first public note, and whether somebody answered. It outlives its note: who deletes
# it and writes another goes on from here, and nothing is given or measured anew.
first_notes = sa.Table(
    "first_notes",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column(
        "note_id", sa.BigInteger, sa.ForeignKey("notes.id", ondelete="SET NULL"), unique=True
    ),
    # The language of its words, "" for none: hosts are shown those they can read.
    sa.Column("lang", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("answered_at", Instant),
    partial("ix_first_notes_open", "lang", "at", where="answered_at IS NULL"),
)

cat_taxes = sa.Table(
    "cat_taxes",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    _to("note_id", "notes.id", nullable=False, unique=True),
    sa.Column("paid_at", Instant, nullable=False),
    sa.Column("stamps_count", sa.Integer, nullable=False),
    sa.Column("welcomed_at", Instant),
    # Few at a time: those who are short of seals still.
    partial("ix_cat_taxes_short", "note_id", where="welcomed_at IS NULL"),
)

# No keys to notes and people: the words must be let go of first, which jobs do.
stamps = sa.Table(
    "stamps",
    metadata,
    _id(),
    sa.Column("note_id", sa.BigInteger, nullable=False),
    sa.Column("by_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("design", sa.Text, nullable=False),
    sa.Column("words_key", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.UniqueConstraint("note_id", "by_id", name="uq_stamps_note_by"),
)

invitations = sa.Table(
    "invitations",
    metadata,
    _id(),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    _whoever("by_id"),
    sa.Column("uses_most", sa.Integer, nullable=False),
    sa.Column("uses_count", sa.Integer, nullable=False),
    sa.Column("until", Instant, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Index("ix_invitations_by", "by_id", "id"),
)

# Who invited whom.
invited = sa.Table(
    "invited",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column(
        "invitation_id", sa.BigInteger, sa.ForeignKey("invitations.id", ondelete="SET NULL"),
        index=True,
    ),
    _whoever("by_id", index=True),
    sa.Column("at", Instant, nullable=False),
)

# Everybody who came through the valve, and those who wait before it.
entrances = sa.Table(
    "entrances",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False, unique=True),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("let_in_at", Instant, index=True),
    sa.Column("needs_host", sa.Boolean, nullable=False),
    sa.Column("flagged", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    partial("ix_entrances_waiting", "needs_host", "number", where="let_in_at IS NULL"),
)

# One row: whoever numbers or lets in holds it, so that the rate holds however many do at once.
gate = sa.Table(
    "gate",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("last_number", sa.BigInteger, nullable=False),
)

interests = sa.Table(
    "interests",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column("interest", sa.Text, primary_key=True),
)

# Places that somebody wants to hear from: by key, and as they wrote them.
places = sa.Table(
    "places",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("written", sa.Text, nullable=False),
)

# Proofs of work that were used, until they would be too old anyway.
spent_proofs = sa.Table(
    "spent_proofs",
    metadata,
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Column("until", Instant, nullable=False, index=True),
)

# Archives that somebody uploaded; the files themselves are gone once they were read.
imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _its("owner_id", "people.id"),
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
    _its("import_id", "imports.id", primary_key=True, autoincrement=False),
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
    _its("import_id", "imports.id", primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("handle_hash", sa.Text, primary_key=True),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Index("ix_brought_handles_hash", "handle_hash", "kind"),
    sa.Index("ix_brought_handles_place", "import_id", "kind", "place"),
)

# Who wants to be found by those who knew them elsewhere, and how many handles they claimed lately:
# counted here, so that taking a claim back does not make room for the next guess.
seekers = sa.Table(
    "seekers",
    metadata,
    _to("person_id", "people.id", primary_key=True, autoincrement=False),
    sa.Column("seeks", sa.Boolean, nullable=False),
    sa.Column("claims_count", sa.Integer, nullable=False),
    sa.Column("counted_since", Instant, nullable=False),
)

# Handles elsewhere that people say were theirs, under the same keyed hashes as brought ones.
claims = sa.Table(
    "claims",
    metadata,
    _id(),
    _its("person_id", "people.id"),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("handle_hash", sa.Text, nullable=False, index=True),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # What the person writes into their old profile to prove that it is theirs.
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("looked_at", Instant),
    sa.UniqueConstraint("person_id", "handle_hash", name="uq_claims_person_handle"),
    partial("ix_claims_proven", "handle_hash", where="state = 'proven'", unique=True),
)

# A list that somebody brought names a handle that somebody claims. It goes with either. What of it
# is shown, and to whom, is decided at each look (`finding`): a claim may be doubted meanwhile.
meetings = sa.Table(
    "meetings",
    metadata,
    _to("viewer_id", "people.id", primary_key=True, autoincrement=False),
    _to("claim_id", "claims.id", primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    _its("import_id", "imports.id"),
    # Whether the viewer lets whoever claims it know that they are here; or wants no more of it.
    sa.Column("waved", sa.Boolean, nullable=False),
    sa.Column("passed", sa.Boolean, nullable=False),
    sa.Column("told", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_meetings_claim", "claim_id"),
    sa.Index("ix_meetings_import", "import_id"),
)

# What people take with them, for some days; the files stand in the store.
exports = sa.Table(
    "exports",
    metadata,
    _id(),
    _its("owner_id", "people.id"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("progress_ratio", sa.Float, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    # How often it was begun: more than once where something cut it off.
    sa.Column("begun_count", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("until", Instant, nullable=False, index=True),
    sa.Index("ix_exports_owner", "owner_id", "id"),
)
