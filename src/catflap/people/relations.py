"""How one person stands to others: everything there is between them, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.statements import Instant, Statement
from catflap.ground.statements import among as among_ids
from catflap.people.model import PersonId, Relation, Wishes
from catflap.people.tables import blocks, endorsements, follows, mutes, remarks, requests

_i64 = sa.BigInteger


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """One thing between the viewer and ``other``; what the rest means depends on ``why``."""

    other: int
    why: str
    first: bool
    second: bool
    words: str
    until: datetime | None


_NO_WORDS = sa.literal_column("''", sa.Text)
_NO_END = sa.cast(sa.null(), Instant)


def _rows(
    table: sa.Table, why: str, *, by_viewer: bool,
    told: tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]] = (sa.false(), sa.false()),
    words: sa.ColumnElement[str] = _NO_WORDS, until: sa.ColumnElement[datetime] = _NO_END,
) -> sa.Select[tuple[int, str, bool, bool, str, datetime]]:
    one, other = table.primary_key.columns
    viewer, person = (one, other) if by_viewer else (other, one)
    return sa.select(
        person.label("other"), sa.literal_column(f"'{why}'", sa.Text).label("why"),
        told[0].label("first"), told[1].label("second"), words.label("words"),
        until.label("until"),
    ).where(viewer == sa.bindparam("viewer", type_=_i64), among_ids(person, "ids"))


def _wished(table: sa.Table, why: str) -> sa.Select[tuple[int, str, bool, bool, str, datetime]]:
    return _rows(
        table, why, by_viewer=True, told=(table.c.with_boosts, table.c.notify),
        words=sa.type_coerce(table.c.langs, sa.Text),
    )


_BETWEEN = Statement(
    sa.union_all(
        _wished(follows, "follows"),
        _rows(follows, "followed", by_viewer=False),
        _rows(blocks, "blocks", by_viewer=True),
        _rows(blocks, "blocked", by_viewer=False),
        _rows(
            mutes, "mutes", by_viewer=True, told=(mutes.c.with_notices, sa.false()),
            until=mutes.c.until,
        ),
        _wished(requests, "asks"),
        _rows(requests, "asked", by_viewer=False),
        _rows(endorsements, "endorses", by_viewer=True),
        _rows(remarks, "remarks", by_viewer=True, words=remarks.c.text),
    ),
    _Row,
)


async def among(
    reads: Reads, viewer: PersonId | None, ids: Sequence[int]
) -> dict[int, Relation]:
    """How the viewer stands to each of these people. One query, whatever their number."""
    if viewer is None or not ids:
        return {id_: Relation(is_self=False) for id_ in ids}
    rows: dict[int, dict[str, _Row]] = {id_: {} for id_ in ids}
    now = clock.now()
    for row in await reads.all(_BETWEEN, viewer=viewer, ids=sorted(set(ids))):
        if row.until is None or row.until > now:
            rows[row.other][row.why] = row
    return {id_: _relation(found, is_self=id_ == viewer) for id_, found in rows.items()}


def _relation(found: dict[str, _Row], *, is_self: bool) -> Relation:
    wished = found.get("follows") or found.get("asks")
    mute, remark = found.get("mutes"), found.get("remarks")
    return Relation(
        is_self=is_self, following="follows" in found, followed_by="followed" in found,
        blocked="blocks" in found, blocked_by="blocked" in found, muted=mute is not None,
        muted_notices=mute is not None and mute.first,
        muted_until=mute.until if mute is not None else None, requested="asks" in found,
        requested_by="asked" in found,
        wishes=Wishes(
            with_boosts=wished.first, notify=wished.second,
            langs=msgspec.json.decode(wished.words, type=tuple[str, ...]),
        ) if wished is not None else None,
        endorsed="endorses" in found, remark=remark.words if remark is not None else "",
    )
