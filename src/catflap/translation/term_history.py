"""What stood in the glossary before: every change of a term, who made it and when, for everybody.

A version is what stood after a change, so that each says what it changed by the one before it. What
was written down before versions were kept is made the first one at its first change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.statements import Instant, Json, Statement, insert_unless_there
from catflap.translation.codes import Lang
from catflap.translation.model import Meaning
from catflap.translation.tables import glossary_renderings, glossary_terms, glossary_versions

SHOWN = 100

_i64 = sa.BigInteger


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A term as it stands, taken out or not."""

    id: int
    lang: Lang
    term: str
    variants: tuple[str, ...]
    note: str
    meanings: tuple[Meaning, ...]
    removed: bool
    by_id: int | None
    changed_at: datetime


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What a term was after somebody's change; ``by_id`` None for what Catflap began with."""

    id: int
    variants: tuple[str, ...]
    note: str
    meanings: tuple[Meaning, ...]
    removed: bool
    by_id: int | None
    made_at: datetime


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    lang: str
    term: str
    variants: tuple[str, ...]
    note: str
    removed: bool
    by_id: int | None
    changed_at: datetime


class _MeaningRow(msgspec.Struct, frozen=True, kw_only=True):
    target: str
    rendering: str
    note: str


_OF_ID = sa.select(*(glossary_terms.c[name] for name in _Row.__struct_fields__)).where(
    glossary_terms.c.id == sa.bindparam("id", type_=_i64)
)
_TERM = Statement(_OF_ID, _Row)
_HOLD = Statement(_OF_ID.with_for_update(), _Row)
_MEANINGS = Statement(
    sa.select(*(glossary_renderings.c[name] for name in _MeaningRow.__struct_fields__))
    .where(glossary_renderings.c.term_id == sa.bindparam("id", type_=_i64))
    .order_by(glossary_renderings.c.target),
    _MeaningRow,
)
_OF_TERM = (
    sa.select(*(glossary_versions.c[name] for name in Version.__struct_fields__))
    .where(glossary_versions.c.term_id == sa.bindparam("term", type_=_i64))
    .order_by(glossary_versions.c.id.desc())
)
_NEWEST = Statement(_OF_TERM.limit(1), Version)
_HISTORY = Statement(_OF_TERM.limit(SHOWN), Version)
_ONE = Statement(
    sa.select(*(glossary_versions.c[name] for name in Version.__struct_fields__)).where(
        glossary_versions.c.id == sa.bindparam("id", type_=_i64),
        glossary_versions.c.term_id == sa.bindparam("term", type_=_i64),
    ),
    Version,
)
_KEEP = Statement(
    insert_unless_there(glossary_versions).values(
        id=sa.bindparam("id"), term_id=sa.bindparam("term"),
        variants=sa.bindparam("variants", type_=Json(tuple[str, ...])),
        note=sa.bindparam("note"),
        meanings=sa.bindparam("meanings", type_=Json(tuple[Meaning, ...])),
        removed=sa.bindparam("removed", type_=sa.Boolean),
        by_id=sa.bindparam("by", type_=_i64), made_at=sa.bindparam("at", type_=Instant),
    )
)


async def standing(reads: Reads, id_: int) -> Standing:
    """A term as it stands, one that was taken out too. Two queries.

    Raises:
        NotFound: there never was one of this number.
    """
    row = await reads.one(_TERM, id=id_)
    if row is None:
        raise NotFound("term")
    meanings = tuple(
        Meaning(target=Lang(one.target), rendering=one.rendering, note=one.note)
        for one in await reads.all(_MEANINGS, id=id_)
    )
    return Standing(
        id=row.id, lang=Lang(row.lang), term=row.term, variants=row.variants, note=row.note,
        meanings=meanings, removed=row.removed, by_id=row.by_id, changed_at=row.changed_at,
    )


async def of_term(reads: Reads, id_: int) -> Sequence[Version]:
    """Every change of a term, newest first, at most `SHOWN`."""
    return await reads.all(_HISTORY, term=id_)


async def version(reads: Reads, id_: int, *, of: int) -> Version:
    """One version of the term ``of``.

    Raises:
        NotFound: it has none of this number.
    """
    found = await reads.one(_ONE, id=id_, term=of)
    if found is None:
        raise NotFound("version")
    return found


async def keep(tx: Tx, id_: int) -> None:
    """Keep a term as it stands, unless it is kept so already. Before a change, and after it.

    Before, because the seed, and code older than the history, write terms down without a version.

    Raises:
        NotFound: there never was one of this number.
    """
    await tx.one(_HOLD, id=id_)  # two who change it at once wait in one line
    now = await standing(tx, id_)
    newest = await tx.one(_NEWEST, term=id_)
    if newest is not None and _content(newest) == _content(now):
        return
    await tx.run(
        _KEEP, id=ids.new(shard=0), term=id_, variants=now.variants, note=now.note,
        meanings=now.meanings, removed=now.removed, by=now.by_id,
        at=now.changed_at if newest is None else clock.now(),
    )


def _content(one: Standing | Version) -> tuple[object, ...]:
    meanings = tuple(sorted(one.meanings, key=lambda meaning: meaning.target))
    return one.variants, one.note, meanings, one.removed
